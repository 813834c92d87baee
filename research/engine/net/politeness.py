"""How often a host is asked: a few requests at once, and a pause between them where robots.txt is obeyed."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator

from research.engine.domain.errors import Transient
from research.engine.ports import Clock

# Hosts remembered at a time; those at rest are forgotten first.
_MOST_HOSTS = 2_000


class _Host:
    def __init__(self, *, at_once: int) -> None:
        self.slots = asyncio.Semaphore(at_once)
        self.users = 0
        self.free_at: dt.datetime | None = None


class Politeness:
    """Turns at hosts, in this process alone: several processes together ask a host that many times as often."""

    def __init__(self, clock: Clock, *, at_once: int, longest_wait_s: float) -> None:
        self._clock = clock
        self._at_once = at_once
        self._longest_wait_s = longest_wait_s
        self._hosts: dict[str, _Host] = {}

    @contextlib.asynccontextmanager
    async def turn(self, host: str, *, interval_s: float) -> AsyncIterator[None]:
        """Hold a turn at `host`, `interval_s` seconds or more after the last one that kept an interval; 0 for none.

        Raises `Transient` at once, with the wait, when the turn is too far away to sit it out.
        """
        state = self._host(host)
        state.users += 1
        try:
            async with state.slots:
                if interval_s > 0:
                    await self._pause(host, state, interval_s)
                yield
        finally:
            state.users -= 1

    async def _pause(self, host: str, state: _Host, interval_s: float) -> None:
        now = self._clock.now()
        at = now if state.free_at is None else max(now, state.free_at)
        wait_s = (at - now).total_seconds()
        if wait_s > self._longest_wait_s:
            raise Transient(f"{host} is asked as often as it may be; its turn comes later.", retry_after_s=wait_s)
        # The turn is taken before the wait, so that two who wait do not take the same one.
        state.free_at = at + dt.timedelta(seconds=interval_s)
        if wait_s > 0:
            await self._clock.sleep(wait_s)

    def _host(self, host: str) -> _Host:
        if host not in self._hosts:
            if len(self._hosts) >= _MOST_HOSTS:
                self._forget()
            self._hosts[host] = _Host(at_once=self._at_once)
        return self._hosts[host]

    def _forget(self) -> None:
        now = self._clock.now()
        rested = [
            host
            for host, state in self._hosts.items()
            if not state.users and (state.free_at is None or state.free_at <= now)
        ]
        for host in rested:
            del self._hosts[host]
