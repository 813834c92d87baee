"""Claims that say the same in nearly the same words are one; the first is kept and gets the evidence of all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence

from research.engine.domain.claims import ClaimInHand
from research.engine.domain.evidence import EvidenceItem

from . import opposites, shingles
from .numerals import figures
from .words import fold, names

_MERGED = ("stated", "computed")


def find(claims: Sequence[ClaimInHand]) -> dict[str, str]:
    """Return key → key of the claim it merges into, for the claims that merge; the earlier of `claims` is kept.

    Merged are claims of the same kind, section and role with the same figures, names and polarity whose shingles are
    alike (`shingles.NEAR_DUPLICATE`): one changed digit, name or "not" is another claim. What is inferred or assumed
    is never merged: its words are a rule's, alike by design, and its premises are its own.
    """
    merged: dict[str, str] = {}
    buckets: dict[Hashable, list[ClaimInHand]] = defaultdict(list)
    for claim in claims:
        if claim.draft.kind in _MERGED:
            buckets[_signature(claim)].append(claim)
    for bucket in buckets.values():
        pairs = shingles.similar_pairs([shingles.shingles(fold(claim.draft.text)) for claim in bucket])
        for place, root in enumerate(shingles.groups(len(bucket), pairs)):
            if root != place and bucket[place].key != bucket[root].key:
                merged[bucket[place].key] = bucket[root].key
    return merged


def with_evidence_of(kept: ClaimInHand, merged: Sequence[ClaimInHand]) -> ClaimInHand:
    """Return `kept` with the evidence of the claims merged into it after its own, each quote once."""
    found: dict[str, EvidenceItem] = {}
    for claim in (kept, *merged):
        for item in claim.evidence:
            found.setdefault(f"{item.source.id} {item.quote.key()}", item)
    return kept.model_copy(update={"evidence": tuple(found.values())})


def _signature(claim: ClaimInHand) -> Hashable:
    text = fold(claim.draft.text)
    said = tuple(sorted((f.amount, f.unit or "", f.currency or "", f.label or "") for f in figures(text)))
    return (
        claim.draft.kind,
        claim.draft.section,
        claim.draft.role,
        # Two sizes of a market may have one figure and nearly one sentence, and still be two.
        claim.draft.attributes.get("node"),
        claim.draft.attributes.get("approach"),
        claim.competitor,
        claim.regulatory,
        said,
        names(text),
        opposites.polarity(text),
    )
