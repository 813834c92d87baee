"""A run that is finished with what there is buys nothing more, says what it left out, and passes every gate as ever."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.db import transaction

from research.engine.domain.errors import InvalidInput, LostLease, StaleState
from research.engine.domain.states import RunState
from research.models import Event, Plan, Run, Step, Task
from research.services import audit, flow, runs, steps
from tests.doubles import rows, world
from tests.research import play

pytestmark = pytest.mark.django_db
NOW = play.NOW


def researching(people) -> Run:
    """Return a run that researches three tasks, the third after the others."""
    run = rows.new_run(people)
    play.drive(run)
    world.decide_all(run, people)
    run.refresh_from_db()
    assert run.state == RunState.RESEARCHING
    return run


def paused(run: Run) -> Run:
    return runs.pause(run_id=run.pk, actor="someone", reason="The budget is used up.", now=NOW)


def finish(run: Run, reason="No money is left.") -> Run:
    return runs.finish(run_id=run.pk, actor="someone", reason=reason, now=NOW)


def states(run: Run) -> dict[str, str]:
    return dict(Step.objects.filter(run=run, kind="investigate").values_list("key", "state"))


def test_what_was_not_researched_ends_as_insufficient_data_and_the_rest_goes_on(people):
    run = researching(people)
    first = play.claim(limit=1)[0]
    play.complete(first)
    run = finish(paused(run))
    assert (run.finishing, run.state) == (True, RunState.VALIDATING)
    assert sorted(states(run).values()) == ["done", "superseded", "superseded"]
    outcomes = dict(Task.objects.filter(plan__run=run).values_list("key", "outcome"))
    assert outcomes.pop(first.key) == "found"
    assert set(outcomes.values()) == {"insufficient_data"}
    told = Task.objects.filter(plan__run=run).exclude(key=first.key).values_list("reason", flat=True)
    assert all("No money is left." in reason for reason in told)
    event = Event.objects.get(run=run, kind="run.finishing")
    assert event.actor == "someone"
    assert len(json.loads(event.payload)["data"]["tasks_left_out"]) == 2


def test_it_comes_to_its_document_through_every_gate(people):
    run = researching(people)
    play.complete(play.claim(limit=1)[0])
    run = play.carry_to(RunState.COMPLETED, finish(paused(run)), people)
    assert run.state == RunState.COMPLETED
    assert list(audit.problems_of(run)) == []
    Task.objects.filter(plan__run=run, key="second").update(reason="Nothing was found in forty searches.")
    assert list(audit.problems_of(run)) == [
        f"task second: '{name}' is not what its investigation gave" for name in ("outcome", "reason")
    ]


def test_one_with_nothing_researched_at_all_is_finished_too(people):
    run = play.carry_to(RunState.COMPLETED, finish(paused(researching(people))), people)
    assert run.state == RunState.COMPLETED


def test_a_search_in_flight_loses_its_step_and_its_result_is_refused(people):
    run = researching(people)
    step = play.claim(limit=1)[0]
    finish(paused(run))
    with pytest.raises(LostLease):
        play.complete(step)


def test_a_failed_run_is_finished_and_its_failed_steps_begin_anew(people):
    run = researching(people)
    play.drive(run)
    assert run.state == RunState.CLAIM_REVIEW
    world.decide_all(run, people)
    step = play.claim(limit=1)[0]
    with transaction.atomic():
        steps.fail(step_id=step.pk, token=step.token, error="The model is away.", now=NOW)
        Step.objects.filter(run=run, state="ready").update(state="done")
        flow.advance(run_id=run.pk, now=NOW)
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    run = finish(run)
    step.refresh_from_db()
    assert (run.state, step.state, step.attempts, step.error) == (RunState.DRAFTING, "ready", 0, "")


def test_what_waited_for_a_clock_waits_no_more(people):
    """A provider that is away may have asked for a day: rules, which do the rest, ask nobody."""
    run = researching(people)
    play.drive(run)
    world.decide_all(run, people)
    run.refresh_from_db()
    assert run.state == RunState.DRAFTING
    Step.objects.filter(run=run, state="ready").update(not_before=NOW + dt.timedelta(days=1))
    finish(paused(run))
    assert {step.kind for step in play.claim()} == {"draft"}


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_reason_is_needed(people, reason):
    run = paused(researching(people))
    with pytest.raises(InvalidInput) as refusal:
        finish(run, reason)
    assert refusal.value.field == "reason"
    assert not Run.objects.get(pk=run.pk).finishing


def test_only_a_paused_or_failed_run_is_finished(people):
    run = researching(people)
    with pytest.raises(StaleState, match="Only a paused or failed run"):
        finish(run)
    assert set(states(run).values()) == {"ready", "blocked"}


def test_one_without_an_approved_plan_is_not(people):
    run = paused(rows.new_run(people))
    with pytest.raises(StaleState, match="no plan yet"):
        finish(run)
    assert not Plan.objects.filter(run=run).exists()
