"""Circuit breakers over rows, shared by every process and host."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import defaultdict

from django.db.models import F, Q

from research.engine.ports import Clock
from research.models import Breaker

from .db import Bridge

# Issue 4 and DESIGN: opens after 3 failures in a row, half-open after 60 s with a single probe.
OPENS_AFTER = 3
HALF_OPEN_AFTER = dt.timedelta(seconds=60)
# So long a closed breaker is taken for closed without a look: another process may have opened it meanwhile.
FRESH = dt.timedelta(seconds=2)


class RowBreakers:
    """`ports.Breakers` over `Breaker` rows, for a process. A breaker nobody has failed at has no row."""

    def __init__(self, *, bridge: Bridge, clock: Clock) -> None:
        self._bridge = bridge
        self._clock = clock
        # Until when names without any failure need no hop.
        self._clean: dict[str, dt.datetime] = {}
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def allow(self, name: str) -> bool:
        if self._is_clean(name):
            return True
        # Many calls begin at the same moment: one looks for all of them.
        async with self._asking[name]:
            if self._is_clean(name):
                return True
            now = self._clock.now()
            allowed, clean = await self._bridge.run(allow, name=name, now=now)
            if clean:
                self._clean[name] = now + FRESH
        return allowed

    async def record(self, name: str, *, ok: bool) -> None:
        if ok and self._is_clean(name):
            return
        self._clean.pop(name, None)
        await self._bridge.run(record, name=name, ok=ok, now=self._clock.now())

    def _is_clean(self, name: str) -> bool:
        until = self._clean.get(name)
        return until is not None and self._clock.now() < until


def allow(*, name: str, now: dt.datetime) -> tuple[bool, bool]:
    """Return whether a call may be tried now, and whether the breaker has no failure at all."""
    row = Breaker.objects.filter(pk=name).first()
    if row is None or (row.opened_at is None and row.failures == 0):
        return True, True
    if row.opened_at is None:
        return True, False
    # Half-open: the one whose update changes the row is the probe; a probe that never came back expires likewise.
    due = now - HALF_OPEN_AFTER
    won = (
        Breaker.objects.filter(pk=name, opened_at__lte=due)
        .filter(Q(probe_at__isnull=True) | Q(probe_at__lte=due))
        .update(probe_at=now)
    )
    return won == 1, False


def record(*, name: str, ok: bool, now: dt.datetime) -> None:
    """Close the breaker on success; count a failure, and open (again) when there were enough in a row."""
    if ok:
        Breaker.objects.filter(pk=name).update(failures=0, opened_at=None, probe_at=None)
        return
    Breaker.objects.get_or_create(pk=name)
    Breaker.objects.filter(pk=name).update(failures=F("failures") + 1)
    Breaker.objects.filter(pk=name, failures__gte=OPENS_AFTER).update(opened_at=now, probe_at=None)
