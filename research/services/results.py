"""Write what a step found, in the transaction that marks the step done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from research.adapters import bulk, engines
from research.engine.domain.canonical import digest
from research.engine.domain.claims import ClaimDraft, Verification, open_question
from research.engine.domain.documents import SectionDraft
from research.engine.domain.evidence import Investigation
from research.engine.domain.plans import Plan as PlanValue
from research.engine.domain.states import ClaimStatus, TaskOutcome
from research.models import Claim, ClaimEvidence, Contradiction, Evidence, Plan, Run, Step, Task, User

from . import claims, composing, recording


def save_plan(*, run: Run, plan: PlanValue, author: User | None, comment: str, now: dt.datetime) -> Plan:
    """Write the next revision of the run's plan with its task rows, and its event."""
    newest = Plan.objects.filter(run=run).order_by("-revision").first()
    Plan.objects.filter(run=run, voided_at__isnull=True).update(voided_at=now)
    row = Plan.objects.create(
        run=run,
        revision=newest.revision + 1 if newest else 1,
        body=plan.model_dump(mode="json"),
        digest=plan.digest(),
        author=author,
        comment=comment,
        estimate=_estimate(run, plan, now=now),
        created_at=now,
    )
    Task.objects.bulk_create(
        [
            Task(
                plan=row,
                position=position,
                key=task.key,
                question=task.question,
                section=task.section,
                tools=list(task.tools),
                critical=task.critical,
                depends_on=list(task.depends_on),
                layer=task.layer,
                queries=list(task.queries),
                subject=task.subject,
            )
            for position, task in enumerate(plan.tasks, start=1)
        ]
    )
    recording.append(
        run_id=run.pk,
        kind="plan.revised",
        actor=str(author.actor_id) if author else recording.ENGINE,
        data={"revision": row.revision, "digest": row.digest, "tasks": len(plan.tasks)},
        now=now,
    )
    return row


def _estimate(run: Run, plan: PlanValue, *, now: dt.datetime) -> dict[str, Any]:
    usages = engines.estimate_of(plan, engine=run.engine, at=now)
    return {key: usage.model_dump(mode="json") for key, usage in usages.items()}


class Found(NamedTuple):
    """What an investigation of a task found."""

    run_id: UUID
    task: Task
    found: Investigation
    now: dt.datetime


def save_investigations(several: Sequence[Found], writes: bulk.Writes) -> None:
    """Add to what is written the evidence rows (each once a task) and the tasks' outcomes with their searches."""
    writes.insert(
        [
            Evidence(
                run_id=one.run_id,
                task_key=one.task.key,
                extracted_text_id=finding.quote.extracted_text_id,
                key=finding.quote.key(),
                page=finding.quote.page,
                start=finding.quote.start,
                end=finding.quote.end,
                exact=finding.quote.exact,
                prefix=finding.quote.prefix,
                suffix=finding.quote.suffix,
                call_key=finding.call_key,
                relevance=finding.relevance,
                created_at=one.now,
            )
            for one in several
            for finding in one.found.findings
        ],
        ignore_conflicts=True,
    )
    writes.change(
        Task,
        [
            (
                one.task.pk,
                {
                    "outcome": one.found.outcome,
                    "reason": one.found.reason,
                    "searches": [search.model_dump(mode="json") for search in one.found.searches],
                },
            )
            for one in several
        ],
    )


def save_claims(*, run: Run, task: Task, drafts: Sequence[ClaimDraft], now: dt.datetime) -> None:
    """Write the proposed claims of one task and their event.

    A critical task that found nothing proposes that its question stays open: nobody passes over it unseen.
    """
    if task.critical and task.outcome == TaskOutcome.INSUFFICIENT and not drafts:
        drafts = [
            open_question(task_key=task.key, section=task.section, question=task.question, searched=bool(task.searches))
        ]
    made = claims.propose(run=run, drafts=drafts, now=now)
    recording.append(
        run_id=run.pk,
        kind="claims.proposed",
        actor=recording.ENGINE,
        data={"task": task.key, "claims": [claim.key for claim in made]},
        now=now,
    )


def save_verification(*, run: Run, step: Step, verification: Verification, now: dt.datetime) -> None:
    """Write merges, assessments and contradictions, then seal what reviewers will be shown."""
    by_key = {claim.key: claim for claim in Claim.objects.filter(run=run).select_related("current")}
    _merge(verification, by_key, now=now)
    for assessed in verification.assessments:
        if not assessed.merged_into:
            claims.assess(claim=by_key[assessed.key], assessed=assessed, step=step, now=now)
    for pair in verification.contradictions:
        first, second = sorted((by_key[pair.first], by_key[pair.second]), key=lambda claim: claim.pk)
        Contradiction.objects.get_or_create(first=first, second=second, defaults={"reason": pair.reason})
    sealed = {
        assessed.key: claims.seal(by_key[assessed.key])
        for assessed in verification.assessments
        if not assessed.merged_into
    }
    recording.append(
        run_id=run.pk,
        kind="claims.verified",
        actor=recording.ENGINE,
        data={"digest": digest(sealed), "claims": len(sealed)},
        now=now,
    )


def _merge(verification: Verification, by_key: dict[str, Claim], *, now: dt.datetime) -> None:
    """Let one claim stand for several that say the same: its next revision has the evidence of all."""
    groups: dict[str, list[Claim]] = {}
    for assessed in verification.assessments:
        if assessed.merged_into:
            groups.setdefault(assessed.merged_into, []).append(by_key[assessed.key])
    for key, merged in groups.items():
        into = by_key[key]
        current = [claim.current_id for claim in (into, *merged)]
        links = ClaimEvidence.objects.filter(revision_id__in=current).order_by("evidence_id")
        # Several tasks may have pinned the very same words; the claim needs them once.
        once: dict[str, int] = {}
        for quote, pk in links.values_list("evidence__key", "evidence_id"):
            once.setdefault(quote, pk)
        if into.current is not None:
            draft = _described(claims.draft_of(into, into.current, sorted(once.values())), merged)
            claims.add_revision(claim=into, draft=draft, author=None, comment="merged", now=now)
        for claim in merged:
            claim.status = ClaimStatus.MERGED
            claim.merged_into = into
            claim.save(update_fields=["status", "merged_into"])
    _lead_on({assessed.key: assessed.merged_into for assessed in verification.assessments}, by_key, now=now)


def _described(draft: ClaimDraft, merged: Sequence[Claim]) -> ClaimDraft:
    """Return the draft with the role of the first merged claim that has one, where it has none itself."""
    rows = [claim.current for claim in merged if claim.current is not None and claim.current.role != "fact"]
    if draft.role != "fact" or not rows:
        return draft
    return draft.model_copy(update={"role": rows[0].role, "attributes": rows[0].attributes})


def _lead_on(into: dict[str, str | None], by_key: dict[str, Claim], *, now: dt.datetime) -> None:
    """Let what rests on a merged claim rest on the one it merged into: premises and the names of a formula."""
    for claim in by_key.values():
        revision = claim.current
        if revision is None or claim.status == ClaimStatus.MERGED or not any(map(into.get, revision.premise_keys)):
            continue
        items = claims.supports_of([revision.pk]).get(revision.pk, [])
        draft = claims.draft_of(claim, revision, [item.id for item in items])
        premises = tuple(dict.fromkeys(into.get(key) or key for key in draft.premise_keys))
        formula = draft.formula
        if formula is not None:
            names = {name: into.get(key) or key for name, key in formula.names.items()}
            formula = formula.model_copy(update={"names": names})
        draft = draft.model_copy(update={"premise_keys": premises, "formula": formula})
        claims.add_revision(claim=claim, draft=draft, author=None, comment="premises merged", now=now)


def save_section(*, run: Run, draft: SectionDraft, now: dt.datetime) -> None:
    """Write the next revision of a section as the engine drafted it, and its event."""
    row = composing.save_section(run=run, draft=draft, author=None, comment="", now=now)
    recording.append(
        run_id=run.pk,
        kind="section.drafted",
        actor=recording.ENGINE,
        data={"section": row.key, "revision": row.revision, "digest": row.digest},
        now=now,
    )


def output_of(value: Any) -> dict[str, Any]:
    """Return a stage's result as the JSON kept on its step."""
    if isinstance(value, tuple | list):
        return {"items": [item.model_dump(mode="json") for item in value]}
    return dict(value.model_dump(mode="json"))
