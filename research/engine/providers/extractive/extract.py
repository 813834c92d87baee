"""Propose claims from pinned evidence: the words themselves, white space folded, and the value they hold."""

from __future__ import annotations

from collections.abc import Sequence

from research.engine.domain.claims import MAX_CLAIM_CHARS, ClaimDraft
from research.engine.domain.evidence import EvidenceItem
from research.engine.domain.plans import PlanTask
from research.engine.ports import RunBrief

from .sentences import goes_on_from
from .values import typed_value
from .words import fold, same_statement

# What people must read for one task. More evidence than this stays evidence.
MAX_CLAIMS = 5


def extract(*, brief: RunBrief, task: PlanTask, evidence: Sequence[EvidenceItem]) -> tuple[ClaimDraft, ...]:
    """Return at most 5 claims, the most relevant first; evidence that says the same supports the same claim.

    Evidence that its prefix shows to be the end of a longer sentence (a page's first line) gives no claim.
    """
    groups: list[list[EvidenceItem]] = []
    whole = (each for each in evidence if not goes_on_from(each.quote.prefix))
    for item in sorted(whole, key=lambda each: (-each.relevance, each.id)):
        words = fold(item.quote.exact)
        same = next((g for g in groups if same_statement(fold(g[0].quote.exact), words)), None)
        if same is not None:
            same.append(item)
        elif len(words) <= MAX_CLAIM_CHARS:
            groups.append([item])
    return tuple(_claim(brief, task, group) for group in groups[:MAX_CLAIMS])


def _claim(brief: RunBrief, task: PlanTask, group: list[EvidenceItem]) -> ClaimDraft:
    best = group[0]
    text = fold(best.quote.exact)
    return ClaimDraft(
        task_key=task.key,
        section=task.section,
        text=text,
        value=typed_value(text, vertical=brief.vertical, publisher=best.source.publisher, context=best.quote.prefix),
        evidence_ids=tuple(item.id for item in group),
    )
