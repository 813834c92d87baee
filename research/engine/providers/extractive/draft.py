"""Draft a section by arranging accepted claims: who says it, in their words; what disagrees; what was not found."""

from __future__ import annotations

from collections.abc import Sequence

from research.engine.document import market, tables
from research.engine.domain.documents import AcceptedClaim, Gap, SectionDraft, Sentence
from research.engine.domain.errors import InvalidInput
from research.engine.ports import SectionBundle

# Of a section that its tables show whole, so many claims are said as well: a table alone is hard to read aloud.
_AT_LEAST = 3
_NO_MODEL = "Insufficient data: the market size cannot be computed from the claims that were accepted."
_DISAGREE = "The sources disagree on this; both statements are given."


def draft(*, section: SectionBundle) -> SectionDraft:
    """Return the section: its tables, and in sentences what they do not show, then the gaps.

    A market size is drawn from the claims of that role. Claims stand task by task, the surest first, contradicting
    ones side by side. A section whose tables show all it has still says its first claims in sentences.
    """
    made = tables.tables_of(section.claims)
    sentences: list[Sentence] = []
    model = None
    try:
        model = market.model_of(section.claims)
    except InvalidInput:
        # Its claims stand as sentences then; which of them does not fit is said where the claim is looked at.
        sentences.append(Sentence(text=_NO_MODEL, kind="gap"))
    sized = {node.claim for node in model.nodes} if model else set()
    told = tuple(claim for claim in section.claims if claim.revision_id not in sized)
    for group in _told(_ordered(told), tables.shown_in(made)):
        if len(group) > 1:
            sentences.append(Sentence(text=_DISAGREE, claims=tuple(c.revision_id for c in group), kind="heading"))
        sentences.extend(Sentence(text=tables.said(claim), claims=(claim.revision_id,)) for claim in group)
    sentences.extend(_gap(gap) for gap in section.brief.gaps)
    brief = section.brief
    return SectionDraft(
        key=brief.key,
        title=brief.title,
        regulatory=brief.regulatory,
        sentences=tuple(sentences),
        tables=made,
        model=model,
    )


def _told(groups: Sequence[list[AcceptedClaim]], shown: frozenset[int]) -> Sequence[list[AcceptedClaim]]:
    """Return the groups to say in sentences: what no table shows and what disagrees, else the first stated ones."""
    left = [group for group in groups if len(group) > 1 or group[0].revision_id not in shown]
    return left or [group for group in groups if group[0].kind == "stated"][:_AT_LEAST]


def _ordered(claims: tuple[AcceptedClaim, ...]) -> list[list[AcceptedClaim]]:
    """Return the claims in reading order, each with those that contradict it.

    Tasks keep the order in which they first come; within one, relevance of the evidence, then confidence, then id.
    """
    task_order = {key: place for place, key in enumerate(dict.fromkeys(claim.task_key for claim in claims))}

    def rank(claim: AcceptedClaim) -> tuple[int, int, int, int]:
        relevance = max((item.relevance for item in claim.evidence), default=0)
        return (task_order[claim.task_key], -relevance, -(claim.confidence or 0), claim.revision_id)

    left = {claim.key: claim for claim in sorted(claims, key=rank)}
    groups: list[list[AcceptedClaim]] = []
    while left:
        first = left.pop(next(iter(left)))
        against = [
            left.pop(key) for key in list(left) if key in first.contradicts or first.key in left[key].contradicts
        ]
        groups.append([first, *against])
    return groups


def _gap(gap: Gap) -> Sentence:
    label = {"estimated": "Estimated only", "insufficient_data": "Insufficient data"}.get(gap.outcome, "Not answered")
    searched = f" Searched for: {'; '.join(gap.searches)}." if gap.searches else ""
    reason = gap.reason if gap.reason.endswith(".") else f"{gap.reason}."
    return Sentence(text=f"{label}: {gap.question} {reason}{searched}", kind="gap")
