"""What the crash harnesses share: a driver that dies where it is told to, and what must hold of the run afterwards.

Importing this sets Django up over the database that MRD_DATABASE_URL names: what its settings are to say of engines is
in the environment by then.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import datetime as dt
import json
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

WORK = os.environ.setdefault("MRD_VAR_DIR", tempfile.mkdtemp(prefix="mrd-crash-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mrd_project.settings")
# Longer than any machine is busy with something else; nobody waits for it here (`lapse`).
os.environ["MRD_LEASE_S"] = "60"
os.environ["MRD_DRIVER_LINGER_S"] = "0.3"
os.environ["MRD_DRIVER_POLL_S"] = "0.02"
os.environ["MRD_DB_THREADS"] = "2"
os.environ["MRD_STEP_MAX_CRASHES"] = "5"
os.environ["MRD_LOG_LEVEL"] = "ERROR"

import django

django.setup()

from django.db import connections, transaction

from research.adapters import ledger_batch
from research.adapters.clock import SystemClock
from research.adapters.db import Bridge
from research.adapters.runtime import Runtime
from research.engine.domain.states import WAITING, RunState
from research.models import Call, DayBudget, Driver, Event, Run, SectionRevision, Step
from research.services import audit
from research.services import driver as drivers
from tests.doubles import world

PHASES = ("planning", "research", "drafting")
# (name, ordinal, moment): the n-th time something happens, and where in it the driver dies.
At = tuple[str, int, str]


class CrashingBridge(Bridge):
    """A bridge that kills its own process at one boundary, and counts the others."""

    def __init__(self, *, threads: int, at: At | None) -> None:
        super().__init__(threads=threads)
        self._at = at
        self._lock = threading.Lock()
        self.counts: collections.Counter[str] = collections.Counter()

    async def run(self, fn, /, *args, **kwargs):
        reached: set[tuple[str, int]] = set()

        def inside(*a, **k):
            result = fn(*a, **k)
            with self._lock:
                for name in names_of(fn, k, result):
                    self.counts[name] += 1
                    reached.add((name, self.counts[name]))
            self._die(reached, "inside")
            return result

        result = await super().run(inside, *args, **kwargs)
        self._die(reached, "after")
        return result

    def _die(self, reached, moment: str) -> None:
        if self._at and self._at[:2] in reached and self._at[2] == moment:
            os.kill(os.getpid(), signal.SIGKILL)


def names_of(fn, arguments, result) -> list[str]:
    """Return what a hop counts as: its function, or for a group each of its entries."""
    if fn is ledger_batch.write:
        return [type(entry).__name__.lower() for entry in arguments["entries"]]
    if fn.__name__.endswith("_all"):  # load_all, complete_all: groups of steps
        return [fn.__name__.removesuffix("_all")] * len(arguments["entries"])
    return [] if fn.__name__ == "claim" and not result else [fn.__name__]


def fork_driver(
    at: At | None = None,
    *,
    first: Callable[[At | None], None] = lambda _at: None,
    watch: Callable[[int], None] = lambda _pid: None,
    census: Path | None = None,
) -> int:
    """Be a driver in a forked child; return how the child ended (0, or minus the signal).

    first: done in the child before it drives. watch: told the child's process id. census: where the child leaves how
    often it carried each function through the bridge.
    """
    connections.close_all()
    pid = os.fork()
    if pid:
        watch(pid)
        _, status = os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(status)
    code = 1
    try:
        first(at)
        with transaction.atomic():
            seat = drivers.enlist(now=dt.datetime.now(dt.UTC))
        if seat is not None:
            bridge = CrashingBridge(threads=2, at=at)
            runtime = Runtime(bridge=bridge, clock=SystemClock())
            asyncio.run(drivers.run(runtime=runtime, driver=seat))
            runtime.close()
            if census is not None:
                census.write_text(json.dumps(bridge.counts))
        code = 0
    finally:
        os._exit(code)


def drive_to_a_gate(run_id, *, seconds: float = 120) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        lapse()
        fork_driver()
        if Run.objects.get(pk=run_id).state in WAITING:
            return
    stuck = list(Step.objects.filter(run_id=run_id).exclude(state="done").values())
    raise AssertionError(f"still {Run.objects.get(pk=run_id).state}: {stuck}")


def lapse() -> None:
    """Let the time of a killed driver run out: its seat is free, its leases are over. No driver lives just now."""
    Driver.objects.all().delete()
    Step.objects.filter(state="running").update(lease_until=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1))


def carry_through(run, people, crash: Callable[[str], None]) -> None:
    """Bring a run through its phases and gates; `crash` is called at the start of each phase."""
    for phase in PHASES:
        crash(phase)
        drive_to_a_gate(run.pk)
        world.decide_all(run, people)
    run.refresh_from_db()


def wrong_with(run) -> list[str]:
    """Return what does not hold of a run that should have ended whole, whatever its engine."""
    wrong = [] if run.state == RunState.COMPLETED else [f"run ended in {run.state}: {run.state_reason}"]
    wrong += [*wrong_ledger(run), *wrong_trail(run), *wrong_budgets(run)]
    return wrong + list(audit.problems_of(run))


def wrong_ledger(run):
    """Yield calls without one outcome, and repeated ones that do not say so."""
    calls = collections.defaultdict(list)
    for call in Call.objects.filter(run=run).exclude(state="failed"):
        calls[call.key].append(call)
    for key, rows in calls.items():
        done = [call for call in rows if call.state == "done"]
        unknown = [call for call in rows if call.state == "unknown"]
        if len(done) != 1 or len(rows) != 1 + len(unknown):
            yield f"{rows[0].name} {key[:8]} has the states {[call.state for call in rows]}"
        elif unknown and not done[0].possible_duplicate:
            yield f"{rows[0].name} {key[:8]} was repeated and does not say so"


def wrong_purchases(run, times: collections.Counter[str], key_of: Callable[[Call], str | None]):
    """Yield what does not hold between what the other side was asked (times) and what the ledger tells of.

    key_of: what the other side calls this call, None for one that does not go there.
    """
    calls = collections.defaultdict(list)
    for call in Call.objects.filter(run=run):
        if (key := key_of(call)) is not None:
            calls[key].append(call.state)
    if set(times) != set(calls):
        yield f"asked for, not told of: {set(times) - set(calls)}; told of, not asked for: {set(calls) - set(times)}"
    for key, states in calls.items():
        # Each attempt that failed was asked for as well.
        most = min(2, 1 + states.count("unknown")) + states.count("failed")
        if times[key] > most or states.count("done") != 1:
            yield f"{key[:40]} was carried out {times[key]} times, the ledger says {states}"


def wrong_trail(run):
    keys = list(SectionRevision.objects.filter(run=run).values_list("key", flat=True))
    if len(keys) != len(set(keys)):
        yield "a section was drafted twice"
    told = Event.objects.filter(run=run, kind="step.done").count()
    if told != Step.objects.filter(run=run, state="done").count():
        yield "step events and steps differ"


def wrong_budgets(run):
    for budget in run.budgets.all():
        if budget.reserved_calls or budget.reserved_cost_usd:
            yield f"{budget.phase} still reserves {budget.reserved_calls} calls"
        if budget.used_calls != Call.objects.filter(run=run, phase=budget.phase).count():
            yield f"{budget.phase}: used {budget.used_calls} calls"
    for day in DayBudget.objects.filter(scope__in=[DayBudget.ALL, DayBudget.of_user(run.requester_id)]):
        if day.reserved_calls or day.reserved_cost_usd:
            yield f"the day of {day.scope} still reserves {day.reserved_calls} calls"
        if day.used_calls != Call.objects.filter(started_at__date=day.day).count():
            yield f"the day of {day.scope}: used {day.used_calls} calls"


def options() -> argparse.Namespace:
    """Return what was asked for: which boundaries, and which part of them ("1/2": the first, third, …)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--boundaries", choices=["all", "sample"], default="sample")
    parser.add_argument("--part", default="1/1")
    return parser.parse_args()


def report(results: Iterable[dict]) -> int:
    """Print a line of JSON a boundary; return 1 when one did not hold or was not reached."""
    bad = 0
    for result in results:
        bad += bool(result["wrong"]) or not result["died"]
        print(json.dumps(result, default=str), flush=True)
    return 1 if bad else 0
