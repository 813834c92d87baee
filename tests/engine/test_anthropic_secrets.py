"""The key and the proxy's password are in no error and no log, and nothing but the settings says where calls go."""

from __future__ import annotations

import asyncio
import io
import logging
import traceback

import pytest
from anthropic_faults import BROKEN, LASTING, PASSING, SPENT
from messages_call import KEY, REQUEST, WHOLE, Clock, ask, client
from pydantic import SecretStr, ValidationError

from research.engine.domain.errors import MrdError, Permanent
from research.engine.providers.anthropic import failures
from research.engine.providers.anthropic.client import MessagesClient
from research.engine.providers.anthropic.settings import AnthropicSettings
from tests.doubles import messages_answers as answers
from tests.doubles.messages_server import MessagesServer


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
    error = ask(PASSING["429"][0])
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
