"""The Messages API over the vendor's SDK: a request as JSON goes out, the whole message as JSON comes back.

Made inside the loop it is used in, and closed there. The SDK tries nothing again (`max_retries=0`): who tries again,
and when, is decided where budgets and breakers are. Its import takes seconds, so it happens when a client is opened.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import json
import ssl
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar, cast
from urllib.parse import quote

from research.engine.domain.errors import MrdError, Permanent
from research.engine.ports import Clock

from . import failures, pricing
from .settings import DEFAULT_BASE_URL, AnthropicSettings
from .stream import Garbled, MessageBuilder, StreamError, plain_message

if TYPE_CHECKING:
    import httpx2
    from anthropic import AsyncAnthropic

MESSAGES = "/v1/messages"
BATCHES = "/v1/messages/batches"
# What of a message's request is counted (anthropic/resources/messages/messages.py, `count_tokens`).
_COUNTED = (
    "messages",
    "model",
    "cache_control",
    "output_config",
    "speed",
    "system",
    "thinking",
    "tool_choice",
    "tools",
)
T = TypeVar("T")
# Seconds to open a connection; the SDK's own default is 5.
_CONNECT_S = 20.0


class Reply(NamedTuple):
    """A message as it was sent, unknown blocks and fields and all. request_id: for the vendor's support, or None."""

    message: dict[str, Any]
    request_id: str | None


class MessagesClient:
    """`async with MessagesClient(settings, clock=clock) as client: await client.send(request)`.

    Every failure is an `MrdError` (see `failures`); none holds the key, in its text or in what it was raised from.
    """

    def __init__(self, settings: AnthropicSettings, *, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._open: AsyncAnthropic | None = None

    async def __aenter__(self) -> Self:
        # In a thread: the first time it takes seconds, and the loop has other runs to serve.
        await asyncio.to_thread(_load)
        self._open = _sdk_client(self._settings)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        client, self._open = self._open, None
        if client is not None:
            await client.close()

    async def send(self, request: Mapping[str, Any]) -> Reply:
        """Return the message that answers a request (the JSON of POST /v1/messages, without `stream`).

        Streams always, and reads an answer in one piece as well. A message whose reason to stop has come is whole,
        whatever happens to the connection after it.
        Raises `Transient`, `Permanent` (of `failures`, both), `SpendLimitReached`.
        """
        builder = MessageBuilder()

        async def read() -> Reply:
            response = await self._request("POST", MESSAGES, {**request, "stream": True})
            try:
                message = await _message(response, builder)
            finally:
                await response.aclose()
            return Reply(message, response.headers.get("request-id"))

        return await self._guarded(read, model=str(request.get("model") or ""), builder=builder)

    async def count_tokens(self, request: Mapping[str, Any]) -> int:
        """Return how many tokens the input of a message's request has. Raises as `send`."""
        counted = {name: request[name] for name in _COUNTED if name in request}
        answer = await self._json("POST", f"{MESSAGES}/count_tokens", counted, model=str(request.get("model") or ""))
        tokens = answer.get("input_tokens")
        if not isinstance(tokens, int):
            raise failures.broken("no count of tokens", call=self._call(""))
        return tokens

    async def create_batch(self, requests: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the batch made of requests {"custom_id": …, "params": a message's request}. Raises as `send`."""
        return await self._json("POST", BATCHES, {"requests": requests})

    async def get_batch(self, batch_id: str) -> dict[str, Any]:
        """Return how a batch stands: its `processing_status` is in_progress, canceling or ended. Raises as `send`."""
        return await self._json("GET", f"{BATCHES}/{quote(batch_id, safe='')}")

    async def batch_results(self, batch_id: str) -> list[dict[str, Any]]:
        """Return the results of a batch that ended, in any order: {"custom_id": …, "result": {"type": …, …}}.

        From the documented path, not from the batch's own `results_url`: the key goes to no address a server names.
        Raises as `send`; `Permanent` while the batch has not ended.
        """
        body = await self._body("GET", f"{BATCHES}/{quote(batch_id, safe='')}/results")
        try:
            rows = [json.loads(line) for line in body.split(b"\n") if line.strip()]
        except ValueError:
            rows = [None]
        if not all(isinstance(row, dict) and isinstance(row.get("result"), dict) for row in rows):
            raise failures.broken("results of a batch that cannot be read", call=self._call(""))
        return rows

    async def _json(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, model: str = ""
    ) -> dict[str, Any]:
        text = await self._body(method, path, body, model=model)
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise failures.broken("an answer that is no JSON object", call=self._call(model))
        if value.get("type") == "error":
            raise failures.of_answer(status=200, headers={}, body=value, call=self._call(model))
        return value

    async def _body(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, model: str = "") -> bytes:
        async def read() -> bytes:
            response = await self._request(method, path, body)
            try:
                return await response.aread()
            finally:
                await response.aclose()

        return await self._guarded(read, model=model)

    async def _request(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx2.Response:
        """Return an answer of status 2xx, its body not read yet. Raises what the SDK raises."""
        import httpx2
        from anthropic import AsyncStream

        if self._open is None:
            raise RuntimeError("A MessagesClient is used inside `async with`, in the loop it was opened in.")
        # Not `messages.stream()`: it takes known fields alone, warns about models, and gives typed objects.
        # A response class that is no model of the SDK's is handed over as it is (`_process_response`).
        if method == "GET":
            answer = self._open.get(path, cast_to=httpx2.Response, stream=True, stream_cls=AsyncStream[object])
        else:
            answer = self._open.post(
                path, cast_to=httpx2.Response, body=dict(body or {}), stream=True, stream_cls=AsyncStream[object]
            )
        return cast("httpx2.Response", await answer)

    async def _guarded(
        self, read: Callable[[], Awaitable[T]], *, model: str, builder: MessageBuilder | None = None
    ) -> T:
        """Return what `read` returns, in the time one call has. Raises every failure as the project's own.

        The SDK's exceptions hold the request, key and all. So theirs is let go before ours is raised: it is neither
        its cause nor its context, and nothing that prints or reports ours can reach it.
        """
        try:
            async with asyncio.timeout(self._settings.total_timeout_s):
                return await read()
        except _expected() as error:
            failure = self._failure(error, model=model, builder=builder)
        raise failure

    def _failure(self, error: Exception, *, model: str, builder: MessageBuilder | None) -> MrdError:
        call = self._call(model)
        if builder is not None and builder.message is not None:
            call = call._replace(used=pricing.usage_of(builder.message, at=call.now))
        match error:
            case StreamError(body=body):
                return failures.of_answer(status=200, headers={}, body=body, call=call)
            case Garbled():
                return failures.broken(str(error), call=call)
            case _:
                return failures.of_exception(error, call=call)

    def _call(self, model: str) -> failures.Call:
        return failures.Call(model=model, key=self._settings.api_key, now=self._clock.now())


async def _message(response: httpx2.Response, builder: MessageBuilder) -> dict[str, Any]:
    """Return the message of an answer, in events or in one piece.

    Raises `Garbled`, `StreamError`, and what the HTTP library raises.
    """
    import httpx2
    from anthropic import AsyncStream

    if "event-stream" not in response.headers.get("content-type", ""):
        body = await response.aread()
        message = plain_message(body)
        if message is None:
            raise StreamError(json.loads(body))
        return message
    try:
        async for event in AsyncStream.raw_events(response):
            # "[DONE]": how some other servers end a stream.
            if event.data and event.data != "[DONE]":
                builder.take(event.data)
    except (httpx2.HTTPError, UnicodeDecodeError, TimeoutError):
        if not builder.whole:
            raise
    if builder.message is None:
        raise Garbled("a stream without a message")
    if not builder.whole:
        raise Garbled("a stream that was cut before its end")
    return builder.message


@functools.cache
def _load() -> None:
    """Import what takes long: the SDK and the tables of prices."""
    for module in ("anthropic", "httpx2", "genai_prices.data"):
        importlib.import_module(module)


@functools.cache
def _expected() -> tuple[type[Exception], ...]:
    """Return the exceptions that mean a failed call. Any other is a mistake of ours and passes."""
    import anthropic
    import httpx2

    return (
        anthropic.AnthropicError,
        httpx2.HTTPError,
        httpx2.InvalidURL,
        httpx2.StreamError,
        StreamError,
        Garbled,
        OSError,
        UnicodeError,
    )


@functools.cache
def _trusted(ca_bundle: Path | None) -> ssl.SSLContext:
    """Return what certificates are checked against; made once a process, for it takes as long as a quick call."""
    import httpx2

    context = httpx2.create_ssl_context(trust_env=False)
    if ca_bundle is not None:
        context.load_verify_locations(cafile=ca_bundle)
    return context


def _sdk_client(settings: AnthropicSettings) -> AsyncAnthropic:
    """Return the SDK's client, told everything it would otherwise look up in the environment.

    Raises `Permanent` when the file of certificate authorities cannot be read.
    """
    import httpx2
    from anthropic import AsyncAnthropic, Omit

    try:
        context = _trusted(settings.ca_bundle)
    except (OSError, ssl.SSLError):
        raise Permanent(f"The certificate authorities cannot be read; check {failures.CA_SETTING}.") from None
    timeout = httpx2.Timeout(settings.timeout_s, connect=min(_CONNECT_S, settings.timeout_s))
    address = settings.proxy.get_secret_value() if settings.proxy else ""
    proxy = httpx2.Proxy(address, ssl_context=context if address.startswith("https:") else None) if address else None
    key = settings.api_key.get_secret_value()
    # A server that asks for no key is sent no empty one. The SDK's type forbids what its own error message asks for.
    no_key = cast("dict[str, str]", {"Authorization": Omit()})
    return AsyncAnthropic(
        api_key=key,
        default_headers=None if key else no_key,
        base_url=settings.base_url or DEFAULT_BASE_URL,
        max_retries=0,
        timeout=timeout,
        open_telemetry=False,
        http_client=httpx2.AsyncClient(
            proxy=proxy,
            verify=context,
            trust_env=False,
            timeout=timeout,
            follow_redirects=False,
            # How many calls run at once is decided above; a queue here would look like a slow server.
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=50),
        ),
    )
