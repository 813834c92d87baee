"""Ring for a driver. The queue only wakes; what there is to do stands in the Step rows."""

from __future__ import annotations

from django_q.tasks import async_task

from research.adapters import bell

DRIVE = "research.tasks.drive"


def ring() -> None:
    """Wake a driver, or have one started, in the caller's transaction: it commits or rolls back with the work."""
    async_task(DRIVE, group="drive")
    bell.ring()
