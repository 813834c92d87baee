"""Recorded traffic of the Messages API, served over a real socket and read by the client.

The recordings lie beside the project (../shared/data/anthropic), not in it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import json
import os
from collections import Counter
from pathlib import Path

import jiter
import pytest
from pydantic import SecretStr

from research.engine.domain.errors import MrdError, Permanent, SpendLimitReached, Transient
from research.engine.providers.anthropic import blocks, failures, pricing
from research.engine.providers.anthropic.client import MessagesClient
from research.engine.providers.anthropic.settings import AnthropicSettings
from tests.doubles import messages_answers as answers
from tests.doubles.messages_server import MessagesServer

PROJECT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("MRD_DATA_DIR") or PROJECT.parent / "shared" / "data") / "anthropic"
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no recordings at {DATA}: set MRD_DATA_DIR to run these tests"),
]


class Clock:
    def now(self):
        return NOW

    async def sleep(self, seconds):
        raise AssertionError("the client waits for nobody")


def rows():
    with gzip.open(DATA / "responses.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


ROWS = rows() if DATA.is_dir() else []
MESSAGES = [row for row in ROWS if row["endpoint"] == "/v1/messages"]
WHOLE = [row for row in MESSAGES if row["status"] == 200]
REFUSED = [row for row in MESSAGES if row["status"] != 200]
COUNTS = [row for row in ROWS if row["endpoint"] == "/v1/messages/count_tokens"]


def named(some):
    return [pytest.param(row, id=row["rec_id"]) for row in some]


def ask(row, how="send"):
    """Serve a recorded answer to its recorded request. Return what the client made of it, and what the server saw."""
    request = row.get("request") or {"model": "claude-opus-5-5", "max_tokens": 99, "messages": []}

    async def talk(url):
        settings = AnthropicSettings(api_key=SecretStr("sk-of-a-test"), base_url=url)
        async with MessagesClient(settings, clock=Clock()) as client:
            return await getattr(client, how)(request)

    with MessagesServer(replay=[answers.recorded(row)]) as server:
        try:
            return asyncio.run(talk(server.url)), server.requests
        except MrdError as error:
            return error, server.requests


def events_of(body):
    """Read a stream's events without the client's reader: each is one `data:` line in these recordings."""
    lines = body.replace("\r\n", "\n").split("\n")
    return [json.loads(line.removeprefix("data:")) for line in lines if line.startswith("data:")]


def put_together(body):
    """Put a recorded stream together a second way: first all of one kind, then the next, nothing in passing."""
    events = events_of(body)
    of = {}
    for event in events:
        of.setdefault(event["type"], []).append(event)
    message = of["message_start"][0]["message"]
    deltas = of.get("content_block_delta", [])
    for start in of.get("content_block_start", []):
        block = start["content_block"]
        mine = [event["delta"] for event in deltas if event["index"] == start["index"]]
        parts = {kind: [delta for delta in mine if delta["type"] == kind] for kind in {d["type"] for d in mine}}
        if "text_delta" in parts:
            block["text"] += "".join(delta["text"] for delta in parts["text_delta"])
        if "thinking_delta" in parts:
            block["thinking"] += "".join(delta["thinking"] for delta in parts["thinking_delta"])
        if "signature_delta" in parts:
            block["signature"] = parts["signature_delta"][-1]["signature"]
        if "citations_delta" in parts:
            block["citations"] = [delta["citation"] for delta in parts["citations_delta"]]
        given = "".join(delta["partial_json"] for delta in parts.get("input_json_delta", []))
        if given:
            # As the SDK reads one that was cut.
            block["input"] = jiter.from_json(given.encode(), partial_mode=True)
        message["content"].append(block)
    end = of["message_delta"][0]
    message |= end["delta"]
    message["usage"] |= {key: value for key, value in end["usage"].items() if value is not None}
    return message


def expected_of(row):
    return put_together(row["body"]) if row["kind"] == "stream" else json.loads(row["body"])


@pytest.mark.parametrize("row", named(WHOLE))
def test_a_recorded_message_is_read_as_it_was_sent(row):
    """Blocks, citations, usage and unknown fields are those recorded, and the request went out unchanged."""
    reply, seen = ask(row)
    assert not isinstance(reply, MrdError), reply
    assert reply.message == expected_of(row)
    assert reply.request_id == row["headers"].get("request-id")
    if row.get("request"):
        assert seen[0].body == row["request"] | {"stream": True}


@pytest.mark.parametrize("row", named([row for row in WHOLE if row["kind"] == "stream"]))
def test_a_recorded_message_that_comes_in_one_piece_is_the_same(row):
    """A server that answers a request for a stream with the whole message is understood as well."""
    whole = {**row, "headers": {"content-type": "application/json"}, "body": json.dumps(expected_of(row))}
    reply, _ = ask(whole)
    assert reply.message == expected_of(row)


@pytest.mark.parametrize("row", named(WHOLE))
def test_what_stands_in_a_recorded_message_is_found(row):
    """Readers find every text, tool, search, fetch and citation of a message, whatever else stands in it."""
    message = expected_of(row)
    content = message["content"]
    kinds = Counter(block["type"] for block in content)
    calls = Counter(block["name"] for block in content if block["type"] == "server_tool_use")
    cited = [item for block in content for item in block.get("citations") or []]
    assert blocks.text_of(message) == "".join(block["text"] for block in content if block["type"] == "text")
    assert len(blocks.tool_uses(message)) == kinds["tool_use"]
    assert [item.cited_text for item in blocks.citations(message)] == [item["cited_text"] for item in cited]
    assert all(item.url or item.source_index is not None for item in blocks.citations(message))
    assert len(blocks.searches(message)) >= calls["web_search"]
    done = [item for item in blocks.searches(message) if not item.pending]
    assert len(done) == kinds["web_search_tool_result"]
    assert len([item for item in blocks.fetches(message) if not item.pending]) == kinds["web_fetch_tool_result"]
    assert all(item.text and item.url and item.retrieved_at for item in blocks.fetches(message) if not item.pending)
    # A result that stands alone belongs to a call of an earlier turn; with those turns its query is known.
    earlier = (row.get("request") or {}).get("messages", [])
    assert all(item.query for item in blocks.searches(*earlier, message))
    # Only a turn that was paused or cut leaves a server's tool without its result.
    assert not blocks.pending(message) or blocks.stop_reason(message) in ("pause_turn", "max_tokens")
    assert blocks.pending(message) or blocks.stop_reason(message) != "pause_turn"


@pytest.mark.parametrize("row", named(WHOLE))
def test_what_a_recorded_message_used_is_counted_and_priced(row):
    message = expected_of(row)
    told = message["usage"]
    used = pricing.usage_of(message, at=NOW)
    parts = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    assert used.tokens == sum(told.get(part) or 0 for part in parts)
    assert used.searches == (told.get("server_tool_use") or {}).get("web_search_requests", 0)
    assert used.cost_usd is not None
    assert used.cost_usd > 0


@pytest.mark.parametrize("row", named(REFUSED))
def test_a_recorded_refusal_is_a_permanent_error_in_the_api_s_words(row):
    """A request that is wrong stays wrong: it is not tried again, and the sentence says what the API said."""
    error, _ = ask(row)
    assert isinstance(error, Permanent), error
    assert failures.fallback_worthy(error) == (row["status"] == 404)
    said = json.loads(row["body"])["error"]["message"]
    if row["status"] == 404:
        assert row["request"]["model"] in error.detail
    else:
        assert said[:250] in error.detail


@pytest.mark.parametrize("row", named(COUNTS))
def test_a_recorded_count_of_tokens_is_read(row):
    count, seen = ask(row, how="count_tokens")
    if row["status"] == 200:
        assert count == json.loads(row["body"])["input_tokens"]
    else:
        assert isinstance(count, failures.ModelUnavailable)
    assert seen[0].path == "/v1/messages/count_tokens"


def test_every_recording_is_one_of_these():
    """The rest are of the files and models endpoints, which the engine never calls: they hold no messages."""
    rest = [row for row in ROWS if row not in WHOLE + REFUSED + COUNTS]
    assert len(ROWS) >= 143
    assert {row["endpoint"].split("/")[2] for row in rest} <= {"files", "models"}
    assert all(isinstance(ask(row)[0], Transient) for row in rest)


RECONSTRUCTED = {
    "200_web_search_error_max_uses": None,
    "400_code_execution_conflict": Permanent,
    "400_invalid_encrypted_content": Permanent,
    "400_unpaired_web_search": Permanent,
    "429_input_tokens": Transient,
    "429_monthly_spend_limit_long_retry_after": SpendLimitReached,
    "429_rate_limited_short": Transient,
    "529_overloaded": failures.Overloaded,
    "stream_overloaded_midway": failures.Overloaded,
}


@pytest.mark.parametrize("path", sorted(DATA.glob("reconstructed/*.json")), ids=lambda path: path.stem)
def test_a_reconstructed_answer_is_taken_for_what_it_is(path):
    outcome, _ = ask(json.loads(path.read_text()))
    expected = RECONSTRUCTED[path.name.split(".")[0]]
    if expected is None:
        assert [item.error for item in blocks.searches(outcome.message)] == ["max_uses_exceeded"]
        return
    assert type(outcome) is expected
    waits = {"429_input_tokens": 16.0}
    assert getattr(outcome, "retry_after_s", None) == waits.get(path.stem)
    # The stream had told of 5 tokens read and 1 written before it broke.
    assert (getattr(outcome, "used", None) is not None) == (path.stem == "stream_overloaded_midway.sse")
    if path.stem == "stream_overloaded_midway.sse":
        assert outcome.used.tokens == 6
