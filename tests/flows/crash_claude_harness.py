"""Kill the worker of a Claude run with -9 at every boundary; count at the server that nothing was bought twice.

    python -m tests.flows.crash_claude_harness --boundaries all|sample [--part 1/2]

The Messages API lives in this process and outlives its drivers, which are forked. Boundaries are those of
`crash_harness` for every function that goes through the bridge, which a first run counts; and "server", where the n-th
request of the phase kills its driver: "received" before anything is answered, "midway" through the answer's stream.
Runs by batches are killed likewise: a batch is bought where it is made. One run dies once in each of its phases.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from tests.doubles import messages_answers as answers
from tests.doubles.messages_answers import Answer
from tests.doubles.messages_server import MessagesServer
from tests.flows import claude


class Reaper:
    """A script for the server that answers as the desk does, and kills the driver at one request."""

    def __init__(self) -> None:
        self._desk = claude.Desk(claude.FOUR)
        self._known = threading.Event()
        self._pid, self._count, self._at = 0, 0, (0, "")
        self.overloaded = 0  # of how many requests the server says that it has no room

    def arm(self, at: tuple[str, int, str] | None) -> None:
        """Count from here on, and kill at the request that is meant. at: None kills nobody."""
        self._known.clear()
        self._count = 0
        self._at = at[1:] if at and at[0] == "server" else (0, "")

    def watch(self, pid: int) -> None:
        self._pid = pid
        self._known.set()

    def answer(self, request: dict[str, Any], number: int) -> Any:
        if self.overloaded:
            self.overloaded -= 1
            return answers.error(529, "overloaded_error", "Overloaded")
        self._count += 1
        made = self._desk.answer(request, number)
        if self._count != self._at[0]:
            return made
        assert self._known.wait(10), "nobody said who the driver is"
        if self._at[1] == "received":
            os.kill(self._pid, signal.SIGKILL)
            return made
        threading.Timer(0.05, os.kill, (self._pid, signal.SIGKILL)).start()
        return Answer(message=made, events=4, then="hang")


REAPER = Reaper()
# A batch has ended at its first look: how a step waits for one is not what is shown here.
SERVER = MessagesServer(REAPER).__enter__()
os.environ["MRD_ANTHROPIC_BASE_URL"] = SERVER.url

from tests.flows import crash_common_harness as common

# isort: split
from django.core.management import call_command

from research.adapters import engines
from research.models import Call, Claim, Document, Evidence, Plan, Step
from tests.doubles import world
from tests.flows import driving

# How often these happen is a matter of time: of every phase the first is enough.
TIMED = ("claim", "finished", "sweep", "leave", "state", "read_batch", "_cards", "allow")
# These only read: to die inside their transaction or after it is the same.
READERS = ("allow", "finished", "state", "read_batch", "read_text", "_cards", "_hits")
MOMENTS = ("inside", "after")
Ats = dict[str, common.At]


class Killed:
    """Carries runs through, each with one driver that dies."""

    def __init__(self, people: world.People) -> None:
        self._people = people

    def one(self, ats: Ats, priority: str = "normal", *, overloaded: int = 0) -> dict[str, Any]:
        """Carry one run through with a crash in each of these phases, and say what did not hold.

        overloaded: so many of its first requests fail, and are answered when they are tried again.
        """
        REAPER.overloaded = overloaded
        ended: list[int] = []

        def crash(phase: str) -> None:
            if phase in ats:
                REAPER.arm(ats[phase])
                ended.append(common.fork_driver(ats[phase], watch=REAPER.watch))
            REAPER.arm(None)

        run = self._carried(crash, priority)
        died = ended == [-signal.SIGKILL] * len(ats)
        return {"at": ats, "priority": priority, "overloaded": overloaded, "died": died, "wrong": self._wrong(run)}

    def census(self, priority: str = "normal") -> dict[str, dict[str, int]]:
        """Carry a run through unharmed; return how often each thing happens, by phase."""
        counts: dict[str, dict[str, int]] = {}
        told = Path(common.WORK) / "census.json"

        def count(phase: str) -> None:
            REAPER.arm(None)
            before = len(SERVER.requests)
            assert common.fork_driver(census=told) == 0
            requests = sum(1 for _ in claude.bought(SERVER.requests[before:]))
            counts[phase] = {**json.loads(told.read_text()), "server": requests}

        run = self._carried(count, priority)
        assert self._wrong(run) == []
        return counts

    def _carried(self, crash: Any, priority: str) -> Any:
        SERVER.requests.clear()
        run = driving.new_run(self._people, priority=priority, bypass_cache=True)
        common.carry_through(run, self._people, crash)
        return run

    def _wrong(self, run: Any) -> list[str]:
        wrong = [*common.wrong_with(run), *wrong_rows(run), *wrong_talks(run), *map(repr, SERVER.mistakes)]
        SERVER.mistakes.clear()
        times = claude.times(SERVER)
        return wrong + list(common.wrong_purchases(run, times, lambda call: call.arguments.get("request")))


def wrong_rows(run: Any):
    """Yield what was lost or doubled among plans, documents, evidence and claims."""
    counts = {model: model.objects.filter(run=run).count() for model in (Plan, Document)}
    if counts != {Plan: 1, Document: 1}:
        yield f"rows: {counts}"
    for step in Step.objects.filter(run=run, kind="investigate"):
        rows = Evidence.objects.filter(run=run, task_key=step.key).count()
        if rows != len(step.output["findings"]):
            yield f"{step.key} found {len(step.output['findings'])} quotes and has {rows}"
    proposed = sum(len(step.output["items"]) for step in Step.objects.filter(run=run, kind="extract"))
    if not proposed or Claim.objects.filter(run=run).count() != proposed:
        yield f"{proposed} claims were proposed, there are {Claim.objects.filter(run=run).count()}"


def wrong_talks(run: Any):
    """Yield conversations that took another way when they were resumed: what was bought on the first is lost."""
    talks: dict[tuple[str, str, str], list[str]] = {}
    for call in Call.objects.filter(run=run, state="done", kind="model").select_related("step"):
        if "request" in call.arguments:
            talk = (call.step.kind, call.step.key, call.arguments["role"])
            talks.setdefault(talk, []).append(call.arguments.get("after", ""))
    for talk, befores in talks.items():
        if befores.count("") != 1 or len(befores) != len(set(befores)):
            yield f"{talk} began {befores.count('')} times, and goes on {len(befores)} times from {len(set(befores))}"


def boundaries(counts: dict[str, dict[str, int]]) -> list[Ats]:
    """Return every boundary of a run in which things happen this often, the n-th of each phase together."""
    by_phase = {}
    for phase, names in counts.items():
        found = by_phase[phase] = []
        for name, count in sorted(names.items()):
            moments = ("received", "midway") if name == "server" else ("after",) if name in READERS else MOMENTS
            last = 1 if name in TIMED else count
            found += [(name, n, moment) for n in range(1, last + 1) for moment in moments]
    rows = itertools.zip_longest(*by_phase.values())
    return [{phase: at for phase, at in zip(by_phase, row, strict=True) if at} for row in rows]


SAMPLE: list[Ats] = [
    {
        "planning": ("server", 1, "midway"),
        "research": ("server", 6, "received"),
        "drafting": ("begin", 2, "after"),
    },
    {"planning": ("settle", 1, "inside"), "research": ("settle", 5, "inside")},
    {"research": ("keep", 2, "after")},
    {"research": ("settle", 20, "after")},
    {"research": ("complete", 2, "inside"), "drafting": ("server", 2, "midway")},
]
RETRIED: list[Ats] = [{"planning": ("complete", 1, "inside")}]
# Made and written down: the batch is there, and is not made again.
BATCHED_SAMPLE: list[Ats] = [{"planning": ("settle", 1, "after")}]
BATCHED: list[Ats] = [
    *BATCHED_SAMPLE,
    {"planning": ("begin", 1, "after"), "research": ("settle", 1, "inside"), "drafting": ("settle", 4, "after")},
    {"planning": ("settle", 1, "inside"), "research": ("settle", 4, "after"), "drafting": ("settle", 1, "inside")},
    {"planning": ("settle", 2, "after"), "research": ("begin", 3, "after"), "drafting": ("begin", 5, "inside")},
    {"planning": ("settle", 3, "inside"), "research": ("server", 3, "received"), "drafting": ("settle", 7, "inside")},
]


def main() -> int:
    options = common.options()
    call_command("migrate", verbosity=0)
    engines.warm_up()
    people = world.people("crash")
    driving.read_library(people)
    killed = Killed(people)
    wanted, batched = SAMPLE, BATCHED_SAMPLE
    if options.boundaries == "all":
        # The first run brings pages the library does not know; what happens in all others is what counts.
        killed.census()
        wanted, batched = boundaries(killed.census()), BATCHED
    # The planner's second attempt was answered, and its worker dies before that is used: no third one is made.
    retried = common.report(killed.one(ats, overloaded=1) for ats in RETRIED)
    part, parts = map(int, options.part.split("/"))
    normal = common.report(killed.one(ats) for ats in wanted[part - 1 :: parts])
    return max(retried, normal, common.report(killed.one(ats, "batch") for ats in batched[part - 1 :: parts]))


if __name__ == "__main__":
    status = main()
    SERVER.__exit__(None)
    sys.exit(status)
