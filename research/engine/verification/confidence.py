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

from research.engine.domain.claims import PASSING_CONFIDENCE, Opinion, Part, confidence_in_thousandths
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


# What a judge's opinion weighs, in thousandths, where there is one. It can only lower: the model that gives it has read
# fetched text, and nothing a page says may lift a claim over the mark (DESIGN §5).
JUDGE_WEIGHT = 150
JUDGE = "judge"
# An opinion under this says that the quotes do not bear the claim out.
JUDGE_DOUBTS = 300


class Facts(NamedTuple):
    """What caps depend on besides the parts.

    independent: number of independent sources; a competitor claim needs `COMPETITOR_SOURCES`. superseded: why a newer
    source's figure wins over this one (`contradictions.superseded`), "" when none does. unread: all that stands behind
    it are search engines' excerpts of pages nobody here has read.
    """

    competitor: bool = False
    independent: int = 0
    superseded: str = ""
    unread: bool = False


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


def caps(parts: Sequence[Part], facts: Facts) -> tuple[Cap, ...]:
    """Return the caps that hold for these parts, lowest first."""
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
    if score.get(JUDGE, whole) < JUDGE_DOUBTS:
        found.append(Cap(JUST_UNDER, "the judge doubts that its quotes bear it out"))
    if facts.unread:
        found.append(Cap(JUST_UNDER, "unverified: only a search engine's excerpt of a page that could not be read"))
    if facts.superseded:
        found.append(Cap(JUST_UNDER, facts.superseded))
    if facts.competitor and facts.independent < COMPETITOR_SOURCES:
        sources = "source" if facts.independent == 1 else "sources"
        found.append(Cap(JUST_UNDER, f"a competitor claim with {facts.independent} independent {sources}"))
    return tuple(sorted(found))


def of(parts: Sequence[Part], facts: Facts) -> int | None:
    """Return the confidence of a claim with these parts, in thousandths; None when a part is missing.

    A judge's part, where there is one, counts `JUDGE_WEIGHT` of 1000, and never lifts what the other parts give.
    """
    if not set(PARTS) <= {part.name for part in parts}:
        return None
    value = combine({part.name: Decimal(part.score) / 1000 for part in parts if part.name != JUDGE})
    if value is None:
        return None
    opinions = [part.score for part in parts if part.name == JUDGE]
    lowered = [(value * (1000 - JUDGE_WEIGHT) + score * JUDGE_WEIGHT) // 1000 for score in opinions]
    return min([value, *lowered, *(cap.limit for cap in caps(parts, facts))])


def judged(opinion: Opinion | None) -> tuple[Part, ...]:
    """Return a judge's opinion as a part of confidence, () where there is none."""
    return (Part(name=JUDGE, score=opinion.score, reason=opinion.reason),) if opinion is not None else ()


def unread(evidence: Sequence[EvidenceItem]) -> bool:
    """Tell whether all that stands behind a claim are excerpts of pages nobody here has read (`lead` sources)."""
    return bool(evidence) and all(item.source.kind == "lead" for item in evidence)


def read(evidence: Sequence[EvidenceItem]) -> Sequence[EvidenceItem]:
    """Return the evidence that was read at its source; all of it where none was. Leads are no voices of their own."""
    return [item for item in evidence if item.source.kind != "lead"] or evidence


def reliability(evidence: Sequence[EvidenceItem]) -> Part:
    """Score the most reliable source behind the claim, 0…1000: a weak second voice does not weaken a strong one."""
    if not evidence:
        return Part(name="reliability", score=0, reason="no source stands behind the claim")
    best = max(evidence, key=lambda item: (item.source.reliability, -item.source.id)).source
    return Part(name="reliability", score=best.reliability, reason=f"best source: {best.publisher or best.title}")
