"""What `make demo SERVE=0` does: people, library, worker, three runs, and everything it started is gone afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from research.engine.verification import independence as sources
from tests.doubles import databases

ONE_VOICE = sources.SCORES[1]


def manage(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip


def children_of_the_demo(var_dir: str) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get("MRD_VAR_DIR") == var_dir:
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def claims_of(env: dict[str, str]) -> list[dict]:
    """Return every claim of the demo's runs, with the independent sources its assessment counts."""
    asked = """
        select run.vertical, claim.status, claim.decided_by_rule, revision.text, revision.role, assessment.to_people,
               assessment.parts
        from research_claim claim
        join research_run run on run.id = claim.run_id
        join research_claimrevision revision on revision.id = claim.current_id
        left join research_assessment assessment on assessment.id = claim.assessment_id"""
    with contextlib.closing(sqlite3.connect(env["MRD_DATABASE_URL"].removeprefix("sqlite:///"))) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(asked)]


def said_by(claims: list[dict], words: str) -> list[dict]:
    return [claim for claim in claims if words.casefold() in claim["text"].casefold()]


def check_what_is_planted(env: dict[str, str]) -> None:
    """What the samples have planted is met in the runs: shown, counted once, not accepted by rule, or nowhere."""
    claims = claims_of(env)
    for vertical in ("gambling", "saas"):
        manifest = Path(settings.BASE_DIR) / "research" / "samples" / vertical / "manifest.json"
        planted = [each for entry in json.loads(manifest.read_text()) for each in entry.get("planted", ())]
        words = {
            what: [each["words"] for each in planted if each["what"] == what] for what in {p["what"] for p in planted}
        }
        mine = [claim for claim in claims if claim["vertical"] == vertical]
        for nowhere in ("hostile instruction", "boilerplate"):
            assert not said_by(mine, words[nowhere][0])
        for not_by_rule in ("stale rate", "dropped negation"):
            assert not [claim for claim in said_by(mine, words[not_by_rule][0]) if claim["decided_by_rule"]]
        for study in words["contradiction"]:
            shown = said_by(mine, study)
            assert shown
            assert all("contradicted by" in claim["to_people"] and not claim["decided_by_rule"] for claim in shown)
        for billions in ("64,310 million", "64.31 billion", "38,610 million", "38.61 billion"):
            assert not [claim for claim in said_by(mine, billions) if claim["decided_by_rule"]]
    (stale,) = (claim for claim in said_by(claims, "is 13 percent of gross") if claim["status"] != "merged")
    assert stale["status"] == "rejected"
    assert "stale" in stale["to_people"]
    assert said_by(claims, "is 15 percent of gross gaming revenue")
    released = [claim for claim in said_by(claims, "it reached 212,000 monthly") if claim["status"] != "merged"]
    assert released
    for claim in released:
        independence = next(part for part in json.loads(claim["parts"]) if part["name"] == "independence")
        assert independence["score"] == ONE_VOICE


def test_the_demo_ends_with_three_runs_and_leaves_no_process_and_a_record_that_holds() -> None:
    if settings.MRD.database_url.get_secret_value().startswith("postgres"):
        pytest.skip("The demo runs on SQLite; the SQLite run of this suite holds this test.")
    with databases.fresh("") as env:
        done = manage(env, "demo", "--no-serve")
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
        for words in ("completed", "claim review", "plan review", "rita", "anna", "mrd-desk-demo"):
            assert words in done.stdout
        assert children_of_the_demo(env["MRD_VAR_DIR"]) == []
        check_what_is_planted(env)
        again = manage(env, "demo", "--no-serve")
        assert again.returncode == 0, again.stderr[-3000:]
        audit = manage(env, "verify_audit")
        assert audit.returncode == 0, audit.stdout
        # Shown a second time, it has the same three runs.
        assert audit.stdout.count(" holds") == 3
        assert "demo" in manage(env, "library", "list").stdout.casefold()
        refused = manage(env | {"MRD_MODE": "production", "MRD_SECRET_KEY": "x" * 60}, "demo", "--no-serve")
        assert refused.returncode != 0
        assert "production" in refused.stderr
