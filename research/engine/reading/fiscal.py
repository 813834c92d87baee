"""When a firm's fiscal year ends, and what its years and quarters are called."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections import Counter
from typing import NamedTuple

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
MONTH = r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"  # noqa: E501
# Years of 52 or 53 weeks end on a weekday near the month's end: the first days of a month are still the month before.
_SLACK_DAYS = 7
_YEAR_MONTHS, _QUARTER_MONTHS = 12, 3
_ENDS = re.compile(
    rf"\bfiscal\s+years?(?:\s+(?:periods?|which|that))?\s+(?:end(?:s|ed|ing)?)\s*:?\s+(?:(?:on|in)\s+)?"
    rf"(?:the\s+(?:last\s+|\w+day\s+)*(?:\w+\s+){{0,4}}?)?({MONTH})(?:\s+(\d{{1,2}}))?\b",
    re.IGNORECASE,
)
_NAMED = (
    re.compile(rf"\bfiscal(?:\s+year)?\s+(20\d\d)\s+(?:was\s+)?(?:ended|ending|ends)(?:\s+on)?\s+({MONTH})\s+(\d{{1,2}}),?\s+(20\d\d)", re.IGNORECASE),  # noqa: E501
    re.compile(rf"\b(?P<m>{MONTH})\s+(?P<d>\d{{1,2}}),?\s+(?P<y>20\d\d)\s*\(\s*(?:referred\s+to\s+as\s+)?[\"“”'‘’]*fiscal(?:\s+year)?\s+(?P<f>20\d\d)", re.IGNORECASE),  # noqa: E501
)  # fmt: skip


class FiscalCalendar(NamedTuple):
    """How a firm counts its years. end_month: 1…12. offset: name of a year less the calendar year it ends in, 0 or −1.

    A year that ends in June 2023 is fiscal 2023 (offset 0); some shops call the year to January 2023 fiscal 2022 (−1).
    """

    end_month: int = 12
    offset: int = 0

    def year_of(self, end: dt.date) -> int:
        """Return the name of the fiscal year in which the day `end` lies."""
        year, month = closing_month(end)
        return year + (1 if month > self.end_month else 0) + self.offset

    def quarter_of(self, end: dt.date) -> int:
        """Return the fiscal quarter (1…4) in which the day `end` lies."""
        _, month = closing_month(end)
        return ((month - self.end_month - 1) % _YEAR_MONTHS) // _QUARTER_MONTHS + 1

    def year_end(self, year: int) -> dt.date:
        """Return the last day of the month in which fiscal `year` ends."""
        return month_end(year - self.offset, self.end_month)

    def months_end(self, year: int, months: int) -> dt.date:
        """Return the last day of the month that ends the first `months` (1…12) months of fiscal `year`."""
        total = (year - self.offset) * _YEAR_MONTHS + self.end_month - 1 - _YEAR_MONTHS + months
        return month_end(total // _YEAR_MONTHS, total % _YEAR_MONTHS + 1)


CALENDAR_YEAR = FiscalCalendar()


def month_end(year: int, month: int) -> dt.date:
    """Return the last day of a month (1…12)."""
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def closing_month(end: dt.date) -> tuple[int, int]:
    """Return (year, month) of the month a period ending on `end` closes: 1 January 2023 closes December 2022."""
    if end.day <= _SLACK_DAYS:
        end = end.replace(day=1) - dt.timedelta(days=1)
    return end.year, end.month


def month_number(word: str) -> int:
    """Return 1…12 for a month's English name or its abbreviation. Raises `ValueError` for another word."""
    short = word.strip(". ").casefold()[:3]
    return [name.casefold()[:3] for name in MONTHS].index(short) + 1


def read_calendar(text: str) -> FiscalCalendar | None:
    """Read from a document's own words when its fiscal year ends, or None where it does not say.

    The month said most often wins ("fiscal year ended June 30, 2023"). A sentence that names a year with its end
    ("fiscal 2022 ended on January 28, 2023") settles the offset.
    """
    months: Counter[int] = Counter()
    for found in _ENDS.finditer(text):
        day, month = int(found.group(2) or 28), month_number(found.group(1))
        months[(month - 2) % 12 + 1 if day <= _SLACK_DAYS else month] += 1
    if not months:
        return None
    end_month = months.most_common(1)[0][0]
    offsets: Counter[int] = Counter()
    for name, _, day_, year in (m.groups() for m in _NAMED[0].finditer(text)):
        offsets[int(name) - int(year) + (1 if int(day_) <= _SLACK_DAYS and end_month == _YEAR_MONTHS else 0)] += 1
    for found in _NAMED[1].finditer(text):
        early = int(found["d"]) <= _SLACK_DAYS and end_month == _YEAR_MONTHS
        offsets[int(found["f"]) - int(found["y"]) + (1 if early else 0)] += 1
    offset = offsets.most_common(1)[0][0] if offsets else 0
    return FiscalCalendar(end_month, offset if offset in {-1, 0} else 0)
