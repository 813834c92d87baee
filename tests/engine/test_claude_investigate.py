"""An investigation by Claude: turns of every kind, tools side by side, and nothing kept but words of archived texts."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from pydantic import BaseModel

from research.engine.domain.errors import BudgetExceeded, LostLease, Permanent, Transient
from research.engine.domain.plans import PlanTask
from research.engine.domain.usage import Usage
from research.engine.ports import FetchedDocument, Listing, Memory, ToolResult
from research.engine.providers.anthropic import investigate as role
from research.engine.verticals import registry
from tests.doubles import claude
from tests.doubles import messages_build as build
from tests.doubles.engine import FakeLibrary, brief, shelf_over

TAX = "Nevada collects a gaming tax of 6.75% of gross gaming revenue from every licensed operator."
PAGE = "https://example.com/tax"
BRIEF = brief(registry.get("gambling"), "An online casino for Nevada, see https://prompt.example.com/law.").model_copy(
    update={"as_of": dt.date(2024, 3, 1)}
)
REPORT = build.asking(build.tool_use("report", outcome="found", reason="It is said."))
KEEP = build.tool_use("keep_quote", document="1", quote=TAX, relevance=800)
LOOK = build.asking(build.tool_use("library_search", query="gaming tax"))


def task(*tools: str) -> PlanTask:
    return PlanTask(
        key="taxes", question="Which gaming taxes apply?", section="regulation", tools=tools or ("library_search",)
    )


def look(script, *, asked=None, shelf=None, **desk):
    """Return the investigation, and the desk that shows what was asked."""
    table = claude.Desk(script, **desk)
    shown = shelf or shelf_over(FakeLibrary.of(TAX), ledger=table.ledger)
    return asyncio.run(role.investigate(table.asker(), BRIEF, asked or task(), shown)), table


class Arguments(BaseModel):
    url: str
    query: str = ""
    limit: int = 10


class Reader:
    """A page reader over pages by their address; what is an exception is raised."""

    name, capability, says, arguments = "fetch_page", "read_page", "Reads a page.", Arguments
    estimate, ttl_s, rate, timeout_s = Usage(), 0.0, None, 5.0

    def __init__(self, **pages):
        self.pages, self.asked = pages.pop("pages", {}), []

    async def run(self, arguments):
        self.asked.append(arguments.url)
        given = self.pages[arguments.url.partition("#")[0]]
        if isinstance(given, Exception):
            raise given
        return ToolResult(
            documents=(
                FetchedDocument(
                    kind="web_page", uri=arguments.url, media_type="text/plain", data=given.encode(), text=given,
                    renderer="t/1", fetched_at=dt.datetime(2024, 3, 1, tzinfo=dt.UTC),
                ),
            )
        )  # fmt: skip


class Lists:
    """A search engine that lists one page."""

    name, capability, says = "searxng", "search_web", "Searches."
    estimate, ttl_s, rate, timeout_s = Usage(), 0.0, None, 5.0

    class arguments(BaseModel):  # noqa: N801 - what the port calls it
        query: str

    async def run(self, _arguments):
        return ToolResult(listings=(Listing(url=PAGE, title="Tax", excerpt="Of taxes"),))


class Ends:
    """A tool that raises what it was given, after others had time to begin; `ended` says who came to an end."""

    capability, says, arguments = "ends", "Ends.", Lists.arguments
    estimate, ttl_s, rate, timeout_s = Usage(), 0.0, None, 5.0

    def __init__(self, name, error, ended, rounds):
        self.name, self._error, self._ended, self._rounds = name, error, ended, rounds

    async def run(self, _arguments):
        for _ in range(self._rounds):
            await asyncio.sleep(0)
        self._ended.append(self.name)
        if self._error is not None:
            raise self._error
        return ToolResult(note=f"from {self.name}")


# ── an ordinary one ──────────────────────────────────────────────────────────────────────────────


def test_what_is_kept_stands_in_a_text_at_its_offsets_with_the_call_that_found_it():
    found, table = look([LOOK, build.asking(KEEP), REPORT])
    (finding,) = found.findings
    assert (found.outcome, found.reason) == ("found", "It is said.")
    assert (finding.quote.exact, finding.quote.start, finding.relevance) == (TAX, 0, 400)
    (search,) = found.searches
    assert search.call_key == finding.call_key
    assert finding.call_key in table.ledger.finished


def test_a_report_without_a_quote_is_insufficient_data_whatever_it_says():
    found, _ = look([REPORT])
    assert found.outcome == "insufficient_data"
    assert "No quote" in found.reason


def test_words_that_stand_nowhere_are_not_kept_and_the_model_is_told():
    wrong = build.tool_use("keep_quote", document="1", quote=TAX.replace("6.75", "7.75"), relevance=800)
    nowhere = build.tool_use("keep_quote", document="77", quote=TAX, relevance=800)
    huge = build.tool_use("keep_quote", document="9" * 5000, quote=TAX, relevance=800)
    found, table = look([LOOK, build.asking(wrong, nowhere, huge), REPORT])
    assert found.findings == ()
    told = table.requests[-1]["messages"][-1]["content"]
    assert [each["is_error"] for each in told] == [True, True, True]
    assert "letter by letter" in told[0]["content"]


def test_a_run_without_a_date_is_refused_in_a_sentence():
    table = claude.Desk([])
    with pytest.raises(Permanent, match="no date"):
        asyncio.run(
            role.investigate(
                table.asker(), BRIEF.model_copy(update={"as_of": None}), task(), shelf_over(FakeLibrary.of(TAX))
            )
        )


# ── how turns end ────────────────────────────────────────────────────────────────────────────────


def test_a_paused_turn_goes_back_verbatim_with_the_same_tools_and_nothing_said():
    call = build.server_tool("web_fetch", url=PAGE)
    pause = build.paused(build.thinking("Hm."), build.search("tax", (PAGE, "Tax")), call)
    rest = build.asking(
        build.result("web_fetch", call["id"], build.page(PAGE, TAX)),
        build.tool_use("keep_quote", document=PAGE, quote=TAX, relevance=700),
    )
    found, table = look([pause, rest, REPORT], asked=task("web_search", "web_fetch"))
    first, second, third = table.requests
    assert second["messages"] == [
        {"role": "user", "content": [_bare(first["messages"][0]["content"][0])]},
        {"role": "assistant", "content": pause["content"]},
    ]
    assert second["tools"] == first["tools"]
    uses = {tool["name"]: tool["max_uses"] for tool in third["tools"] if "max_uses" in tool}
    assert uses == {"web_search": 4, "web_fetch": 7}
    assert [finding.quote.exact for finding in found.findings] == [TAX]


def _bare(block):
    return {name: value for name, value in block.items() if name != "cache_control"}


def test_a_turn_is_continued_so_often_and_no_more():
    pauses = [build.paused(build.server_tool("web_search", query=f"q{n}")) for n in range(9)]
    found, table = look(pauses, asked=task("web_search"), max_continuations=2)
    assert len(table.requests) == 3
    assert found.outcome == "insufficient_data"


def test_an_answer_cut_off_is_gone_on_from_once_and_its_half_tool_is_not_used():
    half = build.message(build.text("I will"), build.tool_use("library_search"), stop_reason="max_tokens")
    found, table = look([half, half])
    assert len(table.requests) == 2
    assert [block["type"] for block in table.requests[1]["messages"][1]["content"]] == ["text"]
    assert found.searches == ()
    assert "cut off" in found.reason


def test_who_stops_without_a_report_is_asked_once_even_after_an_answer_was_cut_off():
    cut = build.message(build.text("I will"), stop_reason="max_tokens")
    stop = build.message(build.text("Done."))
    found, table = look([cut, stop, stop])
    assert len(table.requests) == 3
    assert "call report" in table.requests[2]["messages"][-1]["content"][0]["text"]
    assert found.reason == "The model stopped without a report."


def test_a_refusal_keeps_what_was_found():
    found, table = look([LOOK, build.asking(KEEP), build.message(stop_reason="refusal")])
    assert len(table.requests) == 3
    assert [finding.quote.exact for finding in found.findings] == [TAX]
    assert "declined" in found.reason


def test_the_last_turn_ends_it():
    found, table = look([LOOK] * 9, max_turns=3)
    assert len(table.requests) == 3
    assert "last turn" in found.reason


def test_a_full_window_makes_room_once_and_then_ends():
    words = " ".join([TAX] * 300)
    shelf = shelf_over(FakeLibrary.of(words))
    full = build.message(stop_reason="model_context_window_exceeded")
    turns = [build.asking(build.tool_use("library_search", query="gaming tax", limit=n)) for n in range(1, 6)]
    found, table = look([*turns, full, full], shelf=shelf, context_tokens=40_000)
    assert len(table.requests) == 7
    before, after = (len(str(request["messages"])) for request in table.requests[-2:])
    assert after < before * 0.7
    assert "more to read" in found.reason


# ── tools ────────────────────────────────────────────────────────────────────────────────────────


def test_results_of_tools_side_by_side_stand_in_the_order_they_were_asked_for():
    ended: list[str] = []
    slow, quick = Ends("slow", None, ended, 9), Ends("quick", None, ended, 0)
    shelf = shelf_over(FakeLibrary.of(TAX), tools=[slow, quick])
    uses = [build.tool_use(name, query="x") for name in ("slow", "quick", "slow")]
    _, table = look([build.asking(uses[0], uses[1]), REPORT], shelf=shelf)
    told = table.requests[1]["messages"][-1]["content"]
    assert ended == ["quick", "slow"]
    assert [each["tool_use_id"] for each in told] == [uses[0]["id"], uses[1]["id"]]
    assert ["slow" in told[0]["content"], "quick" in told[1]["content"]] == [True, True]


def test_a_tool_that_is_not_on_the_shelf_is_an_error_the_model_reads():
    found, table = look([build.asking(build.tool_use("rm", query="x")), REPORT])
    (told,) = table.requests[1]["messages"][-1]["content"]
    assert told["is_error"]
    assert "no tool called 'rm'" in told["content"]
    assert found.searches[0].error


@pytest.mark.parametrize("error", [BudgetExceeded("The run may spend no more."), LostLease("Another worker has it.")])
def test_what_must_stop_the_step_does_after_the_others_came_to_an_end(error):
    ended: list[str] = []
    shelf = shelf_over(FakeLibrary.of(TAX), tools=[Ends("stops", error, ended, 0), Ends("goes-on", None, ended, 9)])
    asks = build.asking(build.tool_use("stops", query="x"), build.tool_use("goes-on", query="x"))
    with pytest.raises(type(error)):
        look([asks], shelf=shelf)
    assert ended == ["stops", "goes-on"]


def test_a_failure_of_all_there_is_goes_up_to_be_tried_again():
    ended: list[str] = []
    shelf = shelf_over(FakeLibrary.of(TAX), tools=[Ends("away", Transient("away"), ended, 0)])
    with pytest.raises(Transient):
        look([build.asking(build.tool_use("away", query="x")), REPORT], shelf=shelf)


def test_only_pages_that_were_listed_or_that_the_prompt_names_are_read():
    reader = Reader(pages={PAGE: TAX, "https://prompt.example.com/law": "A law of the prompt says this and that."})
    shelf = shelf_over(FakeLibrary.of(TAX), tools=[reader, Lists()])
    bad = build.tool_use("fetch_page", url="https://evil.example.com/?q=secret")
    read = [
        build.tool_use("fetch_page", url=PAGE + "#part"),
        build.tool_use("fetch_page", url="https://prompt.example.com/law"),
    ]
    keep = build.tool_use("keep_quote", document=PAGE, quote=TAX, relevance=1)
    script = [build.asking(bad), build.asking(build.tool_use("searxng", query="tax")), build.asking(*read),
              build.asking(keep), REPORT]  # fmt: skip
    found, table = look(script, shelf=shelf)
    assert reader.asked == [PAGE + "#part", "https://prompt.example.com/law"]
    assert "may be read" in table.requests[1]["messages"][-1]["content"][0]["content"]
    assert [finding.quote.exact for finding in found.findings] == [TAX]


def test_addresses_other_tasks_read_may_be_read_again():
    reader = Reader(pages={PAGE: TAX})
    known = BRIEF.model_copy(update={"memory": (Memory(task_key="a", words="x", source="S", url=PAGE),)})
    table = claude.Desk([build.asking(build.tool_use("fetch_page", url=PAGE)), REPORT])
    asyncio.run(role.investigate(table.asker(), known, task(), shelf_over(FakeLibrary.of(TAX), tools=[reader])))
    assert reader.asked == [PAGE]
