"""Find on the command line what people name there."""

from __future__ import annotations

import re
from uuid import UUID

from django.core.management.base import CommandError

from research.engine.domain.errors import InvalidInput, MrdError, NotFound
from research.models import Run

# Who acts in the trail where a command is typed by whoever may log in to the host.
OPERATOR = "operator:cli"
_BEGINNING = re.compile(r"^[0-9a-f-]{1,36}$")


def run_id_of(said: str) -> UUID:
    """Return `said` as a run's id, whether or not there is such a run, or the id of the only run that begins so.

    Raises `InvalidInput` for what begins no id, or those of several runs; `NotFound` for what begins that of none.
    """
    try:
        return UUID(said)
    except ValueError:
        begins = said.strip().lower()
    if not _BEGINNING.match(begins):
        raise InvalidInput(
            f"There is no run '{said}': that is not the id of a run; copy it from the run's page.", field="run_id"
        )
    ids = [run_id for run_id in Run.objects.values_list("pk", flat=True) if str(run_id).startswith(begins)]
    if len(ids) > 1:
        raise InvalidInput(f"{len(ids)} runs begin with '{said}': give more of the id.", field="run_id")
    if not ids:
        raise NotFound(f"There is no run '{said}'.")
    return ids[0]


def the_run(said: str) -> Run:
    """Return the run with this id, or the only one whose id begins so. Raises `CommandError`."""
    try:
        found = Run.objects.filter(pk=run_id_of(said)).first()
    except MrdError as error:
        raise CommandError(error.detail) from error
    if found is None:
        raise CommandError(f"There is no run '{said}'.")
    return found
