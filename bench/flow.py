"""How close a run comes to its critical path: 12 tasks of 3 calls of 1 s each, alone and 50 at once.

    python bench/flow.py [--runs 50] [--database postgres://…]

Without --database it measures SQLite, and PostgreSQL too where TEST_DATABASE_URL names one. Each row is one driver
process; the wall time runs from the plan's approval to the end of the research, the CPU is the driver's own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mrd_project.settings")

TASKS, CALLS, SECONDS = 12, 3, 1.0


def inside(runs: int) -> dict[str, float]:
    """Measure in this process, which has a database of its own."""
    import django

    django.setup()
    import datetime as dt

    from django.core.management import call_command

    from research.models import Call, Event, Run
    from research.services import runs as run_services
    from tests.doubles import world

    call_command("migrate", verbosity=0)
    people = world.people("bench")
    script = {
        "tasks": TASKS,
        "calls": CALLS,
        "seconds": SECONDS,
        "effects": "",
        "quotes": world.quotes(people, count=TASKS),
    }
    Path(os.environ["MRD_SCRIPT"]).write_text(json.dumps(script))
    prompt = "A market for desks that keep to their critical path"
    made = [
        run_services.create(
            team=people.team,
            requester=people.requester,
            prompt=prompt,
            vertical="saas",
            engine="scripted",
            now=dt.datetime.now(dt.UTC),
        )
        for _ in range(runs)
    ]
    driver = subprocess.Popen([sys.executable, str(ROOT / "manage.py"), "drive"], cwd=ROOT)
    _wait(lambda: not Run.objects.exclude(state="plan_review").exists())
    before = _cpu_s(driver.pid)
    started = time.monotonic()
    for run in made:
        world.decide_all(run, people)
    _wait(lambda: Event.objects.filter(kind="run.researched").count() == runs, patience_s=SECONDS * 300)
    wall = time.monotonic() - started
    cpu = _cpu_s(driver.pid) - before
    single = [
        (run.events.get(kind="run.researched").at - run.events.get(kind="plan.approved").at).total_seconds()
        for run in made
    ]
    calls = Call.objects.filter(state="done").count()
    driver.kill()
    driver.wait()
    return {"runs": runs, "calls": calls, "wall_s": wall, "slowest_s": max(single), "cpu_ms_a_call": 1000 * cpu / calls}


def _wait(done, patience_s: float = 120) -> None:
    ends = time.monotonic() + patience_s
    while not done():
        if time.monotonic() > ends:
            raise SystemExit("the runs did not get there in time")
        time.sleep(0.05)


def _cpu_s(pid: int) -> float:
    import psutil

    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=50, help="how many at once in the second row (default 50)")
    parser.add_argument("--database", help="a PostgreSQL URL; a database of its own is made beside it")
    parser.add_argument("--inside", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        print(json.dumps(inside(options.inside)))
        return
    from rich.console import Console
    from rich.table import Table

    from tests.doubles import databases

    named = options.database or os.environ.get("TEST_DATABASE_URL", "")
    urls = {"SQLite": "", **({"PostgreSQL": named} if named else {})}
    table = Table(title=f"{TASKS} tasks × {CALLS} calls of {SECONDS:g} s; critical path {CALLS * SECONDS:g} s")
    for column in ("database", "runs", "calls", "wall s", "slowest run s", "× critical path", "CPU ms a call"):
        table.add_column(column, justify="right")
    for name, url in urls.items():
        for runs in (1, options.runs):
            with databases.fresh(url) as env:
                env |= {
                    "MRD_ENGINES": json.dumps({"scripted": "tests.doubles.scripted.build"}),
                    "MRD_SCRIPT": str(Path(env["MRD_VAR_DIR"]) / "script.json"),
                    "MRD_DRIVER_CAPACITY": "700",
                    "MRD_DRIVER_SLICE_S": "600",
                    "MRD_DRIVER_LINGER_S": "60",
                }
                done = subprocess.run(
                    [sys.executable, __file__, "--inside", str(runs)],
                    env=env,
                    capture_output=True,
                    text=True,
                    check=False,
                )
            if done.returncode:
                raise SystemExit(done.stderr)
            row = json.loads(done.stdout.splitlines()[-1])
            table.add_row(
                name,
                str(row["runs"]),
                str(row["calls"]),
                f"{row['wall_s']:.2f}",
                f"{row['slowest_s']:.2f}",
                f"{row['slowest_s'] / (CALLS * SECONDS):.2f}",
                f"{row['cpu_ms_a_call']:.2f}",
            )
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
