"""Group commit: what many steps in flight ask of the database at once is done in one transaction.

One group is in flight at a time, in the order in which its items were handed in. While it is, the next one gathers: six
hundred items at once are a few large transactions. An idle one waits a moment for company before it starts, as
PostgreSQL's commit_delay does: what many steps do together does not end in the very same microsecond, and a group of
twelve takes about as long as a group of one. Nobody is told that an item is done before its transaction is committed.
"""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from . import db
from .db import Bridge

Item = TypeVar("Item")
Answer = TypeVar("Answer")

# Turns of the loop without a newcomer after which an idle group starts, and the most seconds it waits in all (the
# project's own choice: a turn of an idle loop takes microseconds, a group five to ten milliseconds).
QUIET_TURNS = 3
COMPANY_S = 0.005


class _Waiting(NamedTuple):
    item: Any
    key: Hashable | None
    wanted: bool
    answer: asyncio.Future[Any]


class Groups(Generic[Item, Answer]):
    """Hands items to `do(entries=[…], **fixed)`, which returns an answer each: a value, or an exception to be raised.

    `do` runs in one transaction (`db.hop`) and must be safe to run again. When it raises, nothing of the group is done
    and each item is tried alone, so that one which cannot be done harms no other. Used from one event loop at a time.
    most: items in a group, so that its locks are short.
    """

    def __init__(
        self,
        do: Callable[..., Sequence[Answer | Exception]],
        *,
        bridge: Bridge,
        most: int,
        **fixed: Any,
    ) -> None:
        self._do = do
        self._bridge = bridge
        self._most = most
        self._fixed = fixed
        self._waiting: collections.deque[_Waiting] = collections.deque()
        self._busy: asyncio.Task[None] | None = None

    async def put(self, item: Item, *, key: Hashable | None = None, wanted: bool = False) -> Answer:
        """Have the item done with others and return its answer, or raise it. See `hand_in`."""
        return await self.hand_in(item, key=key, wanted=wanted)

    def hand_in(self, item: Item, *, key: Hashable | None = None, wanted: bool = False) -> asyncio.Future[Answer]:
        """Have the item done with others. Return where its answer will be.

        key: no two items with one key are in one group; None: with any. wanted: it is done even when its future is
        cancelled; otherwise one cancelled before its turn is dropped.
        """
        waiting = _Waiting(item, key, wanted, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._busy is None:
            self._busy = asyncio.create_task(self._do_what_waits(), name=f"group {self._do.__name__}")
        return waiting.answer

    async def drain(self) -> None:
        """Wait until all that was handed in is done or refused."""
        while self._busy is not None:
            await asyncio.wait([self._busy])

    async def _do_what_waits(self) -> None:
        try:
            await self._company()
            while group := self._take():
                await self._do_group(group)
        finally:
            self._busy = None

    async def _company(self) -> None:
        """Let those come who are on their way."""
        loop = asyncio.get_running_loop()
        ends, seen, quiet = loop.time() + COMPANY_S, 0, 0
        while quiet < QUIET_TURNS and len(self._waiting) < self._most and loop.time() < ends:
            quiet = 0 if len(self._waiting) > seen else quiet + 1
            seen = len(self._waiting)
            await asyncio.sleep(0)

    def _take(self) -> list[_Waiting]:
        """Return the next group, the longest waiting first. Of items with one key it holds the first alone."""
        group: list[_Waiting] = []
        keys: set[Hashable] = set()
        later: list[_Waiting] = []
        while self._waiting and len(group) < self._most:
            waiting = self._waiting.popleft()
            if waiting.answer.done() and not waiting.wanted:
                continue
            (later if waiting.key in keys else group).append(waiting)
            if waiting.key is not None:
                keys.add(waiting.key)
        self._waiting.extendleft(reversed(later))
        return group

    async def _do_group(self, group: list[_Waiting]) -> None:
        """Do one group and tell each its own answer."""
        entries = [waiting.item for waiting in group]
        try:
            answers = await self._bridge.run(self._do, entries=entries, **self._fixed)
        except Exception as error:  # noqa: BLE001 - handed to whoever waits
            if len(group) == 1 or db.is_away(error):
                _tell(group, [error] * len(group))
                return
            # One of them cannot be done (an outcome the database does not take, say), or all of them are too much for
            # one statement. Nothing is done: each alone then.
            for waiting in group:
                await self._do_group([waiting])
        else:
            _tell(group, answers)


def _tell(group: list[_Waiting], answers: Sequence[Any]) -> None:
    for waiting, answer in zip(group, answers, strict=True):
        if waiting.answer.done():
            continue  # whoever waited was cancelled
        if isinstance(answer, Exception):
            waiting.answer.set_exception(answer)
        else:
            waiting.answer.set_result(answer)
