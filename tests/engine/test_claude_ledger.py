"""A conversation can be put together again from the ledger, and tried again it buys nothing."""

from __future__ import annotations

import asyncio

from test_claude_investigate import BRIEF, PAGE, REPORT, TAX, task

from research.engine.domain.canonical import digest
from research.engine.providers.anthropic import investigate as role
from tests.doubles import claude
from tests.doubles import messages_build as build
from tests.doubles.engine import FakeLibrary, shelf_over


def long_talk():
    """Return a script that meets everything: pauses, cuts, a full window, trimming, and tools that change."""
    call = build.server_tool("web_fetch", url=PAGE)
    return [
        build.paused(build.search("tax", (PAGE, "Tax")), call),
        build.asking(
            build.result("web_fetch", call["id"], build.page(PAGE, " ".join([TAX] * 60))),
            build.tool_use("library_search", query="gaming tax"),
        ),
        build.message(build.text("Going on"), build.tool_use("library_search"), stop_reason="max_tokens"),
        build.message(build.text("")),
        *(build.asking(build.tool_use("library_search", query="tax", limit=n)) for n in (7, 8, 9)),
        build.message(stop_reason="model_context_window_exceeded"),
        build.asking(build.tool_use("library_search", query="tax", limit=3)),
        REPORT,
    ]


def test_every_request_can_be_put_together_again_from_the_ledger_and_has_the_digest_it_names():
    library = FakeLibrary.of(" ".join([TAX] * 80))
    table = claude.Desk(long_talk(), context_tokens=9_000)
    shelf = shelf_over(library, ledger=table.ledger)
    asyncio.run(role.investigate(table.asker(), BRIEF, task("web_search", "web_fetch", "library_search"), shelf))
    rebuilt = claude.sent(table.ledger)
    assert len(rebuilt) == len(table.requests) == 10
    for (request, told), asked in zip(rebuilt, table.requests, strict=True):
        assert claude.marked(request) == asked
        assert told["request"] == digest(asked)
    changes = [set(told.get("changed", {})) for _, told in rebuilt]
    assert {"messages"} in changes
    assert any("tools" in each for each in changes)
    whole = sum(len(str(asked["messages"])) for asked in table.requests)
    kept = sum(len(str(told["messages"])) for _, told in rebuilt)
    assert kept < whole / 2


def test_the_same_conversation_asks_the_same_and_a_second_try_buys_nothing():
    """A step that is tried again is replayed from the ledger: not one request goes out."""
    library = FakeLibrary.of(" ".join([TAX] * 80))
    asked = task("web_search", "web_fetch", "library_search")
    table = claude.Desk(long_talk(), context_tokens=9_000)
    first, second = (
        asyncio.run(role.investigate(table.asker(), BRIEF, asked, shelf_over(library, ledger=table.ledger)))
        for _ in range(2)
    )
    assert first == second
    assert len(table.requests) == 10
