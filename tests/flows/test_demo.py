"""What `make demo SERVE=0` does: people, library, worker, three runs, and everything it started is gone afterwards."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest
from django.conf import settings

from tests.doubles import databases


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


def test_the_demo_ends_with_three_runs_and_leaves_no_process_and_a_record_that_holds() -> None:
    if settings.MRD.database_url.get_secret_value().startswith("postgres"):
        pytest.skip("The demo runs on SQLite; the SQLite run of this suite holds this test.")
    with databases.fresh("") as env:
        done = manage(env, "demo", "--no-serve")
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
        for words in ("completed", "claim review", "plan review", "rita", "anna", "mrd-desk-demo"):
            assert words in done.stdout
        assert children_of_the_demo(env["MRD_VAR_DIR"]) == []
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
