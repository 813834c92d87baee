"""The one writer of calls in a process: what the steps in flight write into the ledger is committed in groups."""

from __future__ import annotations

from research.engine.ports import CallOutcome

from . import ledger_batch, ledger_rows
from .db import Bridge
from .groups import AT_ONCE, Groups
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
        at_once: int = AT_ONCE,
    ) -> None:
        self._bridge = bridge
        self._groups: Groups[Entry, CallOutcome | None] = Groups(
            ledger_batch.write, bridge=bridge, most=most, at_once=at_once, user_day=user_day, all_day=all_day
        )

    async def begin(self, entry: Begin) -> CallOutcome | None:
        """Reserve and write the intent; or return the recorded outcome of the same call.

        Raises `LostLease`, `BudgetExceeded`, `OutcomeUnknown`. Cancelled while it waits for its turn, nothing is
        written; cancelled later, the intent may stand, and is found as one whose worker vanished.
        """
        return await self._groups.put(entry, key=entry.key)

    async def finished(self, holder: Holder) -> frozenset[str]:
        """Return the keys of the calls that earlier tries of the holder's step finished, in whatever round."""
        return await self._bridge.run(ledger_rows.finished, run_id=holder.run_id, kind=holder.kind, key=holder.key)

    async def settle(self, entry: Settle) -> None:
        """Write what came of the call and settle what it had reserved. Raises `LostLease`.

        It is written even if whoever waits for it is cancelled.
        """
        await self._groups.put(entry, key=entry.key, wanted=True)

    async def drain(self) -> None:
        """Wait until all that was handed in is written or refused."""
        await self._groups.drain()
