"""Draft a section by arranging accepted claims: who says it, in their words; what disagrees; what was not found."""

from __future__ import annotations

import re

from research.engine.domain.documents import AcceptedClaim, Gap, SectionDraft, Sentence
from research.engine.ports import SectionBundle

_FIRST_PERSON = re.compile(r"\b(?:we|our|us|ours)\b", re.IGNORECASE)
_DISAGREE = "The sources disagree on this; both statements are given."


def draft(*, section: SectionBundle) -> SectionDraft:
    """Return the section: claims task by task, the surest first; contradicting claims side by side; then the gaps."""
    sentences: list[Sentence] = []
    for group in _ordered(section.claims):
        if len(group) > 1:
            sentences.append(Sentence(text=_DISAGREE, claims=tuple(c.revision_id for c in group), kind="heading"))
        sentences.extend(Sentence(text=_said(claim), claims=(claim.revision_id,)) for claim in group)
    sentences.extend(_gap(gap) for gap in section.brief.gaps)
    brief = section.brief
    return SectionDraft(key=brief.key, title=brief.title, regulatory=brief.regulatory, sentences=tuple(sentences))


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


def _said(claim: AcceptedClaim) -> str:
    """Return the claim's words; first-person words of a known publisher say whose they are."""
    publisher = claim.evidence[0].source.publisher if claim.evidence else None
    if not publisher or any(char.isdigit() for char in publisher) or not _FIRST_PERSON.search(claim.text):
        return claim.text
    return f"{publisher} states: “{claim.text}”"


def _gap(gap: Gap) -> Sentence:
    label = {"estimated": "Estimated only", "insufficient_data": "Insufficient data"}.get(gap.outcome, "Not answered")
    searched = f" Searched for: {'; '.join(gap.searches)}." if gap.searches else ""
    reason = gap.reason if gap.reason.endswith(".") else f"{gap.reason}."
    return Sentence(text=f"{label}: {gap.question} {reason}{searched}", kind="gap")
