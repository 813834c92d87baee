"""Find on the command line what people name there."""

from __future__ import annotations

from uuid import UUID

from django.core.management.base import CommandError

from research.models import Run

# Who acts in the trail where a command is typed by whoever may log in to the host.
OPERATOR = "operator:cli"


def the_run(said: str) -> Run:
    """Return the run with this id, or the only one whose id begins so. Raises `CommandError`."""
    try:
        found = Run.objects.filter(pk=UUID(said)).first()
    except ValueError:
        begins = said.strip().lower()
        ids = [
            run_id for run_id in Run.objects.values_list("pk", flat=True) if begins and str(run_id).startswith(begins)
        ]
        if len(ids) > 1:
            raise CommandError(f"{len(ids)} runs begin with '{said}': give more of the id.") from None
        found = Run.objects.filter(pk=ids[0]).first() if ids else None
    if found is None:
        raise CommandError(f"There is no run '{said}'.")
    return found
