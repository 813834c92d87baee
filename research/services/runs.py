"""What people ask of a run: create it, pause, resume, retry, cancel it, raise its budget."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from research.adapters import engines
from research.engine.domain.canonical import sha256_hex
from research.engine.domain.errors import InvalidInput, StaleState
from research.engine.domain.plans import check_prompt
from research.engine.domain.states import TERMINAL, RunEvent, RunState, StepKind, StepState, TaskOutcome
from research.engine.domain.usage import Limits
from research.engine.verticals import registry
from research.models import Run, RunBudget, Step, Task, Team, User
from research.models.runs import Phase, Priority

from . import flow, recording


def default_limits() -> Limits:
    """Return the limits a run gets when nobody names others."""
    conf = settings.MRD
    return Limits(calls=conf.max_calls, searches=conf.max_searches, tokens=conf.max_tokens, cost_usd=conf.max_cost_usd)


def create(
    *,
    team: Team,
    requester: User,
    prompt: object,
    vertical: str,
    engine: str,
    now: dt.datetime,
    limits: Limits | None = None,
    priority: str = Priority.NORMAL,
    bypass_cache: bool = False,
    correlation_id: str = "",
    is_demo: bool = False,
) -> Run:
    """Create a run and start its planning. Nothing else is called before a person approves the plan.

    priority: "batch" lets an engine that can take a day for each answer at half the price. bypass_cache: nothing that
    tools brought for earlier runs is used again.
    Raises `InvalidInput` (field prompt, vertical or engine) before anything is written.
    """
    text = check_prompt(prompt)
    if priority not in Priority.values:
        raise InvalidInput(f"The priority is one of {', '.join(Priority.values)}.", field="priority")
    registry.get(vertical)
    engines.engine_builder(engine)
    if not team.members.filter(pk=requester.pk).exists():
        raise InvalidInput(f"You are not a member of the team '{team.name}'; choose one of your teams.", field="team")
    research = limits or default_limits()
    conf = settings.MRD
    planning = Limits(
        calls=conf.planning_max_calls,
        searches=0,
        tokens=conf.planning_max_tokens,
        cost_usd=conf.planning_max_cost_usd,
    )
    with transaction.atomic():
        run = Run.objects.create(
            team=team,
            requester=requester,
            prompt=text,
            vertical=vertical,
            engine=engine,
            state_since=now,
            created_at=now,
            priority=priority,
            bypass_cache=bypass_cache,
            correlation_id=correlation_id,
            is_demo=is_demo,
        )
        recording.open_trail(run)
        for phase, limit in ((Phase.PLANNING, planning), (Phase.RESEARCH, research)):
            RunBudget.objects.create(
                run=run,
                phase=phase,
                max_calls=limit.calls,
                max_searches=limit.searches,
                max_tokens=limit.tokens,
                max_cost_usd=limit.cost_usd,
            )
        recording.append(
            run_id=run.pk,
            kind="run.created",
            actor=str(requester.actor_id),
            data={"vertical": vertical, "engine": engine, "team": team.pk, "prompt": sha256_hex(text.encode())},
            now=now,
        )
        return flow.fire(run_id=run.pk, event=RunEvent.STARTED, actor=str(requester.actor_id), now=now)


def pause(*, run_id: UUID, actor: str, reason: str, now: dt.datetime) -> Run:
    """Stop claiming steps of the run; those in flight end. Raises `InvalidInput` without a reason, `StaleState`."""
    if not reason.strip():
        raise InvalidInput("Say in a few words why the run is paused.", field="reason")
    with transaction.atomic():
        return flow.fire(run_id=run_id, event=RunEvent.PAUSED, actor=actor, now=now, reason=reason.strip())


def resume(*, run_id: UUID, actor: str, now: dt.datetime) -> Run:
    """Let a paused run go on where it was. Raises `StaleState`."""
    with transaction.atomic():
        return flow.fire(run_id=run_id, event=RunEvent.RESUMED, actor=actor, now=now)


def finish(*, run_id: UUID, actor: str, reason: str, now: dt.datetime) -> Run:
    """Let a paused or failed run go on to its document with what there is; from now on it buys nothing.

    Questions not researched yet end as insufficient data, with `reason` told in the document. What is left to do of
    claims and sections is done by rules (the extractive engine), and every gate stands as before. A claim or section
    that is in flight ends as it began.
    Raises `InvalidInput` without a reason, `StaleState` when the run is not paused or failed, or has no approved plan.
    """
    said = reason.strip()
    if not said:
        raise InvalidInput("Say in a few words why the run is finished with what there is.", field="reason")
    with transaction.atomic():
        run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
        if run.state not in (RunState.PAUSED, RunState.FAILED):
            raise StaleState(f"Only a paused or failed run is finished with what there is; this one is {run.state}.")
        if run.resume_to == RunState.PLANNING:
            raise StaleState("The run has no plan yet, so there is nothing to finish: resume or cancel it.")
        Run.objects.filter(pk=run_id).update(finishing=True)
        left = Step.objects.filter(run=run, generation=run.generation).exclude(
            state__in=[StepState.DONE, StepState.SUPERSEDED]
        )
        unasked = left.filter(kind=StepKind.INVESTIGATE)
        tasks = Task.objects.filter(pk__in=list(unasked.values_list("task_id", flat=True)))
        why = f"Not researched: a person finished the run without it ({said})."
        tasks.update(outcome=TaskOutcome.INSUFFICIENT, reason=why)
        # By this an auditor sees that nobody but that person changed what the tasks came to.
        told = {
            "tasks_left_out": sorted(tasks.values_list("key", flat=True)),
            "plan": max(tasks.values_list("plan__revision", flat=True), default=0),
            "reason": sha256_hex(why.encode()),
        }
        unasked.update(state=StepState.SUPERSEDED, lease_owner=None, lease_until=None)
        # What waits for a provider's clock, or for a batch, waits for nobody any more.
        left.update(not_before=None)
        left.filter(state__in=[StepState.FAILED, StepState.QUARANTINED]).update(
            state=StepState.READY, attempts=0, crashes=0, not_before=None, error=""
        )
        recording.append(run_id=run_id, kind="run.finishing", actor=actor, data=told, now=now)
        event = RunEvent.RESUMED if run.state == RunState.PAUSED else RunEvent.RETRIED
        return flow.fire(run_id=run_id, event=event, actor=actor, now=now, reason=said)


def cancel(*, run_id: UUID, actor: str, reason: str, now: dt.datetime) -> Run:
    """End the run for good; what it found is kept. Raises `InvalidInput` without a reason, `StaleState`."""
    if not reason.strip():
        raise InvalidInput("Say in a few words why the run is cancelled.", field="reason")
    with transaction.atomic():
        return flow.fire(run_id=run_id, event=RunEvent.CANCELLED, actor=actor, now=now, reason=reason.strip())


def raise_budget(*, run_id: UUID, limits: Limits, actor: str, now: dt.datetime) -> Run:
    """Give the run's research higher limits, and a run that is still planning its planning's allowance once more.

    Raises `InvalidInput` when a limit is lower than it was, `StaleState` when the run has ended.
    """
    with transaction.atomic():
        run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
        if run.state in TERMINAL:
            raise StaleState(f"The run has ended ({run.state}); its budget is not changed any more.")
        budget = RunBudget.objects.select_for_update().get(run=run, phase=Phase.RESEARCH)
        lower = (
            limits.calls < budget.max_calls
            or limits.searches < budget.max_searches
            or limits.tokens < budget.max_tokens
            or limits.cost_usd < budget.max_cost_usd
        )
        if lower:
            raise InvalidInput(
                "A budget can only be raised: give limits no lower than the present ones.", field="limits"
            )
        budget.max_calls, budget.max_searches, budget.max_tokens = limits.calls, limits.searches, limits.tokens
        budget.max_cost_usd = Decimal(limits.cost_usd)
        budget.save(update_fields=["max_calls", "max_searches", "max_tokens", "max_cost_usd"])
        planning = RunState.PLANNING in (run.state, run.resume_to)
        if planning:
            _plan_again(run)
        recording.append(
            run_id=run_id,
            kind="run.budget_raised",
            actor=actor,
            data={
                "calls": limits.calls,
                "searches": limits.searches,
                "tokens": limits.tokens,
                "cost_usd": str(limits.cost_usd),
                **({"planning": "once more"} if planning else {}),
            },
            now=now,
        )
        return run


def _plan_again(run: Run) -> None:
    """Give the planning phase its allowance on top of what it has used."""
    conf = settings.MRD
    RunBudget.objects.filter(run=run, phase=Phase.PLANNING).update(
        max_calls=F("used_calls") + F("reserved_calls") + conf.planning_max_calls,
        max_tokens=F("used_tokens") + F("reserved_tokens") + conf.planning_max_tokens,
        max_cost_usd=F("used_cost_usd") + F("reserved_cost_usd") + conf.planning_max_cost_usd,
    )
