"""A bridge for tests that keep everything in one transaction."""

from __future__ import annotations

import threading
from typing import Any

from django.db import connections

from research.adapters.db import hop


class HereBridge:
    """`Bridge` over the test's own connection: each hop runs in a thread that borrows it. Make it outside the loop."""

    def __init__(self) -> None:
        # Asked for inside an event loop this would be another connection.
        self._borrowed = connections["default"]

    async def run(self, fn, /, *args, **kwargs) -> Any:
        given: list[Any] = []
        failed: list[BaseException] = []

        def work() -> None:
            connections["default"] = self._borrowed
            try:
                given.append(hop(fn, *args, **kwargs))
            except BaseException as error:  # noqa: BLE001 - handed to the caller below
                failed.append(error)

        self._borrowed.inc_thread_sharing()
        try:
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        finally:
            self._borrowed.dec_thread_sharing()
        if failed:
            raise failed[0]
        return given[0]
