"""The Messages API on this machine: real sockets, answers by a script, and every way a connection goes wrong.

    with MessagesServer([build.message(build.text("Hello"))]) as server:
        ...  # server.url, server.requests, server.received, server.whole, server.bills

It runs in a thread with a loop of its own. A script is a callable `(request, n) -> Answer or message` (n counts from 0
over POST /v1/messages and the requests of batches), an object with such an `answer`, or a list taken in order.
`replay`: answers to any request, in order, whatever its path.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from http.client import responses
from typing import Any, NamedTuple, Self

from tests.doubles import messages_answers as answers
from tests.doubles import messages_build as build
from tests.doubles.messages_answers import Answer

Script = Callable[[dict[str, Any], int], "Answer | dict[str, Any]"]
MESSAGES, BATCHES = "/v1/messages", "/v1/messages/batches"


class Seen(NamedTuple):
    """A request as it came. headers: by lower-case name. body: its JSON, None without one."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class MessagesServer:
    """received: requests for messages that came; whole: those whose answer was sent to its end.

    bills: of each message begun, its model and the usage it was told: what the client must have accounted for.
    polls: how often a batch is looked at before it has ended. mistakes: what the script raised; the first is raised
    again at the end of `with`.
    """

    def __init__(
        self, script: Any = (), *, replay: Iterable[Answer] | None = None, port: int = 0, polls: int = 0
    ) -> None:
        self._script = _script(script)
        self._replay = None if replay is None else iter(replay)
        self._port, self._polls = port, polls
        self._lock = threading.Lock()
        self._up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="messages-server", daemon=True)
        self._socket: socket.socket
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._asked = 0
        self._batches: dict[str, dict[str, Any]] = {}
        self._connections: set[asyncio.Task[None]] = set()
        self.requests: list[Seen] = []
        self.bills: list[dict[str, Any]] = []
        self.received = 0
        self.whole = 0
        self.mistakes: list[Exception] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", self._port))
        self._port = self._socket.getsockname()[1]
        self._thread.start()
        self._up.wait()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        if self.mistakes and kind is None:
            raise self.mistakes[0]

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._accept, sock=self._socket)
        self._up.set()
        await self._stop.wait()
        server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            # The client may go whenever it likes: it is killed in some tests.
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                while await self._serve(reader, writer):
                    pass
        finally:
            self._connections.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one request. Return whether the connection is good for another."""
        seen = await _read(reader)
        for_message = seen.method == "POST" and seen.path == MESSAGES
        with self._lock:
            self.requests.append(seen)
            self.received += for_message
        answer = self._answer(seen)
        await asyncio.sleep(answer.delay_s)
        if answer.before_headers:
            return await _break(answer, reader, writer)
        streams = answer.message is not None and bool((seen.body or {}).get("stream")) and not answer.plain
        going = await (self._stream if streams else self._plain)(answer, reader, writer)
        if going:
            with self._lock:
                self.whole += for_message
        return going

    async def _plain(self, answer: Answer, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        body = json.dumps(answer.message).encode() if answer.message else answer.body or b""
        writer.write(_head(answer, {"content-type": "application/json", "content-length": str(len(body))}))
        await _write(writer, body, answer)
        if answer.message:
            self._bill(answer.message["model"], answer.message["usage"])
        return True

    async def _stream(self, answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        kind = {"content-type": "text/event-stream; charset=utf-8", "transfer-encoding": "chunked"}
        writer.write(_head(answer, kind))
        await writer.drain()
        assert answer.message is not None
        told: dict[str, Any] = {}
        try:
            for event in build.events(answer.message)[: answer.events]:
                await _chunk(writer, build.sse(event), answer)
                told |= event.get("message", event).get("usage", {})
            if answer.then == "error":
                await _chunk(writer, build.sse(answer.error or {}), answer)
            if answer.then == "garbage":
                await _chunk(writer, b"event: content_block_delta\ndata: {not json\n\n", answer)
        finally:
            if told:
                self._bill(answer.message["model"], told)
        if answer.then in ("cut", "reset", "hang"):
            return await _break(answer, reader, writer)
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return answer.then == "end"

    def _bill(self, model: str, usage: dict[str, Any]) -> None:
        with self._lock:
            self.bills.append({"model": model, "usage": dict(usage)})

    def _answer(self, seen: Seen) -> Answer:
        if self._replay is not None:
            return next(self._replay, _exhausted())
        if seen.method == "POST" and seen.path == MESSAGES:
            return self._scripted(seen.body)
        if seen.method == "POST" and seen.path == f"{MESSAGES}/count_tokens":
            # About four characters a token.
            return _json({"input_tokens": len(json.dumps(seen.body)) // 4})
        if seen.path.startswith(BATCHES):
            return self._batch(seen)
        return answers.error(404, "not_found_error", f"there is nothing at {seen.path}")

    def _scripted(self, request: dict[str, Any]) -> Answer:
        with self._lock:
            number, self._asked = self._asked, self._asked + 1
        try:
            answer = self._script(request, number)
        except Exception as mistake:  # noqa: BLE001 - the script is a test's: its failed assertions end the test
            self.mistakes.append(mistake)
            return answers.error(400, "invalid_request_error", f"the script of this double failed: {mistake!r}")
        return answer if isinstance(answer, Answer) else Answer(message=answer)

    def _batch(self, seen: Seen) -> Answer:
        if seen.method == "POST":
            batch = {"id": f"msgbatch_{len(self._batches):024d}", "requests": seen.body["requests"], "looks": 0}
            self._batches[batch["id"]] = batch
            return _json(self._standing(batch))
        batch_id, _, results = seen.path.removeprefix(f"{BATCHES}/").partition("/")
        batch = self._batches.get(batch_id, {})
        if not batch:
            return answers.error(404, "not_found_error", f"there is no batch {batch_id}")
        if not results:
            standing = self._standing(batch)
            batch["looks"] += 1
            return _json(standing)
        if batch["looks"] <= self._polls:
            return answers.error(404, "not_found_error", "the batch has not ended")
        if "rows" not in batch:
            batch["rows"] = [self._row(item) for item in reversed(batch["requests"])]
        lines = "".join(json.dumps(row) + "\n" for row in batch["rows"])
        return answers.raw(lines.encode(), content_type="application/x-jsonl")

    def _standing(self, batch: dict[str, Any]) -> dict[str, Any]:
        ended = batch["looks"] >= self._polls
        return {
            "id": batch["id"],
            "type": "message_batch",
            "processing_status": "ended" if ended else "in_progress",
            "request_counts": {"processing": 0 if ended else len(batch["requests"])},
            "results_url": f"{self.url}{BATCHES}/{batch['id']}/results" if ended else None,
        }

    def _row(self, item: dict[str, Any]) -> dict[str, Any]:
        answer = self._scripted(item["params"])
        if answer.message is None:
            return {
                "custom_id": item["custom_id"],
                "result": {"type": "errored", "error": json.loads(answer.body or b"{}")},
            }
        usage = {**answer.message["usage"], "service_tier": "batch"}
        self._bill(answer.message["model"], usage)
        done = {"type": "succeeded", "message": {**answer.message, "usage": usage}}
        return {"custom_id": item["custom_id"], "result": done}


def _script(script: Any) -> Script:
    if callable(script):
        return script
    if hasattr(script, "answer"):
        return script.answer
    rest = iter(script)
    return lambda _request, _number: next(rest, _exhausted())


def _exhausted() -> Answer:
    return answers.error(400, "invalid_request_error", "the script of this double has no more answers")


def _json(value: dict[str, Any]) -> Answer:
    return answers.raw(json.dumps(value).encode())


async def _read(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(method, path, headers, json.loads(body) if body else None)


def _head(answer: Answer, own: dict[str, str]) -> bytes:
    headers = own | ({"request-id": answers.REQUEST_ID} if answer.message else {}) | dict(answer.headers)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status} {responses.get(answer.status, 'Other')}\r\n{lines}\r\n".encode()


async def _chunk(writer: asyncio.StreamWriter, data: bytes, answer: Answer) -> None:
    """Send one event as a chunk; dripped, its bytes come a few at a time."""
    writer.write(f"{len(data):x}\r\n".encode())
    await _write(writer, data, answer)
    writer.write(b"\r\n")
    await writer.drain()


async def _write(writer: asyncio.StreamWriter, data: bytes, answer: Answer) -> None:
    size = answer.drip_bytes if answer.drip_s else max(1, len(data))
    for start in range(0, len(data), size):
        writer.write(data[start : start + size])
        await writer.drain()
        if answer.drip_s:
            await asyncio.sleep(answer.drip_s)


async def _break(answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    if answer.then == "hang":
        await reader.read()
    if answer.then == "reset":
        # Lingering for no time makes the close a reset (RST) instead of an orderly end.
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    return False


def echo(request: dict[str, Any], number: int) -> dict[str, Any]:
    """Answer with what was asked last: the script of the command line."""
    return build.message(build.text(f"Answer {number} to: {str(request['messages'][-1]['content'])[:200]}"))


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve the Messages API on this machine with answers of a script.")
    parser.add_argument("--port", type=int, default=8765)
    options = parser.parse_args()
    with MessagesServer(echo, port=options.port) as server, contextlib.suppress(KeyboardInterrupt):
        print(f"The Messages API answers at {server.url}", flush=True)  # noqa: T201 - a program's own word
        threading.Event().wait()


if __name__ == "__main__":
    main()
