"""`ports.Http` for one event loop: guarded addresses, redirects followed by hand, everything capped.

What keeps it from being turned against the network it stands in: an address is read once and strictly (`urls`), a host
is checked by all its addresses at the moment of connecting (`backend`), and every hop of a redirect begins anew. Trust
is for whole origins that the deployment names, and no redirect reaches it or leaves it.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import NamedTuple, Self

import httpcore2

from research.engine.domain.errors import Permanent, Transient
from research.engine.ports import Clock, HttpReply

from . import backend, bodies, failures, politeness, replies, robots, urls
from .pools import Pools
from .settings import HttpSettings, normal_origin

_ERROR = 400
_HEADER_NAME = re.compile(r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
_HEADER_VALUE = re.compile(r"^[\x20-\x7e\t]*$")
# The client's own business: another host's name or a body's length here would split one request into two.
_OWN_HEADERS = frozenset(
    ("host", "connection", "content-length", "transfer-encoding", "accept-encoding", "te", "upgrade", "trailer",
     "proxy-authorization", "proxy-connection", "keep-alive", "expect")
)  # fmt: skip


class _Want(NamedTuple):
    """One call of `get`, apart from where it goes. cut: a larger body is cut, and any status is an answer."""

    headers: dict[str, str]
    media_types: tuple[str, ...]
    max_bytes: int
    robots: bool
    cut: bool = False


class _Shared(NamedTuple):
    settings: HttpSettings
    clock: Clock
    pools: Pools
    robots: robots.Robots
    politeness: politeness.Politeness


class GuardedHttp:
    """One for each event loop; opens at its first request, `aclose()` (or `async with`) closes it."""

    def __init__(
        self,
        settings: HttpSettings,
        clock: Clock,
        *,
        resolver: backend.Resolver = backend.system_resolver,
        network: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        """Make a client. resolver: gives a name's addresses. network: what connects to an address, None: sockets."""
        self._shared = _Shared(
            settings,
            clock,
            Pools(settings, resolver=resolver, network=network),
            robots.Robots(clock, name=settings.robots_name(), ttl_s=settings.robots_ttl_s),
            politeness.Politeness(clock, at_once=settings.per_host, longest_wait_s=settings.longest_wait_s),
        )
        self._trusted = frozenset(settings.trusted_origins)

    def trusting(self, *origins: str) -> GuardedHttp:
        """Return this client with further trusted origins, for a tool whose options name them; all else is shared.

        Raises `ValueError` for what is no origin.
        """
        other = object.__new__(GuardedHttp)
        other._shared = self._shared
        other._trusted = self._trusted | {normal_origin(origin) for origin in origins}
        return other

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection, those of `trusting` clients too."""
        await self._shared.pools.aclose()

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
        """Return the answer to GET as `ports.Http.get` says, which names what is raised.

        headers: printable ASCII; left out from the first redirect to another origin on. robots: also for every hop.
        """
        settings = self._shared.settings
        target = urls.parse(url, longest=settings.max_url_chars, params=params)
        limit = settings.max_bytes if max_bytes is None else min(max_bytes, settings.max_bytes)
        want = _Want(_own(headers or {}), tuple(media_types), limit, robots)
        try:
            async with asyncio.timeout(settings.total_s) as whole:
                return await self._follow(target, want)
        except TimeoutError as error:
            if not whole.expired():
                raise
            raise Transient(f"{target.shown} did not answer in full within {settings.total_s:g} s.") from error

    async def _follow(self, start: urls.Target, want: _Want) -> HttpReply:
        settings, target = self._shared.settings, start
        for _ in range(settings.max_redirects + 1):
            trusted = start.origin == target.origin and start.origin in self._trusted
            async with self._turn(target, want, trusted=trusted), self._answer(target, want, trusted=trusted) as answer:
                location = replies.location(answer, shown=target.shown)
                if location is None:
                    return await self._reply(target, answer, want)
            onward = urls.join(target, location, longest=settings.max_url_chars)
            if trusted and onward.origin != start.origin:
                raise Permanent(f"{start.shown} redirects to another server, which a trusted one may not.")
            if target.scheme == "https" and onward.scheme == "http":
                raise Permanent(f"{target.shown} redirects from https to http, where anybody could change the page.")
            if onward.origin != target.origin:
                want = want._replace(headers={})
            target = onward
        raise Permanent(
            f"{start.shown} redirects more than {settings.max_redirects} times: look for the page elsewhere."
        )

    @contextlib.asynccontextmanager
    async def _turn(self, target: urls.Target, want: _Want, *, trusted: bool) -> AsyncIterator[None]:
        """Wait for a turn at the host, after its robots.txt where that is asked for."""
        shared, interval_s = self._shared, 0.0
        if want.robots:
            pace = await shared.robots.require(target, self._robots_file)
            delay_s = min(pace.delay_s or 0.0, shared.settings.longest_delay_s)
            interval_s = max(shared.settings.interval_s, delay_s)
        if trusted and not want.robots:  # the deployment's own service knows itself what it can bear
            yield
            return
        async with shared.politeness.turn(target.host, interval_s=interval_s):
            yield

    @contextlib.asynccontextmanager
    async def _answer(self, target: urls.Target, want: _Want, *, trusted: bool) -> AsyncIterator[httpcore2.Response]:
        """Hold the answer while its body is read, and say in the engine's words what goes wrong on the way."""
        headers = {
            "User-Agent": self._shared.settings.user_agent,
            "Accept": ", ".join(want.media_types) or "*/*",
            "Accept-Encoding": bodies.ACCEPTED,
        }
        given = {name.lower() for name in want.headers}
        headers = {name: value for name, value in headers.items() if name.lower() not in given} | want.headers
        try:
            answer = await self._shared.pools.send(target, headers, trusted=trusted)
            try:
                yield answer
            finally:
                await answer.aclose()
        except _NETWORK as error:
            raise failures.of_network(error, shown=target.shown) from error

    async def _reply(self, target: urls.Target, answer: httpcore2.Response, want: _Want) -> HttpReply:
        now = self._shared.clock.now()
        headers = replies.headers(answer, limit=self._shared.settings.max_header_bytes, shown=target.shown)
        if answer.status >= _ERROR:
            error = failures.of_status(
                answer.status, shown=target.shown, retry_after=headers.get("retry-after"), now=now
            )
            if not want.cut or isinstance(error, Transient):
                raise error
        kind = replies.media_type(headers.get("content-type", ""))
        replies.require_wanted(kind.media_type, want.media_types, shown=target.shown)
        body = await bodies.read(
            answer.aiter_stream(),
            coding=headers.get("content-encoding", ""),
            limit=want.max_bytes,
            announced=replies.length(headers),
            cut=want.cut,
        )
        return HttpReply(
            url=target.url, status=answer.status, headers=headers, media_type=kind.media_type, charset=kind.charset,
            body=body, fetched_at=now,
        )  # fmt: skip

    async def _robots_file(self, place: urls.Target) -> tuple[int, bytes]:
        want = _Want({}, (), self._shared.settings.robots_max_bytes, robots=False, cut=True)
        reply = await self._follow(place, want)
        return reply.status, reply.body


_NETWORK = (
    httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException, httpcore2.ProxyError,
    httpcore2.UnsupportedProtocol,
)  # fmt: skip


def _own(headers: Mapping[str, str]) -> dict[str, str]:
    """Return a caller's headers. Raises `Permanent` for one that would make another request of this one."""
    for name, value in headers.items():
        if not _HEADER_NAME.match(name) or not _HEADER_VALUE.match(value) or name.lower() in _OWN_HEADERS:
            raise Permanent("A header of the request cannot be sent: leave it out, or write it in printable ASCII.")
    return dict(headers)
