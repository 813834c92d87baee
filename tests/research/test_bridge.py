"""The bridge to the database: a hop is a transaction, made again only where that can help and nothing was lost."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time

import pytest
from django.db import IntegrityError, OperationalError, connection, connections, transaction

from research.adapters.db import Bridge, hop
from research.models import Breaker

pytestmark = pytest.mark.django_db(transaction=True)


class Flaky:
    """Write a row, and raise `error` at the first `times` starts."""

    def __init__(self, error: Exception, *, times: int = 1) -> None:
        self.error = error
        self.times = times
        self.starts = 0

    def __call__(self, name: str) -> str:
        self.starts += 1
        Breaker.objects.create(name=name)
        if self.starts <= self.times:
            raise self.error
        return "written"


def lost() -> Exception:
    """Return what Django raises when this database is busy (SQLite) or gone (PostgreSQL)."""
    return OperationalError("database is locked" if connection.vendor == "sqlite" else "the connection is lost")


def test_a_hop_is_one_transaction():
    with pytest.raises(IntegrityError):
        hop(lambda: [Breaker.objects.create(name="a"), Breaker.objects.create(name="a")])
    assert not Breaker.objects.exists()
    assert hop(lambda: Breaker.objects.create(name="a").name) == "a"
    assert Breaker.objects.exists()


def test_a_lost_connection_is_closed_and_the_hop_made_again():
    """What the first start wrote is gone with its transaction; the second writes it once, on a new connection."""
    flaky = Flaky(lost())
    before = connection.connection
    assert hop(flaky, "a") == "written"
    assert flaky.starts == 2
    assert Breaker.objects.count() == 1
    assert connection.connection is not before


def test_a_backend_that_is_terminated_in_the_middle_of_a_hop_is_ridden_out():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no backend to lose; the PostgreSQL run of this suite holds this test.")
    starts, backends = [], []

    def work() -> int:
        starts.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backends.append(cursor.fetchone()[0])
            Breaker.objects.create(name="a")
            if len(starts) == 1:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return Breaker.objects.count()

    assert hop(work) == 1
    assert len(starts) == 2
    assert backends[0] != backends[1]


def test_inside_a_callers_transaction_nothing_is_made_again():
    """The caller's own writes are gone with the connection: only the caller can begin again."""
    flaky = Flaky(lost())
    with pytest.raises(OperationalError), transaction.atomic():
        hop(flaky, "a")
    assert flaky.starts == 1
    assert not Breaker.objects.exists()


@pytest.mark.parametrize("error", [ValueError("bug"), IntegrityError("double"), OperationalError("no such table: x")])
def test_another_error_passes_at_once(error):
    if connection.vendor == "postgresql" and isinstance(error, OperationalError):
        error.__cause__ = type("Full", (Exception,), {"sqlstate": "42P01"})()
    flaky = Flaky(error)
    with pytest.raises(type(error)) as raised:
        hop(flaky, "a")
    assert raised.value is error
    assert flaky.starts == 1
    assert not Breaker.objects.exists()


@pytest.mark.parametrize(
    ("sqlstate", "again"),
    [("40001", 2), ("40P01", 2), ("57P01", 2), ("08006", 2), ("53300", 2), ("42P01", 1), ("23505", 1), ("22001", 1)],
)
def test_what_postgresql_says_decides_whether_a_second_try_is_worth_it(sqlstate, again):
    """Serialization, deadlock, shutdown, connection and resources are; anything wrong with the statement is not."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no such codes; the PostgreSQL run of this suite holds this test.")
    error = OperationalError("as PostgreSQL has it")
    error.__cause__ = type("Cause", (Exception,), {"sqlstate": sqlstate})()
    flaky = Flaky(error)
    if again == 1:
        with pytest.raises(OperationalError):
            hop(flaky, "a")
    else:
        hop(flaky, "a")
    assert flaky.starts == again


def test_the_bridge_works_in_threads_of_its_own_and_closes_their_connections():
    seen: set[int] = set()
    opened: list[object] = []

    def work() -> None:
        seen.add(threading.get_ident())
        Breaker.objects.count()
        opened.append(connections["default"])
        time.sleep(0.05)  # long enough that no thread is free for a second one

    async def three_at_once() -> None:
        await asyncio.gather(*(bridge.run(work) for _ in range(3)))

    bridge = Bridge(threads=3)
    asyncio.run(three_at_once())
    assert len(seen) == 3
    assert threading.get_ident() not in seen
    assert [one.connection is not None for one in opened] == [True] * 3
    bridge.close()
    assert [one.connection for one in opened] == [None] * 3


def test_the_bridge_hands_on_what_was_returned_raised_and_bound():
    variable = contextvars.ContextVar("variable", default="nothing")
    bridge = Bridge(threads=1)

    async def through() -> tuple[str, int]:
        variable.set("bound")
        return await bridge.run(lambda n, *, more: (variable.get(), n + more), 1, more=2)

    async def wrong() -> None:
        await bridge.run({}.pop, "missing")

    try:
        assert asyncio.run(through()) == ("bound", 3)
        with pytest.raises(KeyError):
            asyncio.run(wrong())
    finally:
        bridge.close()
