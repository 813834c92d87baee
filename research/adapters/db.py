"""The one way from the event loop to the database: one hop, one transaction."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import random
import threading
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

from .compiled import CompiledQuery
from .threads import RecentFirst

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")


def hop(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `fn` in one transaction on this thread's connection and return what it returns.

    Where the database went away or refused a lock order, the connection is closed by this thread, which owns it, and
    `fn` runs again, for 30 seconds at most. So `fn` must be safe to run again after a commit whose answer was lost:
    every write in it is conditional (a state, a token, a key).
    """
    give_up = time.monotonic() + 30
    pause_s = 0.05
    while True:
        try:
            with transaction.atomic():
                return fn(*args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            if not is_away(error) or time.monotonic() > give_up:
                raise
            log.warning("database hop again after: %s", type(error).__name__)
            if not connection.in_atomic_block:
                connection.close()
            time.sleep(pause_s * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret
            pause_s = min(pause_s * 2, 2.0)


def is_away(error: Exception) -> bool:
    """Tell whether a second try can go better: a lost connection, a deadlock or a full lock queue."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    if connection.in_atomic_block:
        return False  # the caller's own transaction is gone; only the caller can begin it again
    if connection.vendor == "sqlite":
        return "locked" in str(error)
    code = getattr(error.__cause__, "sqlstate", None)
    # 40001 serialization, 40P01 deadlock, 57P01..03 shutdown and starting up, 08xxx connection (PostgreSQL appendix A).
    return code is None or code[:2] in {"40", "57", "08", "53"}


class Bridge:
    """A few threads, each with its own connection, that the loop hands its transactions to.

    The thread used last is used next: its connection has prepared what the next transaction needs by now (PostgreSQL
    keeps catalogues, triggers and checks of foreign keys by connection).
    """

    def __init__(self, *, threads: int) -> None:
        self._pool = RecentFirst(threads=threads, name="db")
        self._threads = threads

    async def run(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn` as `hop` does, in one of the bridge's threads. Raises what `fn` raises."""
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: context.run(hop, fn, *args, **kwargs))

    def warm(self) -> None:
        """Compile the queries and open every connection now rather than when a first hop waits for it."""
        for _ in range(self._threads):
            self._pool.submit(_open_own)

    def close(self) -> None:
        """Close every thread's connection in the thread that owns it, then the threads."""
        # No thread takes a second of these while others have none: each waits until all have come.
        all_here = threading.Barrier(self._threads)
        for _ in range(self._threads):
            self._pool.submit(_close_own, all_here)
        self._pool.shutdown(wait=True)


def _open_own() -> None:
    try:
        with transaction.atomic():
            CompiledQuery.compile_all()
    except (OperationalError, InterfaceError):
        log.warning("no connection to the database yet")  # the first hop tries for as long as hops do


def _close_own(all_here: threading.Barrier) -> None:
    try:
        connection.close()
    finally:
        all_here.wait()
