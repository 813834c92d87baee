"""Kill the worker with -9 at every boundary and see that every run still ends whole. One process, forking drivers.

    python -m tests.flows.crash_harness --boundaries all|sample

Fills the database that MRD_DATABASE_URL names, and migrates it first. Prints one JSON line a boundary and exits
1 when any did not hold. A boundary is (phase, function, ordinal, moment): the n-th time the driver of that phase
carries the function through the bridge, "inside" its transaction when all is written and nothing committed, or "after"
the commit; for calls, "before" and "after" the other side did it. The ledger writes in groups: "begin" and "settle"
count what is in them, and the n-th takes its whole group with it.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import datetime as dt
import json
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mrd_project.settings")
WORK = os.environ.get("MRD_VAR_DIR") or tempfile.mkdtemp(prefix="mrd-crash-")
os.environ["MRD_ENGINES"] = json.dumps({"scripted": "tests.doubles.scripted.build"})
os.environ["MRD_SCRIPT"] = str(Path(WORK) / "script.json")
os.environ["MRD_VAR_DIR"] = WORK
os.environ["MRD_LEASE_S"] = "0.6"
os.environ["MRD_DRIVER_LINGER_S"] = "0.3"
os.environ["MRD_DRIVER_POLL_S"] = "0.02"
os.environ["MRD_DB_THREADS"] = "2"
os.environ["MRD_STEP_MAX_CRASHES"] = "5"
os.environ["MRD_LOG_LEVEL"] = "ERROR"

import django

django.setup()

from django.core.management import call_command
from django.db import connections, transaction

from research.adapters import ledger_batch
from research.adapters.clock import SystemClock
from research.adapters.db import Bridge
from research.adapters.runtime import Runtime
from research.engine.domain.states import WAITING, RunState
from research.models import Call, Claim, DayBudget, Document, Driver, Event, Evidence, Plan, Run, SectionRevision, Step
from research.services import audit, runs
from research.services import driver as drivers
from tests.doubles import scripted, world

TASKS, CALLS = 3, 2
PHASES = ("planning", "research", "drafting")


class CrashingBridge(Bridge):
    """A bridge that kills its own process at one boundary."""

    def __init__(self, *, threads: int, at) -> None:
        super().__init__(threads=threads)
        self._at = at
        self._lock = threading.Lock()
        self._counts: collections.Counter[str] = collections.Counter()

    async def run(self, fn, /, *args, **kwargs):
        reached: set[tuple[str, int]] = set()

        def inside(*a, **k):
            result = fn(*a, **k)
            with self._lock:
                for name in names_of(fn, k, result):
                    self._counts[name] += 1
                    reached.add((name, self._counts[name]))
            self._die(reached, "inside")
            return result

        result = await super().run(inside, *args, **kwargs)
        self._die(reached, "after")
        return result

    def _die(self, reached, moment: str) -> None:
        if self._at and self._at[:2] in reached and self._at[2] == moment:
            os.kill(os.getpid(), signal.SIGKILL)


def names_of(fn, arguments, result) -> list[str]:
    """Return what a hop counts as: its function, or for a group of the ledger each entry of it."""
    if fn is ledger_batch.write:
        return [type(entry).__name__.lower() for entry in arguments["entries"]]
    return [] if fn.__name__ == "claim" and not result else [fn.__name__]


def fork_driver(at=None) -> int:
    """Be a driver in a forked child; return how the child ended (0, or minus the signal)."""
    connections.close_all()
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(status)
    code = 1
    try:
        counts: collections.Counter[str] = collections.Counter()

        def boundary(moment: str) -> None:
            counts[moment] += 1
            if at and at[0] == "call" and (counts[moment], moment) == at[1:]:
                os.kill(os.getpid(), signal.SIGKILL)

        scripted.BOUNDARY = boundary
        with transaction.atomic():
            seat = drivers.enlist(now=dt.datetime.now(dt.UTC))
        if seat is not None:
            runtime = Runtime(bridge=CrashingBridge(threads=2, at=at), clock=SystemClock())
            asyncio.run(drivers.run(runtime=runtime, driver=seat))
            runtime.close()
        code = 0
    finally:
        os._exit(code)


def drive_to_a_gate(run_id, *, seconds: float = 120) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        Driver.objects.all().delete()  # the seat of a killed driver; its leases still have to run out
        fork_driver()
        if Run.objects.get(pk=run_id).state in WAITING:
            return
    stuck = list(Step.objects.filter(run_id=run_id).exclude(state="done").values())
    raise AssertionError(f"still {Run.objects.get(pk=run_id).state}: {stuck}")


def one(phase: str, at, people) -> dict:
    """Carry one run through with one crash in `phase` at `at`, and say what did not hold."""
    Path(SCRIPT["effects"]).write_text("")
    run = runs.create(
        team=people.team,
        requester=people.requester,
        prompt="A market for crash-proof research desks",
        vertical="saas",
        engine="scripted",
        now=dt.datetime.now(dt.UTC),
    )
    died = False
    for name in PHASES:
        if name == phase:
            died = fork_driver(at) == -signal.SIGKILL
        drive_to_a_gate(run.pk)
        world.decide_all(run, people)
    return {"phase": phase, "at": at, "died": died, "wrong": wrong_with(run)}


def wrong_with(run) -> list[str]:
    """Return what does not hold of a run that should have ended whole."""
    run.refresh_from_db()
    wrong = [] if run.state == RunState.COMPLETED else [f"run ended in {run.state}: {run.state_reason}"]
    wrong += [*wrong_calls(run), *wrong_rows(run), *wrong_budgets(run)]
    return wrong + list(audit.problems_of(run))


def wrong_calls(run):
    """Yield what does not hold between the calls the other side counted and those the ledger tells of."""
    effects = collections.Counter(Path(SCRIPT["effects"]).read_text().split())
    expected = {f"{run.pk}:task-{t}/{c}" for t in range(TASKS) for c in range(CALLS)}
    if set(effects) != expected:
        yield f"calls carried out: {sorted(effects)}"
    calls = collections.defaultdict(list)
    for call in Call.objects.filter(run=run):
        calls[f"{run.pk}:{call.arguments['call']}"].append(call)
    for name, times in effects.items():
        unknown = [call for call in calls[name] if call.state == "unknown"]
        done = [call for call in calls[name] if call.state == "done"]
        if times > 1 + len(unknown) or times > 2:
            yield f"{name} carried out {times} times with {len(unknown)} unknown outcomes"
        if len(done) != 1:
            yield f"{name} has {len(done)} recorded outcomes"
        elif unknown and not done[0].possible_duplicate:
            yield f"{name} was repeated and does not say so"


def wrong_rows(run):
    """Yield what was lost or doubled among claims, evidence, plans, sections, documents and events."""
    counts = {model: model.objects.filter(run=run).count() for model in (Claim, Evidence, Plan, Document)}
    if counts != {Claim: TASKS, Evidence: TASKS, Plan: 1, Document: 1}:
        yield f"rows: {counts}"
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


def boundaries() -> list[tuple[str, tuple]]:
    """Return every boundary of a run of three tasks of two calls, phase by phase."""
    found = []
    sections = len(world.vertical_sections("saas"))
    counts = {
        "planning": {"claim": 1, "load": 1, "complete": 1},
        "research": {
            "claim": 2,
            "load": 2 * TASKS + 1,
            "begin": TASKS * CALLS,
            "settle": TASKS * CALLS,
            "complete": 2 * TASKS + 1,
        },
        "drafting": {"claim": 1, "load": sections, "complete": sections},
    }
    for phase, functions in counts.items():
        for name, count in functions.items():
            found += [(phase, (name, n, moment)) for n in range(1, count + 1) for moment in ("inside", "after")]
    found += [("research", ("call", n, moment)) for n in range(1, TASKS * CALLS + 1) for moment in ("before", "after")]
    return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--boundaries", choices=["all", "sample"], default="sample")
    every = boundaries()
    if parser.parse_args().boundaries == "sample":
        wanted = [
            ("planning", ("complete", 1, "inside")),
            ("research", ("begin", 2, "after")),
            ("research", ("settle", 1, "inside")),
            ("research", ("settle", 3, "after")),
            ("research", ("complete", 2, "inside")),
            ("research", ("complete", 7, "after")),
            ("research", ("call", 2, "before")),
            ("research", ("call", 3, "after")),
            ("drafting", ("complete", 4, "inside")),
        ]
        assert set(wanted) <= set(every)
        every = wanted
    call_command("migrate", verbosity=0)
    people = world.people("crash")
    SCRIPT.update(quotes=world.quotes(people, count=TASKS))
    Path(os.environ["MRD_SCRIPT"]).write_text(json.dumps(SCRIPT))
    bad = 0
    for phase, at in every:
        result = one(phase, at, people)
        bad += bool(result["wrong"]) or not result["died"]
        print(json.dumps(result, default=str), flush=True)
    return 1 if bad else 0


SCRIPT = {"tasks": TASKS, "calls": CALLS, "seconds": 0, "effects": str(Path(WORK) / "effects"), "quotes": []}

if __name__ == "__main__":
    sys.exit(main())
