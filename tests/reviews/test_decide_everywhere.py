"""What holds at every gate: states, doors, people, ids, words."""

from __future__ import annotations

import dataclasses

import pytest

from research.engine.domain.errors import Conflict, InvalidInput, NotFound, Refused, StaleDigest, StaleState
from research.engine.domain.states import RunState
from research.models import Claim, Decision, Plan
from research.services import recording, runs
from reviews.decide import decide
from tests.doubles import rows

from . import doors
from .steps import request_on, settle

pytestmark = pytest.mark.django_db


WRONG_STATES = [
    ("claim", RunState.REGULATORY_REVIEW),
    ("claim", RunState.SIGN_OFF),
    ("section", RunState.SIGN_OFF),
    ("plan", RunState.CLAIM_REVIEW),
    ("plan", RunState.REGULATORY_REVIEW),
]


@pytest.mark.parametrize(("kind", "state"), WRONG_STATES)
def test_a_decision_in_the_wrong_state_is_a_conflict(people, kind, state):
    """Approving what does not wait in this state says so and changes nothing."""
    run = rows.run_at(state, people)
    row = {"plan": rows.plan_of, "claim": rows.claim_of, "section": rows.section_of}[kind](run)
    before = doors.snapshot(run)
    with pytest.raises(StaleState):
        settle(run, people.third_reviewer, kind, row, "approve")
    assert doors.snapshot(run) == before


@pytest.mark.parametrize("kind", ["plan", "claim", "section", "document"])
def test_a_cancelled_run_takes_no_decision(people, kind):
    """A run that was cancelled while somebody read it is not decided."""
    states = {
        "plan": RunState.PLAN_REVIEW,
        "claim": RunState.CLAIM_REVIEW,
        "section": RunState.REGULATORY_REVIEW,
        "document": RunState.SIGN_OFF,
    }
    run = rows.run_at(states[kind], people)
    row = {
        "plan": rows.plan_of,
        "claim": rows.claim_of,
        "section": rows.section_of,
        "document": rows.document_of,
    }[kind](run)
    runs.cancel(run_id=run.pk, actor=recording.ENGINE, reason="not needed", now=rows.NOW)
    person = people.approver if kind == "document" else people.reviewer
    with pytest.raises(StaleState):
        settle(run, person, kind, row, "approve", meaning="x", password=rows.PASSWORD)
    assert not Decision.objects.filter(run=run).exists()


def test_an_empty_digest_is_never_enough(people):
    """A claim not yet sealed has no digest, and an empty one decides nothing."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    claim = rows.claim_of(run)
    Claim.objects.filter(pk=claim.pk).update(shown_digest="")
    claim.refresh_from_db()
    with pytest.raises(StaleDigest):
        settle(run, people.reviewer, "claim", claim, "approve")


def test_demo_decisions_are_for_demo_runs_and_marked(people):
    """The demo's door decides a demo run, and no other."""
    demo = rows.run_at(RunState.PLAN_REVIEW, people, is_demo=True)
    request = request_on(demo, "plan", rows.plan_of(demo), "approve")
    assert decide(person=people.reviewer, door="demo", request=request, now=rows.NOW).is_demo
    real = rows.run_at(RunState.PLAN_REVIEW, people)
    request = request_on(real, "plan", rows.plan_of(real), "approve")
    with pytest.raises(Refused) as refused:
        decide(person=people.reviewer, door="demo", request=request, now=rows.NOW)
    assert refused.value.rule == "door"


def test_who_left_the_team_meanwhile_does_not_decide(people):
    """Membership and groups are asked when the decision is made, not when the session began."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    people.reviewer.groups.clear()
    with pytest.raises(Refused):
        settle(run, people.reviewer, "plan", rows.plan_of(run), "approve")
    people.team.members.remove(people.second_reviewer)
    with pytest.raises(NotFound):
        settle(run, people.second_reviewer, "plan", rows.plan_of(run), "approve")


@pytest.mark.parametrize("subject_id", [0, -1, 10**30])
def test_an_impossible_id_is_not_found(people, subject_id):
    """Ids that no database holds are simply not there."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    request = dataclasses.replace(request_on(run, "plan", rows.plan_of(run), "approve"), subject_id=subject_id)
    with pytest.raises(NotFound):
        decide(person=people.reviewer, door="api", request=request, now=rows.NOW)


def test_endless_words_are_refused(people):
    """A comment of a megabyte is an input error, not a row."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    with pytest.raises(InvalidInput, match="limit"):
        settle(run, people.reviewer, "plan", rows.plan_of(run), "reject", comment="x" * 1_000_000)


def test_a_late_row_of_the_record_is_a_conflict_in_words(people):
    """Should a decision get past the lock, the constraint's error reaches people as a sentence."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    plan = rows.plan_of(run)
    settle(run, people.reviewer, "plan", plan, "approve")
    Plan.objects.filter(pk=plan.pk).update(approved_at=None)
    type(run).objects.filter(pk=run.pk).update(state=RunState.PLAN_REVIEW)
    with pytest.raises(Conflict, match="a moment before you"):
        settle(run, people.second_reviewer, "plan", plan, "approve")
    assert Decision.objects.filter(run=run).count() == 1
