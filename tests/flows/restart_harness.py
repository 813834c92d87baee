"""Restart PostgreSQL in the middle of a run: a server of its own, one run, one driver. Prints JSON, exits 1 when wrong.

python -m tests.flows.restart_harness
"""

from __future__ import annotations

import collections
import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    from tests import private_postgres

    with tempfile.TemporaryDirectory(prefix="mrd-restart-") as folder, private_postgres.server() as postgres:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="mrd_project.settings",
            MRD_DATABASE_URL=postgres.url,
            MRD_VAR_DIR=folder,
            MRD_ENGINES=json.dumps({"scripted": "tests.doubles.scripted.build"}),
            MRD_SCRIPT=str(Path(folder) / "script.json"),
            MRD_LEASE_S="5",
            MRD_LOG_LEVEL="ERROR",
        )
        import django

        django.setup()
        return carry_through(postgres, Path(folder))


def carry_through(postgres, folder: Path) -> int:
    from django.core.management import call_command

    from research.adapters.db import hop
    from research.models import Call, Run
    from research.services import audit, runs
    from tests.doubles import world

    call_command("migrate", verbosity=0)
    people = world.people("restart")
    effects = folder / "effects"
    effects.write_text("")
    script = {"tasks": 4, "calls": 3, "seconds": 0.4, "effects": str(effects), "quotes": world.quotes(people, count=4)}
    Path(os.environ["MRD_SCRIPT"]).write_text(json.dumps(script))
    run = runs.create(
        team=people.team,
        requester=people.requester,
        prompt="A market for desks whose database restarts",
        vertical="saas",
        engine="scripted",
        now=dt.datetime.now(dt.UTC),
    )
    driver = subprocess.Popen([sys.executable, str(ROOT / "manage.py"), "drive"], cwd=ROOT)

    def state() -> str:
        return hop(lambda: Run.objects.get(pk=run.pk).state)

    def wait(holds, seconds: float = 120) -> None:
        ends = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > ends:
                raise SystemExit(f"not in time; the run is {state()}")
            time.sleep(0.05)

    try:
        wait(lambda: state() == "plan_review")
        hop(world.decide_all, run, people)
        wait(lambda: len(effects.read_text().split()) >= 4)
        postgres.restart()
        wait(lambda: state() not in ("researching", "validating"))
        counts = collections.Counter(effects.read_text().split())
        result = {
            "state": state(),
            "driver_lives": driver.poll() is None,
            "calls": len(counts),
            "most": max(counts.values()),
            "unknown": hop(Call.objects.filter(run=run, state="unknown").count),
            "problems": hop(lambda: list(audit.problems_of(Run.objects.get(pk=run.pk)))),
        }
    finally:
        driver.kill()
        driver.wait()
    print(json.dumps(result))
    good = result["driver_lives"] and (result["calls"], result["most"], result["unknown"]) == (12, 1, 0)
    return 0 if good and not result["problems"] else 1


if __name__ == "__main__":
    sys.exit(main())
