"""What an edit or a rejection takes with it."""

from __future__ import annotations

import datetime as dt

from research.engine.domain.states import ClaimStatus
from research.models import Assessment, Claim, Document, Run, SectionRevision

from . import claims


def supersede_claims(run: Run) -> None:
    """Set aside every claim of a voided plan; one found again under the new plan is taken up again."""
    Claim.objects.filter(run=run).exclude(status=ClaimStatus.MERGED).update(
        status=ClaimStatus.SUPERSEDED, decided_by_rule=False
    )


def void_sections(run: Run, *, claim_revision_ids: set[int], sections: set[str]) -> None:
    """Void the standing sections that cite one of the claim revisions or are among `sections`, and the document."""
    for row in SectionRevision.objects.filter(run=run, status__in=["drafted", "approved"]):
        cited = {number for sentence in row.body["sentences"] for number in sentence["claims"]}
        if row.key in sections or cited & claim_revision_ids:
            row.status = "void"
            row.save(update_fields=["status"])
    void_document(run)


def void_document(run: Run) -> None:
    """Void the document that waits for its signature, if one does: what stands in it is no longer what stands."""
    Document.objects.filter(run=run, status="composed").update(status="void")


def return_claims(run: Run, section: SectionRevision, *, reason: str, now: dt.datetime) -> None:
    """Put the claims a section cites back before people, with the reason shown."""
    cited = {number for sentence in section.body["sentences"] for number in sentence["claims"]}
    rows = Claim.objects.filter(run=run, current_id__in=cited, status=ClaimStatus.ACCEPTED)
    for claim in rows.select_related("current", "assessment"):
        before = claim.assessment
        if claim.current is None:
            continue
        claim.assessment = Assessment.objects.create(
            revision=claim.current,
            confidence=before.confidence if before else None,
            parts=before.parts if before else [],
            to_people=[*(before.to_people if before else []), f"{reason} (section revision {section.revision})"],
            created_at=now,
        )
        claim.status = ClaimStatus.QUEUED
        claim.decided_by_rule = False
        claim.save(update_fields=["assessment", "status", "decided_by_rule"])
        claims.seal(claim)
