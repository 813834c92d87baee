"""Threads that keep something warm: the one that worked last works next."""

from __future__ import annotations

import collections
import functools
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
Work = tuple["Future[Any]", Callable[[], Any]]


class RecentFirst(Executor):
    """An executor of some threads, at least one, of which the one that became idle last gets the next work.

    The pool of the standard library takes its threads in turn, so that a little work keeps all of them lukewarm. Work
    for which no thread is idle waits, first come, first served.
    """

    def __init__(self, *, threads: int, name: str) -> None:
        """Start the threads. Raises `RuntimeError` when one cannot be started."""
        self._idle = [ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"{name}-{n}") for n in range(threads)]
        self._all = tuple(self._idle)
        self._waiting: collections.deque[Work] = collections.deque()
        self._lock = threading.Lock()
        self._closed = False
        for thread in self._all:
            thread.submit(int)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """See `Executor.submit`. Raises `RuntimeError` after `shutdown` and when the interpreter ends."""
        work: Work = (Future(), lambda: fn(*args, **kwargs))
        with self._lock:
            if self._closed:
                raise RuntimeError("This executor takes no work after its shutdown.")
            if self._idle:
                thread = self._idle[-1]
                thread.submit(self._serve, thread, [work])
                self._idle.pop()
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

    def _serve(self, thread: ThreadPoolExecutor, given: list[Work]) -> None:
        """Do what is given, one thing, and then, in the same thread, what waits.

        Nothing that is done is kept alive: the thread's own call knows the list, and an error knows all these frames.
        """
        tell = _do(given.pop())
        while True:
            with self._lock:
                work = self._waiting.popleft() if self._waiting else None
                if work is None:
                    self._idle.append(thread)
            # Whoever hears of it may bring more at once, and this thread is to get it: it is idle by now.
            tell()
            del tell
            if work is None:
                return
            tell = _do(work)


def _do(work: Work) -> Callable[[], None]:
    """Do the work unless it is cancelled. Return what tells how it ended."""
    future, do = work
    try:
        if not future.set_running_or_notify_cancel():
            return lambda: None
        return functools.partial(future.set_result, do())
    except BaseException as error:  # noqa: BLE001 - whoever waits for the work raises it
        return functools.partial(future.set_exception, error)
    finally:
        del work, future, do  # an error knows this frame, and the future the error: a circle
