"""Plans: approved, edited into a new revision, sent back, voided after approval."""

from __future__ import annotations

import json

import pytest

from research.engine.domain.errors import InvalidInput, Refused, StaleDigest
from research.engine.domain.states import ClaimStatus, RunState
from research.models import Claim, Event
from tests.doubles import rows

from . import doors
from .steps import plan_edit, settle

pytestmark = pytest.mark.django_db


def test_an_approved_plan_begins_the_research(people):
    """Approval is bound to the plan's digest, is in the trail, and moves the run."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    plan = rows.plan_of(run)
    decision = settle(run, people.reviewer, "plan", plan, "approve")
    plan.refresh_from_db()
    assert run.state == RunState.RESEARCHING
    assert plan.approved_at == rows.NOW
    assert (decision.subject_digest, decision.gate, decision.slot) == (plan.digest, "plan", 1)
    kinds = list(Event.objects.filter(run=run).order_by("seq").values_list("kind", flat=True))
    assert kinds[-2:] == ["decision.made", "plan.approved"]


def test_an_edited_plan_needs_another_person(people):
    """The edit is a new revision; its author may not approve it, whoever wrote none of it may."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    first = rows.plan_of(run)
    settle(run, people.reviewer, "plan", first, "edit", edit=plan_edit(run, first))
    second = rows.plan_of(run)
    assert (second.revision, second.author, run.state) == (2, people.reviewer, RunState.PLAN_REVIEW)
    with pytest.raises(StaleDigest):
        settle(run, people.second_reviewer, "plan", first, "approve")
    with pytest.raises(Refused):
        settle(run, people.reviewer, "plan", second, "approve")
    settle(run, people.second_reviewer, "plan", second, "approve")
    assert run.state == RunState.RESEARCHING


def test_an_early_editor_of_the_plan_stays_one(people):
    """Who edited any revision of the plan may not approve a later one either: their words may still be in it."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    for person in (people.reviewer, people.second_reviewer):
        plan = rows.plan_of(run)
        settle(run, person, "plan", plan, "edit", edit=plan_edit(run, plan))
    for person in (people.reviewer, people.second_reviewer):
        with pytest.raises(Refused, match="You edited this"):
            settle(run, person, "plan", rows.plan_of(run), "approve")
    settle(run, people.third_reviewer, "plan", rows.plan_of(run), "approve")
    assert run.state == RunState.RESEARCHING


def test_a_rejected_plan_goes_back_to_the_planner_with_the_comment(people):
    """The planner is told why, in a new round."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    plan = rows.plan_of(run)
    settle(run, people.approver, "plan", plan, "reject", comment="Ontario is missing")
    plan.refresh_from_db()
    assert (run.state, run.generation, plan.decision_comment) == (RunState.PLANNING, 2, "Ontario is missing")


@pytest.mark.parametrize("state", [RunState.RESEARCHING, RunState.VALIDATING, RunState.CLAIM_REVIEW])
def test_editing_an_approved_plan_voids_the_approval(people, state):
    """The run goes back to the plan gate, the claims of the old plan are set aside, and the plan waits again."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    if state is not RunState.CLAIM_REVIEW:
        type(run).objects.filter(pk=run.pk).update(state=state)
    plan = rows.plan_of(run)
    settle(run, people.reviewer, "plan", plan, "edit", edit=plan_edit(run, plan))
    assert run.state == RunState.PLAN_REVIEW
    assert rows.plan_of(run).approved_at is None
    assert not Claim.objects.filter(run=run).exclude(status__in=[ClaimStatus.SUPERSEDED, ClaimStatus.MERGED]).exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda body: body.update(tasks=[]), "no tasks"),
        (lambda body: body["tasks"][0].update(section="astrology"), "unknown section"),
        (lambda body: body["tasks"][0].update(tools=["crystal_ball"]), "unknown tool"),
        (lambda body: body["tasks"][0].update(depends_on=["law-nj"]), "circle"),
        (lambda body: body["tasks"][0].update(colour="red"), "task 1, colour: there is no such field"),
        (lambda body: body.update(prompt="Another prompt altogether"), "create a new run"),
        (lambda body: None, "Nothing in the plan was changed"),
    ],
    ids=["empty", "section", "tool", "circle", "field", "prompt", "same"],
)
def test_a_plan_edited_into_nonsense_changes_nothing(people, change, words):
    """Each says in a sentence what is wrong with it."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    plan = rows.plan_of(run)
    body = json.loads(json.dumps(plan.body))
    change(body)
    before = doors.snapshot(run)
    with pytest.raises(InvalidInput, match=words):
        settle(run, people.reviewer, "plan", plan, "edit", edit=body)
    assert doors.snapshot(run) == before
