"""Read the lines above a table: which periods its columns are of, and in what units it counts.

Statements head their columns with years, dates and spans, over one line or many: "Year Ended December 31," above
"2022 2021", "Three Months Ended Six Months Ended" above four dates, or each date on two lines of its own. Where the
number of dates and spans does not divide among the years, the columns stay without a period.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from . import table_rows

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_SHORT = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
_COUNTS = r"three|six|nine|twelve|3|6|9|12|13|14|26|27|39|40|52|53|thirteen|twenty[- ]six|thirty[- ]nine|fifty[- ]two"
_SPAN = (
    rf"(?:for\s+the\s+)?(?:fiscal\s+)?(?:{_COUNTS})[\s-]+(?:months?|weeks?)(?:\s+period)?\s+end(?:ed|ing)"
    r"|(?:for\s+the\s+)?(?:fiscal\s+)?(?:years?|quarters?|periods?)\s+end(?:ed|ing)"
    r"|(?:for\s+the\s+)?(?:first|second|third|fourth)\s+quarters?|\b[QH][1-4]\b"
    r"|(?:for\s+the\s+)?fiscal\s+years?|(?:for\s+the\s+)?years?|fiscal|FY|as\s+of|at|balance\s+at"
)
_PAIR = r"(?:19|20)\d\d\s*(?:vs\.?|versus|compared\s+(?:to|with)|[-–—/]|to|over)\s*(?:19|20)\d\d"
_CHANGE = (
    r"(?:(?:%|\$|percent(?:age)?|dollar|amount\s+of|points?)\s*)?"
    r"(?:\(?(?:change|increase|decrease|variance|growth|inc\.?|dec\.?)\)?(?:\s*[/(]\s*(?:decrease|dec\.?)\)?)?)(?:\s*%)?"
)
_UNIT_WORDS = r"\bin\s+(?P<scale>thousand|million|billion)s?\b"
_NOTE = r"\((?:unaudited|audited|restated|as\s+(?:restated|adjusted)|\d|[a-z])\)|unaudited|audited|restated"
_TOKEN = re.compile(
    rf"""
    (?P<units>\([^()]*\bin\s+(?:thousand|million|billion)s?\b[^()]*\)
      |(?:^|(?<=\n))(?:(?:[$€£]|US\s?\$|(?:U\.?S\.?\s+)?dollars?|amounts?|figures|shares)[\w $,]*?\s)?
        in\s+(?:thousand|million|billion)s\b[^\n]*?(?=\(|\n|$))
  | (?P<note>{_NOTE})
  | (?P<change>{_CHANGE}(?:\s+{_PAIR})?(?![\w])|{_PAIR})
  | (?P<span>(?<!\w)(?:{_SPAN})(?!\w))
  | (?P<day>(?:{_MONTHS}|(?:{_SHORT})\.?)\s+\d{{1,2}}(?!\d),?)
  | (?P<month>(?:{_MONTHS})(?!\w))
  | (?P<year>(?<![\w,.$])(?:19|20)\d\d(?![\w%]|,\d|\.\d))
  | (?P<loose>(?<!\S)\d{{1,2}},(?=\s|$)|(?<!\w)end(?:ed|ing)(?!\w)|,|\*|:)
    """,
    re.VERBOSE | re.IGNORECASE,
)
# What every head line holds one of; cheap to look for before the line is taken apart.
_HINT = re.compile(
    rf"(?:19|20)\d\d|end(?:ed|ing)|\bin\s+(?:thousand|million|billion)s|{_MONTHS}|chang|quarter|unaudited|fiscal|"
    r"(?:in|de)crease|variance|months|weeks|as of|\Ayear|\A\d{1,2},\Z",
    re.IGNORECASE,
)
_LONGEST_HEAD = 160
# Some files part every word of a head by a line end: "Year", "Ended", "December", "31,".
_DAY_ALONE = re.compile(r"\d{1,2},\Z|end(?:ed|ing)\Z", re.IGNORECASE)
_SCALES = {"thousand": Decimal(1000), "million": Decimal(1000) ** 2, "billion": Decimal(1000) ** 3}
_PER_SHARE = re.compile(r"\bper[\s-](?:\w+\s+){0,2}share|per[\s-]unit\b", re.IGNORECASE)
_MONEY_UNITS = re.compile(r"[$€£]|dollars|\beuros?\b", re.IGNORECASE)
_SIGNS = {"€": "EUR", "£": "GBP", "euro": "EUR", "euros": "EUR"}

Kind = Literal["period", "change", "share", "other"]


class Column(NamedTuple):
    """A column. head: what stands above it, on one line, "" when it cannot be told. kind: what its cells are.

    A "change" compares two periods, a "share" is a percentage beside the figure before it.
    """

    head: str
    kind: Kind = "other"


class Head(NamedTuple):
    """What the lines above a table say. units: their words or "". scale: None when none is named."""

    columns: tuple[Column, ...]
    units: str
    scale: Decimal | None
    currency: str | None


def is_head_line(line: str) -> bool:
    """Tell whether a line holds nothing but what stands above columns: dates, years, spans, units, "Change"."""
    if len(line) > _LONGEST_HEAD or not _HINT.search(line):
        return False
    if _DAY_ALONE.match(line):
        return True
    left = _TOKEN.sub(" ", line)
    named = any(match.lastgroup not in {"loose", "note"} for match in _TOKEN.finditer(line))
    return named and not re.search(r"[^\W_]", left) and len(left.strip()) < 3  # noqa: PLR2004 - stray brackets


def is_head(text: str) -> bool:
    """Tell whether `text` is what stands above a table's rows.

    It has a line of periods, units or changes, and no line that ends in other figures.
    """
    lines = [line for line in table_rows.lines_of(text) if line.text]
    heads = [line for line in lines if is_head_line(line.text)]
    return bool(heads) and not any(table_rows.parts_of(line).cells for line in lines if line not in heads)


def names_units(line: str) -> bool:
    """Tell whether a line names the units of a table ("(In thousands)")."""
    return any(match["units"] for match in _TOKEN.finditer(line))


def _units_of(line: str) -> str:
    return next((match["units"] for match in _TOKEN.finditer(line) if match["units"]), "")


def read(lines: Sequence[str]) -> Head:
    """Return what the head lines say, joined in their order."""
    # A caption that names the units ("… for 2022 and 2021 (in millions):") heads no columns.
    text = "\n".join(line if is_head_line(line) else _units_of(line) for line in lines)
    years: list[tuple[str, int]] = []
    days: list[str] = []
    spans: list[str] = []
    order: list[str] = []  # "year" or the words of a change, in the order they stand
    units = ""
    for match in _TOKEN.finditer(_rejoined(text)):
        words = " ".join(match.group().split())
        match match.lastgroup:
            case "year":
                years.append((words, len(order)))
                order.append("year")
            case "day":
                days.append(words.rstrip(","))
            case "span":
                spans.append(words)
            case "change":
                _add_change(order, words)
            case "units":
                units = units or words
    columns = _columns(order, [year for year, _ in years], days, spans)
    scale = re.search(_UNIT_WORDS, units, re.IGNORECASE)
    return Head(columns, units, _SCALES[scale["scale"].lower()] if scale else None, _currency(units))


def scale_in(text: str) -> Decimal | None:
    """Return the scale that a label names for its own row ("Rooms revenue (In millions)"), or None."""
    found = re.search(rf"\([^()]*{_UNIT_WORDS}", text, re.IGNORECASE)
    return _SCALES[found["scale"].lower()] if found else None


def is_per_share(text: str) -> bool:
    """Tell whether a label speaks of amounts per share or unit, which no table scales."""
    return _PER_SHARE.search(text) is not None


def _rejoined(text: str) -> str:
    """Return head text with a month and its day brought together again where a line end parts them."""
    return re.sub(rf"\b({_MONTHS})\s*\n\s*(\d{{1,2}},)", r"\1 \2", text, flags=re.IGNORECASE)


def _add_change(order: list[str], words: str) -> None:
    """Add a change column; "% Change" above "2022-2021" is one."""
    above = order[-1] if order else "year"
    years = re.fullmatch(_PAIR, words, re.IGNORECASE)
    if years and above != "year" and not re.search(_PAIR, above, re.IGNORECASE):
        order[-1] = f"{above} {words}"
    else:
        order.append(words)


def _columns(order: list[str], years: list[str], days: list[str], spans: list[str]) -> tuple[Column, ...]:
    count = len(years)
    day, span = _dealt(days, count), _dealt(spans, count)
    readable = day is not None and span is not None
    columns: list[Column] = []
    at = 0
    for item in order:
        if item != "year":
            columns.append(Column(item, "change"))
            continue
        if day is not None and span is not None:
            of_day = f"{day[at]}," if day[at] else ""
            columns.append(Column(" ".join(part for part in (span[at], of_day, years[at]) if part), "period"))
        else:
            columns.append(Column("", "other"))
        at += 1
    return tuple(columns) if readable or columns else ()


def _dealt(items: list[str], count: int) -> list[str] | None:
    """Return for each of `count` years its item: one each, or each item for as many years in a row; None if neither."""
    if not items:
        return [""] * count
    if not count or count % len(items):
        return None
    each = count // len(items)
    return [item for item in items for _ in range(each)]


def _currency(units: str) -> str | None:
    found = _MONEY_UNITS.search(units)
    return _SIGNS.get(found.group().lower(), "USD") if found else None
