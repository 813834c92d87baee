"""The Messages API over the vendor's SDK: a request as JSON goes out, the whole message as JSON comes back.

Made inside the loop it is used in, and closed there. The SDK tries nothing again (`max_retries=0`): who tries again,
and when, is decided where budgets and breakers are. Its import takes seconds, so it happens when a client is opened.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar, cast
from urllib.parse import quote

from research.engine.domain.errors import MrdError
from research.engine.ports import Clock

from . import failures, pricing, sdk
from .settings import AnthropicSettings
from .stream import Garbled, MessageBuilder, StreamError, as_message, plain_message

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
        await asyncio.to_thread(sdk.load)
        self._open = sdk.client(self._settings)
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
        except (RecursionError, ValueError):
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
        except (RecursionError, ValueError):
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
        except sdk.expected() as error:
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
        settings = self._settings
        return failures.Call(
            model=model, key=settings.api_key, now=self._clock.now(), proxied=settings.proxy is not None
        )


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
    return as_message(builder.message)
