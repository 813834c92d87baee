"""The client of the Messages API against a server on this machine: what goes out, what comes back, whole."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest
from messages_call import KEY, REQUEST, WHOLE, ask, client

from research.engine.domain.errors import Permanent, Transient
from research.engine.providers.anthropic import stream
from tests.doubles import messages_answers as answers
from tests.doubles import messages_build as build
from tests.doubles.messages_server import MessagesServer

# ── what comes back ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("answer", [WHOLE, answers.Answer(message=WHOLE, plain=True)], ids=["streamed", "in one piece"])
def test_a_message_comes_back_as_it_was_made(answer):
    reply = ask(answer)
    assert reply.message == WHOLE
    assert reply.request_id == answers.REQUEST_ID


def test_a_message_that_drips_is_read_to_its_end():
    """Events that come in pieces of a few bytes, letters cut in half among them, make the same message."""
    assert ask(answers.drip(WHOLE, drip_s=0.0001, drip_bytes=7)).message == WHOLE


def test_a_request_goes_out_as_it_was_given():
    """Nothing is added but `stream`: null fields, unknown fields and blocks to be sent back stay as they are."""
    turn = {
        "role": "assistant",
        "content": [*WHOLE["content"], {"type": "later_block", "x": None, "y": [1, {"z": "ü"}]}],
    }
    request = {**REQUEST, "messages": [*REQUEST["messages"], turn], "later_field": {"deep": None}}

    async def talk(url):
        async with client(url) as opened:
            await opened.send(request)

    with MessagesServer([WHOLE]) as server:
        asyncio.run(talk(server.url))
    assert server.requests[0].body == {**request, "stream": True}
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert server.requests[0].headers["anthropic-version"] == "2026-10-21"


def put_together(*events):
    builder = stream.MessageBuilder()
    for event in events:
        builder.take(json.dumps(event))
    return builder


def started(**more):
    return {"type": "message_start", "message": {"type": "message", "content": [], "stop_reason": None, **more}}


def test_what_a_later_version_of_the_api_adds_is_kept():
    """Unknown blocks, deltas, events and fields are no error; what can be kept of them is kept."""
    block = {"type": "later", "n": 1, "deep": {"a": [None]}, "said": "on"}
    builder = put_together(
        started(id="msg_1", usage={"input_tokens": 3, "later_count": 7, "output_tokens": 1}, later={"a": 1}),
        {"type": "later_event", "index": 9},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "later_delta", "said": "wards", "m": 2}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "container": None, "later_too": True},
            "usage": {"output_tokens": 9, "input_tokens": None, "server_tool_use": {"web_search_requests": 2, "z": 1}},
            "context_management": {"applied": []},
        },
        {"type": "message_stop"},
    )
    assert builder.whole
    assert builder.message == {
        "type": "message",
        "id": "msg_1",
        "content": [{**block, "said": "onwards", "m": 2}],
        "stop_reason": "end_turn",
        "container": None,
        "later": {"a": 1},
        "later_too": True,
        "context_management": {"applied": []},
        "usage": {
            "input_tokens": 3,
            "later_count": 7,
            "output_tokens": 9,
            "server_tool_use": {"web_search_requests": 2, "z": 1},
        },
    }


@pytest.mark.parametrize(
    ("pieces", "given"),
    [
        (["", '{"a": "x', '"}'], {"a": "x"}),
        ([""], {}),
        (['{"a": 1, "b": "cut he'], {"a": 1}),
        (["never json"], {"INVALID_JSON": "never json"}),
        (['{"a": NaN}'], {"INVALID_JSON": '{"a": NaN}'}),
    ],
)
def test_a_tool_s_input_is_put_together(pieces, given):
    """In pieces, empty, cut off by `max_tokens` (before its block was closed), or no JSON at all."""
    use = {"type": "tool_use", "id": "t", "name": "n", "input": {}}
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    builder = put_together(
        started(),
        {"type": "content_block_start", "index": 0, "content_block": use},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {}},
    )
    assert builder.message["content"] == [{**use, "input": given}]


# ── counting and batches ─────────────────────────────────────────────────────────────────────────


def test_tokens_are_counted_without_what_the_count_refuses():
    async def talk(url):
        async with client(url) as opened:
            return await opened.count_tokens({**REQUEST, "metadata": {"user_id": "x"}, "system": "Be brief."})

    with MessagesServer() as server:
        assert asyncio.run(talk(server.url)) > 0
    assert set(server.requests[0].body) == {"model", "messages", "system"}


def test_a_batch_goes_out_is_waited_for_and_comes_back():
    """Results come in any order, each with its own name; one that failed says so and takes none with it."""
    requests = [{"custom_id": name, "params": REQUEST} for name in ("a", "b", "c")]
    script = [WHOLE, answers.error(400, "invalid_request_error", "no"), WHOLE]

    async def talk(url):
        async with client(url) as opened:
            batch = await opened.create_batch(requests)
            assert batch["processing_status"] == "in_progress"
            with pytest.raises(Permanent):
                await opened.batch_results(batch["id"])
            while (await opened.get_batch(batch["id"]))["processing_status"] != "ended":
                pass
            return await opened.batch_results(batch["id"])

    with MessagesServer(script, polls=2) as server:
        rows = asyncio.run(talk(server.url))
    assert [row["custom_id"] for row in rows] == ["c", "b", "a"]
    assert [row["result"]["type"] for row in rows] == ["succeeded", "errored", "succeeded"]
    assert rows[0]["result"]["message"]["content"] == WHOLE["content"]
    assert [bill["usage"]["service_tier"] for bill in server.bills] == ["batch", "batch"]


@pytest.mark.parametrize("body", [b'{"custom_id": "a"}\n', b'{"custom_id": "a", "result": {"ty', b"<html>"])
def test_results_that_cannot_be_read_are_transient(body):
    async def talk(url):
        async with client(url) as opened:
            await opened.batch_results("msgbatch_1")

    with MessagesServer(replay=[answers.raw(body)]) as server, pytest.raises(Transient):
        asyncio.run(talk(server.url))


def test_one_client_serves_many_calls_at_once():
    """Each gets its own answer, however they interleave."""

    def script(request, number):
        return build.message(build.text(request["messages"][0]["content"]))

    async def talk(url):
        async with client(url) as opened:
            asked = [{**REQUEST, "messages": [{"role": "user", "content": f"call {n}"}]} for n in range(40)]
            return await asyncio.gather(*(opened.send(request) for request in asked))

    with MessagesServer(script) as server:
        replies = asyncio.run(talk(server.url))
    assert [reply.message["content"][0]["text"] for reply in replies] == [f"call {n}" for n in range(40)]
    assert (server.received, server.whole, len(server.bills)) == (40, 40, 40)


def test_a_client_that_is_not_open_says_so():
    with pytest.raises(RuntimeError, match="async with"):
        asyncio.run(client("http://127.0.0.1:9").send(REQUEST))


def test_importing_the_wire_layer_does_not_import_the_sdk():
    """It takes seconds, and no web process needs it: only opening a client does."""
    layer = "research.engine.providers.anthropic"
    names = ", ".join(
        f"{layer}.{name}" for name in ("blocks", "client", "failures", "pricing", "sdk", "settings", "stream")
    )
    check = f"import sys, {names}; print({{'anthropic', 'httpx2', 'genai_prices'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "set()"
