"""Choose the executive summary: accepted claims alone, those that tell most of each leading section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from research.engine.domain.documents import AcceptedClaim, SectionDraft, Sentence
from research.engine.domain.items import APPROACHES, NODES

from .tables import by_priority, said

SUMMARY_KEY = "executive_summary"
SUMMARY_TITLE = "Executive summary"
# What fits on one page, and which sections a board asks for first where a document has more.
SUMMARY_SECTIONS = 8
_LEADING = ("market_problem", "market_size", "trends", "competitors", "pricing", "requirements", "risks")
_MUSTS, _SIZES = 3, 3
_FIRST_TOPICS = ("licence", "tax")


def summary_of(sections: Sequence[SectionDraft], claims: Mapping[int, AcceptedClaim]) -> tuple[SectionDraft, ...]:
    """Return the summary in the order of `sections`, or () when nothing is cited. claims: by revision id.

    Of a market size it says the computed sizes, of requirements the first musts, of any other section the surest claim
    it cites; no claim twice.
    """
    told = [draft for draft in sections if any(number in claims for number in draft.cited())]
    leading = sorted(told, key=lambda draft: not (draft.regulatory or draft.key in _LEADING))[:SUMMARY_SECTIONS]
    chosen: dict[int, Sentence] = {}
    for draft in sections:
        if draft in leading:
            free = [claims[number] for number in draft.cited() if number not in chosen]
            for claim in _chosen(free):
                chosen[claim.revision_id] = Sentence(text=said(claim), claims=(claim.revision_id,))
    if not chosen:
        return ()
    return (SectionDraft(key=SUMMARY_KEY, title=SUMMARY_TITLE, sentences=tuple(chosen.values())),)


def _chosen(free: Sequence[AcceptedClaim]) -> Sequence[AcceptedClaim]:
    sizes = [claim for claim in free if claim.role == "market_size" and claim.formula and _size(claim) in NODES[1:]]
    if sizes:
        sizes.sort(key=lambda claim: (_approach(claim), NODES.index(_size(claim)), claim.revision_id))
        return sizes[:_SIZES]
    musts = [claim for claim in free if claim.role == "requirement" and claim.attributes.get("moscow") == "must"]
    if musts:
        return sorted(musts, key=lambda claim: (by_priority(claim), claim.revision_id))[:_MUSTS]
    # max() keeps the first of equals: the one the section itself puts first.
    return [max(free, key=_weight)] if free else []


def _weight(claim: AcceptedClaim) -> tuple[bool, int]:
    """Return what makes a claim tell most: law that lets in or takes money before the rest, then confidence."""
    lets_in = claim.attributes.get("topic") in _FIRST_TOPICS and "pending" not in claim.attributes
    return (lets_in, -1 if claim.confidence is None else claim.confidence)


def _size(claim: AcceptedClaim) -> str:
    return claim.attributes.get("node", "")


def _approach(claim: AcceptedClaim) -> int:
    approach = claim.attributes.get("approach", "")
    return APPROACHES.index(approach) if approach in APPROACHES else len(APPROACHES)
