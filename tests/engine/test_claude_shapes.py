"""Answers of any shape: read as far as they can be, refused in one sentence where they cannot, never a crash.

An answer that was recorded is replayed for ever; one that crashes its reader would end every further try of its run.
"""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages_call import REQUEST, ask, client
from pydantic import SecretStr
from test_claude_asking import ask as ask_desk
from test_claude_batches import DONE, SONNET, YES, batched
from test_claude_investigate import BRIEF, KEEP, LOOK, PAGE, REPORT, TAX, Lists, look, task

from research.engine.domain.errors import MrdError, Permanent, ProviderDown, Transient
from research.engine.ports import Listing, ToolResult
from research.engine.providers.anthropic import blocks, failures, stream
from research.engine.providers.anthropic import investigate as role
from research.engine.providers.anthropic.findings import MOST_RELEVANT
from research.engine.providers.anthropic.server_tools import CITED
from research.engine.tools import fetch_page
from tests.doubles import claude
from tests.doubles import messages_answers as answers
from tests.doubles import messages_build as build
from tests.doubles.engine import FakeClock, FakeLibrary, MemoryLedger, shelf_over
from tests.doubles.http_replies import FakeHttp
from tests.doubles.messages_server import MessagesServer

BAD_URLS = ("http://[::1#x", "https://[zz/x", "http://[::1", "http://[2001:db8::1/law#2")
DEEP = "[" * 200_000 + "]" * 200_000
# Nested so that `json` reads it and a recording could not hold it.
HALF_DEEP = json.loads("[" * 300 + "]" * 300)
WEB = task("web_search", "web_fetch", "fetch_page", "searxng", "library_search")


def said(content, stop="end_turn", **more):
    return build.message(stop_reason=stop) | {"content": content} | more


# ── addresses ────────────────────────────────────────────────────────────────────────────────────


def turns_with(url):
    """Return a turn of every kind that names an address."""
    return [
        build.asking(build.tool_use("fetch_page", url=url)),
        build.asking(build.tool_use("keep_quote", document=url, quote=TAX, relevance=5)),
        build.message(build.search("tax", (url, "Tax"))),
        build.message(build.fetch(url, TAX)),
        build.message(build.text("It says so.", build.cites_search(TAX, url=url))),
    ]


@pytest.mark.parametrize("url", BAD_URLS)
@pytest.mark.parametrize("kind", range(5))
def test_an_answer_may_name_what_is_no_address(kind, url):
    found, _ = look([turns_with(url)[kind], LOOK, build.asking(KEEP), REPORT], asked=WEB)
    assert [each.quote.exact for each in found.findings] == [TAX]


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_prompt_may_name_what_is_no_address(url):
    table = claude.Desk([LOOK, build.asking(KEEP), REPORT])
    asked = BRIEF.model_copy(update={"prompt": f"An online casino, see {url} for it"})
    shelf = shelf_over(FakeLibrary.of(TAX), ledger=table.ledger)
    assert asyncio.run(role.investigate(table.asker(), asked, task(), shelf)).findings


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_listing_may_name_what_is_no_address_and_the_model_may_ask_for_it(url):
    class Odd(Lists):
        async def run(self, _arguments):
            return ToolResult(listings=(Listing(url=url, title="T", excerpt="e"),))

    reader = fetch_page.FetchPage(http=FakeHttp({url: Permanent("It is no address.")}))
    turns = [
        build.asking(build.tool_use("searxng", query="tax")),
        build.asking(build.tool_use("fetch_page", url=url)),
        REPORT,
    ]
    table = claude.Desk(turns)
    shelf = shelf_over(FakeLibrary.of(TAX), tools=[Odd(), reader], ledger=table.ledger)
    found = asyncio.run(role.investigate(table.asker(), BRIEF, WEB, shelf))
    assert [each.error for each in found.searches] == [None, "It is no address."]


# ── the outer shape ──────────────────────────────────────────────────────────────────────────────


def of_json(value):
    return answers.raw(value if isinstance(value, bytes) else json.dumps(value).encode())


def of_events(*events):
    body = "".join(f"data: {each if isinstance(each, str) else json.dumps(each)}\n\n" for each in events)
    return answers.raw(body.encode(), content_type="text/event-stream")


START = {"type": "message_start", "message": {"type": "message", "content": [], "stop_reason": None}}
END = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}
ODD_ANSWERS = {
    "deep": of_json(DEEP.encode()),
    "deep, in a stream": of_events(START, '{"type": "ping", "x": ' + DEEP + "}", END),
    "half deep": of_json(said([{"type": "text", "text": "a", "x": HALF_DEEP}])),
    "half deep, in a stream": of_events(
        START, {"type": "content_block_start", "index": 0, "content_block": {"type": "x", "x": HALF_DEEP}}, END
    ),
    "content that is a number": of_json(said(5)),
    "content that is an object": of_json(said({"type": "text"})),
    "content that is an object, in a stream": of_events({**START, "message": {"content": {"a": 1}}}, END),
    "content that became a number": of_events(START, {**END, "delta": {"stop_reason": "end_turn", "content": 7}}),
    "a reason to stop that is a number": of_json(said([], stop=5)),
    "a reason to stop that is a number, in a stream": of_events(START, {**END, "delta": {"stop_reason": 5}}),
    "usage that is a list": of_json(said([], usage=[1])),
    "usage that is a word, in a stream": of_events({**START, "message": {"content": [], "usage": "x"}}, END),
    "no number": of_json(said([{"type": "x", "x": float("nan")}])),
    "a code that is a list": of_events(START, {"type": "error", "error": {"details": {"error_code": ["x"]}}}),
    "a code that is an object": answers.raw(b'{"error": {"details": {"error_code": {"a": 1}}}}', status=429),
}


@pytest.mark.parametrize("answer", ODD_ANSWERS.values(), ids=ODD_ANSWERS)
def test_an_answer_of_another_shape_is_transient(answer):
    error = ask(answer)
    assert isinstance(error, Transient), error
    assert error.detail.endswith(".")


def test_odd_things_inside_a_message_are_kept():
    odd = [1, None, "x", {"type": 5}, {"type": "brand_new", "x": [1]}]
    assert ask(of_json(said(odd))).message["content"] == odd


@pytest.mark.parametrize("text", ["[" * 100_000, DEEP, json.dumps(HALF_DEEP), '{"a": 1e999}', '{"a": NaN}'])
def test_a_tool_s_input_that_cannot_be_recorded_is_wrapped(text):
    builder = stream.MessageBuilder()
    use = {"type": "tool_use", "id": "a", "name": "b", "input": {}}
    delta = {"type": "input_json_delta", "partial_json": text}
    for event in (
        START,
        {"type": "content_block_start", "index": 0, "content_block": use},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
    ):
        builder.take(json.dumps(event))
    assert builder.message["content"][0]["input"] == {"INVALID_JSON": text}


@pytest.mark.parametrize("code", [["x"], {"a": 1}, 5, None])
@pytest.mark.parametrize("status", [200, 400, 429, 500])
def test_an_error_s_code_may_be_anything(status, code):
    call = failures.Call(model="m", key=SecretStr("k"), now=FakeClock().now())
    body = {"error": {"details": {"error_code": code}, "message": "x"}}
    assert isinstance(failures.of_answer(status=status, headers={}, body=body, call=call), MrdError)


@pytest.mark.parametrize("name", ["create_batch", "batch_results", "count_tokens"])
def test_deep_json_of_the_other_calls_is_transient(name):
    given = {"create_batch": [], "batch_results": "b", "count_tokens": REQUEST}[name]

    async def talk(url):
        async with client(url) as opened:
            await getattr(opened, name)(given)

    with MessagesServer(replay=[of_json(DEEP.encode())]) as server, pytest.raises(Transient):
        asyncio.run(talk(server.url))


# ── batches ──────────────────────────────────────────────────────────────────────────────────────


def test_a_batch_without_its_number_is_told():
    desk = batched()

    async def nameless(_requests):
        return {"type": "message_batch"}

    desk.client.create_batch = nameless
    with pytest.raises(ProviderDown, match="a batch without its number"):
        ask_desk(desk)


ODD_RESULTS = [
    {"type": "succeeded"},
    {"type": "succeeded", "message": 5},
    {"type": "succeeded", "message": {"content": 5}},
    {"type": "succeeded", "message": YES | {"model": SONNET, "stop_reason": 5}},
    {"type": "succeeded", "message": YES | {"model": SONNET, "content": HALF_DEEP}},
    {"type": ["x"]},
    [1],
]


@pytest.mark.parametrize("odd", ODD_RESULTS)
def test_a_batch_s_result_of_another_shape_is_no_answer(odd):
    desk = batched("b1", "ended", odd, "b2", "ended", DONE)
    assert ask_desk(desk).message["content"] == YES["content"]
    desk = batched("b1", "ended", odd, "b2", "ended", odd)
    with pytest.raises(Permanent, match="Two batches"):
        ask_desk(desk)


def test_an_unreadable_answer_of_a_batch_is_paid_for():
    odd = {"type": "succeeded", "message": YES | {"model": SONNET, "content": 5}}
    desk = batched("b1", "ended", odd, "b2", "ended", DONE)
    ask_desk(desk)
    assert sum(outcome.usage.tokens for outcome in desk.ledger.finished.values()) == 2 * ask_tokens()


def ask_tokens():
    return sum(value for key, value in YES["usage"].items() if key in ("input_tokens", "output_tokens"))


def test_a_row_without_a_result_is_no_answer():
    desk = batched("b1", "ended", "b2", "ended")

    async def rows(_batch_id):
        return [{"custom_id": desk.client.ordered[-1]["custom_id"]}]

    desk.client.batch_results = rows
    with pytest.raises(Permanent, match="Two batches"):
        ask_desk(desk)


# ── what a conversation makes of it ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("stop", ["end_turn", "stop_sequence"])
def test_whole_calls_are_answered_however_the_turn_ended(stop):
    """A call without its result makes the next request a 400."""
    use = build.tool_use("library_search", query="gaming tax")
    found, table = look([said([use], stop), build.asking(KEEP), REPORT])
    last = table.requests[1]["messages"][-1]["content"]
    assert [(each["type"], each["tool_use_id"]) for each in last] == [("tool_result", use["id"])]
    assert found.findings


def test_calls_of_a_turn_that_stopped_for_an_unknown_reason_are_not_sent_back():
    use = build.tool_use("library_search", query="gaming tax")
    _, table = look([said([build.text("So."), use], "brand_new"), REPORT])
    assert [each["type"] for each in table.requests[1]["messages"][1]["content"]] == ["text"]


@pytest.mark.parametrize("stop", ["end_turn", "max_tokens", "pause_turn"])
def test_what_is_no_block_is_not_sent_back(stop):
    _, table = look([said([None, "x", {"type": 5}, build.text("a")], stop), REPORT, REPORT])
    assert table.requests[1]["messages"][1]["content"] == [build.text("a")]


def test_an_exact_citation_weighs_what_its_constant_says():
    assert CITED <= MOST_RELEVANT
    found, _ = look([build.message(build.fetch(PAGE, TAX), build.text("So.", build.cites_text(TAX, start=0))), REPORT],
                    asked=WEB)  # fmt: skip
    assert [each.relevance for each in found.findings] == [CITED]


# ── anything at all ──────────────────────────────────────────────────────────────────────────────

NAMES = ("web_search", "web_fetch", "fetch_page", "library_search", "keep_quote", "report")
KINDS = ("text", "tool_use", "server_tool_use", "mcp_tool_use", "web_search_tool_result", "web_fetch_tool_result",
         "web_search_result", "web_fetch_result", "web_search_result_location", "char_location", "document",
         "base64", "thinking", "brand_new", "web_fetch_tool_error")  # fmt: skip
# No half characters: what cannot be written as UTF-8 is for those who write it.
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8),
    st.sampled_from((*NAMES, *KINDS, *BAD_URLS, PAGE, TAX, "1", "id1")),
)  # fmt: skip
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def either(*usual):
    """Return what usually stands there, and now and then anything."""
    return st.sampled_from(usual) | ANYTHING


FIELDS = {
    "id": either("id1", "id2"),
    "tool_use_id": either("id1", "id2"),
    "name": either(*NAMES),
    "text": either("It says so.", " "),
    "url": either(PAGE, *BAD_URLS),
    "error_code": either("unavailable"),
    "cited_text": either(TAX),
    "start_char_index": either(0),
    "end_char_index": either(len(TAX)),
    "title": either("A page"),
    "data": either(TAX, "aGVsbG8="),
    "media_type": either("text/plain"),
    "input": either({"query": "tax"}, *({"url": url} for url in BAD_URLS), {"document": "1", "quote": TAX}, {}),
}


def block(inner):
    more = dict.fromkeys(("source", "document"), inner | ANYTHING)
    many = {name: st.lists(inner, max_size=2) | inner | ANYTHING for name in ("content", "citations")}
    return st.fixed_dictionaries({"type": either(*KINDS)}, optional={**FIELDS, **more, **many})


BLOCKS = block(block(block(ANYTHING)))
CONTENT = st.lists(BLOCKS | ANYTHING, max_size=4) | ANYTHING
STOPS = either("end_turn", "tool_use", "pause_turn", "max_tokens", "refusal", "model_context_window_exceeded")
MESSAGES = st.fixed_dictionaries({"content": CONTENT, "stop_reason": STOPS}, optional={"usage": ANYTHING})
QUICK = settings(max_examples=200, deadline=None)


@QUICK
@given(st.lists(MESSAGES, max_size=3))
def test_the_readers_of_blocks_take_anything(messages):
    blocks.searches(*messages)
    blocks.fetches(*messages)
    blocks.pending(*messages)
    for message in messages:
        blocks.citations(message)
        blocks.tool_uses(message)
        blocks.text_of(message)
        blocks.whole(message)
        blocks.stop_reason(message)
        assert all(isinstance(each.get("type"), str) for each in blocks.sent_back(message))


@QUICK
@given(st.lists(MESSAGES, min_size=1, max_size=3))
def test_an_investigation_takes_anything_and_its_replay_too(messages):
    """Twice over one ledger: what was recorded the first time is replayed the second, and ends the same way."""
    ledger = MemoryLedger()
    ends = []
    for _ in range(2):
        table = claude.Desk([*messages, *[REPORT] * 30], ledger=ledger, context_tokens=8_000)
        shelf = shelf_over(FakeLibrary.of(TAX), ledger=ledger)
        try:
            ends.append(asyncio.run(role.investigate(table.asker(), BRIEF, WEB, shelf)).outcome)
        except MrdError as error:
            ends.append(type(error))
    assert ends[0] == ends[1]
    assert table.requests == [] or isinstance(ends[0], type)
