"""Circuit breakers over rows: shut after three failures in a row, one probe a minute later, open again on success."""

from __future__ import annotations

import asyncio
import threading

import pytest
from django.db import connection, transaction

from research.adapters import breakers
from research.adapters.breakers import RowBreakers
from research.models import Breaker
from tests.doubles.engine import FakeClock
from tests.research import play
from tests.research.here_bridge import HereBridge

NOW = play.NOW
NAME = "tool"


def fail(times: int = 1, *, at: float = 0) -> None:
    for _ in range(times):
        breakers.record(name=NAME, ok=False, now=play.later(at))


def allowed(at: float = 0) -> bool:
    with transaction.atomic():
        return breakers.allow(name=NAME, now=play.later(at))


@pytest.mark.django_db
def test_nobody_has_failed_so_it_is_closed():
    assert breakers.allow(name=NAME, now=NOW)
    assert breakers.troubled() == set()
    breakers.record(name=NAME, ok=True, now=NOW)
    assert not Breaker.objects.exists()


@pytest.mark.django_db
def test_two_failures_leave_it_closed_and_the_third_opens_it():
    fail(2)
    assert breakers.allow(name=NAME, now=NOW)
    assert breakers.troubled() == {NAME}
    fail()
    assert not allowed()
    assert breakers.allow(name="another", now=NOW)


@pytest.mark.django_db
def test_a_success_between_begins_the_count_anew():
    fail(2)
    breakers.record(name=NAME, ok=True, now=NOW)
    fail(2)
    assert allowed()


@pytest.mark.django_db
def test_after_a_minute_one_probe_is_let_through_and_no_second():
    fail(3)
    assert not allowed(59.9)
    assert allowed(60)
    assert not allowed(60)
    assert not allowed(100)


@pytest.mark.django_db
def test_a_probe_that_succeeds_closes_it():
    fail(3)
    assert allowed(60)
    breakers.record(name=NAME, ok=True, now=play.later(61))
    assert breakers.allow(name=NAME, now=play.later(61))
    assert breakers.troubled() == set()


@pytest.mark.django_db
def test_a_probe_that_fails_opens_it_for_another_minute():
    fail(3)
    assert allowed(60)
    fail(at=61)
    assert not allowed(120.9)
    assert allowed(121)


@pytest.mark.django_db
def test_a_probe_that_never_came_back_is_given_up_after_a_minute():
    fail(3)
    assert allowed(60)
    assert not allowed(119.9)
    assert allowed(120)


@pytest.mark.django_db(transaction=True)
def test_of_those_who_race_for_the_probe_one_is_let_through():
    fail(3)
    together, let = threading.Barrier(6), []

    def race():
        try:
            together.wait()
            let.append(allowed(60))
        finally:
            connection.close()

    threads = [threading.Thread(target=race) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(let) == [False] * 5 + [True]


@pytest.mark.django_db
def test_a_step_sees_what_another_process_recorded_once_it_has_failed_itself():
    """Known to be clean, a breaker is not asked about at each call; one failure of the step's own ends that."""
    clock = FakeClock(at=NOW)
    mine, other = RowBreakers(bridge=HereBridge(), clock=clock), RowBreakers(bridge=HereBridge(), clock=clock)

    async def play_it() -> None:
        assert await mine.allow(NAME)
        for _ in range(2):
            await other.record(NAME, ok=False)
        await mine.record(NAME, ok=False)
        assert not await mine.allow(NAME)
        clock.at = play.later(60)
        assert await other.allow(NAME)
        await other.record(NAME, ok=True)
        assert await mine.allow(NAME)

    asyncio.run(play_it())


@pytest.mark.django_db
def test_a_breaker_that_another_process_opened_is_heeded_within_seconds():
    """What was closed a moment ago is taken for closed for two seconds and no longer."""
    clock = FakeClock(at=NOW)
    mine = RowBreakers(bridge=HereBridge(), clock=clock)

    async def watch() -> list[bool]:
        seen = [await mine.allow(NAME)]
        await mine._bridge.run(fail_three_times)
        seen.append(await mine.allow(NAME))
        await clock.sleep(2)
        return [*seen, await mine.allow(NAME)]

    assert asyncio.run(watch()) == [True, True, False]


def fail_three_times() -> None:
    fail(3)


class CountingBridge(HereBridge):
    hops = 0

    async def run(self, fn, /, *args, **kwargs):
        self.hops += 1
        return await super().run(fn, *args, **kwargs)


@pytest.mark.django_db
def test_one_look_ahead_is_enough_for_every_name_and_not_made_again_while_it_is_fresh():
    """A driver looks before anybody calls: a first call, of whatever tool, waits for no look."""
    clock, bridge = FakeClock(at=NOW), CountingBridge()
    fail(3)
    mine = RowBreakers(bridge=bridge, clock=clock)

    async def play_it() -> None:
        await asyncio.gather(*(mine.look_ahead() for _ in range(5)))
        assert bridge.hops == 1
        assert await mine.allow("another")
        await mine.record("another", ok=True)
        assert bridge.hops == 1
        assert not await mine.allow(NAME)
        clock.at = play.later(0.9)
        bridge.hops = 0
        await mine.look_ahead()
        assert bridge.hops == 0
        clock.at = play.later(1.1)
        await mine.look_ahead()
        assert bridge.hops == 1

    asyncio.run(play_it())


@pytest.mark.django_db
def test_a_failure_that_is_written_while_somebody_looks_is_not_forgotten():
    """The look may have read the rows before: the next call asks about that name all the same."""
    clock = FakeClock(at=NOW)

    class SlowBridge(HereBridge):
        async def run(self, fn, /, *args, **kwargs):
            found = await super().run(fn, *args, **kwargs)
            if fn is breakers.troubled:
                await asyncio.sleep(0.05)
            return found

    mine = RowBreakers(bridge=SlowBridge(), clock=clock)

    async def play_it() -> bool:
        looking = asyncio.create_task(mine.look_ahead())
        await asyncio.sleep(0)
        for _ in range(3):
            await mine.record(NAME, ok=False)
        await looking
        return await mine.allow(NAME)

    assert not asyncio.run(play_it())


@pytest.mark.django_db
def test_a_failure_that_is_written_while_somebody_asks_is_not_forgotten():
    class LateBridge(HereBridge):
        async def run(self, fn, /, *args, **kwargs):
            found = await super().run(fn, *args, **kwargs)
            if fn is breakers.allow:
                await asyncio.sleep(0.05)
            return found

    mine = RowBreakers(bridge=LateBridge(), clock=FakeClock(at=NOW))

    async def play_it() -> bool:
        await mine.look_ahead()
        for ok in (False, True):
            await mine.record(NAME, ok=ok)
        asking = asyncio.create_task(mine.allow(NAME))
        await asyncio.sleep(0.01)
        for _ in range(3):
            await mine.record(NAME, ok=False)
        await asking
        return await mine.allow(NAME)

    assert not asyncio.run(play_it())
