"""The client of the Messages API against a server that fails and lies in every way known."""

from __future__ import annotations

import asyncio
import socket

import anthropic
import httpx2
import pytest
from anthropic_faults import BROKEN, LASTING, PASSING, SPENT
from messages_call import BEGINNING, BEGUN, KEY, NOW, REQUEST, WHOLE, ask, client
from pydantic import SecretStr

from research.engine.domain.errors import Permanent, SpendLimitReached, Transient
from research.engine.providers.anthropic import failures
from tests.doubles import messages_answers as answers
from tests.doubles import messages_build as build


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


@pytest.mark.parametrize("proxied", [False, True])
def test_a_proxy_that_is_not_there_is_named_where_one_is_set(proxied):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    async def talk():
        dead = f"http://127.0.0.1:{port}"
        more = {"proxy": SecretStr(dead)} if proxied else {}
        async with client("http://api.example:8080" if proxied else dead, **more) as opened:
            await opened.send(REQUEST)

    with pytest.raises(Transient, match=r"check .*MRD_ANTHROPIC_BASE_URL") as caught:
        asyncio.run(talk())
    assert ("MRD_HTTP_PROXY" in caught.value.detail) == proxied


def test_a_message_whose_end_is_lost_is_whole():
    """Once its reason to stop has come nothing more is to come: a call that is paid and whole is not bought twice."""
    last = len(build.events(WHOLE)) - 1
    for then in ("cut", "short"):
        assert ask(answers.broken(WHOLE, events=last, then=then)).message == WHOLE


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


@pytest.mark.parametrize("fault", SPENT)
def test_a_spending_limit_is_final(fault):
    """A person must raise it: it is no rate limit to be waited out, whatever `retry-after` says."""
    error = ask(SPENT[fault])
    assert isinstance(error, SpendLimitReached), error
    assert "a person must" in error.detail


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
