"""An edited claim's contradictions are found anew, and what others are shown follows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import transaction

from research.engine.domain.claims import TypedValue
from research.engine.domain.states import ClaimStatus, RunState
from research.models import Claim, Contradiction
from research.services import audit, claim_edits, claims
from tests.doubles import rows

pytestmark = pytest.mark.django_db


def edit(claim: Claim, author, amount: str) -> None:
    value = TypedValue(
        number=Decimal(amount),
        scale=Decimal(1000000),
        currency="USD",
        period="FY2024",
        entity="Brightdeck",
        metric="revenue",
    )
    evidence = list(claim.current.evidence_links.values_list("evidence_id", flat=True))
    with transaction.atomic():
        claim_edits.revise(
            claim=claim,
            edit=claim_edits.ClaimEdit(text=f"{claim.current.text} ({amount})", value=value, evidence_ids=evidence),
            author=author,
            comment="The figure was wrong.",
            now=dt.datetime.now(dt.UTC),
        )
    claim.refresh_from_db()


def test_an_edit_that_contradicts_another_claim_sends_both_to_people_and_one_that_agrees_takes_it_back(people) -> None:
    run = rows.run_at(RunState.CLAIM_REVIEW, people, more_claims=2)
    first, second = (
        Claim.objects.filter(run=run, status=ClaimStatus.QUEUED).select_related("current").order_by("pk")[:2]
    )
    edit(first, people.reviewer, "412")
    Claim.objects.filter(pk=first.pk).update(status=ClaimStatus.ACCEPTED, decided_by_rule=True)
    shown = first.shown_digest

    edit(second, people.reviewer, "365")
    first.refresh_from_db()
    assert Contradiction.objects.filter(first=first, second=second).count() == 1
    assert any("contradicted" in reason for reason in second.assessment.to_people)
    assert first.status == ClaimStatus.QUEUED
    assert any("contradicted" in reason for reason in first.assessment.to_people)
    assert first.shown_digest not in ("", shown)

    edit(second, people.second_reviewer, "412")
    assert not Contradiction.objects.filter(second=second).exists()
    first.refresh_from_db()
    assert first.shown_digest == claims.seal(first)
    assert [problem for problem in audit.problems_of(run) if "claim" in problem] == []
