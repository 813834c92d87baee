"""Threads that keep something warm: the one that worked last works next."""

from __future__ import annotations

import collections
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
Work = tuple["Future[Any]", Callable[[], Any]]


class RecentFirst(Executor):
    """An executor of some threads, of which the one that became idle last gets the next work.

    The pool of the standard library takes its threads in turn, so that a little work keeps all of them lukewarm. Work
    for which no thread is idle waits, first come, first served.
    """

    def __init__(self, *, threads: int, name: str) -> None:
        self._idle = [ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"{name}-{n}") for n in range(threads)]
        self._all = tuple(self._idle)
        self._waiting: collections.deque[Work] = collections.deque()
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """See `Executor.submit`. Raises `RuntimeError` after `shutdown`."""
        work: Work = (Future(), lambda: fn(*args, **kwargs))
        with self._lock:
            if self._closed:
                raise RuntimeError("This executor takes no work after its shutdown.")
            if self._idle:
                thread = self._idle.pop()
                thread.submit(self._work, thread, work)
            else:
                self._waiting.append(work)
        return work[0]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """See `Executor.shutdown`. What waits is done first, or cancelled."""
        with self._lock:
            self._closed = True
            while cancel_futures and self._waiting:
                self._waiting.popleft()[0].cancel()
        for thread in self._all:
            thread.shutdown(wait=wait)

    def _work(self, thread: ThreadPoolExecutor, work: Work) -> None:
        """Do the work and then, in the same thread, what waits."""
        following: Work | None = work
        while following is not None:
            _do(following)
            with self._lock:
                following = self._waiting.popleft() if self._waiting else None
                if following is None:
                    self._idle.append(thread)


def _do(work: Work) -> None:
    future, do = work
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = do()
    except BaseException as error:  # noqa: BLE001 - whoever waits for the work raises it
        future.set_exception(error)
    else:
        future.set_result(result)
