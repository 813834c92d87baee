"""Group commit: what many steps in flight ask of the database at once is done in one transaction.

While nothing is being done, what is handed in goes at once, so an idle process adds no delay and one item is one small
transaction. While groups are in flight the next one gathers: six hundred items at once are a few large transactions.
Nobody is told that an item is done before its transaction is committed.
"""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import InterfaceError, OperationalError

from .db import Bridge

Item = TypeVar("Item")
Answer = TypeVar("Answer")

# Groups in flight: while one commits, the next is made. More of them only make each smaller.
AT_ONCE = 2


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
        at_once: int = AT_ONCE,
        **fixed: Any,
    ) -> None:
        self._do = do
        self._bridge = bridge
        self._most = most
        self._at_once = at_once
        self._fixed = fixed
        self._waiting: collections.deque[_Waiting] = collections.deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def put(self, item: Item, *, key: Hashable | None = None, wanted: bool = False) -> Answer:
        """Have the item done with others and return its answer, or raise it.

        key: no two items with one key are in one group; None: with any. wanted: it is done even when whoever waits is
        cancelled; otherwise one cancelled before its turn is dropped.
        """
        waiting = _Waiting(item, key, wanted, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if len(self._tasks) < self._at_once:
            # It begins at the loop's next turn: what other steps hand in during this one goes with it.
            task = asyncio.create_task(self._do_what_waits(), name=f"group {self._do.__name__}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        answer: Answer = await waiting.answer
        return answer

    async def drain(self) -> None:
        """Wait until all that was handed in is done or refused."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _do_what_waits(self) -> None:
        try:
            while group := self._take():
                await self._do_group(group)
        finally:
            # At once, not when its callbacks run: what is handed in between must find that nobody is at it any more.
            self._tasks.discard(asyncio.current_task())

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
        except (OperationalError, InterfaceError) as error:
            # The database is away, for everybody.
            _tell(group, [error] * len(group))
        except Exception as error:  # noqa: BLE001 - handed to whoever waits
            if len(group) == 1:
                _tell(group, [error])
                return
            # One of them cannot be done (an outcome the database does not take, say). Nothing is: each alone then.
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
