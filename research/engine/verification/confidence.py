"""Confidence: a weighted mean of parts, then caps. Computed here, never by a model, in whole thousandths.

The weights are a judgement, not a fit: nothing was tuned on data. What the two groups must give decided them:

- *faithful* (300): support and figures. Being true to the quote is a condition, not a merit, so most of its force is
  in the caps below; a perfect copy of a worthless page must not reach the passing mark by being a perfect copy.
- *worth believing* (450): reliability of the source and independence of sources.
- *worth having* (250): the claim answers its task's question.

So a verbatim, relevant claim (700) from one attributed source of reliability 0.8 gets
200 + 100 + 175 + 160 + 150 = 785 and passes; the same from one unattributed upload (reliability 0.6) with weak
relevance (350) gets 200 + 100 + 87 + 120 + 75 = 582 and goes to people.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from research.engine.domain.claims import PASSING_CONFIDENCE, Part, confidence_in_thousandths
from research.engine.domain.errors import InvalidInput
from research.engine.domain.evidence import EvidenceItem

from . import relevance

# Thousandths; they add up to 1000. `quotes` has no weight: it is right, or the claim is worth nothing (a cap).
WEIGHTS: Mapping[str, int] = MappingProxyType(
    {"support": 200, "figures": 100, "relevance": 250, "reliability": 200, "independence": 250}
)
PARTS = ("quotes", *WEIGHTS)

# Below these a claim cannot pass, however good the rest (DESIGN §5). All lie under PASSING_CONFIDENCE.
JUST_UNDER = PASSING_CONFIDENCE - 1
CAP_QUOTE_FAILED = 199
CAP_FIGURE_UNTRACED = 499
CAP_UNSUPPORTED = 499
# A claim of whose content words fewer than three in five stand in its quotes does not follow from them.
SUPPORTED = 600
COMPETITOR_SOURCES = 2


class Cap(NamedTuple):
    """The highest confidence a claim may get, in thousandths, and why."""

    limit: int
    reason: str


def combine(scores: Mapping[str, float | Decimal | None]) -> int | None:
    """Return the weighted mean of the scores (each 0…1) in thousandths, rounded down.

    None when a weighted part is missing, None or NaN: what is not known is for people. Raises `InvalidInput` for a
    score outside 0…1.
    """
    for name, score in scores.items():
        if score is not None and not math.isnan(score) and not 0 <= score <= 1:
            raise InvalidInput(f"The part '{name}' is {score}, outside 0…1: give a share.", field=name)
    total = Decimal(0)
    for name, weight in WEIGHTS.items():
        score = scores.get(name)
        if score is None or math.isnan(score):
            return None
        total += Decimal(str(score)) * weight / 1000
    return confidence_in_thousandths(total)


def caps(parts: Sequence[Part], *, competitor: bool, independent: int, superseded: str = "") -> tuple[Cap, ...]:
    """Return the caps that hold for these parts, lowest first.

    independent: number of independent sources; a competitor claim needs `COMPETITOR_SOURCES`. superseded: why a newer
    source's figure wins over this one (`contradictions.superseded`), "" when none does.
    """
    score = {part.name: part.score for part in parts}
    whole = 1000
    found = []
    if score.get("quotes", 0) < whole:
        found.append(Cap(CAP_QUOTE_FAILED, "a quote failed its check"))
    if score.get("figures", 0) < whole:
        found.append(Cap(CAP_FIGURE_UNTRACED, "a figure is not traced"))
    if score.get("support", 0) < SUPPORTED:
        found.append(Cap(CAP_UNSUPPORTED, "the claim does not follow from its quotes"))
    if score.get("relevance", 0) < relevance.FLOOR:
        found.append(Cap(JUST_UNDER, "the claim does not answer its task's question"))
    if superseded:
        found.append(Cap(JUST_UNDER, superseded))
    if competitor and independent < COMPETITOR_SOURCES:
        found.append(
            Cap(
                JUST_UNDER, f"a competitor claim with {independent} independent source{'' if independent == 1 else 's'}"
            )
        )
    return tuple(sorted(found))


def of(parts: Sequence[Part], *, competitor: bool, independent: int, superseded: str = "") -> int | None:
    """Return the confidence of a claim with these parts, in thousandths; None when a part is missing."""
    if not set(PARTS) <= {part.name for part in parts}:
        return None
    value = combine({part.name: Decimal(part.score) / 1000 for part in parts})
    if value is None:
        return None
    held = caps(parts, competitor=competitor, independent=independent, superseded=superseded)
    return min([value, *(cap.limit for cap in held)])


def reliability(evidence: Sequence[EvidenceItem]) -> Part:
    """Score the most reliable source behind the claim, 0…1000: a weak second voice does not weaken a strong one."""
    if not evidence:
        return Part(name="reliability", score=0, reason="no source stands behind the claim")
    best = max(evidence, key=lambda item: (item.source.reliability, -item.source.id)).source
    return Part(name="reliability", score=best.reliability, reason=f"best source: {best.publisher or best.title}")
