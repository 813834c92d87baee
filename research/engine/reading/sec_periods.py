"""Which fiscal period the dates of a tagged figure are, as the SEC's company facts give them.

`fy` and `fp` of a fact name the period of the *report it stood in*, not its own (last year's figure in this year's
report has this year's `fy`), and filers get them wrong; so periods are read from `start` and `end` alone. `fy` serves
once: over all annual reports it tells how the company names its years.
"""

from __future__ import annotations

import bisect
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Literal, NamedTuple

from .fiscal import FiscalCalendar, closing_month
from .periods import Kind, Period
from .records import long_day

Choice = Literal["year", "quarter", "year_to_date"]

ANNUAL_FORMS = frozenset(("10-K", "10-K405", "10-KT", "20-F", "40-F"))
# Days from the first to the last: 52 or 53 weeks or a calendar year; quarters of 12 to 17 weeks (some retailers have
# three of 12 and one of 16); half a year of 24 to 28 weeks; three quarters of 36 to 40 weeks.
_YEAR_DAYS = range(350, 381)
_SPANS = ((3, range(80, 121)), (6, range(160, 197)), (9, range(245, 291)))
# What may be called so many months: 13 weeks and 14, and months of 28 to 31 days.
_AS_MONTHS = {3: range(88, 100), 6: range(179, 191), 9: range(270, 282)}
_MONTH_WORDS = {3: "three", 6: "six", 9: "nine"}
_QUARTER_WORDS = ("first", "second", "third", "fourth")
_LONGEST_YEAR_DAYS = 380


class YearEnds(NamedTuple):
    """When a company's fiscal years ended, earliest first, and how they are called.

    offset: name of a year less the calendar year in which it closes (0 or −1), None where no report tells.
    """

    ends: tuple[dt.date, ...] = ()
    offset: int | None = None

    def calendar_at(self, day: dt.date) -> FiscalCalendar | None:
        """Return the calendar of the fiscal year in which `day` lies, or of the one before; None when none is known."""
        at = bisect.bisect_left(self.ends, day)
        covering = self.ends[at : at + 1]
        if covering and (covering[0] - day).days < _LONGEST_YEAR_DAYS:
            found = covering[0]
        elif at:
            found = self.ends[at - 1]
        else:
            return None
        return FiscalCalendar(closing_month(found)[1], self.offset or 0)


class Report(NamedTuple):
    """What one annual figure tells of its report. year: the report's fiscal year as it names it, or None."""

    accession: str
    end: dt.date
    year: int | None


def is_year(start: dt.date, end: dt.date) -> bool:
    """Tell whether `start` to `end` is a year, of months or of 52 or 53 weeks."""
    return (end - start).days + 1 in _YEAR_DAYS


def year_ends(reports: Iterable[Report]) -> YearEnds:
    """Return the fiscal years' ends from the annual figures of annual reports.

    A report has this year's figures and those of years before; its own year is the latest that at least half as many
    figures are of as of the commonest one.
    """
    by_report: dict[str, Counter[dt.date]] = defaultdict(Counter)
    named: dict[str, int] = {}
    for each in reports:
        by_report[each.accession][each.end] += 1
        if each.year is not None:
            named[each.accession] = each.year
    ends: set[dt.date] = set()
    offsets: Counter[int] = Counter()
    for accession, counts in by_report.items():
        often = max(counts.values())
        own = max(end for end, count in counts.items() if count * 2 >= often)
        ends.add(own)
        offset = named.get(accession, 0) - closing_month(own)[0]
        if offset in (0, -1):
            offsets[offset] += 1
    return YearEnds(tuple(sorted(ends)), offsets.most_common(1)[0][0] if offsets else None)


def period_of(start: dt.date | None, end: dt.date, years: YearEnds) -> Period | None:
    """Return the period of a figure by its dates, or None for a length that is no year, quarter, half or nine months.

    start None: an instant (a balance sheet's day), which is a DATE. Its `year` is the fiscal year in which it lies.
    A quarter's number is None where its end does not fit the fiscal year.
    """
    calendar = years.calendar_at(end)
    year = calendar.year_of(end) if calendar else closing_month(end)[0]
    if start is None:
        return Period(Kind.DATE, year, end=end)
    if is_year(start, end):
        return Period(Kind.YEAR, closing_month(end)[0] + (years.offset or 0), end=end)
    days = (end - start).days + 1
    months = next((months for months, lengths in _SPANS if days in lengths), None)
    if months is None:
        return None
    if months == _SPANS[0][0]:
        quarter = calendar.quarter_of(end) if calendar and _months_in(end, calendar) % 3 == 0 else None
        return Period(Kind.QUARTER, year, quarter=quarter, end=end)
    return Period(Kind.MONTHS, year, months=months, end=end)


def choice_of(period: Period, *, form: str, years: YearEnds) -> Choice:
    """Return which choice a period belongs to; an instant goes with the year or the quarter that it closes.

    An instant that closes neither (the cover page's count of shares) goes with the kind of report it stands in.
    """
    if period.kind is not Kind.DATE or period.end is None:
        return {Kind.YEAR: "year", Kind.QUARTER: "quarter"}.get(period.kind, "year_to_date")  # type: ignore[return-value]
    calendar = years.calendar_at(period.end)
    if calendar is not None and _months_in(period.end, calendar) == 0:
        return "year"
    is_annual = form.removesuffix("/A") in ANNUAL_FORMS
    closes_quarter = calendar is not None and _months_in(period.end, calendar) % 3 == 0
    return "year" if is_annual and not closes_quarter else "quarter"


def in_words(start: dt.date | None, period: Period, years: YearEnds) -> str:
    """Return the period for a sentence: "in fiscal year 2025, the year ended January 31, 2025".

    The fiscal name stands first, as it is what readers compare. Six and nine months have none: beside them a fiscal
    year would be read as theirs. Without a known name the dates stand alone.
    """
    end = period.end
    if end is None:
        raise ValueError("a tagged figure's period has its last day")
    named = years.offset is not None
    if period.kind is Kind.DATE or start is None:
        closes = named and end in years.ends
        return f"as of {long_day(end)}" + (f", when fiscal year {period.year} ended" if closes else "")
    if period.kind is Kind.YEAR:
        return (f"in fiscal year {period.year}, " if named else "in ") + f"the year ended {long_day(end)}"
    days = (end - start).days + 1
    months = period.months or _SPANS[0][0]
    length = f"{_MONTH_WORDS[months]} months" if days in _AS_MONTHS[months] else f"{round(days / 7)} weeks"
    first = ""
    if named and period.quarter:
        # No "of" before "fiscal": "of fi" is what a lost ligature leaves of "offi…", and such sentences are refused.
        first = f"the {_QUARTER_WORDS[period.quarter - 1]} quarter fiscal year {period.year}, "
    return f"in {first}the {length} ended {long_day(end)}"


def _months_in(end: dt.date, calendar: FiscalCalendar) -> int:
    """Return how many months of its fiscal year are over at `end`, 0 for the year's own end."""
    return (closing_month(end)[1] - calendar.end_month) % 12
