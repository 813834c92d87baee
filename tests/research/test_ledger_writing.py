"""An outcome is written while its step goes on; nothing that follows from it leaves before it is committed."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from research.adapters.ledger import Holder, LedgerWriter, StepLedger
from research.adapters.ledger_entries import Settle
from research.engine.domain.errors import LostLease
from research.engine.domain.usage import Usage
from research.engine.ports import CallOutcome, CallRequest
from research.models import Call, Run, RunBudget, Step
from research.services import steps
from tests.doubles import rows
from tests.doubles.engine import FakeClock
from tests.research import play
from tests.research.here_bridge import HereBridge

pytestmark = pytest.mark.django_db
NOW = play.NOW
CENT = Decimal("0.01")


class WatchedBridge(HereBridge):
    """Keeps what each group held, and refuses groups with an outcome that says what the database does not take."""

    def __init__(self) -> None:
        super().__init__()
        self.groups: list[list[str]] = []

    async def run(self, fn, /, *args, **kwargs):
        if "entries" in kwargs:
            entries = kwargs["entries"]
            self.groups.append([type(entry).__name__.lower() for entry in entries])
            if any(isinstance(entry, Settle) and entry.outcome and "bad" in entry.outcome.payload for entry in entries):
                raise ValueError("no column holds it")
        return await super().run(fn, *args, **kwargs)


@pytest.fixture
def step(people) -> Step:
    run = rows.new_run(people)
    Run.objects.filter(pk=run.pk).update(state="researching")
    RunBudget.objects.filter(run=run, phase="research").update(max_calls=10, max_searches=100, max_cost_usd=1)
    Step.objects.filter(run=run).delete()
    Step.objects.create(run=run, kind="investigate", key="one", generation=1, created_at=NOW)
    return play.claim()[0]


@pytest.fixture
def bridge(step) -> WatchedBridge:
    return WatchedBridge()


@pytest.fixture
def ledger(step, bridge) -> StepLedger:
    return StepLedger(writer=LedgerWriter(bridge=bridge), clock=FakeClock(at=NOW), holder=Holder.of(step))


def request(name: str) -> CallRequest:
    return CallRequest(kind="tool", name=name, arguments={}, estimate=Usage(searches=1, cost_usd=CENT))


def says(**payload):
    async def perform(_key: str) -> CallOutcome:
        return CallOutcome(payload=payload, usage=Usage(searches=1, cost_usd=CENT))

    return perform


def states() -> dict[str, str]:
    return dict(Call.objects.values_list("name", "state"))


def test_an_outcome_and_the_next_intent_are_one_group(ledger, bridge):
    async def three_calls() -> None:
        for name in ("a", "b", "c"):
            await ledger.call(request(name), says(said=name))
        await ledger.written()

    asyncio.run(three_calls())
    assert bridge.groups == [["begin"], ["settle", "begin"], ["settle", "begin"], ["settle"]]
    assert states() == dict.fromkeys("abc", "done")


def test_the_next_call_is_made_when_the_outcome_before_it_is_committed(ledger, bridge):
    """However quickly the step goes on: what the other side can see of it rests on what is written."""
    seen = []

    async def look(_key: str) -> CallOutcome:
        seen.append(await HereBridge.run(bridge, states))
        return CallOutcome(payload={}, usage=Usage(searches=0))

    async def two_calls() -> None:
        await ledger.call(request("a"), says(said=1))
        await ledger.call(request("b"), look)
        await ledger.written()

    asyncio.run(two_calls())
    assert seen == [{"a": "done", "b": "intent"}]


def test_calls_side_by_side_wait_for_every_outcome_that_was_given(ledger):
    async def many() -> None:
        await asyncio.gather(*(ledger.call(request(f"a{n}"), says(n=n)) for n in range(3)))
        await asyncio.gather(*(ledger.call(request(f"b{n}"), says(n=n)) for n in range(3)))
        await ledger.written()

    asyncio.run(many())
    assert set(states().values()) == {"done"}
    assert len(states()) == 6


def test_an_outcome_that_cannot_be_written_ends_the_step_and_the_next_call_is_not_made(ledger):
    """Its intent is there already, in the same group: it is closed as never made, which is what it was."""
    made = []

    async def perform(key: str) -> CallOutcome:
        made.append(key)
        return CallOutcome(payload={})

    async def two_calls() -> None:
        await ledger.call(request("a"), says(bad=1))
        with pytest.raises(ValueError, match="no column"):
            await ledger.call(request("b"), perform)
        for _ in range(2):
            with pytest.raises(ValueError, match="no column"):
                await ledger.written()

    asyncio.run(two_calls())
    assert made == []
    assert states() == {"a": "intent", "b": "failed"}
    assert "Not made" in Call.objects.get(name="b").error
    budget = RunBudget.objects.get(run_id=Call.objects.first().run_id, phase="research")
    assert (budget.reserved_calls, budget.used_calls) == (1, 1)


def test_who_lost_the_lease_while_calling_learns_it_at_the_next_call(ledger, step, bridge):
    """The outcome is known all the same: who holds the step now has not asked for it yet."""

    async def lose_it(_key: str) -> CallOutcome:
        await bridge.run(lambda: steps.sweep(now=play.later(60), max_crashes=9))
        return CallOutcome(payload={}, usage=Usage(searches=0))

    async def two_calls() -> None:
        await ledger.call(request("a"), lose_it)
        with pytest.raises(LostLease):
            await ledger.call(request("b"), says(said=1))

    asyncio.run(two_calls())
    assert states() == {"a": "done"}


def test_a_step_that_is_stopped_leaves_its_outcome_to_be_written(ledger, bridge):
    async def stopped() -> None:
        given = asyncio.Event()

        async def body() -> None:
            await ledger.call(request("a"), says(said=1))
            given.set()
            await ledger.written()

        task = asyncio.create_task(body())
        await given.wait()
        task.cancel()
        await asyncio.wait([task])
        await ledger.written()

    asyncio.run(stopped())
    assert states() == {"a": "done"}
