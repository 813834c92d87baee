"""The only writer of `run.state`: a guarded update and its event, in one transaction."""

from __future__ import annotations

import datetime as dt
from typing import Any

from research.engine.domain.errors import StaleState
from research.engine.domain.states import TERMINAL, RunEvent, RunState, StepState, target_of
from research.models import Run, Step

from . import recording

# Going back begins a new round: unfinished steps of the old one are superseded.
NEW_ROUND = frozenset(
    {
        RunEvent.PLAN_REJECTED,
        RunEvent.PLAN_VOIDED,
        RunEvent.CLAIMS_VOIDED,
        RunEvent.REGULATORY_VOIDED,
        RunEvent.SECTION_REDRAFT,
        RunEvent.SECTION_RECLAIM,
        RunEvent.DOCUMENT_REJECTED,
    }
)
LIVE_STEPS = (StepState.BLOCKED, StepState.READY, StepState.RUNNING, StepState.FAILED, StepState.QUARANTINED)


def apply(
    *,
    run: Run,
    event: RunEvent,
    actor: str,
    now: dt.datetime,
    data: dict[str, Any] | None = None,
    reason: str = "",
    not_before: dt.datetime | None = None,
) -> Run:
    """Move a run along one row of `RUN_TRANSITIONS` and return it as it is now.

    Call inside a transaction that has read the run under its lock. `reason` is shown to people and may name what to do;
    it does not go into the trail.
    Raises `StaleState` when the table has no such row from the run's state, or another writer was first.
    """
    old = RunState(run.state)
    new = target_of(old, event, resume_to=RunState(run.resume_to) if run.resume_to else None)
    goes_aside = new in (RunState.PAUSED, RunState.FAILED)
    changes: dict[str, Any] = {
        "state": new,
        "state_since": now,
        "state_reason": reason,
        "not_before": not_before,
        "resume_to": old if goes_aside else "",
    }
    if event in NEW_ROUND:
        changes["generation"] = run.generation + 1
    if new is RunState.COMPLETED:
        changes["completed_at"] = now
    won = Run.objects.filter(pk=run.pk, state=old).update(**changes)
    if won != 1:
        raise StaleState(f"The run left state '{old}' a moment ago. Reload it and look again.")
    if event in NEW_ROUND or new in TERMINAL:
        Step.objects.filter(run=run, state__in=LIVE_STEPS).update(
            state=StepState.SUPERSEDED, lease_owner=None, lease_until=None
        )
    recording.append(
        run_id=run.pk,
        kind=event.value,
        actor=actor,
        data={"from": old.value, "to": new.value, **(data or {})},
        now=now,
    )
    for name, value in changes.items():
        setattr(run, name, value)
    return run
