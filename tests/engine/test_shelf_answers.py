"""Answers of tools: kept for others of the team, archived before they are read, and given by another tool at need."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from pydantic import BaseModel, Field
from test_rates import answer

from research.engine.domain.errors import BudgetExceeded, InvalidInput, LostLease, Permanent, ProviderDown, Transient
from research.engine.domain.usage import Usage
from research.engine.ports import CallRequest, FetchedDocument, Listing, ToolResult
from research.engine.resilience.calls import LONGEST_REST_S, PROVIDER_REST_S
from tests.doubles.engine import (
    FakeClock,
    FakeLibrary,
    ListObserver,
    MemoryArchive,
    MemoryBreakers,
    MemoryLedger,
    calls_over,
    shelf_over,
)  # fmt: skip

NOW = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
TAX = "Nevada collects a gaming tax of 6.75% of gross gaming revenue from every licensed operator."


class Query(BaseModel, extra="forbid"):
    query: str
    limit: int = Field(default=10, le=20)


class Narrow(BaseModel, extra="forbid"):
    query: str = Field(max_length=5)


class Site(BaseModel, extra="forbid"):
    query: str
    site: str


class Search:
    """A search engine; `given` are its answers in order, an exception is raised, the last one stays."""

    says, rate, timeout_s, estimate = "Searches.", None, 5.0, Usage(searches=1)

    def __init__(self, name="one", *given, arguments=Query, ttl_s=60.0, capability="search_web"):
        self.name, self.arguments, self.ttl_s, self.capability = name, arguments, ttl_s, capability
        self.given, self.asked = list(given) or [ToolResult(listings=(listing(name),))], []

    async def run(self, arguments):
        self.asked.append(arguments)
        answered = self.given.pop(0) if len(self.given) > 1 else self.given[0]
        if isinstance(answered, Exception):
            raise answered
        return answered


def listing(name):
    return Listing(url=f"https://{name}.example", title=name)


class MemoryCache:
    """`ports.Cache` in a dict."""

    def __init__(self):
        self.kept, self.times = {}, []

    async def get(self, key):
        return self.kept.get(key)

    async def put(self, key, value, *, ttl_s):
        self.kept[key] = value
        self.times.append(ttl_s)


def use(*tools, name="one", arguments=None, **parts):
    shelf = shelf_over(FakeLibrary.of(TAX), tools=tools, **parts)
    return asyncio.run(shelf.use(name, arguments or {"query": "tax"}))


# ── another tool at need ─────────────────────────────────────────────────────────────────────────

AWAY = Transient("away", retry_after_s=3600)


def test_a_tool_that_is_away_is_stood_in_for_by_one_that_can_the_same():
    observer = ListObserver()
    other = Search("other")
    reply = use(Search("one", AWAY), Search("page", capability="read_page"), other, observer=observer)
    assert (reply.tool, reply.listings) == ("other", (listing("other"),))
    assert ("tool.stand_in", {"tool": "one", "used": "other", "reason": "away"}) in observer.notes


def test_a_stand_in_gets_what_it_takes_of_what_was_given():
    narrow = Search("narrow", arguments=Narrow)
    use(Search("one", AWAY), narrow, arguments={"query": "tax", "limit": 5})
    assert narrow.asked == [Narrow(query="tax")]


def test_what_was_not_given_is_the_stand_ins_own_to_choose():
    class Wide(Query):
        limit: int = 3

    other = Search("other", arguments=Wide)
    use(Search("one", AWAY), other)
    assert other.asked[0].limit == 3


def test_one_that_cannot_take_the_arguments_is_passed_over():
    narrow, site, other = Search("narrow", arguments=Narrow), Search("site", arguments=Site), Search("other")
    reply = use(Search("one", AWAY), narrow, site, other, arguments={"query": "gaming tax"})
    assert (reply.tool, narrow.asked, site.asked) == ("other", [], [])


def test_when_all_are_away_the_failure_of_the_one_asked_for_goes_up():
    observer = ListObserver()
    with pytest.raises(Transient, match="away"):
        use(Search("one", AWAY), Search("other", Transient("gone", retry_after_s=99)), observer=observer)
    assert ("tool.stand_in_away", {"tool": "other", "reason": "gone"}) in observer.notes


@pytest.mark.parametrize("error", [Permanent("no such page"), BudgetExceeded("no more")])
def test_what_another_would_meet_as_well_is_no_reason_for_one(error):
    other = Search("other")
    with pytest.raises(type(error)):
        use(Search("one", error), other)
    assert other.asked == []


# ── answers that are kept ────────────────────────────────────────────────────────────────────────


def test_an_answer_is_kept_for_the_next_step_costs_it_nothing_and_leads_to_the_call_that_fetched():
    cache, tool, first, second = MemoryCache(), Search(), MemoryLedger(), MemoryLedger()
    one = use(tool, cache=cache, ledger=first)
    two = use(tool, cache=cache, ledger=second)
    assert two == one
    assert len(tool.asked) == 1
    ((request, _),) = second.rows
    (outcome,) = second.finished.values()
    assert request.estimate == Usage(calls=1)
    assert (outcome.usage, outcome.cached_from) == (Usage(calls=1), one.call_key)
    assert cache.times == [60.0]


def test_an_answer_is_kept_for_others_when_its_call_is_recorded_for_good():
    """Else, after a crash, two runs would cite a call of which nobody knows whether it was made."""
    cache = MemoryCache()

    class Unwritten(MemoryLedger):
        async def written(self):
            assert cache.kept == {}
            raise LostLease("Another worker holds this step now.")

    with pytest.raises(LostLease):
        use(Search(), cache=cache, ledger=Unwritten())
    assert cache.kept == {}


def test_a_kept_answer_of_a_tool_that_rests_is_given_all_the_same():
    cache, tool = MemoryCache(), Search()
    use(tool, cache=cache)
    assert use(tool, cache=cache, breakers=MemoryBreakers(open_names=["one"])).tool == "one"


@pytest.mark.parametrize("nothing", [ToolResult(), ToolResult(note="Nothing was found.")])
def test_nothing_found_is_not_kept(nothing):
    cache, tool = MemoryCache(), Search("one", nothing, ToolResult(listings=(listing("late"),)))
    use(tool, cache=cache)
    assert use(tool, cache=cache).listings == (listing("late"),)


def test_a_tool_whose_answers_are_of_the_moment_is_asked_each_time():
    cache, tool = MemoryCache(), Search(ttl_s=0.0)
    for _ in range(2):
        use(tool, cache=cache)
    assert (len(tool.asked), cache.kept) == (2, {})


def test_a_run_that_wants_nothing_kept_is_given_nothing_kept():
    tool = Search()
    use(tool, cache=MemoryCache())
    use(tool, cache=None)
    assert len(tool.asked) == 2


def test_other_arguments_and_other_teams_have_answers_of_their_own():
    cache, tool = MemoryCache(), Search()
    shelves = [shelf_over(FakeLibrary.of(TAX), tools=[tool], cache=cache) for _ in range(2)]
    shelves[1]._scope = "another team"
    for shelf in shelves:
        for query in ("tax", "fees", "tax"):
            asyncio.run(shelf.use("one", {"query": query}))
    assert [each.query for each in tool.asked] == ["tax", "fees"] * 2


# ── what tools bring ─────────────────────────────────────────────────────────────────────────────


def brought(uri, text):
    return FetchedDocument(
        kind="web_page", uri=uri, media_type="text/plain", data=text.encode(), text=text, fetched_at=NOW
    )


def test_documents_are_archived_with_the_calls_key_and_only_their_passages_enter_the_ledger():
    archive, ledger = MemoryArchive(), MemoryLedger()
    tool = Search("one", ToolResult(documents=(brought("https://a.example", TAX),)))
    reply = use(tool, archive=archive, ledger=ledger)
    ((document, call_key),) = archive.kept
    assert (document.uri, call_key) == ("https://a.example", reply.call_key)
    assert [hit.text for hit in reply.hits] == [TAX]
    (outcome,) = ledger.finished.values()
    assert "data" not in str(outcome.payload)


def test_a_document_without_text_is_told_in_the_note_and_the_others_are_kept():
    tool = Search("one", ToolResult(documents=(brought("https://a.example", " "), brought("https://b.example", TAX))))
    reply = use(tool)
    assert len(reply.hits) == 1
    assert reply.note.startswith("https://a.example: ")


def test_a_model_is_told_what_each_tool_takes():
    shelf = shelf_over(FakeLibrary.of(TAX), tools=[Search()])
    (card,) = shelf.cards()
    assert (card.name, card.capability, card.says) == ("one", "search_web", "Searches.")
    assert set(card.schema["properties"]) == {"query", "limit"}
    with pytest.raises(InvalidInput):
        asyncio.run(shelf.use("one", {"query": "tax", "limit": 99}))


# ── the way out ──────────────────────────────────────────────────────────────────────────────────

REQUEST = CallRequest(kind="model", name="m", arguments={})


def make(error, *, provider=True, breakers=None):
    clock = FakeClock()

    async def perform(_key):
        raise error

    calls = calls_over(clock=clock, breakers=breakers)
    with pytest.raises(Transient) as raised:
        asyncio.run(calls.make(REQUEST, perform, timeout_s=5, provider=provider))
    return raised.value


@pytest.mark.parametrize(("asked_s", "rest_s"), [(None, PROVIDER_REST_S), (61.0, 61.0), (10.0**9, LONGEST_REST_S)])
def test_a_provider_that_is_away_says_when_the_run_is_worth_another_try(asked_s, rest_s):
    down = make(Transient("away", retry_after_s=asked_s))
    assert isinstance(down, ProviderDown)
    assert down.retry_after_s == rest_s
    assert isinstance(down.__cause__, Transient)


def test_a_tool_that_is_away_is_no_provider_and_its_failure_goes_up_as_it_was():
    error = Transient("away", retry_after_s=99)
    assert make(error, provider=False) is error
    assert error.__cause__ is None


def test_an_open_breaker_of_a_model_is_a_provider_that_is_away():
    assert isinstance(make(Transient("x"), breakers=MemoryBreakers(open_names=["m"])), ProviderDown)


def test_a_limit_of_rate_is_the_other_side_at_work_and_no_failure_of_it():
    breakers = MemoryBreakers()
    make(Transient("too many", limited=True, retry_after_s=99), breakers=breakers)
    assert breakers.recorded == []
    make(Transient("away", retry_after_s=99), breakers=breakers)
    assert breakers.recorded == [("m", False)]


def test_an_answer_at_hand_needs_no_breaker():
    calls = calls_over(breakers=MemoryBreakers(open_names=["m"]))
    assert asyncio.run(calls.recorded(REQUEST, answer)).payload == {"said": 1}
