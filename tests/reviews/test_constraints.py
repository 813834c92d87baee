"""What the database itself refuses, with the policy and the services left out."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from research.engine.domain.states import RunState
from research.models import Decision, Document
from research.models.record import Signature
from tests.doubles import rows

pytestmark = pytest.mark.django_db


def write(run, person, **changes) -> Decision:
    """Write a decision on a section of the run as no door would."""
    fields = {
        "gate": "regulatory",
        "subject_kind": "section",
        "subject_id": 1,
        "subject_digest": "d" * 64,
        "slot": 1,
        "verdict": "approve",
        "comment": "",
        "door": "desk",
        "decided_at": rows.NOW,
        **changes,
    }
    with transaction.atomic():
        return Decision.objects.create(run=run, person=person, **fields)


@pytest.fixture
def run(people):
    return rows.run_at(RunState.REGULATORY_REVIEW, people)


def test_two_people_fill_two_slots(people, run):
    """What is right goes in."""
    write(run, people.reviewer)
    write(run, people.second_reviewer, slot=2)


def test_the_same_person_twice_is_refused(people, run):
    """One person, one verdict on a subject and digest, whichever slot."""
    write(run, people.reviewer)
    with pytest.raises(IntegrityError):
        write(run, people.reviewer, slot=2)
    with pytest.raises(IntegrityError):
        write(run, people.reviewer, slot=2, verdict="reject", comment="x")


def test_a_slot_twice_is_refused(people, run):
    """One verdict a slot."""
    write(run, people.reviewer)
    with pytest.raises(IntegrityError):
        write(run, people.second_reviewer)


def test_an_edit_takes_no_slot(people, run):
    """Edits are many: each makes a revision of its own, and the verdict's slot stays free."""
    write(run, people.reviewer, verdict="edit", comment="x")
    write(run, people.reviewer, verdict="edit", comment="y")
    write(run, people.reviewer)


@pytest.mark.parametrize(
    "changes",
    [
        {"slot": 2, "gate": "plan", "subject_kind": "plan"},
        {"slot": 2, "gate": "claims", "subject_kind": "claim"},
        {"slot": 2, "gate": "sign_off", "subject_kind": "document"},
        {"slot": 3},
        {"slot": 0},
    ],
)
def test_a_second_slot_is_for_regulatory_sections_alone(people, run, changes):
    """No other gate has a second slot, and none a third."""
    with pytest.raises(IntegrityError):
        write(run, people.reviewer, **changes)


@pytest.mark.parametrize("verdict", ["edit", "reject"])
def test_an_edit_or_rejection_without_a_comment_is_refused(people, run, verdict):
    """The record says why."""
    with pytest.raises(IntegrityError):
        write(run, people.reviewer, verdict=verdict)


def test_a_regulatory_section_is_not_approved_by_one(people, run):
    """Approved with no approver, or with one, does not go in."""
    section = rows.section_of(run)
    for first in (None, people.reviewer):
        with pytest.raises(IntegrityError), transaction.atomic():
            type(section).objects.filter(pk=section.pk).update(status="approved", first_approver=first)


def test_a_regulatory_section_is_not_approved_by_the_same_person_twice(people, run):
    """Two approvals are two people."""
    section = rows.section_of(run)
    with pytest.raises(IntegrityError), transaction.atomic():
        type(section).objects.filter(pk=section.pk).update(
            status="approved", first_approver=people.reviewer, second_approver=people.reviewer
        )


def test_a_decision_is_never_changed(people, run):
    """The record is append-only: an update is refused by the database."""
    decision = write(run, people.reviewer)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Decision.objects.filter(pk=decision.pk).update(verdict="reject", comment="I meant no")


def test_a_document_has_one_signature_and_a_run_one_signed_document(people):
    """A second signature, and a second signed document, are refused; a signature is never changed."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    document = rows.document_of(run)
    decisions = [
        write(run, person, gate="sign_off", subject_kind="document", subject_id=document.pk, subject_digest=digest * 64)
        for person, digest in ((people.approver, "a"), (people.reviewer, "b"))
    ]
    fields = {"run": run, "document": document, "meaning": "x", "digest": document.digest, "signed_at": rows.NOW}
    signature = Signature.objects.create(decision=decisions[0], signer=people.approver, signer_name="A", **fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        Signature.objects.create(decision=decisions[1], signer=people.reviewer, signer_name="B", **fields)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Signature.objects.filter(pk=signature.pk).update(meaning="y")
    Document.objects.filter(pk=document.pk).update(status="signed")
    with pytest.raises(IntegrityError), transaction.atomic():
        Document.objects.create(run=run, revision=9, body="{}", digest="c" * 64, status="signed", created_at=rows.NOW)
