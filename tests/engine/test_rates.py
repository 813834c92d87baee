"""Calls wait their turn: so many at once, so many a minute, so many of one person; and nobody waits without need."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from research.engine.domain.errors import Transient
from research.engine.domain.usage import Usage
from research.engine.ports import CallOutcome, CallRequest
from research.engine.resilience.calls import ResilientCalls
from research.engine.resilience.rates import Rates
from tests.doubles.engine import FakeClock, FixedJitter, ListObserver, MemoryBreakers, MemoryLedger


async def enters(rates: Rates, held: AsyncExitStack, name: str, user: str = "") -> bool:
    """Tell whether the call may go out now; it stays in flight until `held` ends."""
    entering = asyncio.ensure_future(held.enter_async_context(rates.hold(name, user)))
    for _ in range(20):
        await asyncio.sleep(0)
    if not entering.done():
        entering.cancel()
        await asyncio.gather(entering, return_exceptions=True)
        return False
    return True


def turns(rates: Rates, *calls: tuple[str, str]) -> list[bool]:
    """Return for each of the calls, none of which ends, whether it may go out."""

    async def go():
        async with AsyncExitStack() as held:
            return [await enters(rates, held, *call) for call in calls]

    return asyncio.run(go())


A, B = ("a", "ann"), ("b", "ann")


@pytest.mark.parametrize(
    ("rates", "calls", "may"),
    [
        (Rates(), [A] * 5, [True] * 5),
        (Rates(at_once=2), [A, A, A, B], [True, True, False, True]),
        (Rates(user_at_once=2), [A, B, A, ("a", "bob"), A], [True, True, False, True, False]),
        (Rates(user_at_once=1), [("a", ""), ("a", "")], [True, True]),
        (Rates(a_minute={"a": 1}), [A, A, B, B], [True, False, True, True]),
        (Rates(a_minute={"a": 180}), [A, A, A], [True, True, True]),
    ],
)
def test_a_call_goes_out_when_it_is_its_turn(rates, calls, may):
    assert turns(rates, *calls) == may


def test_who_ends_lets_the_next_one_out_and_who_gives_up_leaves_no_place_taken():
    rates = Rates(at_once=1, user_at_once=1)

    async def go():
        async with AsyncExitStack() as first:
            assert await enters(rates, first, *A)
            async with AsyncExitStack() as second:
                assert not await enters(rates, second, *A)
        async with AsyncExitStack() as third:
            return await enters(rates, third, *A)

    assert asyncio.run(go())


def test_a_call_that_fails_gives_its_place_back():
    rates = Rates(at_once=1)

    async def go():
        with pytest.raises(ZeroDivisionError):
            async with rates.hold("a", ""):
                raise ZeroDivisionError
        async with AsyncExitStack() as held:
            return await enters(rates, held, "a")

    assert asyncio.run(go())


def test_a_person_with_many_calls_waiting_does_not_fill_a_tools_queue():
    """Ann's second call waits for her first, and not in the tool's place that Bob can use."""
    rates = Rates(at_once=2, user_at_once=1)
    assert turns(rates, A, A, ("a", "bob")) == [True, False, True]


def request(query: str) -> CallRequest:
    return CallRequest(kind="tool", name="a", arguments={"query": query}, estimate=Usage())


def calls_over(ledger: MemoryLedger, rates: Rates, breakers: MemoryBreakers | None = None) -> ResilientCalls:
    return ResilientCalls(
        ledger, breakers or MemoryBreakers(), FakeClock(), ListObserver(), rates=rates, user="ann", rng=FixedJitter()
    )


async def answer(_key: str) -> CallOutcome:
    return CallOutcome(payload={"said": 1})


def test_an_intent_is_written_when_the_call_goes_out_and_not_while_it_waits():
    """A crash while a call waits its turn must not look like one in flight."""
    ledger, rates = MemoryLedger(), Rates(at_once=1)

    async def go():
        async with rates.hold("a", "bob"):
            waiting = asyncio.ensure_future(calls_over(ledger, rates).make(request("x"), answer, timeout_s=5))
            for _ in range(20):
                await asyncio.sleep(0)
            assert ledger.rows == []
        return await waiting

    assert asyncio.run(go()).payload == {"said": 1}


# ── a step that is tried again ───────────────────────────────────────────────────────────────────


class Other:
    """The other side: fails as often as it is told, then answers how often it was asked."""

    def __init__(self, failures: int) -> None:
        self.failures, self.times = failures, 0

    async def __call__(self, _key: str) -> CallOutcome:
        self.times += 1
        if self.times <= self.failures:
            raise Transient("busy")
        return CallOutcome(payload={"said": self.times})


def tried(ledger: MemoryLedger, other: Other, **parts) -> CallOutcome:
    calls = calls_over(ledger, parts.pop("rates", Rates()), **parts)
    return asyncio.run(calls.make(request("x"), other, timeout_s=5))


@pytest.mark.parametrize("failures", [0, 1, 3])
def test_the_attempt_that_was_finished_is_replayed_whatever_failed_before_it(failures):
    """Asked anew, a model would answer otherwise, and all that followed from its answer would be bought twice."""
    ledger, other = MemoryLedger(), Other(failures)
    first = tried(ledger, other)
    assert tried(ledger, other) == first
    assert other.times == failures + 1


def test_a_replayed_call_asks_no_breaker_and_waits_for_nobody():
    ledger, other, rates = MemoryLedger(), Other(0), Rates(at_once=1, a_minute={"a": 1})
    first = tried(ledger, other)

    async def go():
        async with rates.hold("a", "bob"):
            calls = calls_over(ledger, rates, MemoryBreakers(open_names=["a"]))
            return await calls.make(request("x"), other, timeout_s=5)

    assert asyncio.run(go()) == first
