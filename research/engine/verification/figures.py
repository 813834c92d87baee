"""Every numeral of a claim is found in its quotes: value, unit, scale, percent, currency, period."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from research.engine.domain.claims import Part, TypedValue
from research.engine.domain.evidence import EvidenceItem

from . import support, tabular
from .numerals import Figure, figures, header_scales, same_currency
from .words import fold

NAME = "figures"
_PERIOD_YEAR = re.compile(r"(?:19|20)\d\d")
_PERIOD_QUARTER = re.compile(r"\bQ([1-4])\b", re.IGNORECASE)
# A quarter of the calendar or, as companies write, "the three months ended" in one of its months.
_QUARTERS = {
    number: re.compile(rf"\bq{number}\b|\b{ordinal} (?:\w+ )?quarter\b|\b(?:three|3) months ended (?:{months})\b")
    for number, ordinal, months in (
        ("1", "first", "january|february|march"),
        ("2", "second", "april|may|june"),
        ("3", "third", "july|august|september"),
        ("4", "fourth", "october|november|december"),
    )
}


def trace(claim: str, quotes: Sequence[str]) -> Part:
    """Score the share of the claim's figures found in its quotes, in thousandths; 1000 when it has none.

    One quote that holds them all is enough. Else the quotes are pooled, and a figure may be used as often as the
    quote that has it most often: two copies of "12" do not prove "from 12 to 12".
    """
    wanted = figures(fold(claim))
    if not wanted:
        return Part(name=NAME, score=1000, reason="the claim holds no figure")
    if not quotes:
        return Part(name=NAME, score=0, reason=f"the figure “{wanted[0].text}” is not traced: there is no quote")
    own = header_scales(claim)
    offers = [_offers(fold(quote), own) for quote in quotes]
    misses = [_untraced(wanted, row) for row in offers]
    if not all(misses):
        return Part(name=NAME, score=1000, reason=f"all figures ({len(wanted)}) are in one quote")
    misses.append(_untraced(wanted, _pool(offers)))
    if not misses[-1]:
        return Part(name=NAME, score=1000, reason=f"all figures ({len(wanted)}) are in the quotes together")
    missing = min(misses, key=len)
    figure, why = missing[0]
    score = 1000 * (len(wanted) - len(missing)) // len(wanted)
    return Part(name=NAME, score=score, reason=f"the figure “{figure.text}” is not traced: {why}")


def trace_value(value: TypedValue, claim: str, evidence: Sequence[EvidenceItem]) -> Part:
    """Score whether the typed value is what the claim says (1000 or 0); its period may stand beside the quote.

    Beside means: in the quote, in the characters kept before and after it, or in the title of its source.
    """
    candidates = [*figures(fold(claim)), *(f for item in evidence for f in figures(fold(item.quote.exact)))]
    scales = {Decimal(1), *(s for item in evidence for s in header_scales(_around(item)))}
    amounts = {abs(f.amount) * (1 if f.scaled else scale) for f in candidates if f.label is None for scale in scales}
    if abs(value.amount) not in amounts:
        return Part(name=NAME, score=0, reason=f"the typed amount {value.amount:f} is in neither claim nor quotes")
    if value.currency is not None:
        written = {f.currency for f in candidates if f.currency is not None}
        dollars = value.currency in {"USD", "CAD", "AUD", "HKD"} and "$" in written
        if written and value.currency not in written and not dollars:
            return Part(name=NAME, score=0, reason=f"the typed currency {value.currency} is not the one written")
    if value.period is not None:
        beside = [claim, *(f"{_around(i)} {i.source.title}" for i in evidence)]
        lost = _lost_period(value.period, fold(" ".join(beside)))
        if lost:
            return Part(name=NAME, score=0, reason=f"the typed period {value.period} is not in the quotes ({lost})")
    return Part(name=NAME, score=1000, reason="the typed value is the one written")


def check(claim: str, value: TypedValue | None, evidence: Sequence[EvidenceItem]) -> Part:
    """Score the claim's numerals, and its typed value where it has one: the lower of the two Parts.

    Where the evidence is a table, a figure must be the cell of its row and column; the scale then stands in the head.
    """
    traced = trace(claim, [item.quote.exact for item in evidence])
    cell = tabular.check(claim, evidence)
    if cell is not None and not support.verbatim(claim, [item.quote.exact for item in evidence]):
        traced = cell
    if value is None:
        return traced
    return min(traced, trace_value(value, claim, evidence), key=lambda part: part.score)


def _offers(text: str, own: Sequence[Decimal]) -> list[Figure]:
    """Return the figures of a quote, with the scale its heading names ("in millions") unless the claim names it too.

    Money without a scale of its own takes the heading's; a bare number counts both ways: it may be a date or a count.
    """
    found = list(figures(text))
    money = "$" if "$" in text else None
    for scale in set(header_scales(text)) - set(own):
        plain = [f for f in found if f.bare and f.label is None and not f.is_year]
        found = [_scaled(f, scale) if f.currency and not f.scaled else f for f in found]
        found += [_scaled(f, scale)._replace(currency=money) for f in plain]
    return found


def _scaled(figure: Figure, scale: Decimal) -> Figure:
    amount, quantum = figure.amount * scale, figure.quantum * scale
    return figure._replace(amount=amount, quantum=quantum, scaled=True, bare=False)


def _pool(rows: Sequence[Sequence[Figure]]) -> list[Figure]:
    """Return the figures of all quotes, each as often as the quote that has it most often."""
    pool: list[Figure] = []
    for row in rows:
        spare = list(pool)
        for figure in row:
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


def _around(item: EvidenceItem) -> str:
    return f"{item.quote.prefix} {item.quote.exact} {item.quote.suffix}"


def _lost_period(period: str, beside: str) -> str:
    low = beside.casefold()
    year: str
    for year in _PERIOD_YEAR.findall(period):
        if year not in low and f"fy{year[2:]}" not in low:
            return year
    quarter = _PERIOD_QUARTER.search(period)
    if quarter and not _QUARTERS[quarter[1]].search(low):
        return f"Q{quarter[1]}"
    return ""
