"""Stage extract: let the role propose claims, and keep those that rest on evidence of this task."""

from __future__ import annotations

from collections.abc import Sequence

from research.engine.domain.claims import ClaimDraft
from research.engine.domain.evidence import EvidenceItem
from research.engine.domain.plans import PlanTask
from research.engine.ports import ResearchModel, RunBrief


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
