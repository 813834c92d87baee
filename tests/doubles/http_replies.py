"""Doubles of `ports.Http`: prepared replies by address, and a bare client for a server on this machine."""

from __future__ import annotations

import asyncio
import datetime as dt
import http.client
import http.server
import threading
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

from research.engine.domain.errors import Permanent
from research.engine.ports import HttpReply, ToolContext

NOW = dt.datetime(2025, 6, 2, 9, 0, tzinfo=dt.UTC)


class Request(NamedTuple):
    url: str
    headers: dict[str, str]
    media_types: tuple[str, ...]
    max_bytes: int | None


def reply(body: bytes, *, url: str = "", media_type: str = "application/json") -> HttpReply:
    return HttpReply(url=url, status=200, headers={}, media_type=media_type, body=body, fetched_at=NOW)


def wants(media_type: str, media_types: Sequence[str]) -> bool:
    kinds = {media_type, f"{media_type.partition('/')[0]}/*"}
    return not media_types or bool(kinds & set(media_types))


class FakeHttp:
    """Answers with what stands under the address, or raises it; an address without a reply is not found."""

    def __init__(self, replies: Mapping[str, HttpReply | bytes | Exception]) -> None:
        self.replies = dict(replies)
        self.asked: list[Request] = []

    async def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        media_types: Sequence[str] = (),
        max_bytes: int | None = None,
        robots: bool = False,
    ) -> HttpReply:
        full = f"{url}?{urllib.parse.urlencode(params)}" if params else url
        self.asked.append(Request(full, dict(headers or {}), tuple(media_types), max_bytes))
        found = self.replies.get(full)
        if found is None:
            raise Permanent(f"{full} answers 404: there is nothing.")
        if isinstance(found, Exception):
            raise found
        answer = reply(found) if isinstance(found, bytes) else found
        if not wants(answer.media_type, media_types):
            raise Permanent(f"{full} answers with {answer.media_type}, which is not wanted.")
        if max_bytes is not None and len(answer.body) > max_bytes:
            raise Permanent(f"{full} is larger than {max_bytes} bytes.")
        return answer.model_copy(update={"url": answer.url or full})


class LoopbackHttp:
    """A bare client over real sockets, for a server on this machine; guards nothing."""

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None, **_more: Any) -> HttpReply:
        return await asyncio.to_thread(self._get, url, dict(headers or {}))

    def _get(self, url: str, headers: dict[str, str]) -> HttpReply:
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        try:
            connection.request("GET", parts._replace(scheme="", netloc="").geturl(), headers=headers)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status >= 400:
            raise Permanent(f"{url} answers {answer.status}.")
        media_type = (answer.getheader("Content-Type") or "").partition(";")[0].strip().lower()
        return reply(body, url=url, media_type=media_type)


@contextmanager
def serving(files: Mapping[str, bytes], *, needs: str = "") -> Iterator[str]:
    """Serve `files` (path → body, JSON but for .htm) on loopback and yield the server's address.

    needs: the User-Agent without which everything is refused with 403, as the SEC does.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path)
            refused = needs and self.headers.get("User-Agent") != needs
            self.send_response(403 if refused else 404 if body is None else 200)
            sent = body if body is not None and not refused else b"no"
            self.send_header("Content-Type", "text/html" if self.path.endswith(".htm") else "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def context(http_client: Any, **options: str) -> ToolContext:
    """Return what a tool that only asks other servers is built with: no library, no clock."""
    nothing = cast("Any", None)
    return ToolContext(library=nothing, http=http_client, clock=nothing, options=options)
