"""What was lost is made good: leases, waits that are over, doorbells nobody heard, seats of drivers gone silent."""

from __future__ import annotations

import threading
import time
import uuid

import pytest
from django.db import connection, transaction
from django_q.models import OrmQ

from research.engine.domain.states import RunEvent
from research.models import Driver, Event, Heartbeat, Run, Step
from research.services import driver as drivers
from research.services import flow, runs, sweeping
from tests.doubles import rows
from tests.research import play

NOW = play.NOW


def paused(people, *, not_before) -> Run:
    run = rows.new_run(people)
    with transaction.atomic():
        return flow.fire(run_id=run.pk, event=RunEvent.PAUSED, actor="engine", now=NOW, not_before=not_before)


def sweep(at: float) -> int:
    with transaction.atomic():
        return sweeping.sweep(now=play.later(at))


def state_of(run: Run) -> str:
    return Run.objects.get(pk=run.pk).state


def seat(*, at: float = 0, in_flight: int = 0, capacity: int = 10, number: int = 1, host: str = "here") -> Driver:
    return Driver.objects.create(
        host=host, seat=number, pid=1, capacity=capacity, in_flight=in_flight, started_at=NOW, beat_at=play.later(at)
    )


def test_a_wait_that_is_over_ends_and_others_go_on_waiting(people):
    due, early, person = (paused(people, not_before=at) for at in (play.later(10), play.later(20), None))
    assert sweep(10) == 0
    assert [state_of(run) for run in (due, early, person)] == ["planning", "paused", "paused"]
    assert Event.objects.get(run=due, kind="run.resumed").actor == "clock"


def test_a_wait_of_a_run_that_was_cancelled_is_forgotten(people):
    run = paused(people, not_before=play.later(10))
    runs.cancel(run_id=run.pk, actor="someone", reason="Enough", now=NOW)
    sweep(20)
    assert state_of(run) == "cancelled"


@pytest.mark.django_db(transaction=True)
def test_several_who_sweep_at_once_resume_each_run_once_and_none_stumbles(people):
    """Every driver sweeps, and the queue does: what one has done is no error for another."""
    waiting = [paused(people, not_before=play.later(10)) for _ in range(6)]
    for _ in range(4):
        rows.new_run(people)
    play.claim()
    together, failed = threading.Barrier(4), []

    def one():
        try:
            together.wait()
            sweep(60)
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    for run in waiting:
        assert state_of(run) == "planning"
        assert Event.objects.filter(run=run, kind="run.resumed").count() == 1
    assert set(Step.objects.filter(attempts=1).values_list("state", "crashes")) == {("ready", 1)}


@pytest.mark.django_db(transaction=True)
def test_a_sweep_that_moves_a_run_waits_for_the_run_before_it_takes_the_steps(people, settings):
    """Who completes a step holds its run and then wants the step: each would wait for the other."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time; the PostgreSQL run of this suite holds this test.")
    settings.MRD = settings.MRD.model_copy(update={"step_max_crashes": 1})
    run = rows.new_run(people)
    [step] = play.claim()
    swept: list[int] = []

    def one():
        try:
            swept.append(sweep(60))
        finally:
            connection.close()

    other = threading.Thread(target=one)
    with transaction.atomic():
        Run.objects.select_for_update(no_key=True).get(pk=run.pk)
        other.start()
        until_somebody_waits_for_a_lock()
        Step.objects.select_for_update(nowait=True).get(pk=step.pk)
    other.join(30)
    assert swept == [1]
    assert (Step.objects.get(pk=step.pk).state, state_of(run)) == ("quarantined", "failed")


def until_somebody_waits_for_a_lock() -> None:
    ends = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < ends:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone() != (0,):
                return
            time.sleep(0.005)
    raise AssertionError("nobody waits")


def test_a_swept_step_is_counted_once(people):
    rows.new_run(people)
    play.claim()
    assert sweep(29) == 0
    assert sweep(31) == 1
    assert sweep(32) == 0


def ring(at: float = 0) -> int:
    """Sweep and ring; return how often it rang."""
    OrmQ.objects.all().delete()
    with transaction.atomic():
        sweeping.sweep_and_ring(now=play.later(at))
    return OrmQ.objects.count()


def test_a_lost_doorbell_is_rung_again_when_there_is_work_and_nobody_who_takes_it(people):
    assert ring() == 0
    rows.new_run(people)
    assert ring() == 1
    seat()
    assert ring() == 0


def test_a_driver_that_is_full_or_silent_takes_nothing(people):
    rows.new_run(people)
    full = seat(in_flight=10)
    assert ring() == 1
    full.delete()
    seat()
    assert ring(29) == 0
    assert ring(31) == 1


def test_work_that_may_not_start_rings_nobody(people):
    """Before its time, or in a run that is paused."""
    run = rows.new_run(people)
    Step.objects.filter(run=run).update(not_before=play.later(60))
    assert ring() == 0
    assert ring(60) == 1
    runs.pause(run_id=run.pk, actor="someone", reason="Lunch", now=NOW)
    assert ring(60) == 0


def test_the_sweep_leaves_the_queues_heartbeat(db):
    ring(5)
    ring(6)
    assert Heartbeat.objects.get().beat_at == play.later(6)


def test_a_live_driver_is_one_heard_of_within_a_lease(settings, db):
    seat(at=-settings.MRD.lease_s)
    seat(at=-settings.MRD.lease_s - 1, number=2)
    assert [driver.seat for driver in sweeping.live_drivers(now=NOW)] == [1]


# ── seats ────────────────────────────────────────────────────────────────────────────────────────


def enlist(at: float = 0) -> Driver | None:
    with transaction.atomic():
        return drivers.enlist(now=play.later(at))


def test_a_host_has_as_many_drivers_as_it_has_seats(settings, db):
    settings.MRD = settings.MRD.model_copy(update={"drivers": 2})
    first, second = enlist(), enlist()
    assert (first.seat, second.seat) == (1, 2)
    assert enlist() is None
    assert Driver.objects.count() == 2


def test_the_seat_of_a_driver_gone_silent_is_free_after_two_leases(settings, db):
    settings.MRD = settings.MRD.model_copy(update={"drivers": 1})
    gone = enlist()
    assert enlist(2 * settings.MRD.lease_s) is None
    taken = enlist(2 * settings.MRD.lease_s + 1)
    assert taken.pk != gone.pk
    assert Driver.objects.get() == taken


def test_a_seat_on_another_host_is_nobodys_business(settings, db):
    settings.MRD = settings.MRD.model_copy(update={"drivers": 1})
    seat(host="elsewhere")
    assert enlist() is not None


def test_a_beat_keeps_the_seat_and_the_leases(people):
    driver = enlist()
    rows.new_run(people)
    (step,) = play.claim(driver=driver.pk)
    drivers.beat(driver_id=driver.pk, in_flight=1, now=play.later(20))
    driver.refresh_from_db()
    step.refresh_from_db()
    assert (driver.beat_at, driver.in_flight) == (play.later(20), 1)
    assert step.lease_until > play.later(30)


def leave(driver_id: uuid.UUID, at: float = 0) -> int:
    OrmQ.objects.all().delete()
    drivers.leave(driver_id=driver_id, now=play.later(at))
    return OrmQ.objects.count()


def test_a_driver_that_leaves_rings_when_there_is_more_to_do(people):
    driver = enlist()
    assert leave(driver.pk) == 0
    assert not Driver.objects.exists()
    rows.new_run(people)
    assert leave(driver.pk) == 1
    play.claim()
    assert leave(driver.pk) == 1


def test_a_driver_that_leaves_rings_for_nothing_that_waits_for_a_person_or_a_clock(people):
    """Otherwise drivers would call one another for days: waiting holds no worker."""
    run = rows.new_run(people)
    Step.objects.filter(run=run).update(not_before=play.later(600))
    assert leave(uuid.uuid4()) == 0
    Step.objects.filter(run=run).update(not_before=None)
    runs.pause(run_id=run.pk, actor="someone", reason="Lunch", now=NOW)
    assert leave(uuid.uuid4()) == 0
