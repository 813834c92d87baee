"""Verify the claims of a run: merge what says the same, link what disagrees, score each, say what needs people."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from research.engine.domain.claims import (
    PASSING_CONFIDENCE,
    Assessment,
    ClaimInHand,
    Contradiction,
    Opinion,
    Part,
    Verification,
    passes,
)
from research.engine.domain.errors import InvalidInput
from research.engine.ports import CompanyRegister

from . import (
    companies,
    computed,
    confidence,
    contradictions,
    duplicates,
    figures,
    independence,
    quotes,
    relevance,
    resting,
    support,
    timeliness,
)
from .words import excerpt

_ALWAYS_PEOPLE = ("inferred", "assumption")


def verify(
    claims: Sequence[ClaimInHand],
    *,
    as_of: dt.date | None = None,
    register: CompanyRegister | None = None,
    opinions: Mapping[str, Opinion] = MappingProxyType({}),
) -> Verification:
    """Assess all claims of a run together.

    as_of: the day by which law must still be in effect, None for any. register: where companies are listed, or None.
    opinions: what a judge says of claims, by their keys; a claim without one is assessed as if there were no judge.
    The result does not depend on the order of `claims`: the one with the lowest evidence id comes first (ties by key)
    and is the one others merge into. Assessments are in that order, one a key. A merged claim keeps the score of its
    own evidence, has nothing for people, and its evidence counts for the claim it merged into.
    Raises `InvalidInput` when two different claims have the same key.
    """
    row = _in_order(claims)
    merged = duplicates.find(row)
    joined: dict[str, list[ClaimInHand]] = defaultdict(list)
    for claim in row:
        if claim.key in merged:
            joined[merged[claim.key]].append(claim)
    kept = [duplicates.with_evidence_of(claim, joined[claim.key]) for claim in row if claim.key not in merged]
    against = contradictions.find(kept)
    reasons = _against(against, {claim.key: claim.draft.text for claim in kept})
    whole = {claim.key: claim for claim in kept}
    dated = timeliness.reasons(kept, as_of=as_of)
    stale = contradictions.superseded(kept, against)
    sources = [item for claim in kept for item in claim.evidence]
    among = {each.key: each for each in row}
    own = {
        claim.key: _assess(
            whole.get(claim.key, claim),
            reasons.get(claim.key, ""),
            merged.get(claim.key),
            (*dated.get(claim.key, ()), *companies.unknown(whole.get(claim.key, claim), sources, register)),
            among=among,
            superseded=stale.get(claim.key, ""),
            opinion=opinions.get(claim.key),
        )
        for claim in row
    }
    held = tuple(resting.hold(claim, own[claim.key], among, own) for claim in row)
    return Verification(assessments=held, contradictions=against)


def assess_one(
    claim: ClaimInHand,
    others: Sequence[ClaimInHand] = (),
    *,
    as_of: dt.date | None = None,
    register: CompanyRegister | None = None,
) -> Assessment:
    """Assess one claim, as after a person's edit; `others` it may contradict or rest on. Nothing is merged."""
    everyone = [claim, *_in_order([other for other in others if other.key != claim.key])]
    against = contradictions.find(everyone)
    stale = contradictions.superseded(everyone, against)
    dated = timeliness.reasons(everyone, as_of=as_of)
    among = {each.key: each for each in everyone}
    sources = [item for each in everyone for item in each.evidence]
    below = computed.grounds(claim, among)
    # Of what it rests on, as of itself: what any of the others says against it.
    texts = {each.key: each.draft.text for each in everyone}
    reasons = _against(against, texts)
    mine = _against([row for row in against if row.first == claim.key], texts)
    own = {
        each.key: _assess(
            each,
            (mine if each is claim else reasons).get(each.key, ""),
            None,
            (*dated.get(each.key, ()), *companies.unknown(each, sources, register)),
            among=among,
            superseded=stale.get(each.key, ""),
        )
        for each in (claim, *below)
    }
    return resting.hold(claim, own[claim.key], among, own)


def parts_of(claim: ClaimInHand, among: Mapping[str, ClaimInHand] = MappingProxyType({})) -> tuple[Part, ...]:
    """Return the parts of a claim's confidence, in the order of `confidence.PARTS`. among: claims it may rest on.

    A computed claim follows from its formula instead of a quote; the evidence of what it rests on is weighed.
    """
    draft = claim.draft
    if draft.kind == "computed" and draft.formula is not None:
        below = computed.grounds(claim, among)
        evidence = computed.evidence_of(claim, below)
        part = computed.check(draft, {each.key: each.draft for each in below})
        return (
            quotes.consistent(evidence),
            part.model_copy(update={"name": support.NAME}),
            part,
            relevance.check(draft.text, claim.question, evidence),
            confidence.reliability(evidence),
            independence.check(evidence),
        )
    return (
        quotes.consistent(claim.evidence),
        support.check(draft.text, claim.evidence),
        figures.check(draft.text, draft.value, claim.evidence),
        relevance.check(draft.text, claim.question, claim.evidence),
        confidence.reliability(claim.evidence),
        independence.check(confidence.read(claim.evidence)),
    )


def _assess(
    claim: ClaimInHand,
    contradicted: str,
    merged_into: str | None,
    dated: Sequence[str] = (),
    *,
    among: Mapping[str, ClaimInHand],
    superseded: str = "",
    opinion: Opinion | None = None,
) -> Assessment:
    below = computed.grounds(claim, among)
    if claim.draft.kind in _ALWAYS_PEOPLE and (claim.draft.kind == "assumption" or not claim.evidence):
        # It rests on premises or on nobody's words: there is no quote to measure it by, its figures aside.
        own = (computed.check(claim.draft, {each.key: each.draft for each in below}),)
        people = _to_people(claim, None, _untraced(own), contradicted)
        return Assessment(
            key=claim.key, confidence=None, parts=own, merged_into=merged_into, to_people=(*people, *dated)
        )
    parts = (*parts_of(claim, among), *confidence.judged(opinion))
    independent = independence.count(confidence.read(claim.evidence))
    unread = confidence.unread(claim.evidence)
    facts = confidence.Facts(claim.competitor, independent, superseded, unread)
    value = confidence.of(parts, facts)
    held = confidence.caps(parts, facts)
    people = () if merged_into else (*_to_people(claim, value, held, contradicted), *dated)
    return Assessment(key=claim.key, confidence=value, parts=parts, merged_into=merged_into, to_people=people)


def _untraced(parts: Sequence[Part]) -> tuple[confidence.Cap, ...]:
    return tuple(confidence.Cap(0, f"a figure is not traced: {part.reason}") for part in parts if not part.score)


def _to_people(
    claim: ClaimInHand, value: int | None, held: Sequence[confidence.Cap], contradicted: str
) -> tuple[str, ...]:
    reasons = []
    if value is None:
        reasons.append("confidence is missing")
        reasons += [cap.reason for cap in held]
    elif not passes(value):
        # Three places where two would read as the passing mark itself (0.599 is not 0.60).
        shown = f"{value // 10 / 100:.2f}" if value % 10 == 0 else f"{value / 1000:.3f}"
        reasons.append(f"confidence {shown} is below {PASSING_CONFIDENCE / 1000:g}")
        reasons += [cap.reason for cap in held]
    if claim.draft.kind in _ALWAYS_PEOPLE:
        reasons.append(claim.draft.kind)
    if contradicted:
        reasons.append(contradicted)
    if claim.regulatory:
        reasons.append("regulatory section")
    if claim.estimated:
        reasons.append("a critical question, answered by an estimate only")
    return tuple(reasons)


def _against(found: Sequence[Contradiction], texts: Mapping[str, str]) -> dict[str, str]:
    """Return for each contradicted claim one reason naming the first claim against it and how many more there are."""
    other: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in found:
        other[row.first].append((row.second, row.reason))
        other[row.second].append((row.first, row.reason))
    reasons = {}
    for key, rows in other.items():
        against, why = rows[0]
        more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
        reasons[key] = f"contradicted by “{excerpt(texts[against])}”{more} ({why})"
    return reasons


def _in_order(claims: Sequence[ClaimInHand]) -> list[ClaimInHand]:
    """Return the claims in the order they were found (lowest evidence id, then key), a repeated one once."""
    by_key: dict[str, ClaimInHand] = {}
    for claim in claims:
        if by_key.setdefault(claim.key, claim) != claim:
            raise InvalidInput(
                f"Two different claims have the key '{claim.key}': give each claim once.", field="claims"
            )
    return sorted(by_key.values(), key=lambda claim: (min((i.id for i in claim.evidence), default=2**63), claim.key))
