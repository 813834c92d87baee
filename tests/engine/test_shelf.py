"""The shelf checks arguments, keeps account of each attempt, retries what is worth it, and heeds breakers."""

import asyncio

import pytest
from pydantic import BaseModel

from research.engine.domain.errors import BudgetExceeded, InvalidInput, Permanent, Transient
from research.engine.domain.usage import Usage
from research.engine.ports import ToolResult
from research.engine.resilience.calls import ATTEMPT
from tests.doubles.engine import FakeClock, FakeLibrary, ListObserver, MemoryBreakers, MemoryLedger, shelf_over

TEXT = "Nevada collects a gaming tax of 6.75% of gross gaming revenue from every licensed operator."


class Arguments(BaseModel):
    query: str


class Flaky:
    """Raise what it was given, one after the other, then answer."""

    name, capability, says, arguments = "flaky", "flaking", "Fails first.", Arguments
    estimate = Usage()
    ttl_s, rate = 0.0, None

    def __init__(self, *errors: Exception, timeout_s: float = 5.0, hang: bool = False):
        self.errors, self.timeout_s, self.hang, self.runs = list(errors), timeout_s, hang, 0

    async def run(self, arguments):
        self.runs += 1
        if self.hang:
            await asyncio.Event().wait()
        if self.errors:
            raise self.errors.pop(0)
        return ToolResult(note=f"answer to {arguments.query}")


def use(tool, **parts):
    return asyncio.run(shelf_over(FakeLibrary.of(TEXT), tools=[tool], **parts).use("flaky", {"query": "x"}))


def test_hits_come_back_from_the_ledger_as_they_went_in():
    library, ledger = FakeLibrary.of(TEXT), MemoryLedger()
    reply = asyncio.run(shelf_over(library, ledger=ledger).use("library_search", {"query": "gaming tax"}))
    assert reply.hits == asyncio.run(library.search("gaming tax", limit=10))
    assert reply.call_key in ledger.finished


def test_a_finished_call_is_replayed_and_not_bought_again():
    library, ledger = FakeLibrary.of(TEXT), MemoryLedger()
    for _ in range(2):
        asyncio.run(shelf_over(library, ledger=ledger).use("library_search", {"query": "gaming tax"}))
    assert library.queries == ["gaming tax"]


@pytest.mark.parametrize(
    ("tool", "arguments", "field"),
    [
        ("library_search", {}, "query"),
        ("library_search", {"query": ""}, "query"),
        ("library_search", {"query": "x", "limit": 0}, "limit"),
        ("library_search", {"query": "x", "delete": True}, "delete"),
        ("rm", {"query": "x"}, "tool"),
    ],
)
def test_arguments_it_does_not_take_are_refused_before_anything_is_spent(tool, arguments, field):
    ledger = MemoryLedger()
    with pytest.raises(InvalidInput) as refusal:
        asyncio.run(shelf_over(FakeLibrary.of(TEXT), ledger=ledger).use(tool, arguments))
    assert refusal.value.field == field
    assert ledger.rows == []


def test_a_transient_failure_is_tried_again_with_growing_waits_each_attempt_its_own_call():
    tool, clock, ledger = Flaky(*[Transient("busy")] * 3), FakeClock(), MemoryLedger()
    assert use(tool, clock=clock, ledger=ledger).note == "answer to x"
    assert clock.slept == [2.0, 4.0, 8.0]
    assert [request.arguments.get(ATTEMPT) for request, _ in ledger.rows] == [None, 2, 3, 4]
    assert [how for _, how in ledger.rows] == ["Transient", "Transient", "Transient", "done"]


def test_after_four_attempts_the_failure_goes_up():
    tool, breakers = Flaky(*[Transient("busy")] * 9), MemoryBreakers()
    with pytest.raises(Transient):
        use(tool, breakers=breakers)
    assert tool.runs == 4
    assert breakers.recorded == [("flaky", False)] * 4


def test_a_permanent_failure_is_never_tried_again_and_does_not_trip_the_breaker():
    tool, breakers, clock = Flaky(Permanent("no such page")), MemoryBreakers(), FakeClock()
    with pytest.raises(Permanent):
        use(tool, breakers=breakers, clock=clock)
    assert (tool.runs, clock.slept) == (1, [])
    assert breakers.recorded == [("flaky", True)]


def test_the_wait_the_other_side_names_is_kept():
    clock = FakeClock()
    use(Flaky(Transient("busy", retry_after_s=40)), clock=clock)
    assert clock.slept == [40]


def test_a_wait_over_a_minute_is_not_sat_out_here():
    tool, clock = Flaky(Transient("busy", retry_after_s=61)), FakeClock()
    with pytest.raises(Transient) as failure:
        use(tool, clock=clock)
    assert failure.value.retry_after_s == 61
    assert (tool.runs, clock.slept) == (1, [])


def test_a_tool_that_hangs_is_cut_off_and_counts_as_transient():
    tool, ledger = Flaky(timeout_s=0.001, hang=True), MemoryLedger()
    with pytest.raises(Transient, match="did not answer"):
        use(tool, ledger=ledger)
    assert {how for _, how in ledger.rows} == {"Transient"}


def test_an_open_breaker_stops_the_call_before_the_ledger():
    tool, ledger, observer = Flaky(), MemoryLedger(), ListObserver()
    with pytest.raises(Transient, match="rests"):
        use(tool, ledger=ledger, breakers=MemoryBreakers(open_names=["flaky"]), observer=observer)
    assert (tool.runs, ledger.rows) == (0, [])
    assert observer.notes == [("breaker.open", {"name": "flaky"})]


def test_the_budget_is_no_failure_of_the_tool():
    tool, breakers = Flaky(), MemoryBreakers()
    with pytest.raises(BudgetExceeded):
        use(tool, ledger=MemoryLedger(limit=0), breakers=breakers)
    assert (tool.runs, breakers.recorded) == (0, [])


def test_literal_scan_finds_without_an_index_and_falls_back_to_the_two_longest_words():
    library = FakeLibrary.of(TEXT)
    library.fail_with = Permanent("no index")
    reply = asyncio.run(shelf_over(library).use("library_scan", {"query": "the licensed operator of Timbuktu revenue"}))
    assert reply.hits == ()
    reply = asyncio.run(shelf_over(library).use("library_scan", {"query": "licensed operator in Ohio"}))
    assert [hit.text for hit in reply.hits] == [TEXT]
    reply = asyncio.run(shelf_over(library).use("library_scan", {"query": "of the"}))
    assert "no word" in reply.note
