"""Claims: decided, edited, opened again, and many at once."""

from __future__ import annotations

import dataclasses

import pytest

from research.engine.domain.errors import InvalidInput, Refused, StaleDigest
from research.engine.domain.states import ClaimStatus, RunState
from research.models import Claim, Decision, SectionRevision
from reviews.decide import decide_many
from tests.doubles import rows

from . import doors
from .steps import claim_edit, request_on, settle

pytestmark = pytest.mark.django_db


def test_the_last_claim_lets_the_gate_pass(people):
    """The run drafts once no claim waits; rejected claims count as decided."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    waiting = list(Claim.objects.filter(run=run, status=ClaimStatus.QUEUED).order_by("pk"))
    for number, claim in enumerate(waiting):
        assert run.state == RunState.CLAIM_REVIEW
        settle(run, people.reviewer, "claim", claim, "reject" if number % 2 else "approve")
    assert run.state == RunState.DRAFTING


def test_an_edited_claim_waits_for_another_person_over_a_new_digest(people):
    """The old digest decides nothing any more, and the editor does not decide on their own words."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    claim = rows.claim_of(run)
    old = claim.shown_digest
    settle(run, people.reviewer, "claim", claim, "edit", edit=claim_edit(run, claim))
    claim.refresh_from_db()
    assert claim.shown_digest != old
    assert (claim.status, claim.current.author) == (ClaimStatus.QUEUED, people.reviewer)
    assert any("another person" in reason for reason in claim.assessment.to_people)
    with pytest.raises(Refused):
        settle(run, people.reviewer, "claim", claim, "approve")
    settle(run, people.second_reviewer, "claim", claim, "approve")
    claim.refresh_from_db()
    assert claim.status == ClaimStatus.ACCEPTED


def test_editing_back_and_forth_never_passes_ones_own_words(people):
    """After two edits the second editor is out; the first may decide, for the words are the second's."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    claim = rows.claim_of(run)
    settle(run, people.reviewer, "claim", claim, "edit", edit=claim_edit(run, claim))
    claim.refresh_from_db()
    settle(run, people.second_reviewer, "claim", claim, "edit", edit=claim_edit(run, claim))
    claim.refresh_from_db()
    with pytest.raises(Refused):
        settle(run, people.second_reviewer, "claim", claim, "approve")
    settle(run, people.reviewer, "claim", claim, "approve")


@pytest.mark.parametrize("state", [RunState.REGULATORY_REVIEW, RunState.SIGN_OFF])
def test_editing_an_accepted_claim_opens_its_gate_again(people, state):
    """What was drafted from it is void, the composed document too, and the run waits at the claims gate."""
    run = rows.run_at(state, people)
    claim = rows.claim_of(run)
    settle(run, people.reviewer, "claim", claim, "edit", edit=claim_edit(run, claim))
    claim.refresh_from_db()
    assert run.state == RunState.CLAIM_REVIEW
    assert claim.status == ClaimStatus.QUEUED
    assert SectionRevision.objects.get(run=run, key="competitors").status == "void"
    assert not run.documents.filter(status="composed").exists()
    settle(run, people.second_reviewer, "claim", claim, "approve")
    assert run.state == RunState.DRAFTING


def test_an_edit_runs_through_the_checks(people):
    """Evidence of another run, no evidence, and an empty text are refused; nothing is written."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    claim = rows.claim_of(run)
    good = claim_edit(run, claim)
    before = doors.snapshot(run)
    for edit in (
        {**good, "evidence_ids": [999_999]},
        {**good, "evidence_ids": []},
        {**good, "text": " "},
        {**good, "kind": "rumour"},
        {**good, "colour": "red"},
        None,
        ["text"],
    ):
        with pytest.raises(InvalidInput):
            settle(run, people.reviewer, "claim", claim, "edit", edit=edit)
    assert doors.snapshot(run) == before


def test_many_are_decided_each_by_itself(people):
    """One refusal and one conflict among many stop nobody else, and each says what became of it."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people, more_claims=3)
    mine, stale, law, plain = (
        rows.claim_of(run, section="market_size"),
        rows.claim_of(run, section="responsible_gambling"),
        rows.claim_of(run, section="regulation"),
        rows.claim_of(run),
    )
    settle(run, people.reviewer, "claim", mine, "edit", edit=claim_edit(run, mine))
    mine.refresh_from_db()
    wanted = [request_on(run, "claim", claim, "approve") for claim in (mine, stale, law, plain)]
    wanted[1] = dataclasses.replace(wanted[1], digest="0" * 64)
    outcomes = decide_many(person=people.reviewer, door="bulk", requests=wanted, now=rows.NOW)
    assert [type(one.error) for one in outcomes] == [Refused, StaleDigest, type(None), type(None)]
    assert [one.request.subject_id for one in outcomes] == [mine.pk, stale.pk, law.pk, plain.pk]
    assert Decision.objects.filter(run=run, door="bulk").count() == 2
