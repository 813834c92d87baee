"""The client of the Messages API against a server on this machine that answers, fails and lies in every way known."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import json
import logging
import socket
import subprocess
import sys
import traceback
from decimal import Decimal

import anthropic
import httpx2
import pytest
from pydantic import SecretStr, ValidationError

from research.engine.domain.errors import MrdError, Permanent, SpendLimitReached, Transient
from research.engine.domain.usage import Usage
from research.engine.providers.anthropic import failures, stream
from research.engine.providers.anthropic.client import MessagesClient
from research.engine.providers.anthropic.settings import AnthropicSettings
from tests.doubles import messages_answers as answers
from tests.doubles import messages_build as build
from tests.doubles.messages_server import MessagesServer

KEY = "sk-ant-canary-8f2e61d0c4"
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
REQUEST = {"model": "claude-opus-5-5", "max_tokens": 500, "messages": [{"role": "user", "content": "How many?"}]}
WHOLE = build.message(
    build.thinking("First look at the filings, then at the regulator's list."),
    build.search("igaming revenue New Jersey", ("https://nj.example/report", "Report"), ("https://b.example/", "B")),
    build.fetch("https://nj.example/report", "Revenue was $2.4 billion in 2024."),
    build.text("Revenue was $2.4 billion.", build.cites_text("$2.4 billion", start=12)),
    build.text(" Others say so.", build.cites_search("about 2.4…", url="https://b.example/")),
    build.tool_use("library_search", query="revenue", filters={"year": 2024, "region": None}, words=["a", "ü"]),
    stop_reason="tool_use",
    input_tokens=2_000,
    output_tokens=300,
    cache_read=500,
    cache_write=100,
)
# What is billed once WHOLE has begun: 2,000 × $4, 500 × $0.2, 100 × $5 and 1 × $20 a million.
BEGUN = Usage(tokens=2_601, cost_usd=Decimal("0.00862"))
BEGINNING = 4


class Clock:
    def now(self):
        return NOW

    async def sleep(self, seconds):
        raise AssertionError("the client waits for nobody")


def client(url, **more):
    settings = AnthropicSettings(api_key=SecretStr(KEY), base_url=url, **more)
    return MessagesClient(settings, clock=Clock())


def ask(answer, request=REQUEST, **more):
    """Return what one call gave: a reply, or the error it raised."""

    async def talk(url):
        async with client(url, **more) as opened:
            return await opened.send(request)

    with MessagesServer([answer]) as server:
        try:
            return asyncio.run(talk(server.url))
        except MrdError as error:
            return error


def limited(**headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return answers.error(429, "rate_limit_error", "Slow down", headers=named)


def coded(status, kind, code):
    return answers.error(status, kind, "It is over", code=code, headers={"retry-after": "277403"})


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


# ── what goes wrong ──────────────────────────────────────────────────────────────────────────────

PASSING = {
    "408": (answers.error(408, "timeout_error", "x"), None),
    "409": (answers.error(409, "conflict_error", "x"), None),
    "429": (limited(), None),
    "429 in 16 seconds": (limited(retry_after="16"), 16.0),
    "429 in 1.5 seconds": (limited(retry_after="1.5"), 1.5),
    "429 in milliseconds": (limited(retry_after_ms="250", retry_after="9"), 0.25),
    "429 at a time": (limited(retry_after="Fri, 20 Nov 2026 12:01:00 GMT"), 60.0),
    "429 at a time by its own clock": (
        limited(retry_after="Fri, 20 Nov 2026 13:00:30 GMT", date="Fri, 20 Nov 2026 13:00:00 GMT"),
        30.0,
    ),
    "429 at a time gone by": (limited(retry_after="Fri, 20 Nov 2020 12:01:00 GMT"), 0.0),
    "429 in three days": (limited(retry_after="277403"), 277403.0),
    "429 before now": (limited(retry_after="-5"), None),
    "429 never": (limited(retry_after="inf"), None),
    "429 at nonsense": (limited(retry_after="soon"), None),
    "429 on a ramp": (coded(429, "rate_limit_error", "ramp_limit_exceeded"), 277403.0),
    "500": (answers.error(500, "api_error", "Internal server error"), None),
    "502 of a gateway": (answers.html(status=502), None),
    "503": (answers.error(503, "api_error", "x", headers={"retry-after": "3"}), 3.0),
    "504": (answers.error(504, "timeout_error", "x"), None),
    "529": (answers.error(529, "overloaded_error", "Overloaded"), None),
    "400 that says to try again": (
        answers.error(400, "invalid_request_error", "x", headers={"x-should-retry": "true"}),
        None,
    ),
    "reset before headers": (answers.reset_before_headers(), None),
    "reset after headers": (answers.reset_after_headers(WHOLE), None),
    "200 with an error body": (answers.raw(json.dumps(answers.error_body("overloaded_error", "x")).encode()), None),
    "200 with an error body, retry-after": (
        answers.error(200, "rate_limit_error", "x", headers={"retry-after": "9"}),
        None,
    ),
    "200 HTML": (answers.html(), None),
    "200 with nothing": (answers.raw(b""), None),
    "200 with another JSON": (answers.raw(b'{"data": []}'), None),
    "200 with a JSON list": (answers.raw(b"[]"), None),
    "200 HTML that calls itself a stream": (answers.raw(b"<html></html>", content_type="text/event-stream"), None),
    "an empty stream": (answers.broken(WHOLE, events=0, then="short"), None),
    "a stream of one ping": (answers.raw(b"event: ping\ndata: {}\n\n", content_type="text/event-stream"), None),
}


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_is_transient(fault):
    """It is worth another try, after the time the server named; nothing was billed."""
    answer, wait_s = PASSING[fault]
    error = ask(answer)
    assert isinstance(error, Transient), error
    assert error.retry_after_s == wait_s
    assert error.used is None
    assert error.detail.startswith("The ")
    assert failures.fallback_worthy(error) == isinstance(error, failures.Overloaded)


BROKEN = {
    "cut": answers.broken(WHOLE, events=BEGINNING, then="cut"),
    "cut where an answer may end": answers.broken(WHOLE, events=BEGINNING, then="short"),
    "reset": answers.broken(WHOLE, events=BEGINNING, then="reset"),
    "garbage": answers.broken(WHOLE, events=BEGINNING, then="garbage"),
    "overloaded midway": answers.error_midway(WHOLE, events=BEGINNING),
    "an error of its own midway": answers.error_midway(WHOLE, events=BEGINNING, kind="api_error"),
    "a limit of rate midway": answers.error_midway(WHOLE, events=BEGINNING, kind="rate_limit_error"),
    "out of time midway": answers.error_midway(WHOLE, events=BEGINNING, kind="timeout_error"),
    "an unknown error midway": answers.error_midway(WHOLE, events=BEGINNING, kind="later_error"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_stream_that_breaks_is_transient_and_paid_for(fault):
    """What the stream had told of until then is billed all the same, so it stands in the account."""
    error = ask(BROKEN[fault])
    assert isinstance(error, Transient), error
    # A reset also takes with it what was sent before it and not read yet.
    assert error.used == BEGUN or (fault == "reset" and error.used is None)
    assert isinstance(error, failures.Overloaded) == (fault == "overloaded midway")


def test_a_stream_that_falls_silent_is_given_up():
    error = ask(answers.broken(WHOLE, events=BEGINNING, then="hang"), timeout_s=1)
    assert isinstance(error, Transient)
    assert "too long" in error.detail
    assert error.used == BEGUN


def test_a_server_that_says_nothing_is_given_up():
    error = ask(answers.silent(), timeout_s=1)
    assert isinstance(error, Transient)
    assert "too long" in error.detail
    assert error.used is None


def test_a_stream_that_drips_for_ever_is_given_up():
    """Every byte comes in time, so the silence is never long enough; the whole call has its own limit."""
    error = ask(answers.drip(WHOLE, drip_s=0.3), total_timeout_s=1)
    assert isinstance(error, Transient)
    assert "too long" in error.detail


def test_a_server_that_is_not_there_is_transient():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    async def talk():
        async with client(f"http://127.0.0.1:{port}") as opened:
            await opened.send(REQUEST)

    with pytest.raises(Transient, match="cannot be reached") as caught:
        asyncio.run(talk())
    assert caught.value.used is None


def test_a_message_whose_end_is_lost_is_whole():
    """Once its reason to stop has come nothing more is to come: a call that is paid and whole is not bought twice."""
    last = len(build.events(WHOLE)) - 1
    for then in ("cut", "short"):
        assert ask(answers.broken(WHOLE, events=last, then=then)).message == WHOLE


LASTING = {
    "400": (answers.error(400, "invalid_request_error", "temperature: range 0..1"), "temperature: range 0..1"),
    "400 in many words": (answers.error(400, "invalid_request_error", "word " * 200), "word…"),
    "401": (answers.error(401, "authentication_error", "API key is invalid."), failures.KEY_SETTING),
    "402": (answers.error(402, "billing_error", "Pay first"), "billing"),
    "403": (answers.error(403, "permission_error", "No"), "rights"),
    "404 for the model": (answers.error(404, "not_found_error", "model: claude-opus-5-5"), "'claude-opus-5-5'"),
    "404 for the address": (answers.html(status=404), failures.BASE_URL_SETTING),
    "413": (answers.error(413, "request_too_large", "Too much"), "too large"),
    "422": (answers.error(422, "invalid_request_error", "No"), "cannot process"),
    "301": (answers.html(status=301), failures.BASE_URL_SETTING),
    "500 that says not to try again": (
        answers.error(500, "api_error", "x", headers={"x-should-retry": "false"}),
        "of no use",
    ),
    "429 that says not to try again": (limited(x_should_retry="false"), "of no use"),
    "an error that is one string": (answers.raw(b'{"error": "no such model"}', status=400), "no such model"),
    "400 under 200": (answers.error(200, "invalid_request_error", "Too many tools"), "Too many tools"),
}


@pytest.mark.parametrize("fault", LASTING)
def test_a_fault_that_lasts_is_permanent(fault):
    """It is never tried again, and the sentence says what to look at."""
    answer, says = LASTING[fault]
    error = ask(answer)
    assert isinstance(error, Permanent), error
    assert says in error.detail
    assert len(error.detail) < failures.QUOTED_CHARS + 120
    assert failures.fallback_worthy(error) == (fault == "404 for the model")


def test_a_request_refused_within_its_stream_is_permanent_and_paid_for():
    error = ask(answers.error_midway(WHOLE, events=BEGINNING, kind="invalid_request_error"))
    assert isinstance(error, Permanent)
    assert error.used == BEGUN


SPENT = {
    "enforced": coded(429, "rate_limit_error", "enforced_spend_limit_reached"),
    "contract": coded(429, "rate_limit_error", "contract_spend_limit_reached"),
    "linked": coded(402, "billing_error", "linked_organization_spend_limit_reached"),
    "by its words": answers.error(
        429, "rate_limit_error", "This request would exceed your account's monthly spend limit. Please try again later."
    ),
    "credit": answers.error(400, "invalid_request_error", "Your credit balance is too low to access the API."),
    "usage": answers.error(400, "invalid_request_error", "You have reached your specified API usage limits."),
    "midway": answers.Answer(
        message=WHOLE,
        events=BEGINNING,
        then="error",
        error=answers.error_body("rate_limit_error", "no", code="enforced_spend_limit_reached"),
    ),
}


@pytest.mark.parametrize("fault", SPENT)
def test_a_spending_limit_is_final(fault):
    """A person must raise it: it is no rate limit to be waited out, whatever `retry-after` says."""
    error = ask(SPENT[fault])
    assert isinstance(error, SpendLimitReached), error
    assert "a person must raise it" in error.detail


def test_the_sdk_s_own_errors_are_understood_too():
    """An error event read by the SDK is a bare APIStatusError of status 200; its type says what it is."""
    request = httpx2.Request("POST", "https://api.example/v1/messages")
    answered = httpx2.Response(200, request=request, headers={"retry-after": "9"})
    call = failures.Call(model="m", key=SecretStr(KEY), now=NOW)
    error = anthropic.APIStatusError("x", response=answered, body=answers.error_body("overloaded_error", "x"))
    assert isinstance(failures.of_exception(error, call=call), failures.Overloaded)
    assert failures.of_exception(error, call=call).retry_after_s is None
    late = httpx2.ReadTimeout("late", request=request)
    assert "too long" in failures.of_exception(late, call=call).detail
    forbidden = httpx2.ProxyError("407 Proxy Authentication Required")
    assert isinstance(failures.of_exception(forbidden, call=call), Permanent)


def test_a_request_that_cannot_be_written_is_permanent():
    half = {**REQUEST, "messages": [{"role": "user", "content": "half a pair: \ud83d"}]}
    error = ask(WHOLE, half)
    assert isinstance(error, Permanent)
    assert "half a character" in error.detail


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


# ── secrets, proxies, processes ──────────────────────────────────────────────────────────────────


def told(error):
    """Return everything a report of an error can show: its text, its repr, and the same of all it came from."""
    seen, text = set(), []
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        text += [str(error), repr(error), repr(vars(error)), "".join(traceback.format_exception(error))]
        error = error.__cause__ or error.__context__
    return "\n".join(text)


LEAKY = {
    **{name: answer for name, (answer, _) in (PASSING | LASTING).items()},
    **BROKEN,
    **SPENT,
    "a server that repeats the key": answers.error(401, "authentication_error", f"invalid key {KEY}, sorry"),
}


def test_the_key_is_in_no_error_and_no_log():
    """Whatever goes wrong, and with every logger at its most talkative."""
    said = io.StringIO()
    listener = logging.StreamHandler(said)
    root = logging.getLogger()
    before = root.level
    names = ["anthropic", "httpx2", "httpcore2", "asyncio"]
    levels = {name: logging.getLogger(name).level for name in names}
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    try:
        for name, answer in LEAKY.items():
            error = ask(answer)
            assert isinstance(error, MrdError), name
            assert KEY not in told(error), name
    finally:
        root.removeHandler(listener)
        root.setLevel(before)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
    assert "/v1/messages" in said.getvalue()
    assert KEY not in said.getvalue()


def test_the_error_holds_nothing_of_the_sdk_s():
    """The SDK's exceptions hold the request with its headers; a report that walks the causes must not get there."""
    error = ask(limited())
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize("key", [f"{KEY}\n", f"{KEY} x", f"{KEY}ü"])
def test_a_key_no_header_can_carry_is_refused_unseen(key):
    """It would otherwise fail within the HTTP library, whose message shows it."""
    with pytest.raises(ValidationError) as caught:
        AnthropicSettings(api_key=key)
    assert KEY not in told(caught.value)
    assert KEY not in repr(AnthropicSettings(api_key=KEY, proxy=f"http://me:{KEY}@proxy.example:8080"))


@pytest.mark.parametrize("proxy", ["ftp://p.example", "proxy.example:8080", f"http://me:{KEY}@:x"])
def test_a_proxy_that_is_no_address_is_refused_unseen(proxy):
    with pytest.raises(ValidationError) as caught:
        AnthropicSettings(proxy=proxy)
    assert KEY not in told(caught.value)


def test_calls_go_through_the_proxy_that_is_set_and_no_other(monkeypatch):
    """The environment's proxy, key, address and headers are not looked at: the settings are the whole truth."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-the-environment")
    assert ask(WHOLE).message == WHOLE

    async def address():
        async with client("") as opened:
            return str(opened._open.base_url)

    assert asyncio.run(address()) == "https://api.anthropic.com"

    async def talk(proxy):
        async with client("http://api.example:8080", proxy=SecretStr(proxy)) as opened:
            return await opened.send(REQUEST)

    with MessagesServer(replay=[answers.Answer(message=WHOLE)]) as proxy:
        address = proxy.url.replace("http://", "http://me:secret@")
        assert asyncio.run(talk(address)).message == WHOLE
    assert proxy.requests[0].path == "http://api.example:8080/v1/messages"
    assert proxy.requests[0].headers["proxy-authorization"].startswith("Basic ")


def test_a_server_without_keys_is_sent_none(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-the-environment")

    async def talk(url):
        async with MessagesClient(AnthropicSettings(base_url=url), clock=Clock()) as opened:
            return await opened.send(REQUEST)

    with MessagesServer([WHOLE]) as server:
        assert asyncio.run(talk(server.url)).message == WHOLE
    assert "authorization" not in server.requests[0].headers
    assert "x-api-key" not in server.requests[0].headers


def test_authorities_that_cannot_be_read_are_named(tmp_path):
    bundle = tmp_path / "ca.pem"
    bundle.write_text("no certificate")

    async def talk():
        async with client("https://127.0.0.1:9", ca_bundle=bundle) as opened:
            await opened.send(REQUEST)

    with pytest.raises(Permanent, match=failures.CA_SETTING):
        asyncio.run(talk())


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
    names = ", ".join(f"{layer}.{name}" for name in ("blocks", "client", "failures", "pricing", "settings", "stream"))
    check = f"import sys, {names}; print({{'anthropic', 'httpx2', 'genai_prices'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "set()"
