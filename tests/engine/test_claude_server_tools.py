"""What the server's own tools bring is archived before it is believed, and offered where the plan has it."""

from __future__ import annotations

import asyncio

from test_claude_investigate import BRIEF, PAGE, REPORT, TAX, look, task

from research.engine.providers.anthropic import investigate as role
from tests.doubles import claude
from tests.doubles import messages_build as build
from tests.doubles.engine import FakeLibrary, shelf_over


def test_a_page_the_server_read_is_archived_as_what_its_call_brought():
    fetch = build.asking(build.fetch(PAGE, TAX), build.tool_use("report", outcome="insufficient_data", reason="No."))
    found, table = look([fetch], asked=task("web_fetch"))
    ((document, call_key),) = table.archive.kept
    assert (document.uri, document.data, document.renderer) == (PAGE, TAX.encode(), "web_fetch/1")
    assert call_key in table.ledger.finished
    assert [(each.tool, each.hits, each.call_key) for each in found.searches] == [("web_fetch", 1, call_key)]


def test_a_page_that_moved_is_quoted_by_either_address():
    call = build.server_tool("web_fetch", url="https://example.com/old")
    fetch = build.asking(
        call,
        build.result("web_fetch", call["id"], build.page(PAGE, TAX)),
        build.tool_use("keep_quote", document="https://example.com/old", quote=TAX, relevance=1),
    )
    found, _ = look([fetch, REPORT], asked=task("web_fetch"))
    assert len(found.findings) == 1


def test_failed_searches_and_fetches_are_told_as_such():
    turn = build.asking(
        build.failed("web_search", "max_uses_exceeded", query="tax"),
        build.failed("web_fetch", "url_not_accessible", url=PAGE),
        build.tool_use("report", outcome="insufficient_data", reason="No."),
    )
    found, table = look([turn], asked=task("web_search", "web_fetch"))
    assert [bool(each.error) for each in found.searches] == [True, True]
    assert table.archive.kept == []


def test_an_empty_page_and_one_of_no_web_address_are_no_documents():
    turn = build.asking(
        build.fetch(PAGE, " "),
        build.fetch("file:///etc/passwd", TAX),
        build.tool_use("report", outcome="found", reason="No."),
    )
    found, table = look([turn], asked=task("web_fetch"))
    assert [bool(each.error) for each in found.searches] == [True, True]
    assert table.archive.kept == []


def test_exact_citations_of_a_read_page_are_kept_where_they_stand():
    """A citation's number counts documents of the request, some of which may be gone: place and words decide."""
    other = "https://example.com/other"
    words = f"Intro.\n{TAX}\nThe end of it."
    cited = build.text("So it is.", build.cites_text(TAX, start=words.index(TAX), document=7))
    turn = build.asking(
        build.fetch(other, f"{TAX} This page has it too, elsewhere."),
        build.fetch(PAGE, words),
        cited,
        build.tool_use("report", outcome="found", reason="Yes."),
    )
    found, _ = look([turn], asked=task("web_fetch"))
    (finding,) = found.findings
    assert (finding.quote.start, finding.source.title) == (words.index(TAX), "A page")
    assert finding.source.id == 1001


def test_an_exact_citation_of_words_nobody_read_is_not_kept():
    cited = build.text("So it is.", build.cites_text("Words that stand in no page at all.", start=0))
    turn = build.asking(build.fetch(PAGE, TAX), cited, build.tool_use("report", outcome="found", reason="Yes."))
    found, _ = look([turn], asked=task("web_fetch"))
    assert found.findings == ()


def test_the_verticals_domains_are_told_and_tools_are_called_by_the_model_itself():
    only = BRIEF.model_copy(update={"vertical": BRIEF.vertical.model_copy(update={"allowed_domains": ("a.example",)})})
    never = BRIEF.model_copy(update={"vertical": BRIEF.vertical.model_copy(update={"blocked_domains": ("b.example",)})})
    for known, name, domains in ((only, "allowed_domains", ["a.example"]), (never, "blocked_domains", ["b.example"])):
        table = claude.Desk([REPORT])
        asyncio.run(role.investigate(table.asker(), known, task("web_search"), shelf_over(FakeLibrary.of(TAX))))
        (search,) = [tool for tool in table.requests[0]["tools"] if tool["name"] == "web_search"]
        assert search[name] == domains
        assert search["allowed_callers"] == ["direct"]


def test_server_tools_are_offered_only_where_the_task_names_them_and_the_server_has_them():
    _, without = look([REPORT], asked=task("web_search", "web_fetch"), server_tools=False)
    _, unnamed = look([REPORT])
    for table in (without, unnamed):
        assert [tool["name"] for tool in table.requests[0]["tools"] if "max_uses" in tool] == []
