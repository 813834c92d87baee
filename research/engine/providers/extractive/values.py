"""Read the typed value of a sentence: its main figure with scale, unit, currency, period, metric and whose it is.

Careful rather than complete: two claims contradict each other only on the same metric, entity and period, so where
the sentence does not say plainly what a figure is about, the field stays None.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import NamedTuple

from research.engine.domain.claims import TypedValue
from research.engine.domain.vertical import Vertical

from . import subjects
from .words import form_pattern

_SCALES = {
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "k": 10**3,
    "m": 10**6,
    "bn": 10**9,
    "b": 10**9,
}
_CURRENCIES = {
    "$": "USD", "us$": "USD", "c$": "CAD", "a$": "AUD", "hk$": "HKD", "€": "EUR", "£": "GBP", "¥": "JPY",
    "usd": "USD", "cad": "CAD", "eur": "EUR", "gbp": "GBP", "hkd": "HKD", "mop": "MOP",
}  # fmt: skip
_FIGURE = re.compile(
    r"(?P<currency>US\$|C\$|A\$|HK\$|[$€£¥]|\b(?:USD|CAD|EUR|GBP|HKD|MOP)\s)?\s?"
    r"(?P<number>(?<![\w.,-])\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.,-])\d+(?:\.\d+)?)"
    r"(?:\s?(?P<scale>thousand|million|billion|trillion|bn|[mkMK](?=\b))\b)?"
    r"(?:\s?(?P<percent>%|percent(?:age points?)?\b|per cent\b|basis points\b))?"
    r"(?:\s+(?P<noun>(?:(?!(?:at|in|of|for|on|our|the|to|by|with|from|per|and|or|its|their|a|an)\s)[a-z]+\s){0,2}?(?:users|members|customers|subscribers|employees|countries|states|jurisdictions|"
    r"casinos|resorts|rooms|guestrooms|slots|tables|properties|visitors|players|developers|organizations|seats|devices|stores))\b)?",
)
_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905
_MONTH = "|".join(_MONTHS)
_DATE = rf"(?P<month>{_MONTH})\s+(?P<day>\d{{1,2}}),\s+(?P<year>20\d\d|19\d\d)"
_PERIODS = re.compile(
    rf"(?P<asof>(?:[Aa]s of|[Aa]t)\s+{_DATE})"
    rf"|(?P<quarter>(?:three|3)\s+months\s+ended\s+(?P<qmonth>{_MONTH})\s+\d{{1,2}},\s+(?P<qyear>20\d\d))"
    r"|(?P<named>\b(?P<ordinal>first|second|third|fourth|Q[1-4])\s+(?:quarter\s+)?(?:of\s+)?(?:fiscal\s+)?(?:year\s+)?(?P<nyear>20\d\d))"
    rf"|(?P<span>(?P<months>six|nine|6|9)\s+months\s+ended\s+(?:{_MONTH})\s+\d{{1,2}},\s+(?P<syear>20\d\d))"
    rf"|(?P<ended>(?:years?|twelve\s+months)\s+ended\s+(?:{_MONTH})\s+\d{{1,2}},\s+(?P<eyear>20\d\d))"
    r"|(?P<plain>(?:\b(?:[Ii]n|[Dd]uring|[Ff]or|[Tt]hroughout|[Ff]iscal(?:\syear)?|FY)\s?)(?P<pyear>20\d\d|19\d\d)\b)"
)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "q1": 1, "q2": 2, "q3": 3, "q4": 4}
_SPANS = {"six": "6M", "6": "6M", "nine": "9M", "9": "9M"}
_CHANGE = re.compile(
    r"\b(?:increas|decreas|grew|grow|declin|rose|fell|up|down|improv|higher|lower)\w*\b", re.IGNORECASE
)
_CHANGE_OF = re.compile(r"(?:increase|decrease|decline|growth)s?\s+of\s*(?:approximately)?\s*$", re.IGNORECASE)
_FALL = re.compile(r"decreas|declin|fell|down|lower", re.IGNORECASE)
_LEVEL = re.compile(
    r"\b(?:to|of|was|were|totall?ed|reached|exceeded)\s*(?:approximately|over|about|nearly|a loss of|more than)?\s*$",
    re.IGNORECASE,
)
_OWN = re.compile(r"\b(?:we|our|the company|us)\b", re.IGNORECASE)
_PART_NAME = re.compile(
    r"((?:[A-Z][\w&’'.-]*\s+)(?:[A-Z0-9][\w&’'.-]*\s+)*[A-Z][\w&’'.-]*|[A-Z][\w&’'.-]*)\s*(?:[’']s?\s+)?$"
)
# "Cost of revenue" is no revenue.
_ANOTHER_METRIC = re.compile(r"\b(?:costs? of|percentage of|share of|per cent of|% of)\s*$", re.IGNORECASE)
_NEAR = 90  # characters between a metric's words and its figure
_IN_PLACE = re.compile(r"\s+(?:in|for|from|at)\s+(?:the\s+)?((?:[A-Z][\w’'-]*\s?)+)(?<!\s)")
_IN_UNITS = re.compile(r"\((?:[^)]*\s)?in (thousands|millions|billions)", re.IGNORECASE)


class _Figure(NamedTuple):
    start: int
    end: int
    number: Decimal
    scale: Decimal
    unit: str | None
    currency: str | None


def typed_value(
    text: str,
    *,
    vertical: Vertical,
    publisher: str | None,
    context: str = "",
    published: dt.date | None = None,
) -> TypedValue | None:
    """Return the value of the sentence `text`, or None when it holds no figure that can be read safely.

    publisher: who says it; "we" and "our" are that one. context: words around the quote, for "(in thousands)".
    published: when its source was; the value's as-of date where the sentence names no day of its own.
    """
    figures = _figures(text, context)
    if not figures:
        return None
    metric, place = _metric(text, vertical)
    figure = _nearest(figures, place) if place else None
    if figure is None:
        metric, figure = None, next((f for f in figures if f.currency or f.unit), None)
    if figure is None:
        return None
    change = _change(text, figure) if metric else None
    period = _period(text, figure)
    return TypedValue(
        number=figure.number,
        scale=figure.scale,
        unit=figure.unit,
        currency=figure.currency,
        period=period,
        entity=_entity(text, place, vertical, publisher, dated=period is not None) if metric else None,
        metric=f"{metric} {change}" if change else metric,
        geography=_geography(text, vertical),
        as_of=_as_of(text) or published,
    )


def _figures(text: str, context: str) -> list[_Figure]:
    """Return the figures of `text` in order, without bare numbers (no unit, currency or scale: years, notes)."""
    table = _IN_UNITS.search(text) or _IN_UNITS.search(context)
    table_scale = Decimal(_SCALES[table.group(1).lower().rstrip("s")]) if table else Decimal(1)
    found = []
    for match in _FIGURE.finditer(text):
        currency, scale_word, noun = match["currency"], match["scale"], match["noun"]
        if not (currency or scale_word or match["percent"] or noun):
            continue
        unit = "basis points" if match["percent"] == "basis points" else "percent" if match["percent"] else noun
        scale = Decimal(_SCALES[scale_word.lower()]) if scale_word else table_scale if currency else Decimal(1)
        found.append(
            _Figure(
                match.start("number"),
                match.end(),
                Decimal(match["number"].replace(",", "")),
                scale,
                unit.strip() if unit else None,
                _CURRENCIES[currency.strip().lower()] if currency else None,
            )
        )
    return found


def _metric(text: str, vertical: Vertical) -> tuple[str | None, tuple[int, int] | None]:
    """Return the metric named first in the sentence (the longest form at its place) and where its words stand."""
    best: tuple[int, int, str] | None = None
    for name, forms in vertical.metrics.items():
        for form in forms:
            match = form_pattern(form).search(text)
            if match is None or _ANOTHER_METRIC.search(text[: match.start()]):
                continue
            if best is None or (match.start(), -match.end()) < (best[0], -best[1]):
                best = (match.start(), match.end(), name)
    return (best[2], best[:2]) if best else (None, None)


def _nearest(figures: list[_Figure], place: tuple[int, int]) -> _Figure | None:
    """Return the figure that goes with the metric: the first after its words, else one right before them."""
    after = next((f for f in figures if 0 <= f.start - place[1] <= _NEAR), None)
    before = next((f for f in reversed(figures) if 0 <= place[0] - f.end <= _NEAR // 6), None)
    return after or before


def _change(text: str, figure: _Figure) -> str | None:
    """Return "increase" or "decrease" when the figure is one ("increased 8%", "by $41 million"), or None for a level.

    "Increased 8% to $3.1 billion" holds both: the first figure is a change, the second a level.
    """
    lead = text[max(0, figure.start - 60) : figure.start].rstrip("$€£ ")
    if _LEVEL.search(lead) and not _CHANGE_OF.search(lead):
        return None
    words = [*_CHANGE.finditer(lead)] or [m for m in [_CHANGE.match(text[figure.end :].lstrip()[:20])] if m]
    if not words:
        return None
    return "decrease" if _FALL.match(words[-1].group()) else "increase"


def _period(text: str, figure: _Figure) -> str | None:
    """Return the period nearest to the figure, as FY2022, 2023-Q2, 2023-6M (six months) or 2022-12-31."""
    before = after = None
    for match in _PERIODS.finditer(text):
        if match.start() >= figure.end and after is None:
            after = match
        elif match.end() <= figure.start:
            before = match
    if after is not None and before is not None and after.start() - figure.end > figure.start - before.end():
        return _period_name(before)
    chosen = after or before
    return _period_name(chosen) if chosen else None


def _period_name(match: re.Match[str]) -> str:
    if match["asof"]:
        return f"{match['year']}-{_MONTHS.index(match['month']) + 1:02d}-{int(match['day']):02d}"
    if match["quarter"]:
        return f"{match['qyear']}-Q{_MONTHS.index(match['qmonth']) // 3 + 1}"
    if match["span"]:
        return f"{match['syear']}-{_SPANS[match['months']]}"
    if match["named"]:
        return f"{match['nyear']}-Q{_ORDINALS[match['ordinal'].lower()]}"
    return f"FY{match['eyear'] or match['pyear']}"


def _as_of(text: str) -> dt.date | None:
    """Return the day that the sentence says its figure is of ("as of June 30, 2023"), or None."""
    match = next((found for found in _PERIODS.finditer(text) if found["asof"]), None)
    if match is None:
        return None
    try:
        return dt.date(int(match["year"]), _MONTHS.index(match["month"]) + 1, int(match["day"]))
    except ValueError:  # 31 June
        return None


def _geography(text: str, vertical: Vertical) -> str | None:
    """Return the one place that the sentence names; None when it names none or several."""
    named = subjects.named(text, vertical.jurisdictions)
    return named[0] if len(named) == 1 else None


def _entity(
    text: str, place: tuple[int, int] | None, vertical: Vertical, publisher: str | None, *, dated: bool
) -> str | None:
    """Return whose figure it is: the name standing right before the metric, a company named, or "we" the publisher."""
    if place is None:
        return None
    lead = text[: place[0]]
    part = _PART_NAME.search(lead)
    if part and part.group(1) not in _OPENERS:
        name = part.group(1).removesuffix("’s").removesuffix("'s").rstrip("’'")
        if name in vertical.jurisdictions:
            return name
        return name if publisher is None or name in publisher else f"{publisher}: {name}"
    for name, forms in vertical.competitors.items():
        if any(_stands_alone(lead, form) for form in forms):
            return name
    where = _IN_PLACE.match(text[place[1] :])
    if where and where.group(1) in vertical.jurisdictions:
        return where.group(1)
    # A sentence that begins with the metric speaks of the whole company, unless it leans on a heading for the rest.
    return publisher if _OWN.search(lead) or (dated and not lead.strip(" “") and not where) else None


def _stands_alone(text: str, form: str) -> bool:
    """Tell whether `form` is a whole name in `text`: "MGM" is not, in "MGM Grand Paradise"."""
    return any(not re.match(r"\s+[A-Z]", text[match.end() :]) for match in form_pattern(form).finditer(text))


_OPENERS = frozenset(
    {"The", "Our", "We", "In", "Total", "Net", "For", "During", "As", "Consolidated", "Gross", "Average"}
)
