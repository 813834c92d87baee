"""What the queue calls: ten lines each. The queue wakes; what there is to do stands in the tables."""

from __future__ import annotations

import asyncio
import datetime as dt

from research.adapters import db
from research.adapters import runtime as runtimes
from research.services import driver as drivers
from research.services import library, sweeping


def drive() -> None:
    """Answer the doorbell: carry out ready steps for one slice, or nothing where a live driver has room."""
    now = dt.datetime.now(dt.UTC)
    if sweeping.has_room(now=now):
        return
    seat = db.hop(drivers.enlist, now=now)
    if seat is None:
        return
    runtime = runtimes.build()
    try:
        asyncio.run(drivers.run(runtime=runtime, driver=seat))
    finally:
        runtime.close()


def sweep() -> None:
    """Make good what was lost; scheduled each minute."""
    db.hop(sweeping.sweep_and_ring, now=dt.datetime.now(dt.UTC))


def ingest(intake_id: int) -> None:
    """Parse an uploaded file. Delivered twice, it finds nothing left to do."""
    library.ingest_upload(intake_id=intake_id)
