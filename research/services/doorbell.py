"""Ring for a driver. The queue only wakes; what there is to do stands in the Step rows."""

from __future__ import annotations

from django_q.tasks import async_task

DRIVE = "research.tasks.drive"


def ring() -> None:
    """Enqueue one wake-up in the caller's transaction: it commits or rolls back with the work it announces."""
    async_task(DRIVE, group="drive")
