"""Claims with their evidence, contradictions and decisions."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F, Model, Q
from django.db.models.query import QuerySet

from research.models import (
    Claim,
    ClaimEvidence,
    Contradiction,
    Decision,
    Evidence,
    Run,
)

EVIDENCE_SOURCE = "extracted_text__snapshot__source"


def evidence_of(revision_ids: Iterable[int | None]) -> dict[int, list[ClaimEvidence]]:
    """Return the evidence links of claim revisions with source and snapshot, without the texts, in the order found."""
    links = (
        ClaimEvidence.objects.filter(revision_id__in=[pk for pk in revision_ids if pk])
        .select_related(f"evidence__{EVIDENCE_SOURCE}")
        .defer("evidence__extracted_text__text", "evidence__extracted_text__page_starts")
        .order_by("evidence_id")
    )
    found: dict[int, list[ClaimEvidence]] = {}
    for link in links:
        found.setdefault(link.revision_id, []).append(link)
    return found


def evidence(run: Run) -> QuerySet[Evidence]:
    """Return the run's evidence with source and snapshot, without the texts."""
    rows = Evidence.objects.filter(run=run).select_related(EVIDENCE_SOURCE)
    return rows.defer("extracted_text__text", "extracted_text__page_starts")


def contradictions_of(claim: Claim) -> list[tuple[Claim, str]]:
    """Return the claims that disagree with this one, each with the reason."""
    pairs = Contradiction.objects.filter(Q(first=claim) | Q(second=claim))
    rows = pairs.select_related("first__current", "second__current").order_by("pk")
    return [(row.second if row.first_id == claim.pk else row.first, row.reason) for row in rows]


def decisions_on(kind: str, subject: Model) -> list[Decision]:
    """Return the decisions on a subject (plan, claim, section, document), oldest first, with who made them."""
    rows = Decision.objects.filter(subject_kind=kind, subject_id=subject.pk).select_related("person")
    return list(rows.order_by(F("decided_at").asc(), "pk"))
