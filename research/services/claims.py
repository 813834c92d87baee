"""Claims as rows: proposed, revised, assessed, and the digest of what a reviewer is shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q

from research.adapters import texts
from research.engine.domain.canonical import digest
from research.engine.domain.claims import Assessment as Assessed
from research.engine.domain.claims import ClaimDraft, ClaimInHand, Formula, TypedValue
from research.engine.domain.errors import StaleState
from research.engine.domain.evidence import EvidenceItem, Quote
from research.engine.domain.states import ClaimStatus, TaskOutcome
from research.engine.domain.vertical import Vertical
from research.models import (
    Assessment,
    Claim,
    ClaimEvidence,
    ClaimRevision,
    Contradiction,
    Evidence,
    Run,
    Step,
    Task,
    User,
)

BY_HAND = "by-hand"  # the task of claims that people added: no task proposed them


def evidence_item(row: Evidence) -> EvidenceItem:
    """Return an evidence row as the engine sees it. Its source must be selected with it."""
    return EvidenceItem(
        id=row.pk,
        quote=Quote(
            extracted_text_id=row.extracted_text_id,
            page=row.page,
            start=row.start,
            end=row.end,
            exact=row.exact,
            prefix=row.prefix,
            suffix=row.suffix,
        ),
        source=texts.source_ref(row.extracted_text.snapshot.source),
        task_key=row.task_key,
        relevance=row.relevance,
    )


EVIDENCE_SOURCE = "extracted_text__snapshot__source"


def evidence_rows(**filters: Any) -> list[Evidence]:
    """Return evidence with its source, without the extracted text itself, in the order found."""
    return list(
        Evidence.objects.filter(**filters)
        .select_related(EVIDENCE_SOURCE)
        .defer("extracted_text__text", "extracted_text__page_starts")
        .order_by("pk")
    )


def propose(*, run: Run, drafts: Iterable[ClaimDraft], now: dt.datetime) -> list[Claim]:
    """Write proposed claims; one that the run holds already under its key is taken up again, not doubled."""
    made = []
    for draft in drafts:
        claim, created = Claim.objects.get_or_create(
            run=run,
            key=draft.key(),
            defaults={"task_key": draft.task_key, "section": draft.section, "created_at": now},
        )
        if not created and claim.status not in (ClaimStatus.PROPOSED, ClaimStatus.SUPERSEDED):
            continue
        add_revision(claim=claim, draft=draft, author=None, comment="", now=now)
        claim.status = ClaimStatus.PROPOSED
        claim.merged_into = None
        claim.decided_by_rule = False
        claim.save(update_fields=["status", "merged_into", "decided_by_rule"])
        made.append(claim)
    return made


def revision_digest(revision: ClaimRevision, *, evidence: Iterable[str]) -> str:
    """Return the digest of a claim revision (stored or not yet): all it says, and the keys of its evidence."""
    body = {
        "text": revision.text,
        "kind": revision.kind,
        "value": revision.value,
        "evidence": sorted(evidence),
        "premises": sorted(revision.premise_keys),
    }
    # What came later counts where there is some, so that revisions older than it keep their digest.
    if revision.role != "fact":
        body |= {"role": revision.role, "attributes": revision.attributes}
    if revision.formula:
        body["formula"] = revision.formula
    return digest(body)


def add_revision(
    *, claim: Claim, draft: ClaimDraft, author: User | None, comment: str, now: dt.datetime
) -> ClaimRevision:
    """Write the next immutable revision of a claim, unless the present one says the same. Return the present one."""
    keys = dict(Evidence.objects.filter(pk__in=draft.evidence_ids, run=claim.run).values_list("pk", "key"))
    revision = ClaimRevision(
        claim=claim,
        revision=(claim.current.revision + 1) if claim.current else 1,
        kind=draft.kind,
        text=draft.text,
        value=draft.value.model_dump(mode="json") if draft.value else None,
        premise_keys=list(draft.premise_keys),
        role=draft.role,
        attributes=draft.attributes,
        formula=draft.formula.model_dump(mode="json") if draft.formula else None,
        author=author,
        comment=comment,
        created_at=now,
    )
    revision.digest = revision_digest(revision, evidence=keys.values())
    if claim.current is not None and claim.current.digest == revision.digest and author is None:
        return claim.current
    revision.save()
    ClaimEvidence.objects.bulk_create(
        [ClaimEvidence(revision=revision, evidence_id=pk, stance="supports") for pk in sorted(keys)]
    )
    claim.current = revision
    claim.assessment = None
    claim.shown_digest = ""
    claim.save(update_fields=["current", "assessment", "shown_digest"])
    return revision


def in_hand(run: Run, vertical: Vertical, questions: dict[str, str], *, statuses: Sequence[str]) -> list[ClaimInHand]:
    """Return the run's claims with all that verification needs, in the order they were proposed."""
    rows = Claim.objects.filter(run=run, status__in=statuses, current__isnull=False).select_related("current")
    claims = list(rows.order_by("pk"))
    estimated = set(
        Task.objects.filter(
            plan__run=run, plan__voided_at__isnull=True, critical=True, outcome=TaskOutcome.ESTIMATED
        ).values_list("key", flat=True)
    )
    by_revision = supports_of([claim.current_id for claim in claims if claim.current_id])
    result = []
    for claim in claims:
        revision = claim.current
        if revision is None:
            continue
        section = vertical.section(claim.section)
        items = by_revision.get(revision.pk, [])
        result.append(
            ClaimInHand(
                key=claim.key,
                draft=draft_of(claim, revision, [item.id for item in items]),
                question=questions.get(claim.task_key, ""),
                evidence=tuple(items),
                competitor=section.competitor,
                regulatory=section.regulatory,
                estimated=claim.task_key in estimated,
            )
        )
    return result


def draft_of(claim: Claim, revision: ClaimRevision, evidence_ids: Sequence[int]) -> ClaimDraft:
    """Return a stored revision as the draft the engine's checks take."""
    return ClaimDraft(
        task_key=claim.task_key,
        section=claim.section,
        kind=revision.kind,
        text=revision.text,
        value=TypedValue.model_validate(revision.value) if revision.value else None,
        evidence_ids=tuple(evidence_ids),
        premise_keys=tuple(revision.premise_keys),
        role=revision.role,
        attributes=revision.attributes,
        formula=Formula.model_validate(revision.formula) if revision.formula else None,
    )


def supports_of(revision_ids: Sequence[int]) -> dict[int, list[EvidenceItem]]:
    """Return the supporting evidence of each claim revision, in the order found."""
    links = (
        ClaimEvidence.objects.filter(revision_id__in=revision_ids, stance="supports")
        .select_related(f"evidence__{EVIDENCE_SOURCE}")
        .defer("evidence__extracted_text__text", "evidence__extracted_text__page_starts")
        .order_by("evidence_id")
    )
    found: dict[int, list[EvidenceItem]] = {}
    for link in links:
        found.setdefault(link.revision_id, []).append(evidence_item(link.evidence))
    return found


def assess(*, claim: Claim, assessed: Assessed, step: Step | None, now: dt.datetime) -> Assessment:
    """Write what verification says of a claim's present revision and put the claim where that sends it."""
    if claim.current is None:
        raise StaleState("A claim without words cannot be assessed.")
    row = Assessment.objects.create(
        revision=claim.current,
        step=step,
        confidence=assessed.confidence,
        parts=[part.model_dump(mode="json") for part in assessed.parts],
        to_people=list(assessed.to_people),
        created_at=now,
    )
    claim.assessment = row
    claim.decided_by_rule = not assessed.to_people
    claim.status = ClaimStatus.QUEUED if assessed.to_people else ClaimStatus.ACCEPTED
    claim.save(update_fields=["assessment", "decided_by_rule", "status"])
    return row


def shown(claim: Claim) -> dict[str, Any]:
    """Return all that a reviewer is shown of a claim, as JSON; its digest is what a decision is bound to."""
    revision, assessment = claim.current, claim.assessment
    links = ClaimEvidence.objects.filter(revision=revision).order_by("evidence__key")
    pairs = Contradiction.objects.filter(Q(first=claim) | Q(second=claim)).select_related("first", "second")
    return {
        "claim": claim.key,
        "revision": revision.digest if revision else None,
        # Assessed anew, even with the same result, it is a new thing to decide: an old verdict does not reach it.
        "assessment": claim.assessment_id,
        "confidence": assessment.confidence if assessment else None,
        "parts": assessment.parts if assessment else [],
        "to_people": assessment.to_people if assessment else [],
        "evidence": [[link.evidence.key, link.stance] for link in links.select_related("evidence")],
        "contradicts": sorted(pair.second.key if pair.first_id == claim.pk else pair.first.key for pair in pairs),
    }


def seal(claim: Claim) -> str:
    """Store and return the digest of what a reviewer is now shown."""
    claim.shown_digest = digest(shown(claim))
    claim.save(update_fields=["shown_digest"])
    return claim.shown_digest
