"""Announced work wakes whoever listens, when it is committed and not before. Where nobody listens, nothing breaks."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest
from django.db import connection, transaction

from research.adapters import bell

pytestmark = pytest.mark.django_db(transaction=True)
LISTENING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%%'"


@pytest.fixture
def _postgresql():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite announces nothing; the PostgreSQL run of this suite holds this test.")


def elsewhere(does) -> None:
    """Do something on another connection, and wait for it, as another process would."""

    def work() -> None:
        try:
            does()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def ring(*, then: type[Exception] | None = None) -> None:
    with transaction.atomic():
        bell.ring()
        if then is not None:
            raise then


def ring_in_vain() -> None:
    with pytest.raises(KeyError):
        ring(then=KeyError)


def listeners() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(LISTENING)
        return [pid for (pid,) in cursor.fetchall()]


def cut_off() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", listeners())


async def heard(one: bell.Bell, *, within_s: float) -> bool:
    try:
        async with asyncio.timeout(within_s):
            await one.rung()
    except TimeoutError:
        return False
    return True


@pytest.mark.usefixtures("_postgresql")
def test_it_is_heard_when_the_work_is_committed_and_not_when_it_is_rolled_back():
    async def listen() -> list[bool]:
        async with bell.Bell() as mine:
            # It rings once by itself: what was announced before it listened is not missed.
            said = [await heard(mine, within_s=10)]
            await asyncio.to_thread(elsewhere, ring_in_vain)
            said.append(await heard(mine, within_s=0.3))
            await asyncio.to_thread(elsewhere, ring)
            said.append(await heard(mine, within_s=10))
            return [*said, await heard(mine, within_s=0.1)]

    assert asyncio.run(listen()) == [True, False, True, False]
    assert listeners() == []


@pytest.mark.usefixtures("_postgresql")
def test_a_connection_that_is_cut_is_made_again(caplog):
    async def listen() -> bool:
        async with bell.Bell(again_s=0.1) as mine:
            await mine.rung()
            await asyncio.to_thread(elsewhere, cut_off)
            again = await heard(mine, within_s=10)
            await asyncio.to_thread(elsewhere, ring)
            return again and await heard(mine, within_s=10)

    with caplog.at_level(logging.WARNING):
        assert asyncio.run(listen())
    assert "not listening" in caplog.text


@pytest.mark.usefixtures("_postgresql")
def test_whatever_keeps_it_from_listening_it_says_so_and_harms_nobody(monkeypatch, caplog):
    """The name of this host is one that no name server can be asked for: it is not even an error of the database."""
    monkeypatch.setitem(connection.settings_dict, "HOST", ".example")

    async def listen() -> bool:
        async with bell.Bell(again_s=0.05) as mine:
            return await heard(mine, within_s=0.3)

    with caplog.at_level(logging.WARNING):
        assert not asyncio.run(listen())
    assert "not listening" in caplog.text


def test_where_nobody_can_listen_it_never_rings_and_ringing_does_nothing():
    if connection.vendor == "postgresql":
        pytest.skip("PostgreSQL announces; the SQLite run of this suite holds this test.")

    async def listen() -> bool:
        async with bell.Bell() as mine:
            await asyncio.to_thread(elsewhere, ring)
            return await heard(mine, within_s=0.1)

    assert not asyncio.run(listen())
