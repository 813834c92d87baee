"""What follows from what: entering a state adds its steps; the last step of a state moves the run on.

Everything here runs inside the caller's transaction, which holds the run's row, so that two last steps cannot both
think the other is still running.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.db.models.query import QuerySet

from research.adapters import compiled
from research.adapters.compiled import CompiledQuery
from research.engine.domain.states import (
    WORKING,
    ClaimStatus,
    RunEvent,
    RunState,
    StepKind,
    StepState,
)
from research.models import Claim, Run, SectionRevision, Step, Task

from . import composing, doorbell, recording, steps, transitions

# The steps a state waits for.
KINDS_OF = {
    RunState.PLANNING: (StepKind.PLAN,),
    RunState.RESEARCHING: (StepKind.INVESTIGATE,),
    RunState.VALIDATING: (StepKind.EXTRACT, StepKind.VERIFY),
    RunState.DRAFTING: (StepKind.DRAFT,),
}
NOTHING_TO_DECIDE = "nothing to decide"


def fire(
    *,
    run_id: UUID,
    event: RunEvent,
    actor: str,
    now: dt.datetime,
    data: dict[str, Any] | None = None,
    reason: str = "",
    not_before: dt.datetime | None = None,
) -> Run:
    """Move the run and do what its new state asks for. Return it as it is then. Raises `StaleState`."""
    run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
    moved = transitions.apply(
        run=run, event=event, actor=actor, now=now, data=data, reason=reason, not_before=not_before
    )
    return enter(moved, now=now)


def enter(run: Run, *, now: dt.datetime, counts: Counter[tuple[str, str]] | None = None) -> Run:
    """Add the steps of the run's state, or let an empty gate pass by its own event. Return the run as it is then.

    counts: of the steps its present round has so far, where they are known.
    """
    match RunState(run.state):
        case RunState.CLAIM_REVIEW:
            return pass_claims_if_decided(run, now=now, event=RunEvent.CLAIMS_EMPTY)
        case RunState.REGULATORY_REVIEW:
            return pass_regulatory_if_decided(run, now=now, event=RunEvent.REGULATORY_EMPTY)
        case RunState.SIGN_OFF:
            composing.compose(run, now=now)
    if RunState(run.state) not in WORKING:
        return run
    has_steps = _add_steps(run, now=now)
    doorbell.ring()
    if has_steps and counts is not None and _kinds(counts).isdisjoint(KINDS_OF[RunState(run.state)]):
        return run  # they are all new: none of them is done
    return _advance(run, _standing([run])[run.pk], now=now)


def _add_steps(run: Run, *, now: dt.datetime) -> bool:
    """Add the steps that a working state begins with, those that are not there. Return whether it has any."""
    match RunState(run.state):
        case RunState.PLANNING:
            steps.add(run=run, kind=StepKind.PLAN, key="plan", now=now)
            return True
        case RunState.RESEARCHING:
            return _add_task_steps(run, StepKind.INVESTIGATE, now=now)
        case RunState.VALIDATING:
            return _add_task_steps(run, StepKind.EXTRACT, now=now)
    keys = composing.sections_to_draft(run)
    for key in keys:
        steps.add(run=run, kind=StepKind.DRAFT, key=key, now=now)
    return bool(keys)


def _add_task_steps(run: Run, kind: StepKind, *, now: dt.datetime) -> bool:
    """Add a step for each task of the approved plan that has none. Return whether it has tasks."""
    tasks = approved_tasks(run)
    steps.add_all(run=run, kind=kind, tasks=tasks, now=now)
    if any(task.depends_on for task in tasks):
        steps.unblock(run=run, kind=kind)
    return bool(tasks)


def approved_tasks(run: Run) -> list[Task]:
    """Return the tasks of the approved plan in their order; empty where no plan stands approved."""
    # A new revision voids those before it, so that at most one stands.
    standing = Task.objects.filter(plan__run=run, plan__voided_at__isnull=True, plan__approved_at__isnull=False)
    return list(standing.order_by("position"))


def go_on(*, runs: Sequence[Run], now: dt.datetime) -> None:
    """Unblock steps and move the runs on; see `advance`. The caller holds the runs' rows."""
    standing = _standing(runs)
    for run in runs:
        counts = standing[run.pk]
        for kind in (StepKind.INVESTIGATE, StepKind.EXTRACT):
            if counts[kind, StepState.BLOCKED]:
                counts[kind, StepState.READY] += steps.unblock(run=run, kind=kind)
        _advance(run, counts, now=now)


def advance(*, run_id: UUID, now: dt.datetime) -> Run:
    """Move the run on when its state's steps are all done, or to FAILED when some failed and none can go on.

    Return the run as it is then.
    """
    run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
    return _advance(run, _standing([run])[run.pk], now=now)


def _standing(runs: Sequence[Run]) -> dict[UUID, Counter[tuple[str, str]]]:
    """Return how many steps of its present round each run has, by kind and state."""
    rounds = {run.pk: run.generation for run in runs}
    found: dict[UUID, Counter[tuple[str, str]]] = {pk: Counter() for pk in rounds}
    [rows] = compiled.read(_steps(run_ids=rounds.keys()))
    for pk, generation, kind, state, count in rows:
        if generation == rounds[pk]:
            found[pk][kind, state] = count
    return found


@CompiledQuery
def _steps(run_ids: Any) -> QuerySet[Any, Any]:
    by_state = Step.objects.filter(run_id__in=run_ids).values_list("run_id", "generation", "kind", "state")
    return by_state.order_by().annotate(count=Count("id"))


def _advance(run: Run, counts: Counter[tuple[str, str]], *, now: dt.datetime) -> Run:
    state = RunState(run.state)
    if state not in WORKING:
        return run

    def have(*states: StepState) -> int:
        return sum(counts[kind, one] for kind in KINDS_OF[state] for one in states)

    if have(StepState.READY, StepState.RUNNING):
        return run
    if stuck := have(StepState.FAILED, StepState.QUARANTINED):
        return fire(
            run_id=run.pk,
            event=RunEvent.FAILED,
            actor=recording.ENGINE,
            now=now,
            data={"stuck": stuck},
            reason=f"{stuck} step(s) could not be done. Look at them below, mend the cause, and retry.",
        )
    if have(StepState.BLOCKED):
        return run
    if state is RunState.VALIDATING and StepKind.VERIFY not in _kinds(counts):
        steps.add(run=run, kind=StepKind.VERIFY, key="verify", now=now)
        return run
    event = {
        RunState.PLANNING: RunEvent.PLAN_READY,
        RunState.RESEARCHING: RunEvent.RESEARCHED,
        RunState.VALIDATING: RunEvent.VALIDATED,
        RunState.DRAFTING: RunEvent.DRAFTED,
    }[state]
    moved = transitions.apply(run=run, event=event, actor=recording.ENGINE, now=now)
    return enter(moved, now=now, counts=counts)


def _kinds(counts: Counter[tuple[str, str]]) -> set[str]:
    """Return the kinds of steps there are."""
    return {kind for (kind, _), count in counts.items() if count}


def pass_claims_if_decided(run: Run, *, now: dt.datetime, event: RunEvent, actor: str = recording.RULE) -> Run:
    """Let the claims gate pass when no claim waits for a person. Return the run as it is then."""
    if Claim.objects.filter(run=run, status=ClaimStatus.QUEUED).exists():
        return run
    data = {"why": NOTHING_TO_DECIDE} if event is RunEvent.CLAIMS_EMPTY else {}
    return fire(run_id=run.pk, event=event, actor=actor, now=now, data=data)


def pass_regulatory_if_decided(run: Run, *, now: dt.datetime, event: RunEvent, actor: str = recording.RULE) -> Run:
    """Let the regulatory gate pass when every standing regulatory section is approved. Return the run as it is then."""
    waiting = SectionRevision.objects.filter(run=run, regulatory=True, status="drafted")
    # Approved ones from before stand; a gate with none drafted has nothing left to decide.
    if waiting.exists():
        return run
    data = {"why": NOTHING_TO_DECIDE} if event is RunEvent.REGULATORY_EMPTY else {}
    return fire(run_id=run.pk, event=event, actor=actor, now=now, data=data)


def retry_step(*, step_id: int, actor: str, now: dt.datetime) -> Step:
    """Retry a failed or quarantined step and let its failed run go on. Raises `NotFound`, `StaleState`."""
    run = Run.objects.select_for_update(no_key=True).filter(steps=step_id).first()
    step = steps.retry(step_id=step_id, actor=actor, now=now)
    if run is not None and run.state == RunState.FAILED:
        fire(run_id=run.pk, event=RunEvent.RETRIED, actor=actor, now=now)
    else:
        doorbell.ring()
    return step
