"""Sections and the document: what there is to draft, what a section may cite, and the MRD put together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Q, Sum
from django.db.models.query import QuerySet

from research.engine.document.compose import compose as put_together
from research.engine.domain.canonical import canonical_bytes
from research.engine.domain.claims import OPEN_QUESTION, UNASKED_QUESTION, Formula, TypedValue
from research.engine.domain.documents import AcceptedClaim, SectionBrief, SectionDraft
from research.engine.domain.mrd import (
    CostsSummary,
    EvidencePlace,
    MrdFacts,
    SearchesSummary,
    SectionApproval,
)
from research.engine.domain.states import ClaimStatus, Verdict
from research.engine.domain.usage import plain_usd
from research.engine.ports import SectionBundle
from research.engine.verticals import registry
from research.models import (
    Call,
    Claim,
    Contradiction,
    Decision,
    Document,
    Evidence,
    Plan,
    Run,
    SectionRevision,
    Task,
    User,
)
from research.models.library import SourceKind
from research.models.record import SubjectKind

from . import claims as claim_rows
from . import gaps as open_gaps
from . import recording

STANDING = ("drafted", "approved")


def standing_sections(run: Run) -> list[SectionRevision]:
    """Return the section revisions that stand (drafted or approved), in the document's order."""
    return list(SectionRevision.objects.filter(run=run, status__in=STANDING).order_by("position"))


def sections_to_draft(run: Run) -> list[str]:
    """Return the keys of the vertical's sections that have no standing revision."""
    standing = {row.key for row in standing_sections(run)}
    return [section.key for section in registry.get(run.vertical).sections if section.key not in standing]


def accepted_claims(run: Run) -> list[AcceptedClaim]:
    """Return the run's accepted claims as drafting gets them, in the order they were proposed."""
    return _as_accepted(run, Claim.objects.filter(run=run, status=ClaimStatus.ACCEPTED))


def premises(run: Run, task: Task) -> list[AcceptedClaim]:
    """Return the proposed claims of the tasks that `task` depends on: what a synthesis may infer from."""
    rows = Claim.objects.filter(run=run, status=ClaimStatus.PROPOSED, task_key__in=task.depends_on)
    return _as_accepted(run, rows)


def claims_of_keys(run: Run, keys: Iterable[str]) -> list[AcceptedClaim]:
    """Return the run's claims with these keys, whatever was decided on them, in the order they were proposed."""
    return _as_accepted(run, Claim.objects.filter(run=run, key__in=set(keys)))


def _as_accepted(run: Run, chosen: QuerySet[Claim]) -> list[AcceptedClaim]:
    rows = list(chosen.select_related("current", "assessment").order_by("pk"))
    evidence = claim_rows.supports_of([row.current_id for row in rows if row.current_id])
    subjects = dict(Task.objects.filter(plan__run=run, plan__voided_at__isnull=True).values_list("key", "subject"))
    against: dict[int, list[str]] = {}
    accepted = {row.pk for row in rows}
    for pair in Contradiction.objects.filter(first__run=run).select_related("first", "second"):
        if {pair.first_id, pair.second_id} <= accepted:
            against.setdefault(pair.first_id, []).append(pair.second.key)
            against.setdefault(pair.second_id, []).append(pair.first.key)
    result = []
    for row in rows:
        revision = row.current
        if revision is None:
            continue
        result.append(
            AcceptedClaim(
                revision_id=revision.pk,
                key=row.key,
                section=row.section,
                kind=revision.kind,
                text=revision.text,
                digest=revision.digest,
                confidence=row.assessment.confidence if row.assessment else None,
                value=TypedValue.model_validate(revision.value) if revision.value else None,
                task_key=row.task_key,
                subject=subjects.get(row.task_key),
                evidence=tuple(evidence.get(revision.pk, [])),
                contradicts=tuple(sorted(against.get(row.pk, []))),
                premises=tuple(revision.premise_keys),
                role=revision.role,
                attributes=revision.attributes,
                formula=Formula.model_validate(revision.formula) if revision.formula else None,
            )
        )
    return result


def bundle(run: Run, key: str) -> SectionBundle:
    """Return what the drafting role is told of one section."""
    section = registry.get(run.vertical).section(key)
    return SectionBundle(
        brief=SectionBrief(
            key=section.key,
            title=section.title,
            purpose=section.purpose,
            regulatory=section.regulatory,
            gaps=tuple(gap for gap in open_gaps.of(run) if gap.section == key),
        ),
        # That a question stays open is told as the gap it is, with its searches, and not a second time as a claim.
        claims=tuple(
            claim
            for claim in accepted_claims(run)
            if claim.section == key and not claim.text.startswith((OPEN_QUESTION, UNASKED_QUESTION))
        ),
    )


def save_section(
    *, run: Run, draft: SectionDraft, author: User | None, comment: str, now: dt.datetime
) -> SectionRevision:
    """Write the next revision of a section; the one that stood is void from now on."""
    keys = registry.get(run.vertical).section_keys()
    newest = SectionRevision.objects.filter(run=run, key=draft.key).order_by("-revision").first()
    SectionRevision.objects.filter(run=run, key=draft.key, status__in=STANDING).update(status="void")
    return SectionRevision.objects.create(
        run=run,
        key=draft.key,
        position=keys.index(draft.key),
        title=draft.title,
        regulatory=draft.regulatory,
        revision=newest.revision + 1 if newest else 1,
        body=draft.model_dump(mode="json"),
        digest=draft.digest(),
        author=author,
        comment=comment,
        created_at=now,
    )


def compose(run: Run, *, now: dt.datetime) -> Document:
    """Put the standing sections together into the next revision of the document. Raises `InvalidInput`."""
    newest = Document.objects.filter(run=run).order_by("-revision").first()
    revision = newest.revision + 1 if newest else 1
    claims = accepted_claims(run)
    mrd = put_together(
        facts=_facts(run, revision=revision, now=now),
        sections=[SectionDraft.model_validate(row.body) for row in standing_sections(run)],
        claims=claims,
        places=_places({item.id for claim in claims for item in claim.evidence}),
        gaps=open_gaps.of(run),
    )
    body = canonical_bytes(mrd)
    Document.objects.filter(run=run, status="composed").update(status="void")
    document = Document.objects.create(
        run=run, revision=revision, body=body.decode("utf-8"), digest=mrd.digest(), created_at=now
    )
    recording.append(
        run_id=run.pk,
        kind="document.composed",
        actor=recording.ENGINE,
        data={"revision": revision, "digest": document.digest},
        now=now,
    )
    return document


def _facts(run: Run, *, revision: int, now: dt.datetime) -> MrdFacts:
    plan = Plan.objects.get(run=run, voided_at__isnull=True)
    searches = [search for task in plan.tasks.all() for search in task.searches]
    calls = Call.objects.filter(run=run).exclude(state="intent")
    totals = calls.aggregate(cost=Sum("cost_usd"), searches=Sum("searches"))
    unpriced = calls.filter(cost_usd__isnull=True, state="done").exists()
    return MrdFacts(
        run_id=str(run.pk),
        title=run.prompt[:200],
        prompt=run.prompt,
        vertical=run.vertical,
        engine=run.engine,
        jurisdictions=plan.body.get("jurisdictions", ()),
        products=plan.body.get("products", ()),
        competitors=plan.body.get("competitors", ()),
        plan_digest=plan.digest,
        as_of=now,
        is_demo=run.is_demo,
        revision=revision,
        searches=SearchesSummary(
            made=len(searches),
            without_hits=sum(1 for search in searches if not search["hits"] and not search.get("error")),
            failed=sum(1 for search in searches if search.get("error")),
        ),
        costs=CostsSummary(
            calls=calls.count(),
            searches=totals["searches"] or 0,
            cost_usd=None if unpriced else plain_usd(totals["cost"] or Decimal(0)),
        ),
        approvals=tuple(_approvals(run)),
        claim_decisions=_claim_decisions(run),
    )


def _approvals(run: Run) -> list[SectionApproval]:
    sections = {row.pk: row for row in standing_sections(run)}
    decisions = Decision.objects.filter(
        run=run, subject_kind=SubjectKind.SECTION, subject_id__in=sections, verdict=Verdict.APPROVE
    ).select_related("person")
    return [
        SectionApproval(
            decision_id=str(row.pk),
            actor=str(row.person.actor_id),
            role="regulatory reviewer",
            section=sections[row.subject_id].key,
            digest=row.subject_digest,
        )
        for row in decisions.order_by("pk")
    ]


def _claim_decisions(run: Run) -> dict[int, tuple[str, ...]]:
    accepted = dict(
        Claim.objects.filter(run=run, status=ClaimStatus.ACCEPTED, decided_by_rule=False).values_list(
            "pk", "current_id"
        )
    )
    found: dict[int, tuple[str, ...]] = {}
    decisions = Decision.objects.filter(
        Q(verdict=Verdict.APPROVE), run=run, subject_kind=SubjectKind.CLAIM, subject_id__in=accepted
    )
    for row in decisions.order_by("pk"):
        revision_id = accepted[row.subject_id]
        if revision_id is not None:
            found[revision_id] = (*found.get(revision_id, ()), str(row.pk))
    return found


def _places(evidence_ids: set[int]) -> dict[int, EvidencePlace]:
    rows = Evidence.objects.filter(pk__in=evidence_ids).select_related(claim_rows.EVIDENCE_SOURCE)
    places = {}
    for row in rows.defer("extracted_text__text", "extracted_text__page_starts"):
        snapshot = row.extracted_text.snapshot
        # An upload's moment says when it was added, which is no date of access.
        uploaded = snapshot.source.kind == SourceKind.UPLOAD
        places[row.pk] = EvidencePlace(
            snapshot_sha256=snapshot.sha256,
            extracted_text_sha256=row.extracted_text.sha256,
            url=snapshot.source.uri if snapshot.source.uri.startswith("http") else None,
            call_key=row.call_key,
            retrieved_at=None if uploaded else snapshot.captured_at,
        )
    return places
