"""Make good what was lost: expired leases, drivers gone silent, runs whose wait is over, doorbells nobody heard."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db.models.query import QuerySet

from research.engine.domain.states import RunEvent, RunState
from research.models import Driver, Heartbeat, Run

from . import doorbell, flow, recording, steps

QUEUE = "queue"


def sweep(*, now: dt.datetime) -> int:
    """Do all of it once, in the caller's transaction. Return how many steps were taken back."""
    swept = steps.sweep(now=now, max_crashes=settings.MRD.step_max_crashes)
    for step in swept:
        if step.state == "quarantined":
            recording.append(
                run_id=step.run_id,
                kind="step.quarantined",
                actor=recording.ENGINE,
                data={"step": step.key, "kind": step.kind, "crashes": step.crashes},
                now=now,
            )
            flow.advance(run_id=step.run_id, now=now)
    # Every driver sweeps, and the queue does: a run that another one holds is being resumed already.
    due = Run.objects.select_for_update(skip_locked=True, no_key=True).filter(
        state=RunState.PAUSED, not_before__lte=now
    )
    for run_id in list(due.values_list("pk", flat=True)):
        flow.fire(run_id=run_id, event=RunEvent.RESUMED, actor=recording.CLOCK, now=now)
    return len(swept)


def sweep_and_ring(*, now: dt.datetime) -> None:
    """Sweep, ring when steps are ready and no live driver has room, and leave the queue's heartbeat.

    Run each minute by the queue's schedule, so a stale heartbeat means that the queue carries nothing out.
    """
    Heartbeat.objects.update_or_create(name=QUEUE, defaults={"beat_at": now})
    sweep(now=now)
    if steps.claimable(now=now).exists() and not has_room(now=now):
        doorbell.ring()


def live_drivers(*, now: dt.datetime) -> QuerySet[Driver]:
    """Return the drivers heard of within one lease."""
    return Driver.objects.filter(beat_at__gte=now - dt.timedelta(seconds=settings.MRD.lease_s))


def has_room(*, now: dt.datetime) -> bool:
    """Tell whether a live driver could take more steps than it has."""
    return any(driver.in_flight < driver.capacity for driver in live_drivers(now=now))
