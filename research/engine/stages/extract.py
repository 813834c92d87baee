"""Stage extract: let the role propose claims, and keep those that rest on evidence of this task."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from research.engine.domain.claims import ClaimDraft
from research.engine.domain.documents import AcceptedClaim
from research.engine.domain.evidence import EvidenceItem
from research.engine.domain.plans import PlanTask
from research.engine.ports import Observer, ResearchModel, RunBrief


async def extract(
    model: ResearchModel, brief: RunBrief, task: PlanTask, evidence: Sequence[EvidenceItem]
) -> tuple[ClaimDraft, ...]:
    """Return the claims proposed from `evidence`, in the order proposed, each statement once.

    Left out: a claim that cites evidence it was not given, a stated claim that cites none, and one filed under another
    task or section. The same statement proposed twice keeps the evidence of both.
    """
    if not evidence:
        return ()
    known = {item.id for item in evidence}
    kept: dict[str, ClaimDraft] = {}
    for draft in await model.extract(brief, task, evidence):
        cites_unknown = any(each not in known for each in draft.evidence_ids)
        cites_nothing = draft.kind == "stated" and not draft.evidence_ids
        misfiled = draft.task_key != task.key or draft.section != task.section
        if cites_unknown or cites_nothing or misfiled:
            continue
        first = kept.get(draft.key(), draft)
        together = tuple(dict.fromkeys((*first.evidence_ids, *draft.evidence_ids)))
        kept[draft.key()] = first.model_copy(update={"evidence_ids": together})
    return tuple(kept.values())


async def conclude(
    model: ResearchModel,
    brief: RunBrief,
    task: PlanTask,
    premises: Sequence[AcceptedClaim],
    *,
    observer: Observer | None = None,
) -> tuple[ClaimDraft, ...]:
    """Return what the role concludes from `premises`, claims of the tasks it depends on; () without premises.

    Left out, each with a note `conclusion.dropped`: a claim that says it is stated (who concludes states nothing), one
    that rests on a claim that neither was given nor is proposed with it, one that infers from nothing, and one filed
    under another task or section.
    """
    if not premises:
        return ()
    proposed = await model.synthesise(brief, task, premises)
    known = {claim.key for claim in premises} | {draft.key() for draft in proposed}
    evidence = {item.id for claim in premises for item in claim.evidence}
    kept = []
    for draft in proposed:
        why = _unfounded(draft, task, known, evidence)
        if not why:
            kept.append(draft)
        elif observer is not None:
            observer.note("conclusion.dropped", task=task.key, reason=why, claim=draft.text)
    return tuple(kept)


def _unfounded(draft: ClaimDraft, task: PlanTask, known: Collection[str], evidence: Collection[int]) -> str:
    """Return why a conclusion may not be proposed, "" when it may."""
    named = draft.formula.names.values() if draft.formula else ()
    if draft.kind == "stated" and not set(draft.evidence_ids) <= set(evidence):
        return "it states something without a source among those of its premises"
    if any(key not in known for key in (*draft.premise_keys, *named)):
        return "it rests on a claim that was not given"
    if draft.kind == "inferred" and not draft.premise_keys:
        return "it infers from nothing"
    if draft.task_key != task.key or draft.section != task.section:
        return "it is filed under another task or section"
    return ""
