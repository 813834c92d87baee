"""One asyncio loop in a worker process that carries out ready steps of all runs, many at a time."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import gc
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from research.adapters import db
from research.adapters.bell import Bell
from research.adapters.runtime import Runtime
from research.models import Driver, Step

from . import doorbell, execution, steps, sweeping

log = logging.getLogger(__name__)

# Heartbeats a lease: two may be lost before it runs out.
BEATS_A_LEASE = 3
# Left of the queue's timeout when the driver stops waiting for its last steps and gives them back.
GIVE_BACK_S = 15


class Hands:
    """What a driver holds at this moment; read by the heartbeat thread, written by the loop."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.stop = threading.Event()


def enlist(*, now: dt.datetime) -> Driver | None:
    """Take a free seat for a driver on this host; None when every seat is taken by a live one.

    A seat whose holder has not been heard of for two leases is free. Call inside a transaction.
    """
    host = socket.gethostname()
    stale = now - dt.timedelta(seconds=2 * settings.MRD.lease_s)
    for seat in range(1, settings.MRD.drivers + 1):
        Driver.objects.filter(host=host, seat=seat, beat_at__lt=stale).delete()
        try:
            with transaction.atomic():
                return Driver.objects.create(
                    id=uuid.uuid4(),
                    host=host,
                    seat=seat,
                    pid=os.getpid(),
                    capacity=settings.MRD.driver_capacity,
                    started_at=now,
                    beat_at=now,
                )
        except IntegrityError:
            continue
    return None


def beat(*, driver_id: uuid.UUID, in_flight: int, now: dt.datetime) -> None:
    """Say that the driver lives and extend the leases of what it holds."""
    Driver.objects.filter(pk=driver_id).update(beat_at=now, in_flight=in_flight)
    if in_flight:
        steps.extend(driver_id=driver_id, lease_s=settings.MRD.lease_s, now=now)


def _beat_until_stopped(driver_id: uuid.UUID, hands: Hands) -> None:
    """Beat from a thread of its own, so that a busy loop does not lose its leases."""
    try:
        while not hands.stop.wait(settings.MRD.lease_s / BEATS_A_LEASE):
            try:
                db.hop(beat, driver_id=driver_id, in_flight=hands.in_flight, now=dt.datetime.now(dt.UTC))
            except Exception:
                # The leases run out by themselves if this lasts; the loop goes on and finds out by its tokens.
                log.exception("heartbeat failed")
    finally:
        connection.close()


async def run(*, runtime: Runtime, driver: Driver, linger_s: float | None = None) -> None:
    """Claim and carry out steps until the slice is over or nothing came for `linger_s`; then leave the seat.

    linger_s: None means as the settings say. Rings the doorbell on leaving when there is more to do.
    """
    hands = Hands()
    beats = threading.Thread(target=_beat_until_stopped, args=(driver.pk, hands), daemon=True, name="beat")
    beats.start()
    tasks: dict[asyncio.Task[None], Step] = {}
    started = time.monotonic()
    try:
        runtime.bridge.warm()
        with _short_collections():
            await _claim_and_execute(
                runtime,
                driver,
                hands,
                tasks,
                slice_ends=started + settings.MRD.driver_slice_s,
                linger_s=settings.MRD.driver_linger_s if linger_s is None else linger_s,
            )
            await runtime.bridge.run(leave, driver_id=driver.pk, now=runtime.clock.now())
            await _drain(tasks, hands, until=started + settings.MRD.task_timeout_s - GIVE_BACK_S)
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=GIVE_BACK_S / 2)
        hands.stop.set()
        await runtime.aclose()
        await asyncio.to_thread(beats.join)


@contextlib.contextmanager
def _short_collections() -> Iterator[None]:
    """Keep Python's garbage collector to what is made meanwhile.

    Going through all the modules loaded by now stops the loop for a tenth of a second (measured by bench/flow.py).
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


async def _claim_and_execute(
    runtime: Runtime,
    driver: Driver,
    hands: Hands,
    tasks: dict[asyncio.Task[None], Step],
    *,
    slice_ends: float,
    linger_s: float,
) -> None:
    conf = settings.MRD
    idle_since = time.monotonic()
    swept = 0.0
    async with Bell() as bell:
        while time.monotonic() < slice_ends:
            if time.monotonic() - swept > conf.lease_s / BEATS_A_LEASE:
                swept = time.monotonic()
                await runtime.bridge.run(sweeping.sweep, now=runtime.clock.now())
            room = driver.capacity - len(tasks)
            claimed = []
            if room > 0:
                claimed = await runtime.bridge.run(
                    steps.claim, driver_id=driver.pk, limit=room, lease_s=conf.lease_s, now=runtime.clock.now()
                )
            for step in claimed:
                tasks[asyncio.create_task(execution.execute(runtime=runtime, step=step))] = step
            hands.in_flight = len(tasks)
            if tasks:
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > linger_s:
                return
            await runtime.breakers.look_ahead()
            await _news(tasks, hands, bell, patience_s=conf.driver_poll_s)


async def _news(tasks: dict[asyncio.Task[None], Step], hands: Hands, bell: Bell, *, patience_s: float) -> None:
    """Wait until a step ends, work is announced, or patience runs out: some work comes by the clock alone."""
    rung = asyncio.create_task(bell.rung())
    try:
        done, _ = await asyncio.wait({*tasks, rung}, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        rung.cancel()
    _collect(done - {rung}, tasks, hands)


async def _drain(tasks: dict[asyncio.Task[None], Step], hands: Hands, *, until: float) -> None:
    """Let the steps in flight end, up to the time the queue allows this task."""
    while tasks and time.monotonic() < until:
        done, _ = await asyncio.wait(tasks, timeout=1, return_when=asyncio.FIRST_COMPLETED)
        _collect(done, tasks, hands)


def _collect(done: set[asyncio.Task[None]], tasks: dict[asyncio.Task[None], Step], hands: Hands) -> None:
    for task in done:
        step = tasks.pop(task)
        error = task.exception()
        if error is not None:
            # execution.execute writes every failure down; what comes through could not be written (the database is
            # gone). The lease runs out and the sweep takes the step back.
            log.error("step left without a word", extra={"step": step.pk}, exc_info=error)
    hands.in_flight = len(tasks)


def leave(*, driver_id: uuid.UUID, now: dt.datetime) -> None:
    """Give the seat up, and ring for another driver when a step may start now or is still running.

    Steps that wait for a person or a clock ring nobody: drivers would call one another for days.
    """
    Driver.objects.filter(pk=driver_id).delete()
    if steps.claimable(now=now).exists() or Step.objects.filter(state="running").exists():
        doorbell.ring()
