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

from . import subjects, value_periods
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
_CHANGE = re.compile(
    r"\b(?:increas|decreas|grew|grow|declin|rose|fell|up|down|improv|higher|lower)\w*\b", re.IGNORECASE
)
_CHANGE_OF = re.compile(r"(?:increase|decrease|decline|growth)s?\s+of\s*(?:approximately)?\s*$", re.IGNORECASE)
_FALL = re.compile(r"decreas|declin|fell|down|lower", re.IGNORECASE)
_LEVEL = re.compile(
    r"\b(?:to|of|was|were|from|totall?ed|reached|exceeded)\s*"
    r"(?:approximately|over|about|nearly|a loss of|more than)?\s*$",
    re.IGNORECASE,
)
# "US revenue" is not ours, and what we estimate or our survey found is of others.
_OWN = re.compile(
    r"\b(?:[Ww]e(?!\s+(?:estimate|found|find|forecast|project|put|reckon|size|value)\b)|[Tt]he\s+[Cc]ompany|us|"
    r"[Oo]ur(?!\s+(?:survey|study|estimates?|research|sample|data|analysis|model|forecast|figures|report)\b))\b"
)
# Whoever is called so reports on others.
_OBSERVER = re.compile(
    r"\b(?:research|institute|agency|authority|commission|bureau|office|ministry|department|association|federation|"
    r"statistics|council|observatory|university|forum|study|studies|insights?|intelligence|analytics|advisory|"
    r"consulting|review|journal|times|news|press|chamber|board|bank of)\b",
    re.IGNORECASE,
)
_MARKET = re.compile(r"\b(?:markets?|industry|industries|sector|nationwide|worldwide|globally)\b", re.IGNORECASE)
# What a metric's name says that it is: a count of people and things, or a ratio. Neither is a sum of money.
_COUNT = re.compile(
    r"\b(?:merchants|accounts|users|customers|members|subscribers|players|visitors|employees|firms|businesses|shops|"
    r"households|patients|seats|stores|rooms|properties|tables|slots|downloads|transactions)$"
)
_RATIO = re.compile(r"\b(?:rate|share|margin|percentage|retention|churn|occupancy)$")
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
    figure = _nearest([each for each in figures if _fits(text, metric, each)], place) if metric and place else None
    if figure is None:
        metric, figure = None, next((f for f in figures if f.currency or f.unit), None)
    if figure is None:
        return None
    change = _change(text, figure) if metric else None
    period = value_periods.of(text, figure.start, figure.end, first=figure is figures[0])
    return TypedValue(
        number=figure.number,
        scale=figure.scale,
        unit=figure.unit,
        currency=figure.currency,
        period=period,
        entity=_entity(text, place, vertical, publisher, dated=period is not None) if metric else None,
        metric=f"{metric} {change}" if change else metric,
        geography=_geography(text, vertical),
        as_of=value_periods.day(text) or published,
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


def _fits(text: str, metric: str, figure: _Figure) -> bool:
    """Tell whether a figure can be of the metric: money is no count and no rate, a share of customers no count."""
    counts = _COUNT.search(metric) is not None
    if figure.currency is not None:
        return not counts and not _RATIO.search(metric)
    if figure.unit in ("percent", "basis points"):
        return not counts or _change(text, figure) is not None
    return figure.unit is None or not _RATIO.search(metric)


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


def _geography(text: str, vertical: Vertical) -> str | None:
    """Return the one place that the sentence names; None when it names none or several."""
    named = subjects.named(text, vertical.jurisdictions)
    return named[0] if len(named) == 1 else None


def _entity(
    text: str, place: tuple[int, int] | None, vertical: Vertical, publisher: str | None, *, dated: bool
) -> str | None:
    """Return whose figure it is: the name standing right before the metric, a company named, or "we" the publisher.

    A figure that is a place's ("US revenue") is that place's, by its usual name; None for any other of a market.
    """
    if place is None:
        return None
    lead = text[: place[0]]
    own = _OWN.search(lead) is not None
    part = _PART_NAME.search(lead)
    name = _name_of(part, lead, vertical, publisher) if part else ""
    if name:
        return _named(name, vertical, publisher, own=own)
    rival = next((n for n, forms in vertical.competitors.items() if any(_stands_alone(lead, f) for f in forms)), None)
    after = _IN_PLACE.match(text[place[1] :])
    if rival or own:
        return rival or publisher
    if after:
        return after.group(1) if after.group(1) in vertical.jurisdictions else None
    # A sentence that begins with the metric speaks of the whole company, unless it leans on a heading for the rest,
    # or speaks of a market: then it is of no one, and its place says where.
    reports_on = publisher is None or _OBSERVER.search(publisher) or _MARKET.search(text)
    return publisher if dated and not reports_on and not lead.strip(" “") else None


def _named(name: str, vertical: Vertical, publisher: str | None, *, own: bool) -> str | None:
    """Return whom the name before a metric makes its owner: a place, a part of the publisher, or one reported on."""
    where = subjects.named(name, vertical.jurisdictions)
    if len(where) == 1 and name.casefold() in _written(where[0], vertical):
        # "Our Nevada revenue" is the publisher's; "Nevada revenue" is the place's.
        return publisher if own else where[0]
    reports_on = publisher is None or (_OBSERVER.search(publisher) and not own)
    return name if reports_on or publisher is None or name in publisher else f"{publisher}: {name}"


def _name_of(part: re.Match[str], lead: str, vertical: Vertical, publisher: str | None) -> str:
    """Return the name right before a metric, "" where its capital is only that of a sentence's beginning."""
    words = part.group(1).removesuffix("’s").removesuffix("'s").rstrip("’'").split()
    first = part.start()
    while words and (words[0] in _OPENERS or words[0].isdigit()):
        first, words = part.end(), words[1:]
    name = " ".join(words)
    begins = first == 0 or lead[:first].strip(" “") == ""
    owns = re.search(r"[’']s?\s*$", part.group()) is not None
    known = (
        len(words) != 1
        or not begins
        or owns
        or any(char.isupper() or char.isdigit() for char in name[1:])
        or (publisher is not None and name in publisher)
        or bool(subjects.named(name, vertical.competitors) or subjects.named(name, vertical.jurisdictions))
    )
    return name if known else ""


def _written(place: str, vertical: Vertical) -> frozenset[str]:
    return frozenset(form.casefold() for form in (place, *vertical.jurisdictions[place]))


def _stands_alone(text: str, form: str) -> bool:
    """Tell whether `form` is a whole name in `text`: "MGM" is not, in "MGM Grand Paradise"."""
    return any(not re.match(r"\s+[A-Z]", text[match.end() :]) for match in form_pattern(form).finditer(text))


_OPENER_LIST = """
The Our We In Total Net For During As Consolidated Gross Average At By Global Worldwide Domestic Overall Small Large
Mid-size Medium Annual Quarterly Monthly Median Typical Active Most Many All Some Each
"""
_OPENERS = frozenset(_OPENER_LIST.split())
