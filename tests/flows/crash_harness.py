"""Kill the worker with -9 at every boundary and see that every run still ends whole. One process, forking drivers.

    python -m tests.flows.crash_harness --boundaries all|sample

Fills the database that MRD_DATABASE_URL names, and migrates it first. Prints one JSON line a boundary and exits
1 when any did not hold. A boundary is (phase, function, ordinal, moment): the n-th time the driver of that phase
carries the function through the bridge, "inside" its transaction when all is written and nothing committed, or "after"
the commit; for calls, "before" and "after" the other side did it. The ledger writes in groups: "begin" and "settle"
count what is in them, and the n-th takes its whole group with it.
"""

from __future__ import annotations

import collections
import datetime as dt
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("MRD_VAR_DIR", tempfile.mkdtemp(prefix="mrd-crash-"))
os.environ["MRD_ENGINES"] = json.dumps({"scripted": "tests.doubles.scripted.build"})
os.environ["MRD_SCRIPT"] = str(Path(os.environ["MRD_VAR_DIR"]) / "script.json")

from tests.flows import crash_common_harness as common

# isort: split
from django.core.management import call_command

from research.models import Claim, Document, Evidence, Plan
from research.services import runs
from tests.doubles import scripted, world

TASKS, CALLS = 3, 2


def die_in_a_call(at: common.At | None) -> None:
    """Let the scripted engine kill its process at the n-th moment of that name."""
    counts: collections.Counter[str] = collections.Counter()

    def boundary(moment: str) -> None:
        counts[moment] += 1
        if at and at[0] == "call" and (counts[moment], moment) == at[1:]:
            os.kill(os.getpid(), signal.SIGKILL)

    scripted.BOUNDARY = boundary


def one(phase: str, at: common.At, people) -> dict:
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
    ended: list[int] = []

    def crash(now_in: str) -> None:
        if now_in == phase:
            ended.append(common.fork_driver(at, first=die_in_a_call))

    common.carry_through(run, people, crash)
    wrong = [*common.wrong_with(run), *wrong_calls(run), *wrong_rows(run)]
    return {"phase": phase, "at": at, "died": ended == [-signal.SIGKILL], "wrong": wrong}


def wrong_calls(run):
    """Yield what does not hold between the calls the other side counted and those the ledger tells of."""
    effects = collections.Counter(Path(SCRIPT["effects"]).read_text().split())
    expected = {f"{run.pk}:task-{t}/{c}" for t in range(TASKS) for c in range(CALLS)}
    if set(effects) != expected:
        yield f"calls carried out: {sorted(effects)}"
    yield from common.wrong_purchases(run, effects, lambda call: f"{run.pk}:{call.arguments['call']}")


def wrong_rows(run):
    """Yield what was lost or doubled among claims, evidence, plans and documents."""
    counts = {model: model.objects.filter(run=run).count() for model in (Claim, Evidence, Plan, Document)}
    if counts != {Claim: TASKS, Evidence: TASKS, Plan: 1, Document: 1}:
        yield f"rows: {counts}"


def boundaries() -> list[tuple[str, common.At]]:
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


SAMPLE = [
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


def main() -> int:
    every = boundaries()
    assert set(SAMPLE) <= set(every)
    wanted = every if common.options().boundaries == "all" else SAMPLE
    call_command("migrate", verbosity=0)
    people = world.people("crash")
    SCRIPT.update(quotes=world.quotes(people, count=TASKS))
    Path(os.environ["MRD_SCRIPT"]).write_text(json.dumps(SCRIPT))
    return common.report(one(phase, at, people) for phase, at in wanted)


SCRIPT = {"tasks": TASKS, "calls": CALLS, "seconds": 0, "effects": str(Path(common.WORK) / "effects"), "quotes": []}

if __name__ == "__main__":
    sys.exit(main())
