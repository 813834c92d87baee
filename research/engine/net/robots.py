"""robots.txt (RFC 9309): fetched through the same guard, remembered for a while, obeyed."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import protego

from research.engine.domain.errors import Permanent, Transient
from research.engine.ports import Clock

from . import urls
from .addresses import ForbiddenAddress

_MOST_HOSTS = 1_000
# What Protego takes for a line that begins a group (RFC 9309, 2.2.1), and for one that belongs to none.
_AGENT = re.compile(r"user[-\s]*agent\b\s*:?(.*)$", re.IGNORECASE)
_OF_THE_SITE = re.compile(r"(?:site-?maps?|host)\b", re.IGNORECASE)
_CLIENT_ERROR = 400

# Gives the status and the body (cut at the limit) of an address, redirects followed.
Fetch = Callable[[urls.Target], Awaitable[tuple[int, bytes]]]


class Pace(NamedTuple):
    """What a host allows. delay_s: its crawl-delay in seconds, or None."""

    delay_s: float | None


class _Known(NamedTuple):
    rules: protego.Protego
    until: dt.datetime


class Robots:
    """What the hosts of one client say in robots.txt."""

    def __init__(self, clock: Clock, *, name: str, ttl_s: float) -> None:
        self._clock = clock
        self._name = name
        self._ttl_s = ttl_s
        self._known: dict[str, _Known] = {}
        self._fetching: dict[str, asyncio.Lock] = {}

    async def require(self, target: urls.Target, fetch: Fetch) -> Pace:
        """Return the pace for `target` when its host lets it be fetched.

        Raises `Permanent` where robots.txt says no, `ForbiddenAddress` where its host is one, `Transient` where it
        cannot be had: the host must then be taken to say no (RFC 9309, 2.3.1.4).
        """
        rules = await self._rules(target, fetch)
        if not rules.can_fetch(target.url, self._name):
            raise Permanent(f"The robots.txt of {target.host} asks that {target.shown} is not fetched: look elsewhere.")
        return Pace(rules.crawl_delay(self._name))

    async def _rules(self, target: urls.Target, fetch: Fetch) -> protego.Protego:
        lock = self._fetching.setdefault(target.origin, asyncio.Lock())
        async with lock:
            known = self._known.get(target.origin)
            if known is None or known.until <= self._clock.now():
                rules = await _fetched(target, fetch, name=self._name)
                self._forget()
                until = self._clock.now() + dt.timedelta(seconds=self._ttl_s)
                known = self._known[target.origin] = _Known(rules, until)
            return known.rules

    def _forget(self) -> None:
        if len(self._known) >= _MOST_HOSTS:
            del self._known[next(iter(self._known))]
        if len(self._fetching) > 2 * _MOST_HOSTS:
            self._fetching = {origin: lock for origin, lock in self._fetching.items() if lock.locked()}


async def _fetched(target: urls.Target, fetch: Fetch, *, name: str) -> protego.Protego:
    place = target._replace(path="/robots.txt")
    try:
        status, body = await fetch(place)
    except ForbiddenAddress:
        raise
    except Transient as error:
        raise Transient(
            f"The robots.txt of {target.host} cannot be had just now, so nothing of it is fetched: {error.detail}",
            retry_after_s=error.retry_after_s,
        ) from error
    except Permanent:
        # RFC 9309, 2.3.1.3: what cannot be had for good (too many redirects, 4xx) allows everything.
        return protego.Protego.parse("")
    if status >= _CLIENT_ERROR:
        return protego.Protego.parse("")
    text = _ours(body.decode("utf-8-sig", errors="replace"), name=name)
    # Tens of thousands of rules take a quarter of a second, which other requests need not wait for.
    return await asyncio.to_thread(protego.Protego.parse, text)


def _ours(text: str, *, name: str) -> str:
    """Return the groups of rules that are for `name` or for everybody.

    Protego's work is the number of user-agent lines times that of rules: a file of 500 KiB made for it takes more
    than half a minute. What is for others is left out, however it writes "user-agent".
    """
    kept: list[str] = []
    heading, ours = True, False
    for raw in text.splitlines():
        line = raw.partition("#")[0].strip()
        agent = _AGENT.match(line)
        if agent is not None:
            ours = ours and heading
            heading = True
            named = agent[1].strip().lower().replace("*", "") or agent[1].strip()[:1]
            if named and (named == "*" or named in name.lower()):
                kept.append(f"User-agent: {named}")
                ours = True
        elif line and not _OF_THE_SITE.match(line):
            heading = False
            if ours:
                kept.append(line)
    return "\n".join(kept)
