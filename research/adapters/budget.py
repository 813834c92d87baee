"""What is left to a step: of its run's phase, of the person's day and of everybody's day, whichever is less."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from research.engine.domain.usage import Limits
from research.engine.ports import Clock
from research.models import DayBudget, RunBudget

from .db import Bridge
from .ledger_account import NO_LIMITS, DayLimits, days_of
from .ledger_entries import Holder
from .ledger_rows import held_of, limits_of

# What stands for "no limit" where a number is asked for.
NO_LIMIT = 10**15


class RowBudget:
    """`ports.Budget` for one step in flight. It only tells; the ledger reserves."""

    def __init__(
        self,
        *,
        bridge: Bridge,
        clock: Clock,
        holder: Holder,
        user_day: DayLimits = NO_LIMITS,
        all_day: DayLimits = NO_LIMITS,
    ) -> None:
        self._bridge = bridge
        self._clock = clock
        self._holder = holder
        self._user_day = user_day
        self._all_day = all_day

    async def remaining(self) -> Limits:
        """See `ports.Budget.remaining`. Without a limit of its own a resource has `NO_LIMIT` left."""
        return await self._bridge.run(
            remaining,
            holder=self._holder,
            user_day=self._user_day,
            all_day=self._all_day,
            now=self._clock.now(),
        )


def remaining(*, holder: Holder, user_day: DayLimits, all_day: DayLimits, now: dt.datetime) -> Limits:
    """Return what is left at this moment, nothing less than zero."""
    phase = RunBudget.objects.get(run_id=holder.run_id, phase=holder.phase)
    rows: list[tuple[tuple[int | Decimal, ...], tuple[int | Decimal | None, ...]]]
    rows = [(held_of(phase), limits_of(phase))]
    for (scope, day), limits in zip(days_of(holder, now), (user_day, all_day), strict=True):
        row = DayBudget.objects.filter(scope=scope, day=day).first()
        rows.append((held_of(row) if row else (0, 0, 0, 0), (None, *limits)))
    calls, searches, tokens, cost = (
        min(_left(limits[place], held[place]) for held, limits in rows) for place in range(4)
    )
    return Limits(calls=int(calls), searches=int(searches), tokens=int(tokens), cost_usd=Decimal(cost))


def _left(limit: int | Decimal | None, held: int | Decimal) -> int | Decimal:
    return NO_LIMIT if limit is None else max(limit - held, 0)
