"""Regulatory sections: two people, edits that void, ways back."""

from __future__ import annotations

import pytest

from research.engine.domain.errors import InvalidInput, Refused, StaleDigest, StaleState
from research.engine.domain.states import ClaimStatus, RunState
from tests.doubles import rows

from . import doors
from .steps import section_edit, settle, sign

pytestmark = pytest.mark.django_db


def _approve_both(run, people, key):
    for person in (people.reviewer, people.second_reviewer):
        settle(run, person, "section", rows.section_of(run, key), "approve")


def test_two_people_approve_each_regulatory_section(people):
    """The gate passes with the last second approval, and the document is composed."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    _approve_both(run, people, "regulation")
    assert run.state == RunState.REGULATORY_REVIEW
    section = rows.section_of(run)
    assert (section.first_approver, section.second_approver) == (people.reviewer, people.second_reviewer)
    assert section.status == "approved"
    _approve_both(run, people, "responsible_gambling")
    assert run.state == RunState.SIGN_OFF
    assert run.documents.get().status == "composed"


def test_a_third_approval_comes_too_late(people):
    """A section approved by two waits for nobody."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    _approve_both(run, people, "regulation")
    with pytest.raises(StaleState):
        settle(run, people.third_reviewer, "section", rows.section_of(run), "approve")


def test_an_edited_section_loses_its_first_approval(people):
    """The new revision needs two people, neither of them its editor; the first approver may be one of them."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    first = rows.section_of(run)
    settle(run, people.reviewer, "section", first, "approve")
    settle(run, people.second_reviewer, "section", first, "edit", edit=section_edit(run, first))
    first.refresh_from_db()
    second = rows.section_of(run)
    assert (first.status, second.revision, second.first_approver) == ("void", 2, None)
    with pytest.raises(StaleState):
        settle(run, people.third_reviewer, "section", first, "approve")
    with pytest.raises(Refused):
        settle(run, people.second_reviewer, "section", second, "approve")
    settle(run, people.reviewer, "section", second, "approve")
    settle(run, people.third_reviewer, "section", rows.section_of(run), "approve")
    assert rows.section_of(run).status == "approved"


def test_editing_a_regulatory_section_at_sign_off_opens_its_gate_again(people):
    """Both approvals are void, the composed document cannot be signed, and the run waits for two people again."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    document, section = rows.document_of(run), rows.section_of(run)
    settle(run, people.third_reviewer, "section", section, "edit", edit=section_edit(run, section))
    assert run.state == RunState.REGULATORY_REVIEW
    section.refresh_from_db()
    document.refresh_from_db()
    assert (section.status, document.status) == ("void", "void")
    with pytest.raises(StaleState):
        sign(run, people.approver, document)
    for person in (people.reviewer, people.second_reviewer):
        settle(run, person, "section", rows.section_of(run), "approve")
    assert run.state == RunState.SIGN_OFF
    assert rows.document_of(run).digest != document.digest


def test_editing_another_section_at_sign_off_composes_the_document_anew(people):
    """The digest changes, the old one cannot be signed, and no regulatory approval is lost."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    old, section = rows.document_of(run), rows.section_of(run, "competitors")
    settle(run, people.reviewer, "section", section, "edit", edit=section_edit(run, section))
    assert run.state == RunState.SIGN_OFF
    new = rows.document_of(run)
    assert new.digest != old.digest
    with pytest.raises(StaleDigest):
        sign(run, people.approver, old)
    sign(run, people.approver, new)
    assert run.state == RunState.COMPLETED


def test_a_rejected_section_is_drafted_again(people):
    """Back to drafting: this section alone is drafted; what others approved stands."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    _approve_both(run, people, "responsible_gambling")
    settle(run, people.reviewer, "section", rows.section_of(run), "reject", comment="too vague")
    assert run.state == RunState.DRAFTING
    drafted = run.steps.filter(kind="draft", generation=run.generation).values_list("key", flat=True)
    assert list(drafted) == ["regulation"]
    assert rows.section_of(run, "responsible_gambling").status == "approved"


def test_a_section_sent_back_to_its_claims_puts_them_before_people(people):
    """The claims it cites wait again with the reason, over a new digest."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    claim = rows.claim_of(run, section="regulation")
    old = claim.shown_digest
    settle(
        run, people.reviewer, "section", rows.section_of(run), "reject", back_to=RunState.CLAIM_REVIEW, comment="doubt"
    )
    claim.refresh_from_db()
    assert (run.state, claim.status) == (RunState.CLAIM_REVIEW, ClaimStatus.QUEUED)
    assert claim.shown_digest != old
    settle(run, people.second_reviewer, "claim", claim, "approve")
    assert run.state == RunState.DRAFTING


def test_a_section_edited_into_a_loose_figure_changes_nothing(people):
    """No untraced numeral, no uncited sentence, no claim that is not accepted, no empty section, no non-edit."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    section = rows.section_of(run)
    sentence = section.body["sentences"][0]
    before = doors.snapshot(run)
    for bad in (
        [{**sentence, "text": "It costs $500 million."}],
        [{**sentence, "claims": []}],
        [{**sentence, "claims": [999_999]}],
        [],
        [sentence],
        [{"text": ""}],
        "words",
    ):
        with pytest.raises(InvalidInput):
            settle(run, people.reviewer, "section", section, "edit", edit=bad)
    with pytest.raises(InvalidInput):
        settle(run, people.reviewer, "section", section, "reject", back_to=RunState.COMPLETED)
    assert doors.snapshot(run) == before
