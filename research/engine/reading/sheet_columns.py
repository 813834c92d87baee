"""Tell what the cells of a column are (numbers, amounts, percentages, dates …) and read them as values."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

Kind = Literal["integer", "decimal", "percent", "currency", "date", "boolean", "text"]
Value = Decimal | dt.date | bool | str

NUMERIC: frozenset[Kind] = frozenset(("integer", "decimal", "percent", "currency"))
# A column is of a kind when all but one in ten of its filled cells are: real tables have slips, without value.
_MOST = 0.9
_NOTHING = frozenset(("", "-", "–", "—", "n/a", "na", "nan", "null", "none", "nm", "n.m.", "#n/a", "..", "…"))
_BOOLEANS = ({"true": True, "false": False}, {"yes": True, "no": False})

_SIGNS = {"$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "C$": "CAD", "CA$": "CAD", "A$": "AUD"}
_CODES = "USD|EUR|GBP|JPY|CAD|AUD|CHF|CNY|SEK|NOK|DKK|INR|BRL|NZD|SGD|HKD|KRW|MXN|ZAR|PLN|CZK"
_SIGN = r"US\$|CA?\$|A\$|[$€£¥]"
_NUMBER = re.compile(
    rf"""(?P<open>\()?\s*(?P<minus>[-−–])?\s*(?P<sign>{_SIGN}|(?:{_CODES})\b)?\s*(?P<minus2>[-−])?
    (?P<digits>\d[\d.,'\u00a0\u202f ]*|\.\d+)(?P<exp>[eE][-+]?\d{{1,3}})?
    \s*(?P<percent>%)?\s*(?P<after>[€£]|(?:{_CODES})\b)?\s*(?P<close>\))?""",
    re.VERBOSE,
)
_POINTED = re.compile(r"\d+(?:\.\d+)?|\.\d+|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:[ '\u00a0\u202f]\d{3})+(?:\.\d+)?")
_COMMAED = re.compile(r"\d+,\d+|\d{1,3}(?:[. '\u00a0\u202f]\d{3})+(?:,\d+)?")
_GROUPS = re.compile(r"[ '\u00a0\u202f]")

_MONTHS = {name: at for at, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}  # fmt: skip  # noqa: E501
_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[-+]\d{2}:?\d{2})?)?"
)
_SLASHED = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})")
_WORDED = re.compile(r"(\d{1,2})[-. ]+([A-Za-z]{3,9})\.?[-, ]+(\d{4}|\d{2})|([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})")
# POSIX strptime: two-digit years from 69 on are of the last century.
_CENTURY_TURNS = 69

_SCALES = (
    (re.compile(r"\bbillions?\b|\bbn\b", re.IGNORECASE), 10**9),
    (re.compile(r"\bmillions?\b|\b(?:mn|mm|mio)\b", re.IGNORECASE), 10**6),
    (re.compile(r"\bthousands?\b|\b000s?\b|\btsd\b", re.IGNORECASE), 10**3),
)
# One letter says a scale beside a currency alone: elsewhere m may be metres and k kilograms.
_LETTERS = {"b": 10**9, "m": 10**6, "k": 10**3}
_BRACKETED = re.compile(r"[(\[]([^)\]]{1,40})[)\]]")
_TAIL = re.compile(rf"(?:,|\bin)\s+((?:(?:{_SIGN}|{_CODES})\s*)?(?:thousands?|millions?|billions?|[kKmM]|mn|bn|percent|%)\S*(?:\s+\S+)?)$|({_SIGN})\s?(?:[kKmM]|mn|bn|'000s?)?$|(%)$")  # fmt: skip  # noqa: E501


class Column(NamedTuple):
    """A column. position: from 0. kind: of most of its cells.

    unit: what the head's brackets say the values count ("%", "users") or "". currency: ISO 4217 code or "".
    scale: what values are to be multiplied with, by the head or the caption; 1 when neither says. day_first: of dates
    written with numbers. decimal_comma: of numbers. odd: filled cells that are not of the kind; they have no value.
    """

    name: str
    position: int
    kind: Kind
    unit: str = ""
    currency: str = ""
    scale: int = 1
    day_first: bool = False
    decimal_comma: bool = False
    odd: int = 0


class Number(NamedTuple):
    """A cell's number as written, without scale; currency and percent by its own signs."""

    value: Decimal
    currency: str
    percent: bool


def typed(*, name: str, position: int, cells: Sequence[str], caption: str = "") -> Column:
    """Return the column with the kind of its cells and the unit, currency and scale of its head."""
    filled = [cell for cell in cells if not _is_nothing(cell)]
    column = Column(name, position, "text")
    if not filled:
        return column
    for vocabulary in _BOOLEANS:
        if all(cell.casefold() in vocabulary for cell in filled):
            return column._replace(kind="boolean")
    for day_first in _orders(filled):
        dates = sum(_date(cell, day_first=day_first) is not None for cell in filled)
        if dates >= len(filled) * _MOST:
            return column._replace(kind="date", day_first=day_first, odd=len(filled) - dates)
    return _numeric(column, filled, caption)


def value(column: Column, cell: str) -> Value | None:
    """Return a cell's value by its column's kind, None for an empty one or one that is not of the kind.

    Numbers are as written, in the column's unit and scale ("12.5%" is 12.5).
    """
    if _is_nothing(cell):
        return None
    if column.kind == "text":
        return cell
    if column.kind == "boolean":
        return cell.casefold() in {"true", "yes"}
    if column.kind == "date":
        return _date(cell, day_first=column.day_first)
    read = number(cell, decimal_comma=column.decimal_comma)
    return read.value if read else None


def odd_cells(column: Column, cells: Sequence[str]) -> list[str]:
    """Return the filled cells among `cells` that are not of the column's kind, in order."""
    return [cell for cell in cells if not _is_nothing(cell) and value(column, cell) is None]


def number(cell: str, *, decimal_comma: bool = False) -> Number | None:
    """Return the number that the whole cell is, or None. (12) is minus twelve."""
    found = _NUMBER.fullmatch(cell.strip())
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    digits = found["digits"].strip()
    if not (_COMMAED if decimal_comma else _POINTED).fullmatch(digits):
        return None
    plain = _GROUPS.sub("", digits)
    plain = plain.replace(".", "").replace(",", ".") if decimal_comma else plain.replace(",", "")
    size = Decimal(plain + (found["exp"] or ""))
    negative = found["open"] or found["minus"] or found["minus2"]
    sign = found["sign"] or found["after"] or ""
    return Number(-size if negative else size, _SIGNS.get(sign, sign), bool(found["percent"]))


def iso_date(text: str) -> dt.date | None:
    """Return the date that is written as YYYY-MM-DD or in words, or None."""
    return None if _SLASHED.fullmatch(text.strip()) else _date(text)


def is_value(cell: str) -> bool:
    """Tell whether a cell is a number or a date rather than words."""
    return number(cell) is not None or number(cell, decimal_comma=True) is not None or _date(cell) is not None


def _is_nothing(cell: str) -> bool:
    return cell.strip().casefold() in _NOTHING


def _orders(filled: Sequence[str]) -> tuple[bool, ...]:
    """Return whether days go first in dates of numbers alone; none where nothing tells and the column has such."""
    slashed = [found for cell in filled if (found := _SLASHED.fullmatch(cell))]
    if len(slashed) <= len(filled) * (1 - _MOST):
        return (False,)
    if all("." in found.group() for found in slashed):  # written so where the day goes first
        return (True,)
    day = any(int(found[1]) > 12 for found in slashed)  # noqa: PLR2004 - months
    month = any(int(found[2]) > 12 for found in slashed)  # noqa: PLR2004
    return () if day == month else (day,)


def _date(cell: str, *, day_first: bool = False) -> dt.date | None:
    text = cell.strip()
    if found := _ISO.fullmatch(text):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _SLASHED.fullmatch(text):
        first, second = int(found[1]), int(found[2])
        day, month = (first, second) if day_first or first > 12 else (second, first)  # noqa: PLR2004
        return _day(_year(found[3]), month, day)
    if found := _WORDED.fullmatch(text):
        day_text, month_text, year = (found[1], found[2], found[3]) if found[1] else (found[5], found[4], found[6])
        named = _MONTHS.get(month_text[:3].lower())
        return _day(_year(year), named, int(day_text)) if named else None
    return None


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) > 2 else year + (1900 if year >= _CENTURY_TURNS else 2000)  # noqa: PLR2004


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _numeric(column: Column, filled: Sequence[str], caption: str) -> Column:
    readings = {comma: [number(cell, decimal_comma=comma) for cell in filled] for comma in (False, True)}
    counts = {comma: sum(each is not None for each in found) for comma, found in readings.items()}
    # A comma is the decimal sign only where that reads more cells: "1,234" alone is a thousand and more.
    comma = counts[True] > counts[False]
    numbers = [each for each in readings[comma] if each is not None]
    if len(numbers) < len(filled) * _MOST:
        return column
    signs = {each.currency for each in numbers if each.currency}
    percents = sum(each.percent for each in numbers)
    unit = _unit(column.name)
    currency = next(iter(signs)) if len(signs) == 1 else "" if signs else _currency(unit)
    column = column._replace(decimal_comma=comma, odd=len(filled) - len(numbers))
    if percents * 2 > len(numbers) or (not signs and unit.strip().casefold() in {"%", "percent", "pct"}):
        return column._replace(kind="percent", unit="%")
    scale = _scale(unit)
    if currency or signs:
        return column._replace(kind="currency", currency=currency, scale=scale or _scale(_of_caption(caption)) or 1)
    whole = all(each.value == each.value.to_integral_value() for each in numbers)
    return column._replace(kind="integer" if whole else "decimal", unit=_counted(unit), scale=scale or 1)


def _unit(name: str) -> str:
    """Return what a head says of its unit: in its last brackets, or behind "in", or by a sign at its end; else ""."""
    bracketed = _BRACKETED.findall(name)
    if bracketed:
        return str(bracketed[-1])
    tail = _TAIL.search(name)
    return tail.group().strip(" ,") if tail else ""


def _currency(unit: str) -> str:
    found = re.search(rf"\b(?:{_CODES})\b", unit, re.IGNORECASE) or re.search(_SIGN, unit)
    return (_SIGNS.get(found.group()) or found.group().upper()) if found else ""


def _scale(unit: str) -> int:
    """Return the scale that `unit` names, 0 for none."""
    bare = re.sub(rf"{_SIGN}|\b(?:{_CODES})", " ", unit, flags=re.IGNORECASE)
    said = next((scale for pattern, scale in _SCALES if pattern.search(bare)), 0)
    return said or (_LETTERS.get(bare.strip(" ()./").casefold(), 0) if bare != unit else 0)


def _of_caption(caption: str) -> str:
    found = re.search(r"\bin\s+(?:\w+\s+|[$€£]\s*){0,3}?(?:thousands?|millions?|billions?)\b", caption, re.IGNORECASE)
    return found.group() if found else ""


def _counted(unit: str) -> str:
    words = unit
    for pattern, _ in _SCALES:
        words = pattern.sub(" ", words)
    return " ".join(re.sub(r"\bin\b|['’]", " ", words).split())
