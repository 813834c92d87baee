"""The one writer of calls in a process: what the steps in flight write into the ledger is committed in groups."""

from __future__ import annotations

import asyncio

from research.engine.ports import CallOutcome

from . import ledger_batch, ledger_rows
from .db import Bridge
from .groups import Groups
from .ledger_account import NO_LIMITS, DayLimits
from .ledger_entries import Begin, Entry, Holder, Settle

# Beyond some hundred entries a larger group gains nothing.
MOST = 400


class LedgerWriter:
    """Gathers beginnings and ends of calls. Used from one event loop at a time. user_day, all_day: limits of a day."""

    def __init__(
        self,
        *,
        bridge: Bridge,
        user_day: DayLimits = NO_LIMITS,
        all_day: DayLimits = NO_LIMITS,
        most: int = MOST,
    ) -> None:
        self._bridge = bridge
        self._groups: Groups[Entry, CallOutcome | None] = Groups(
            ledger_batch.write, bridge=bridge, most=most, user_day=user_day, all_day=all_day
        )

    def begin(self, entry: Begin) -> asyncio.Future[CallOutcome | None]:
        """Reserve and write the intent; or find the recorded outcome of the same call.

        The future raises `LostLease`, `BudgetExceeded`, `OutcomeUnknown`. Cancelled while it waits for its turn,
        nothing is written; cancelled later, the intent may stand, and is found as one whose worker vanished.
        """
        return self._groups.hand_in(entry, key=entry.key)

    async def finished(self, holder: Holder) -> frozenset[str]:
        """Return the keys of the calls that earlier tries of the holder's step finished, in whatever round."""
        return await self._bridge.run(ledger_rows.finished, run_id=holder.run_id, kind=holder.kind, key=holder.key)

    def settle(self, entry: Settle) -> asyncio.Future[CallOutcome | None]:
        """Write what came of the call and settle what it had reserved. The future gives None, or raises `LostLease`.

        It is written no later than what is handed in after it, even when its future is cancelled.
        """
        return self._groups.hand_in(entry, key=entry.key, wanted=True)

    async def drain(self) -> None:
        """Wait until all that was handed in is written or refused."""
        await self._groups.drain()
