"""Find the periods a text speaks of, as typed values: fiscal years, quarters, spans of months, days.

One reading for all: search, claims and checks compare periods by the same names, "FY2022", "2023-Q2" (the second
fiscal quarter), "2023-6M" (the first six months of fiscal 2023), "2022-12-31" (as of that day).
"""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum
from typing import NamedTuple

from .fiscal import CALENDAR_YEAR, MONTH, FiscalCalendar, closing_month, month_number, read_calendar

__all__ = ["CALENDAR_YEAR", "FiscalCalendar", "Found", "Kind", "Period", "agree", "end_of", "find", "read_calendar"]

_YEAR_MONTHS, _QUARTER_MONTHS = 12, 3
_LONGEST_RANGE = 12  # years; a longer one is a history, not a list of periods
_CENTURY = 2000


class Kind(StrEnum):
    YEAR = "year"
    QUARTER = "quarter"
    MONTHS = "months"
    DATE = "date"


class Period(NamedTuple):
    """A period. `year` is the fiscal year it belongs to, for a DATE the calendar year.

    quarter: 1…4 for QUARTER, else None. months: how many of the fiscal year's months for MONTHS, else None.
    end: its last day where the text says it, else None.
    """

    kind: Kind
    year: int
    quarter: int | None = None
    months: int | None = None
    end: dt.date | None = None

    @property
    def name(self) -> str:
        """The canonical name: "FY2022", "2023-Q2", "2023-6M", "2022-12-31"."""
        if self.kind is Kind.QUARTER:
            return f"{self.year}-Q{self.quarter}"
        if self.kind is Kind.MONTHS:
            return f"{self.year}-{self.months}M"
        return self.end.isoformat() if self.kind is Kind.DATE and self.end else f"FY{self.year}"


class Found(NamedTuple):
    """A period with its place in the text (code points, end exclusive) and whether only a bare year stands there."""

    period: Period
    start: int
    end: int
    bare: bool = False


_WORDS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4,
    "three": 3, "six": 6, "nine": 9, "twelve": 12, "thirteen": 3, "twenty-six": 6, "thirty-nine": 9, "fifty-two": 12,
    "fifty-three": 12, "fourteen": 3, "one": 1, "two": 2,
}  # fmt: skip
_WEEKS = {"12": 3, "13": 3, "14": 3, "16": 3, "24": 6, "26": 6, "27": 6, "36": 9, "39": 9, "40": 9, "52": 12, "53": 12}
_YEAR = r"(?:19[89]\d|20[0-4]\d)"
_ORDINAL = r"(?:first|second|third|fourth|1st|2nd|3rd|4th)"
_COUNT = r"(?:one|two|three|six|nine|twelve|thirteen|fourteen|twenty-six|thirty-nine|fifty-two|fifty-three|\d{1,2})"
_FISCAL = r"(?:(?:the\s+)?fiscal\s*(?:years?)?|FY|calendar(?:\s+year)?|(?:the\s+)?year)"
_SPAN = rf"{_COUNT}(?:[\s-]+(?:and|or)\s+{_COUNT})?[\s-]+(?:month|week)s?(?:\s+period)?s?"
# In order: the longer reading first.
_SCAN = re.compile(
    rf"(?P<ended>\b(?P<what>(?:fiscal\s+)?(?:years?|quarters?)|(?:annual|quarterly)\s+periods?|{_SPAN})\s+end(?:ed|ing)\s*:?\s*"
    rf"(?=(?:on\s+)?{MONTH}\s+\d))"
    rf"|(?P<quarter>\b(?:fiscal\s+)?(?:{_ORDINAL}[\s-]+(?:fiscal\s+)?quarter|Q(?P<qd>[1-4])|(?P<dq>[1-4])Q)"
    rf"\s*[-,/']?\s*(?:of\s+|in\s+|for\s+)?(?:{_FISCAL}\s*)?[’']?(?P<qyear>{_YEAR}|\d\d)(?!\d|[.,]\d|%))"
    rf"|(?P<yearq>\b(?:FY\s?)?(?P<yqyear>{_YEAR})\s?[-/]?\s?Q(?P<yqd>[1-4])\b)"
    rf"|(?P<half>\b(?:(?P<half_n>first|second)\s+half\s+(?:of\s+)?|H(?P<half_d>[12])\s?)(?:{_FISCAL}\s*)?[’']?(?P<hyear>{_YEAR})\b)"
    rf"|(?P<firstm>\bfirst\s+(?P<fcount>three|six|nine)\s+months\s+of\s+(?:{_FISCAL}\s*)?(?P<fyear>{_YEAR})\b)"
    rf"|(?P<range>\b(?P<from>{_YEAR})\s?(?:[-–—]|to|through)\s?(?P<to>{_YEAR})\b)"
    rf"|(?P<fiscal>\b(?:fiscal\s*(?:years?)?|FYE?)\s?[’']?(?P<fiscal_year>{_YEAR}|\d\d)(?!\d|[.,]\d|%))"
    rf"|(?P<date>\b{MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s*,\s*|\s+)(?P<dyear>{_YEAR})\b)"
    rf"|(?P<dmy>\b\d{{1,2}}\s+{MONTH}\s+{_YEAR}\b)"
    rf"|(?P<iso>\b{_YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b)"
    rf"|(?P<bare>(?<![\w$€£¥.,#/-])(?P<byear>{_YEAR})(?![\w%-]|[.,]\d|\s*%))",
    re.IGNORECASE,
)
_DATE = re.compile(rf"(?:on\s+)?({MONTH})\s+(\d{{1,2}})(?:st|nd|rd|th)?(?:\s*,\s*|\s+)({_YEAR})\b", re.IGNORECASE)
# "…, 2022, 2021 and 2020", in column heads only spaces between; also a second whole date.
_GAP = r"(?:\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or|to|from|versus|vs\.?|compared\s+(?:to|with))\s+(?:the\s+)?(?:same\s+period\s+(?:in|of)\s+)?|\s*&\s*|\s+)"  # noqa: E501
_NEXT_DATE = re.compile(rf"{_GAP}(?={MONTH}\s+\d{{1,2}}(?:,|\s)\s*{_YEAR}\b)", re.IGNORECASE)
_NEXT_YEAR = re.compile(rf"{_GAP}({_YEAR})(?![\w%-]|[.,]\d|\s*%)", re.IGNORECASE)
# "2025 Notes", "the 2017 Plan", "due 2027", "Section 2022": names and maturities, no periods.
_NAME_AFTER = re.compile(
    r"\s+(?:(?:\w+\s+){0,2}(?:Notes?|Plan|Act|Program|Bonds?|Debentures?|Facility|Agreement|Loans?|Convertible)\b)"
)
_NAME_BEFORE = re.compile(r"\b(?:due(?:\s+in)?|section|rule|no\.|form|part|chapter|page)\s*$", re.IGNORECASE)
_UNIT_AFTER = re.compile(r"\s*(?:thousand|million|billion|percent|shares|employees|customers)\b", re.IGNORECASE)


def find(text: str, *, fiscal: FiscalCalendar = CALENDAR_YEAR, bare_years: bool = True) -> tuple[Found, ...]:
    """Return the periods of `text` in the order of their places; a list ("2022 and 2021") gives one for each.

    fiscal: the firm's calendar, from `read_calendar` of its document or known otherwise. It names what the text
    gives by its last day: under a year that ends in June, "three months ended December 31, 2022" is 2023-Q2.
    bare_years False leaves out years that stand alone, as no word says that they are periods.
    """
    found: list[Found] = []
    at = 0
    while match := _SCAN.search(text, at):
        here = _read(text, match, fiscal)
        at = max((one.end for one in here), default=match.end())
        found.extend(one for one in here if bare_years or not one.bare)
    return tuple(found)


def end_of(period: Period, *, fiscal: FiscalCalendar = CALENDAR_YEAR) -> dt.date:
    """Return the last day of `period`: as the text said, else the last of the month that the calendar gives."""
    if period.end:
        return period.end
    months = _QUARTER_MONTHS * (period.quarter or 0) or period.months or _YEAR_MONTHS
    return fiscal.months_end(period.year, months)


def agree(one: Period, other: Period, *, fiscal: FiscalCalendar = CALENDAR_YEAR) -> bool:
    """Tell whether two periods are the same, or one is the day on which the other ends (a balance sheet's date)."""
    if Kind.DATE not in {one.kind, other.kind}:
        return one.name == other.name
    return closing_month(end_of(one, fiscal=fiscal)) == closing_month(end_of(other, fiscal=fiscal))


def _read(text: str, match: re.Match[str], fiscal: FiscalCalendar) -> list[Found]:
    """Return the periods that begin at `match`, the following ones of a list with it."""
    start = match.start()
    if match["ended"]:
        spans = _spans(match["what"])
        return [
            Found(_ended(day, months, fiscal), start if first else at, end)
            for first, at, end, day in _days(text, match.end())
            for months in spans
        ]
    if match["date"]:
        return [Found(_day(day), at, end) for _, at, end, day in _days(text, start)]
    if match["bare"]:
        year = Period(Kind.YEAR, int(match["byear"]))
        return [] if _is_name(text, match) else [Found(year, start, match.end(), bare=True)]
    if match["range"]:
        first_year, last = int(match["from"]), int(match["to"])
        years = range(first_year, last + 1) if 0 < last - first_year < _LONGEST_RANGE else (first_year, last)
        return [Found(Period(Kind.YEAR, year), start, match.end()) for year in years]
    single = _quarter(match) or _part_of_year(match) or _written_date(match)
    return _listed(text, Found(single, start, match.end())) if single else []


def _listed(text: str, first: Found) -> list[Found]:
    """Return `first` and the years that follow it ("fiscal 2022 and 2021")."""
    found = [first]
    while first.period.kind is not Kind.DATE:
        more = _NEXT_YEAR.match(text, found[-1].end)
        if more is None or _UNIT_AFTER.match(text, more.end()):
            break
        found.append(Found(first.period._replace(year=int(more.group(1))), more.start(1), more.end()))
    return found


def _quarter(match: re.Match[str]) -> Period | None:
    if match["yearq"]:
        return Period(Kind.QUARTER, int(match["yqyear"]), quarter=int(match["yqd"]))
    if not match["quarter"]:
        return None
    ordinal = re.search(_ORDINAL, match.group(), re.IGNORECASE)
    quarter = int(match["qd"] or match["dq"] or (_WORDS[ordinal.group().lower()] if ordinal else 0))
    return Period(Kind.QUARTER, _year(match["qyear"]), quarter=quarter)


def _part_of_year(match: re.Match[str]) -> Period | None:
    if match["half"]:
        second = "second" in (match["half_n"] or "").lower() or match["half_d"] == "2"
        # The second half is no first so many months of a year: it has no name of its own here, so the year stands.
        return Period(Kind.YEAR if second else Kind.MONTHS, int(match["hyear"]), months=None if second else 6)
    if match["firstm"]:
        months, year = _WORDS[match["fcount"].lower()], int(match["fyear"])
        if months == _QUARTER_MONTHS:
            return Period(Kind.QUARTER, year, quarter=1)
        return Period(Kind.MONTHS, year, months=months)
    return Period(Kind.YEAR, _year(match["fiscal_year"])) if match["fiscal"] else None


def _written_date(match: re.Match[str]) -> Period | None:
    try:
        if match["iso"]:
            return _day(dt.date.fromisoformat(match.group()))
        day, month, year = match.group().split()
        return _day(dt.date(int(year), month_number(month), int(day)))
    except ValueError:  # 31 June
        return None


def _days(text: str, at: int) -> list[tuple[bool, int, int, dt.date]]:
    """Return the days listed from `at` on: (is the first, start, end, day). A year alone repeats its day."""
    found: list[tuple[bool, int, int, dt.date]] = []
    month = day = 0
    while True:
        if whole := _DATE.match(text, at):
            month, day, year, start = month_number(whole[1]), int(whole[2]), int(whole[3]), whole.start(1)
            at = whole.end()
        elif found and (gap := _NEXT_DATE.match(text, at)):
            at = gap.end()
            continue
        elif found and (more := _NEXT_YEAR.match(text, at)):
            year, start, at = int(more.group(1)), more.start(1), more.end()
        else:
            return found
        try:
            found.append((not found, start, at, dt.date(year, month, day)))
        except ValueError:  # 29 February of another year
            return found


def _spans(what: str) -> list[int]:
    """Return the lengths in months that the words before "ended" name: "three and nine months" gives two."""
    low = what.lower()
    if "quarter" in low:
        return [_QUARTER_MONTHS]
    if "year" in low or "annual" in low:
        return [_YEAR_MONTHS]
    counts = re.findall(_COUNT, low)
    if "week" in low:
        weeks = [_WEEKS.get(count, _WORDS.get(count, _QUARTER_MONTHS)) for count in counts]
        return weeks or [_QUARTER_MONTHS]
    return [_WORDS.get(count) or int(count) for count in counts]


def _ended(day: dt.date, months: int, fiscal: FiscalCalendar) -> Period:
    year = fiscal.year_of(day)
    if months == _YEAR_MONTHS:
        # What a text calls a year that ends on a day settles itself, whatever the calendar passed in.
        return Period(Kind.YEAR, closing_month(day)[0] + fiscal.offset, end=day)
    if months == _QUARTER_MONTHS:
        return Period(Kind.QUARTER, year, quarter=fiscal.quarter_of(day), end=day)
    return Period(Kind.MONTHS, year, months=months, end=day)


def _day(day: dt.date) -> Period:
    return Period(Kind.DATE, day.year, end=day)


def _year(digits: str) -> int:
    return int(digits) + (_CENTURY if len(digits) == len("22") else 0)


def _is_name(text: str, match: re.Match[str]) -> bool:
    return bool(
        _NAME_AFTER.match(text, match.end())
        or _UNIT_AFTER.match(text, match.end())
        or _NAME_BEFORE.search(text[max(0, match.start() - 20) : match.start()])
    )
