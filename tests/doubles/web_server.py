"""A raw HTTP server on loopback that can misbehave, and doubles of what leads to it: names and connections.

`WebServer` counts the connections it sees. `Dialler` stands for the internet: it connects some public addresses to a
server on loopback and every other address to itself, so a guard that lets one through is seen by whoever listens there.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple, Self

import httpcore2

Answer = Callable[[asyncio.StreamWriter], Awaitable[bool]]  # True: the connection may be used again

PUBLIC = "93.184.215.14"
PUBLIC_2 = "93.184.215.15"


class Request(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]


class WebServer:
    """Answers by path (without its query); an unknown path is 404. `requests` and `connections` are what it saw."""

    def __init__(self, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.host, self.port, self.tls = host, port, tls
        self.connections = 0
        self.requests: list[Request] = []
        self.at_once = self.most_at_once = 0
        self._answers: dict[str, Answer] = {}
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task] = set()

    def on(self, path: str, answer: Answer) -> WebServer:
        self._answers[path] = answer
        return self

    @property
    def origin(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.host, self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
        await self._server.wait_closed()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        self.requests.append(Request(method, path, {name.lower(): value for name, value in headers.items()}))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._answers.get(path.partition("?")[0], page(b"no such page", status=404))(writer)
        finally:
            self.at_once -= 1


def page(
    body: bytes | str = b"<p>Hello</p>", media_type: str = "text/html; charset=utf-8", *, status: int = 200,
    headers: Mapping[str, str] | None = None, pause_s: float = 0.0,
) -> Answer:  # fmt: skip
    """Answer as a good server does, after `pause_s`."""
    sent = body.encode() if isinstance(body, str) else body
    named = {
        "Content-Length": str(len(sent)),
        **({"Content-Type": media_type} if media_type else {}),
        **(headers or {}),
    }

    async def answer(writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(pause_s)
        writer.write(_head(status, named) + sent)
        await writer.drain()
        return named.get("Connection") != "close"

    return answer


def redirect(location: str, *, status: int = 302) -> Answer:
    return page(b"", status=status, headers={"Location": location})


def raw(sent: bytes) -> Answer:
    """Answer with these bytes and close."""

    async def answer(writer: asyncio.StreamWriter) -> bool:
        writer.write(sent)
        await writer.drain()
        return False

    return answer


def reset(before: bytes = b"") -> Answer:
    """Send `before` and reset the connection (RST, not FIN)."""

    async def answer(writer: asyncio.StreamWriter) -> bool:
        writer.write(before)
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return False

    return answer


def cut_body() -> Answer:
    """Promise 100 bytes, send ten."""
    return raw(_head(200, {"Content-Length": "100", "Content-Type": "text/html"}) + b"0123456789")


def drip(*, every_s: float) -> Answer:
    """Send a byte every so often, for ever."""

    async def answer(writer: asyncio.StreamWriter) -> bool:
        writer.write(_head(200, {"Content-Type": "text/html"}))
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(every_s)

    return answer


def endless(headers: bytes) -> Answer:
    """Begin with `headers` and send zeros until the other side has had enough."""

    async def answer(writer: asyncio.StreamWriter) -> bool:
        writer.write(headers)
        while True:
            writer.write(bytes(65_536))
            await writer.drain()

    return answer


def gzip_bomb(inflated: int) -> Answer:
    """Answer with zeros that unpack to `inflated` bytes."""
    return page(gzip.compress(bytes(inflated)), headers={"Content-Encoding": "gzip"})


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Names:
    """A resolver. Each name has one answer after another, and the last one from then on; `asked` in order."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self._answers = {name.replace("_", "."): list(each) for name, each in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answers = self._answers.get(host, [[]])
        return answers.pop(0) if len(answers) > 1 else answers[0]


class Dialler(httpcore2.AnyIOBackend):
    """Connects public addresses to servers on loopback; remembers every address it was told to connect to."""

    def __init__(self, servers: Mapping[str, WebServer] | None = None) -> None:
        self.servers = dict(servers or {})
        self.dialled: list[str] = []

    async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):  # noqa: ASYNC109
        self.dialled.append(host)
        server = self.servers.get(host)
        place = (server.host, server.port) if server else (host, port)
        return await super().connect_tcp(*place, timeout, local_address, socket_options)
