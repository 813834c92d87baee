"""Tells idle drivers at once that there is work. Where the database cannot (SQLite) they find it when they next look.

It only saves waiting: what is not heard (a lost connection, a pooler that keeps no session) is found all the same.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Self

import psycopg
from django.db import connection

log = logging.getLogger(__name__)

CHANNEL = "mrd_desk_work"
AGAIN_S = 10.0


def ring() -> None:
    """Tell every listening driver, when the caller's transaction commits."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")


class Bell:
    """Listens, as long as it is entered (`async with`), on a connection of its own.

    again_s: seconds until a connection that was lost is made again.
    """

    def __init__(self, *, again_s: float = AGAIN_S) -> None:
        self._again_s = again_s
        self._rung = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if connection.vendor == "postgresql":
            self._listening = asyncio.create_task(self._listen(), name="bell")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait([self._listening])

    async def rung(self) -> None:
        """Return when it has rung since this last returned."""
        await self._rung.wait()
        self._rung.clear()

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear()
            except Exception as error:  # noqa: BLE001 - whatever it is, work is found without it
                log.warning("not listening for work: %s", type(error).__name__)
            await asyncio.sleep(self._again_s)

    async def _hear(self) -> None:
        # Django's own parameters, without what only its synchronous connections know.
        known = connection.get_connection_params()
        params = {name: value for name, value in known.items() if name not in ("context", "cursor_factory")}
        async with await psycopg.AsyncConnection.connect(**params, autocommit=True) as listener:
            await listener.execute(f"LISTEN {CHANNEL}")
            self._rung.set()  # for what was announced before it listened
            async for _ in listener.notifies():
                self._rung.set()
