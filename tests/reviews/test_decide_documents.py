"""Documents: the signature, and what comes after it."""

from __future__ import annotations

import pytest

from research.engine.domain.errors import Refused, StaleState
from research.engine.domain.states import RunState
from research.models import SectionRevision
from research.models.record import Signature
from reviews.decide import decide
from tests.doubles import rows

from . import doors
from .steps import claim_edit, plan_edit, request_on, section_edit, settle, sign

pytestmark = pytest.mark.django_db


def test_a_signature_holds_who_when_what_and_over_what(people):
    """Name, UTC time, meaning and digest are stored, and the run is completed."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    document = rows.document_of(run)
    decision = sign(run, people.approver, document)
    signature = Signature.objects.get(run=run)
    assert (signature.signer_name, signature.signed_at) == ("Ada Prove", rows.NOW)
    assert (signature.meaning, signature.digest) == ("I approve this document for release.", document.digest)
    assert signature.decision == decision
    assert (run.state, run.completed_at) == (RunState.COMPLETED, rows.NOW)


def test_a_completed_run_takes_no_more_decisions(people):
    """Nothing of it can be decided, edited or signed again."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    document = rows.document_of(run)
    sign(run, people.approver, document)
    before = doors.snapshot(run)
    plan, claim, section = rows.plan_of(run), rows.claim_of(run), rows.section_of(run)
    with pytest.raises(StaleState):
        sign(run, people.approver, document)
    with pytest.raises(StaleState):
        settle(run, people.approver, "document", document, "reject")
    with pytest.raises(StaleState):
        settle(run, people.reviewer, "plan", plan, "edit", edit=plan_edit(run, plan))
    with pytest.raises(StaleState):
        settle(run, people.reviewer, "claim", claim, "edit", edit=claim_edit(run, claim))
    with pytest.raises(StaleState):
        settle(run, people.reviewer, "section", section, "edit", edit=section_edit(run, section))
    assert doors.snapshot(run) == before


def test_a_rejected_document_is_drafted_again(people):
    """Every section is drafted in a new round."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    settle(run, people.approver, "document", rows.document_of(run), "reject", comment="wrong tone")
    assert run.state == RunState.DRAFTING
    assert run.steps.filter(kind="draft", generation=run.generation).count() > 10
    assert not SectionRevision.objects.filter(run=run, status__in=["drafted", "approved"]).exists()


def test_the_password_is_nowhere(people, caplog):
    """Neither a log line nor the request's own words hold it; a wrong one is noted without it."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    document = rows.document_of(run)
    request = request_on(run, "document", document, "approve", meaning="x", password="open-sesame")
    assert "open-sesame" not in repr(request)
    with caplog.at_level("DEBUG"), pytest.raises(Refused):
        decide(person=people.approver, door="desk", request=request, now=rows.NOW)
    assert "open-sesame" not in caplog.text
    assert "password not confirmed" in caplog.text
