"""How close runs come to their critical path: 12 tasks of 3 calls each, one run alone and 50 at once.

    python bench/flow.py [--postgres] [--durable] [--sqlite] [--database postgres://…] [--runs 50] [--seconds 0.2]
                         [--drivers 1] [--times 5] [--profile FILE]

--postgres starts a PostgreSQL of its own, as the tests do; --database names another; TEST_DATABASE_URL does as well.
The private one does not wait for its disk unless --durable says so: then every commit is flushed.

A task's calls follow one another, so a run cannot end before 3 × the seconds of a call: that is its critical path, the
calls alone. What it takes on this machine is measured in the same go, under a bare `asyncio.gather` in one process:
nothing written, nothing checked. What is durable comes on top: claiming and loading the steps, the ledger's intents and
outcomes, the result of each step, and the run's move to its next state. Time runs from the commit of the approvals, all
of them in one transaction, until the research of the last run is done; so it holds what an idle driver takes to notice
(told apart; on SQLite up to MRD_DRIVER_POLL_S).
Runs that are done early go on to their next state meanwhile, and what that takes is measured with the rest. CPU is that
of the driver processes alone, memory their growth from idle to the highest seen, a run in flight.

Each row is measured --times times, in a database and drivers of its own, and the median by wall time is shown. One run
is measured twice: as the first research of drivers that have just begun, and after they have carried out another run.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

from common import MB, Watch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mrd_project.settings")

TASKS, CALLS = 12, 3


def inside(runs: int, options: argparse.Namespace) -> dict[str, float]:
    """Measure in this process, which has a database of its own."""
    import django

    django.setup()
    import datetime as dt

    from django.core.management import call_command
    from django.db import transaction

    from research.engine.domain.states import WORKING
    from research.models import Call, Event, Run, Step
    from research.services import runs as run_services
    from tests.doubles import world

    call_command("migrate", verbosity=0)
    people = world.people("bench")
    script = {
        "tasks": TASKS,
        "calls": CALLS,
        "seconds": options.seconds,
        "effects": "",
        "quotes": world.quotes(people, count=TASKS),
    }
    Path(os.environ["MRD_SCRIPT"]).write_text(json.dumps(script))
    made = [
        run_services.create(
            team=people.team,
            requester=people.requester,
            prompt="A market for desks that keep to their critical path",
            vertical="saas",
            engine="scripted",
            now=dt.datetime.now(dt.UTC),
        )
        for _ in range(options.warm + runs)
    ]
    command = [
        sys.executable,
        *(["-m", "cProfile", "-o", options.profile] if options.profile else []),
        str(ROOT / "manage.py"),
        "drive",
    ]
    started = [subprocess.Popen(command, cwd=ROOT) for _ in range(options.drivers)]
    watch = Watch([process.pid for process in started])
    _wait(lambda: not Run.objects.exclude(state="plan_review").exists(), every_s=0.05)
    earlier, made = made[: options.warm], made[options.warm :]
    for run in earlier:
        world.decide_all(run, people)
        working = Run.objects.filter(pk=run.pk, state__in=WORKING)
        _wait(lambda working=working: not working.exists(), every_s=0.05)
        if Run.objects.filter(pk=run.pk, state="failed").exists():
            raise SystemExit("the run before the one to measure failed")
    time.sleep(0.5)
    watch.start()
    listener = _listener()
    with transaction.atomic():
        for run in made:
            world.decide_all(run, people)
        watch.begin()
    begun, begun_at = time.monotonic(), dt.datetime.now(dt.UTC)
    done = Event.objects.filter(run__in=made, kind="run.researched")
    wall = _wait(lambda: watch.look() or done.count() == runs, every_s=0.05, listener=listener) - begun
    first = Step.objects.filter(run__in=made, kind="investigate").earliest("started_at").started_at
    # The time of a claim is taken before it waits for the database.
    noticed = max(0.0, (first - begun_at).total_seconds())
    cpu = watch.cpu_s()
    calls = Call.objects.filter(run__in=made, state="done").count()
    for process in started:
        process.send_signal(signal.SIGINT if options.profile else signal.SIGKILL)
        process.wait()
    return {
        "runs": runs,
        "calls": calls,
        "wall_s": wall,
        "noticed_s": noticed,
        "cpu_ms_a_call": 1000 * cpu / calls,
        "mb_a_run": watch.grown_mb() / runs,
        "mb": watch.most / MB,
    }


def bare(runs: int, seconds: float) -> float:
    """Return the seconds the same calls take under `asyncio.gather`, which keeps no account of them."""
    answers = []

    async def task(run: int, number: int) -> None:
        for n in range(CALLS):
            await asyncio.sleep(seconds)
            answers.append(json.dumps({"said": f"{run}/{number}/{n}"}))

    async def everything() -> None:
        await asyncio.gather(*(task(run, number) for run in range(runs) for number in range(TASKS)))

    started = time.monotonic()
    asyncio.run(everything())
    return time.monotonic() - started


def _wait(done, *, every_s: float, listener=None, patience_s: float = 300) -> float:
    """Return the moment of the first look that found it done; a look takes a few milliseconds itself."""
    ends = time.monotonic() + patience_s
    while (looked := time.monotonic()) < ends:
        if done():
            return looked
        if listener is None:
            time.sleep(every_s)
        else:
            list(listener.notifies(timeout=every_s, stop_after=1))
    raise SystemExit("the runs did not get there in time")


def _listener():
    """Return a connection that hears of new work as drivers do: a run whose research is done has some. SQLite: None."""
    import psycopg
    from django.db import connection

    from research.adapters import bell

    if connection.vendor != "postgresql":
        return None
    params = connection.get_connection_params()
    listener = psycopg.connect(**{name: params[name] for name in params if name != "cursor_factory"}, autocommit=True)
    listener.execute(f"LISTEN {bell.CHANNEL}")
    return listener


def measure(url: str, runs: int, options: argparse.Namespace, *, warm: bool = False) -> dict[str, float]:
    """Measure in a process with a database of its own beside the one at `url` ("": SQLite).

    warm: after the drivers have carried out another run.
    """
    from tests.doubles import databases

    with databases.fresh(url) as env:
        env |= {
            "MRD_ENV_FILE": "",
            "MRD_ENGINES": json.dumps({"scripted": "tests.doubles.scripted.build"}),
            "MRD_SCRIPT": str(Path(env["MRD_VAR_DIR"]) / "script.json"),
            "MRD_DRIVERS": str(options.drivers),
            "MRD_WORKERS": str(options.drivers + 2),
            "MRD_DRIVER_CAPACITY": "700",
            "MRD_CALLS_AT_ONCE": "5000",
            "MRD_CALLS_AT_ONCE_A_USER": "5000",
            "MRD_DRIVER_SLICE_S": "600",
            "MRD_DRIVER_LINGER_S": "60",
        }
        given = ("--inside", str(runs), "--seconds", str(options.seconds), "--drivers", str(options.drivers))
        more = (*(("--profile", options.profile) if options.profile else ()), *(("--warm",) if warm else ()))
        done = subprocess.run(
            [sys.executable, __file__, *given, *more], env=env, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=50, help="how many at once in the second row (default 50)")
    parser.add_argument("--seconds", type=float, default=0.2, help="what a call takes (default 0.2)")
    parser.add_argument("--times", type=int, default=5, help="how often each row is measured (default 5)")
    parser.add_argument("--drivers", type=int, default=1, help="driver processes (default 1)")
    parser.add_argument("--database", default="", help="a PostgreSQL URL; a database of its own is made beside it")
    parser.add_argument("--postgres", action="store_true", help="start a private PostgreSQL")
    parser.add_argument("--durable", action="store_true", help="have the private PostgreSQL flush each commit")
    parser.add_argument("--sqlite", action="store_true", help="measure SQLite too (alone where no PostgreSQL is named)")
    parser.add_argument("--profile", default="", help="a file for the driver's profile, which slows it down")
    parser.add_argument("--inside", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--warm", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        print(json.dumps(inside(options.inside, options)))
        return
    with contextlib.ExitStack() as stack:
        url = options.database or os.environ.get("TEST_DATABASE_URL", "")
        name = "PostgreSQL"
        if options.postgres:
            from tests import private_postgres

            if options.durable:
                private_postgres.OPTIONS.update(fsync="on", synchronous_commit="on", full_page_writes="on")
                name += ", flushed"
            url = stack.enter_context(private_postgres.server()).url
        urls = {name: url} if url else {}
        if options.sqlite or not urls:
            urls["SQLite"] = ""
        show(urls, options)


def show(urls: dict[str, str], options: argparse.Namespace) -> None:
    from rich.console import Console
    from rich.table import Table

    path = CALLS * options.seconds
    table = Table(title=f"{TASKS} tasks × {CALLS} calls of {options.seconds:g} s; {options.drivers} driver(s)")
    columns = (
        "",
        "runs",
        "calls",
        "wall s",
        "noticed s",
        f"× {path:g} s",
        "calls/s",
        "× alone",
        "CPU ms/call",
        "MB/run",
        "MB",
    )
    for column in columns:
        table.add_column(column, justify="right")
    for runs in dict.fromkeys((1, options.runs)):
        alone = statistics.median(bare(runs, options.seconds) for _ in range(options.times))
        calls = runs * TASKS * CALLS
        table.add_row(
            "asyncio.gather",
            str(runs),
            str(calls),
            f"{alone:.2f}",
            "",
            f"{alone / path:.2f}",
            f"{calls / alone:,.0f}",
            "1.00",
        )
        ways = itertools.product(urls.items(), (False, True) if runs == 1 else (False,))
        for (name, url), warm in ways:
            measured = (measure(url, runs, options, warm=warm) for _ in range(options.times))
            rows = sorted(measured, key=lambda row: row["wall_s"])
            row = rows[len(rows) // 2]
            table.add_row(
                f"{name}, a run later" if warm else name,
                str(row["runs"]),
                str(row["calls"]),
                f"{row['wall_s']:.2f}",
                f"{row['noticed_s']:.2f}",
                f"{row['wall_s'] / path:.2f}",
                f"{row['calls'] / row['wall_s']:,.0f}",
                f"{row['wall_s'] / alone:.2f}",
                f"{row['cpu_ms_a_call']:.2f}",
                f"{row['mb_a_run']:.2f}",
                f"{row['mb']:.0f}",
            )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
