"""Every numeral of a claim is found in its quotes: value, unit, scale, percent, currency, period."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from research.engine.domain.claims import Part, TypedValue
from research.engine.domain.evidence import EvidenceItem

from .numerals import Figure, figures, header_scales, same_currency
from .words import fold

NAME = "figures"
_PERIOD_YEAR = re.compile(r"(?:19|20)\d\d")
_PERIOD_QUARTER = re.compile(r"\bQ([1-4])\b", re.IGNORECASE)
_QUARTER_WORDS = {"1": "first quarter", "2": "second quarter", "3": "third quarter", "4": "fourth quarter"}


def trace(claim: str, quotes: Sequence[str]) -> Part:
    """Score the share of the claim's figures found in its quotes, in thousandths; 1000 when it has none.

    One quote that holds them all is enough. Else the quotes are pooled, and a figure may be used as often as the
    quote that has it most often: two copies of "12" do not prove "from 12 to 12".
    """
    wanted = figures(fold(claim))
    if not wanted:
        return Part(name=NAME, score=1000, reason="the claim holds no figure")
    texts = [fold(quote) for quote in quotes]
    missing: list[tuple[Figure, str]] = [(figure, "no quote holds it") for figure in wanted]
    for text in texts:
        rest = _untraced(wanted, _offers(text))
        if not rest:
            return Part(name=NAME, score=1000, reason=f"all figures ({len(wanted)}) are in one quote")
        missing = min(missing, rest, key=len)
    if len(texts) > 1:
        rest = _untraced(wanted, _pool(texts))
        if not rest:
            return Part(name=NAME, score=1000, reason=f"all figures ({len(wanted)}) are in the quotes together")
        missing = min(missing, rest, key=len)
    figure, why = missing[0]
    score = 1000 * (len(wanted) - len(missing)) // len(wanted)
    return Part(name=NAME, score=score, reason=f"the figure “{figure.text}” is not traced: {why}")


def trace_value(value: TypedValue, claim: str, evidence: Sequence[EvidenceItem]) -> Part:
    """Score whether the typed value is what the claim says (1000 or 0); its period may stand beside the quote.

    Beside means: in the quote, in the characters kept before and after it, or in the title of its source.
    """
    candidates = [*figures(fold(claim)), *(f for item in evidence for f in figures(fold(item.quote.exact)))]
    scales = {Decimal(1), *(s for item in evidence for s in header_scales(item.quote.prefix + item.quote.exact))}
    amounts = {abs(f.amount) * (scale if f.bare else 1) for f in candidates if f.label is None for scale in scales}
    if abs(value.amount) not in amounts:
        return Part(name=NAME, score=0, reason=f"the typed amount {value.amount:f} is in neither claim nor quotes")
    if value.currency is not None:
        written = {f.currency for f in candidates if f.currency is not None}
        dollars = value.currency in {"USD", "CAD", "AUD"} and "$" in written
        if written and value.currency not in written and not dollars:
            return Part(name=NAME, score=0, reason=f"the typed currency {value.currency} is not the one written")
    if value.period is not None:
        beside = [claim, *(f"{i.quote.prefix} {i.quote.exact} {i.quote.suffix} {i.source.title}" for i in evidence)]
        lost = _lost_period(value.period, fold(" ".join(beside)))
        if lost:
            return Part(name=NAME, score=0, reason=f"the typed period {value.period} is not in the quotes ({lost})")
    return Part(name=NAME, score=1000, reason="the typed value is the one written")


def check(claim: str, value: TypedValue | None, evidence: Sequence[EvidenceItem]) -> Part:
    """Score the claim's numerals, and its typed value where it has one: the lower of the two Parts."""
    traced = trace(claim, [item.quote.exact for item in evidence])
    if value is None:
        return traced
    return min(traced, trace_value(value, claim, evidence), key=lambda part: part.score)


def _offers(text: str) -> list[Figure]:
    """Return the figures of a quote; under a heading such as "in millions" a bare number counts as both."""
    found = list(figures(text))
    money = "$" if "$" in text else None
    for scale in header_scales(text):
        found += [
            f._replace(amount=f.amount * scale, quantum=f.quantum * scale, bare=False, currency=money)
            for f in figures(text)
            if f.bare and f.label is None and not f.is_year
        ]
    return found


def _pool(texts: Sequence[str]) -> list[Figure]:
    pool: list[Figure] = []
    for text in texts:
        spare = list(pool)
        for figure in _offers(text):
            same = next((s for s in spare if not _difference(figure, s)), None)
            if same is None:
                pool.append(figure)
            else:
                spare.remove(same)
    return pool


def _untraced(wanted: Sequence[Figure], offers: Sequence[Figure]) -> list[tuple[Figure, str]]:
    """Return the figures that find no partner, with the reason of the nearest miss; each offer serves once."""
    spare = list(offers)
    lost = []
    # Exact figures take their partners first, or a hedged one could take theirs.
    for figure in sorted(wanted, key=lambda f: f.hedged):
        partner = next((offer for offer in spare if not _difference(figure, offer)), None)
        if partner is None:
            near = [_difference(figure, o) for o in offers if abs(o.amount) == abs(figure.amount) and not o.label]
            lost.append((figure, near[0] if near else "no quote holds it"))
        else:
            spare.remove(partner)
    return lost


def _difference(claimed: Figure, quoted: Figure) -> str:
    """Return in what the two figures differ, or "" when they are the same figure."""
    if claimed.label is not None or quoted.label is not None:
        return "" if claimed.label == quoted.label else "no quote holds it"
    if not _same_amount(claimed, quoted):
        return "no quote holds it"
    if not same_currency(claimed.currency, quoted.currency):
        return f"the quote says {quoted.currency or 'no currency'}, the claim {claimed.currency or 'none'}"
    if claimed.unit != quoted.unit:
        rates = {"percent", "percentage point", "basis point"}
        both_named = claimed.unit is not None and quoted.unit is not None
        if both_named or claimed.unit in rates or quoted.unit in rates:
            return f"the quote counts {quoted.unit or 'no unit'}, the claim {claimed.unit or 'none'}"
    return ""


def _same_amount(claimed: Figure, quoted: Figure) -> bool:
    if claimed.amount == quoted.amount:
        return True
    if not claimed.hedged or claimed.quantum <= quoted.quantum:
        return False
    # "about 1.3 billion" may stand for 1,314 million: the quote rounded to the claim's last written place.
    return abs(claimed.amount - quoted.amount) * 2 <= claimed.quantum


def _lost_period(period: str, beside: str) -> str:
    low = beside.casefold()
    year: str
    for year in _PERIOD_YEAR.findall(period):
        if year not in low and f"fy{year[2:]}" not in low:
            return year
    quarter = _PERIOD_QUARTER.search(period)
    if quarter and f"q{quarter[1]}" not in low and _QUARTER_WORDS[quarter[1]] not in low:
        return f"Q{quarter[1]}"
    return ""
