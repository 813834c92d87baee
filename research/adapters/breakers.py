"""Circuit breakers over rows, shared by every process and host."""

from __future__ import annotations

import asyncio
import datetime as dt

from django.db.models import F, Q

from research.engine.ports import Clock
from research.models import Breaker

from .db import Bridge

# Issue 4 and DESIGN: opens after 3 failures in a row, half-open after 60 s with a single probe.
OPENS_AFTER = 3
HALF_OPEN_AFTER = dt.timedelta(seconds=60)
# So long what was seen of the breakers is taken for true: another process may have opened one meanwhile.
FRESH = dt.timedelta(seconds=2)


class RowBreakers:
    """`ports.Breakers` over `Breaker` rows, for a process. A breaker nobody has failed at has no row."""

    def __init__(self, *, bridge: Bridge, clock: Clock) -> None:
        self._bridge = bridge
        self._clock = clock
        # Names with a failure when they were looked at, or since then in this process; all others need no hop.
        self._troubled: set[str] = set()
        # Those of a look that is under way: it may have read the rows before.
        self._meanwhile: set[str] = set()
        self._fresh_until: dt.datetime | None = None
        self._looking = asyncio.Lock()

    async def allow(self, name: str) -> bool:
        await self._look(least=dt.timedelta())
        if name not in self._troubled:
            return True
        # That it is clean again the next look will tell.
        return await self._bridge.run(allow, name=name, now=self._clock.now())

    async def record(self, name: str, *, ok: bool) -> None:
        if ok and self._is_fresh() and name not in self._troubled:
            return
        self._suspect(name)
        try:
            await self._bridge.run(record, name=name, ok=ok, now=self._clock.now())
        finally:
            self._suspect(name)

    def _suspect(self, name: str) -> None:
        self._troubled.add(name)
        self._meanwhile.add(name)

    async def look_ahead(self) -> None:
        """Look at all breakers while what was seen is still fresh, so that no call has to wait for it."""
        await self._look(least=FRESH / 2)

    async def _look(self, *, least: dt.timedelta) -> None:
        """Look unless what was seen stays fresh for longer than `least`. Of many who ask at once, one looks."""
        if self._is_fresh(least):
            return
        async with self._looking:
            if not self._is_fresh(least):
                now = self._clock.now()
                self._meanwhile.clear()
                self._troubled = await self._bridge.run(troubled) | self._meanwhile
                self._fresh_until = now + FRESH

    def _is_fresh(self, least: dt.timedelta = dt.timedelta()) -> bool:
        return self._fresh_until is not None and self._clock.now() + least < self._fresh_until


def troubled() -> set[str]:
    """Return the names of the breakers that have any failure."""
    return set(Breaker.objects.filter(Q(failures__gt=0) | Q(opened_at__isnull=False)).values_list("name", flat=True))


def allow(*, name: str, now: dt.datetime) -> bool:
    """Return whether a call may be tried now."""
    row = Breaker.objects.filter(pk=name).first()
    if row is None or row.opened_at is None:
        return True
    # Half-open: the one whose update changes the row is the probe; a probe that never came back expires likewise.
    due = now - HALF_OPEN_AFTER
    won = (
        Breaker.objects.filter(pk=name, opened_at__lte=due)
        .filter(Q(probe_at__isnull=True) | Q(probe_at__lte=due))
        .update(probe_at=now)
    )
    return won == 1


def record(*, name: str, ok: bool, now: dt.datetime) -> None:
    """Close the breaker on success; count a failure, and open (again) when there were enough in a row."""
    if ok:
        Breaker.objects.filter(pk=name).update(failures=0, opened_at=None, probe_at=None)
        return
    Breaker.objects.get_or_create(pk=name)
    Breaker.objects.filter(pk=name).update(failures=F("failures") + 1)
    Breaker.objects.filter(pk=name, failures__gte=OPENS_AFTER).update(opened_at=now, probe_at=None)
