"""Group commit: what the steps in flight write into the ledger goes into the database together.

While no group is being written, what waits goes at once, so an idle process adds no delay and one call is one small
transaction. While groups are being written the next one gathers: six hundred calls at once are a few large
transactions. Nobody is told that something is written before it is committed.
"""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Sequence
from typing import NamedTuple

from django.db import InterfaceError, OperationalError

from research.engine.ports import CallOutcome

from . import ledger_batch
from .db import Bridge
from .ledger_account import NO_LIMITS, DayLimits
from .ledger_entries import Begin, Entry, Settle

# Groups in flight: while one commits, the next is made. More of them only make each smaller.
WRITERS = 2
# A group's size is bounded so that its locks are short; beyond some hundred entries nothing is gained.
MOST = 400


class _Waiting(NamedTuple):
    entry: Entry
    answer: asyncio.Future[CallOutcome | None]


class LedgerWriter:
    """The one writer of calls in a process. Used from one event loop at a time."""

    def __init__(
        self,
        *,
        bridge: Bridge,
        user_day: DayLimits = NO_LIMITS,
        all_day: DayLimits = NO_LIMITS,
        writers: int = WRITERS,
        most: int = MOST,
    ) -> None:
        self._bridge = bridge
        self._user_day = user_day
        self._all_day = all_day
        self._writers = writers
        self._most = most
        self._waiting: collections.deque[_Waiting] = collections.deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self, entry: Begin) -> CallOutcome | None:
        """Reserve and write the intent; or return the recorded outcome of the same call.

        Raises `LostLease`, `BudgetExceeded`, `OutcomeUnknown`. Cancelled while it waits for its turn, nothing is
        written; cancelled later, the intent may stand, and is found as one whose worker vanished.
        """
        return await self._put(entry)

    async def settle(self, entry: Settle) -> None:
        """Write what came of the call and settle what it had reserved. Raises `LostLease`.

        It is written even if whoever waits for it is cancelled.
        """
        await self._put(entry)

    async def drain(self) -> None:
        """Wait until all that was handed in is written or refused."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _put(self, entry: Entry) -> CallOutcome | None:
        waiting = _Waiting(entry, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if len(self._tasks) < self._writers:
            # It begins at the loop's next turn: what other steps hand in during this one goes with it.
            task = asyncio.create_task(self._write_what_waits(), name="ledger")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await waiting.answer

    async def _write_what_waits(self) -> None:
        try:
            while group := self._take():
                await self._write(group)
        finally:
            # At once, not when its callbacks run: what is handed in between must find that nobody writes any more.
            self._tasks.discard(asyncio.current_task())

    def _take(self) -> list[_Waiting]:
        """Return the next group, the longest waiting first. Of entries with one key it holds the first alone."""
        group: list[_Waiting] = []
        keys: set[str] = set()
        later: list[_Waiting] = []
        while self._waiting and len(group) < self._most:
            waiting = self._waiting.popleft()
            if waiting.answer.done() and isinstance(waiting.entry, Begin):
                continue  # cancelled before its turn: the call will not be made
            (later if waiting.entry.key in keys else group).append(waiting)
            keys.add(waiting.entry.key)
        self._waiting.extendleft(reversed(later))
        return group

    async def _write(self, group: list[_Waiting]) -> None:
        """Write one group and tell each its own answer."""
        try:
            results = await self._bridge.run(
                ledger_batch.write,
                entries=[waiting.entry for waiting in group],
                user_day=self._user_day,
                all_day=self._all_day,
            )
        except (OperationalError, InterfaceError) as error:
            # The database is away, for everybody.
            _tell(group, [error] * len(group))
        except Exception as error:  # noqa: BLE001 - handed to whoever waits
            if len(group) == 1:
                _tell(group, [error])
                return
            # One of them cannot be written (an outcome the database does not take, say). Nothing is: each alone then.
            for waiting in group:
                await self._write([waiting])
        else:
            _tell(group, results)


def _tell(group: list[_Waiting], results: Sequence[CallOutcome | Exception | None]) -> None:
    for waiting, result in zip(group, results, strict=True):
        if waiting.answer.done():
            continue  # whoever waited was cancelled
        if isinstance(result, Exception):
            waiting.answer.set_exception(result)
        else:
            waiting.answer.set_result(result)
