"""What is read off a message's blocks, known and unknown."""

from __future__ import annotations

import pytest

from research.engine.providers.anthropic import blocks
from tests.doubles import messages_build as build

LATER = {"type": "later_block", "text": "not a text block's", "citations": [{"type": "x"}], "id": 7}
ODD = ["a string", None, {"no": "type"}, {"type": None}, LATER]


def test_the_text_is_that_of_text_blocks_alone():
    made = build.message(build.thinking("hm"), build.text("One. "), LATER, build.text("Two."))
    assert blocks.text_of(made) == "One. Two."
    assert blocks.text_of({"content": "a user's one string"}) == "a user's one string"
    assert blocks.stop_reason(made) == "end_turn"
    assert blocks.stop_reason({}) is None


def test_client_tools_are_told_from_the_server_s():
    use = build.tool_use("library_search", query="q")
    made = build.asking(build.search("s", ("https://a.example/", "A")), use)
    assert blocks.tool_uses(made) == (blocks.ToolUse(use["id"], "library_search", {"query": "q"}),)


def test_a_search_is_paired_with_its_results():
    made = build.message(
        build.search("first", ("https://a.example/", "A"), ("https://b.example/", "B")),
        build.search("nothing found"),
        build.failed("web_search", "max_uses_exceeded", query="one too many"),
    )
    found, empty, refused = blocks.searches(made)
    assert (found.query, found.error, found.pending) == ("first", None, False)
    assert [result.url for result in found.results] == ["https://a.example/", "https://b.example/"]
    assert found.results[0] == blocks.SearchResult("https://a.example/", "A", None)
    assert (empty.results, empty.error, empty.pending) == ((), None, False)
    assert (refused.query, refused.error, refused.results) == ("one too many", "max_uses_exceeded", ())


def test_a_fetch_gives_the_page_or_the_file_or_the_error():
    made = build.message(
        build.fetch("https://a.example/", "The page's text.", title="A"),
        build.fetch_file("https://a.example/r.pdf", b"%PDF-1.7 \x00"),
        build.failed("web_fetch", "url_not_accessible", url="https://gone.example/"),
    )
    page, file, gone = blocks.fetches(made)
    assert (page.asked, page.url, page.title, page.text) == ("https://a.example/",) * 2 + ("A", "The page's text.")
    assert (page.media_type, page.retrieved_at, page.data) == ("text/plain", build.RETRIEVED_AT, None)
    assert (file.text, file.data, file.media_type) == (None, b"%PDF-1.7 \x00", "application/pdf")
    assert (gone.asked, gone.url, gone.error, gone.text) == ("https://gone.example/", "", "url_not_accessible", None)


@pytest.mark.parametrize(
    "code",
    [
        "invalid_tool_input",
        "unavailable",
        "max_uses_exceeded",
        "too_many_requests",
        "query_too_long",
        "request_too_large",
        "a_later_code",
    ],
)
@pytest.mark.parametrize("tool", ["web_search", "web_fetch"])
def test_each_error_code_of_a_server_tool_is_told(tool, code):
    """They come under HTTP 200; an error is never taken for an empty result."""
    made = build.message(build.failed(tool, code, query="x", url="https://x.example/"))
    read = blocks.searches(made) if tool == "web_search" else blocks.fetches(made)
    assert [item.error for item in read] == [code]


def test_a_paused_turn_leaves_a_call_pending_and_the_next_turn_ends_it():
    """The result is the first block of the next message; over both, the search is whole."""
    call = build.server_tool("web_search", query="the rest")
    first = build.paused(build.search("one", ("https://a.example/", "A")), build.text("More."), call)
    rest = build.result("web_search", call["id"], build.found(("https://b.example/", "B")))
    second = build.message(rest, build.text("Done."))
    assert blocks.pending(first) == (blocks.Pending(call["id"], "web_search", {"query": "the rest"}),)
    assert [item.pending for item in blocks.searches(first)] == [False, True]
    assert blocks.pending(first, second) == ()
    assert [(item.query, len(item.results)) for item in blocks.searches(first, second)] == [("one", 1), ("the rest", 1)]
    # Alone it has its results, and nobody knows what was asked.
    assert [(item.id, item.query, item.pending) for item in blocks.searches(second)] == [(call["id"], "", False)]


def test_results_whose_ids_were_blacked_out_belong_to_the_call_before_them():
    """As in recordings; where ids fit, they decide, whatever the order."""
    one, two = build.server_tool("web_search", query="one"), build.server_tool("web_search", query="two")
    a, b = build.found(("https://a.example/", "A")), build.found(("https://b.example/", "B"))
    blacked = build.message(one, build.result("web_search", "toolu_REDACTED", a))
    assert [(item.query, item.results[0].title) for item in blocks.searches(blacked)] == [("one", "A")]
    crossed = build.message(
        one, two, build.result("web_search", two["id"], b), build.result("web_search", one["id"], a)
    )
    assert [(item.query, item.results[0].title) for item in blocks.searches(crossed)] == [("one", "A"), ("two", "B")]


CITED = [
    (
        {
            "type": "char_location",
            "document_index": 2,
            "start_char_index": 5,
            "end_char_index": 9,
            "document_title": "D",
        },
        {"exact": True, "source_index": 2, "unit": "char", "start": 5, "end": 9, "title": "D"},
    ),
    (
        {"type": "content_block_location", "document_index": 0, "start_block_index": 1, "end_block_index": 2},
        {"exact": True, "source_index": 0, "unit": "block", "start": 1, "end": 2},
    ),
    (
        {
            "type": "search_result_location",
            "search_result_index": 3,
            "start_block_index": 0,
            "end_block_index": 1,
            "source": "https://s.example/",
            "title": "S",
        },
        {"exact": True, "source_index": 3, "unit": "block", "start": 0, "end": 1, "url": "https://s.example/"},
    ),
    (
        {"type": "page_location", "document_index": 1, "start_page_number": 4, "end_page_number": 5},
        {"exact": False, "source_index": 1, "unit": "page", "start": 4, "end": 5},
    ),
    (
        {"type": "web_search_result_location", "url": "https://w.example/", "title": "W", "encrypted_index": "e"},
        {"exact": False, "source_index": None, "unit": None, "start": None, "url": "https://w.example/", "title": "W"},
    ),
    ({"type": "later_location", "url": 5}, {"exact": False, "kind": "later_location", "url": "", "unit": None}),
]


@pytest.mark.parametrize(("item", "says"), CITED, ids=[item["type"] for item, _ in CITED])
def test_a_citation_of_each_kind_says_where_and_how_exactly(item, says):
    """A web search's is never exact: it is cut at 150 characters, so it is a lead and no evidence."""
    made = build.message(LATER, build.text("Said.", {**item, "cited_text": "the words"}))
    (citation,) = blocks.citations(made)
    assert (citation.kind, citation.cited_text, citation.block) == (item["type"], "the words", 1)
    assert {name: getattr(citation, name) for name in says} == says


def test_what_is_odd_is_passed_over():
    """Unknown blocks and broken ones are no error to any reader; neither is a message without content."""
    made = {"content": [*ODD, {"type": "text", "text": None, "citations": [None, 1]}, {"type": "tool_use"}]}
    for message in (made, {"content": None}, {"content": []}, {}):
        assert blocks.text_of(message) == ""
        assert blocks.searches(message) == blocks.fetches(message) == blocks.pending(message) == ()
        assert blocks.citations(message) == ()
    assert blocks.tool_uses(made) == (blocks.ToolUse("", "", {}),)
    lone = {"content": [{"type": "web_fetch_tool_result", "content": {"content": {"source": {"type": "base64"}}}}]}
    assert blocks.fetches(lone)[0].data == b""
