"""What an edit or a rejection takes with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db.models import Q

from research.engine.domain.claims import Contradiction as Pair
from research.engine.domain.states import ClaimStatus
from research.models import Assessment, Claim, Contradiction, Document, Run, SectionRevision

from . import claims


def supersede_claims(run: Run, *, now: dt.datetime) -> None:
    """Set aside every claim of a voided plan; one found again under the new plan is taken up again.

    Merged ones too: what they were merged into may not be found again, and their evidence must count anew. What people
    added came from no plan: it stays, and they look at it again.
    """
    rows = Claim.objects.filter(run=run)
    rows.exclude(task_key=claims.BY_HAND).update(status=ClaimStatus.SUPERSEDED, decided_by_rule=False, merged_into=None)
    added = rows.filter(task_key=claims.BY_HAND, status__in=[ClaimStatus.ACCEPTED, ClaimStatus.QUEUED])
    for claim in added.select_related("current", "assessment"):
        requeue(claim, reason="the plan was edited since it was added", now=now)
        claims.seal(claim)


def void_sections(run: Run, *, sections: set[str]) -> None:
    """Void the standing sections among `sections`, those that cite what is not accepted now, and the document."""
    accepted = set(Claim.objects.filter(run=run, status=ClaimStatus.ACCEPTED).values_list("current_id", flat=True))
    for row in SectionRevision.objects.filter(run=run, status__in=["drafted", "approved"]):
        if row.key in sections or not accepted.issuperset(row.draft.cited()):
            row.status = "void"
            row.save(update_fields=["status"])
    void_document(run)


def void_document(run: Run) -> None:
    """Void the document that waits for its signature, if one does: what stands in it is no longer what stands."""
    Document.objects.filter(run=run, status="composed").update(status="void")


def return_claims(run: Run, section: SectionRevision, *, reason: str, now: dt.datetime) -> None:
    """Put the claims a section cites back before people, with the reason shown."""
    rows = Claim.objects.filter(run=run, current_id__in=section.draft.cited(), status=ClaimStatus.ACCEPTED)
    for claim in rows.select_related("current", "assessment"):
        requeue(claim, reason=f"{reason} (section revision {section.revision})", now=now)
        claims.seal(claim)


def requeue(claim: Claim, *, reason: str, now: dt.datetime) -> None:
    """Put a claim before people, again or anew: a new assessment with one more reason. The caller seals it."""
    before = claim.assessment
    if claim.current is None:
        return
    claim.assessment = Assessment.objects.create(
        revision=claim.current,
        confidence=before.confidence if before else None,
        parts=before.parts if before else [],
        to_people=[*(before.to_people if before else []), reason],
        created_at=now,
    )
    claim.status = ClaimStatus.QUEUED
    claim.decided_by_rule = False
    claim.save(update_fields=["assessment", "status", "decided_by_rule"])


def relink(claim: Claim, *, pairs: Sequence[Pair], now: dt.datetime) -> None:
    """Put the contradictions an edited claim has now in the place of those it had.

    A claim that passed by rule and is contradicted now goes to people; what others are shown is sealed anew.
    """
    old = Contradiction.objects.filter(Q(first=claim) | Q(second=claim))
    had = {row.second_id if row.first_id == claim.pk else row.first_id for row in old}
    old.delete()
    reasons = {(pair.second if pair.first == claim.key else pair.first): pair.reason for pair in pairs}
    now_has = {row.key: row for row in Claim.objects.filter(run=claim.run, key__in=reasons)}
    for key, other in now_has.items():
        first, second = sorted((claim, other), key=lambda row: row.pk)
        Contradiction.objects.create(first=first, second=second, reason=reasons[key])
        if other.status == ClaimStatus.ACCEPTED and other.decided_by_rule:
            requeue(other, reason=f"contradicted since another claim was edited ({reasons[key]})", now=now)
    touched = had | {row.pk for row in now_has.values()}
    for other in Claim.objects.filter(pk__in=touched).exclude(shown_digest=""):
        claims.seal(other)
