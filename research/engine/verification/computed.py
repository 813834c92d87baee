"""Computed claims and assumptions: the figure is exactly what the formula gives, the words say no other figure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from research.engine.domain import formulas
from research.engine.domain.claims import ClaimDraft, ClaimInHand, Part, TypedValue
from research.engine.domain.errors import InvalidInput
from research.engine.domain.evidence import EvidenceItem

from .numerals import Figure, figures, same_currency
from .words import fold

NAME = "figures"
_WRITTEN = ("inferred", "assumption")
_MEASURES = ("second", "minute", "hour", "day", "week", "month", "quarter", "year", "share", "point", "ton", "mile")
# "at least one", "one in three": there the word counts.
_COUNTS_BEFORE = re.compile(r"\b(?:than|least|most|only|exactly|every|or|to|and|of)\s*\Z", re.IGNORECASE)
_NOUN_AFTER = re.compile(r"\s+(?!(?:in|out|of|to|or|and|per|half|third|quarter|fifth|tenth)\b)[^\W\d_]+", re.IGNORECASE)
_RATES = ("percent", "percentage point", "basis point")


def check(draft: ClaimDraft, premises: Mapping[str, ClaimDraft]) -> Part:
    """Score a computed claim or an assumption: 1000, or 0 and why.

    premises: drafts by claim key, of those `draft` rests on. Of a claim with a formula the typed value must be what
    the formula gives for its premises' values, difference 0. Of both kinds every figure in the words must be one of
    the value, its range, its period, the formula or a premise; one told with "about" may be rounded. "One" before a
    noun ("one app") is no figure in what is inferred or assumed.
    """
    if draft.formula is not None:
        missing = [key for key in draft.formula.names.values() if key not in premises]
        if missing:
            return _wrong("a premise of the formula is not among the claims that stand")
        values = {name: premises[key].value for name, key in draft.formula.names.items()}
        try:
            given = formulas.evaluate(draft.formula, {name: v for name, v in values.items() if v is not None})
            differs = formulas.difference(draft.value, given)
        except InvalidInput as error:
            return _wrong(f"it cannot be computed: {error.detail.rstrip('.')}")
        if differs:
            return _wrong(f"it is not what its formula gives: {differs}")
    told = [*_told(draft), *(each for key in draft.premise_keys if key in premises for each in _told(premises[key]))]
    words = [premises[key].text for key in draft.premise_keys if key in premises]
    beside = [figure for text in words for figure in figures(fold(text))]
    for figure in figures(fold(draft.text)):
        if draft.kind in _WRITTEN and _is_article(figure, fold(draft.text)):
            continue
        # "USD 456,250 to USD 1.83 million": the left end has the right one's scale, or it is written in full.
        read = (figure, *figures(figure.text))
        if not any(_is(f, each) for f in read for each in told) and not any(_same(figure, other) for other in beside):
            return _wrong(f"the figure “{figure.text}” is neither its value nor a premise's")
    if draft.formula is None:
        return Part(name=NAME, score=1000, reason="every figure is its own value's or a premise's")
    return Part(name=NAME, score=1000, reason=f"recomputed from {len(draft.formula.names)} premises, difference 0")


def grounds(claim: ClaimInHand, claims: Mapping[str, ClaimInHand]) -> tuple[ClaimInHand, ...]:
    """Return the claims that `claim` rests on, directly or through others, each once, nearest first."""
    found: dict[str, ClaimInHand] = {}
    waiting = [*claim.draft.premise_keys]
    while waiting:
        key = waiting.pop(0)
        if key in claims and key not in found and key != claim.key:
            found[key] = claims[key]
            waiting += claims[key].draft.premise_keys
    return tuple(found.values())


def evidence_of(claim: ClaimInHand, below: tuple[ClaimInHand, ...]) -> tuple[EvidenceItem, ...]:
    """Return the claim's own evidence and that of what it rests on, each item once."""
    items = (item for each in (claim, *below) for item in each.evidence)
    return tuple({item.id: item for item in items}.values())


def _told(draft: ClaimDraft) -> Iterator[tuple[Decimal, TypedValue]]:
    """Yield the amounts that a claim's value has: figure, low and high."""
    value = draft.value
    if value is not None:
        for end in (value.number, value.low, value.high):
            if end is not None:
                yield end * value.scale, value


def _is(figure: Figure, told: tuple[Decimal, TypedValue]) -> bool:
    """Tell whether a figure of the words is an amount of a value, or the year of its period."""
    amount, value = told
    if figure.is_year or figure.label is not None:
        named = figures(value.period or "")
        return any((figure.amount, figure.label) == (other.amount, other.label) for other in named)
    off = abs(figure.amount - abs(amount))
    if off and not (figure.hedged and off * 2 <= figure.quantum):
        return False
    unit = (value.unit or "").casefold()
    if figure.unit in _RATES and not unit.startswith(figure.unit):
        return False
    return figure.currency is None or value.currency is None or figure.currency in ("$", value.currency)


def _is_article(figure: Figure, text: str) -> bool:
    """Tell whether a figure is the word "one" before what is no measure ("one view of all fees", not "one year")."""
    if figure.text.casefold() != "one" or figure.hedged or figure.unit in _MEASURES:
        return False
    start = text.index(figure.text, figure.start)  # a figure may begin with the space before it
    counts = _COUNTS_BEFORE.search(text[:start])
    return counts is None and _NOUN_AFTER.match(text, start + len(figure.text)) is not None


def _same(figure: Figure, other: Figure) -> bool:
    if (figure.amount, figure.label) != (other.amount, other.label):
        return False
    if figure.currency is not None and not same_currency(figure.currency, other.currency):
        return False
    return figure.unit == other.unit or figure.unit not in _RATES


def _wrong(reason: str) -> Part:
    return Part(name=NAME, score=0, reason=reason)
