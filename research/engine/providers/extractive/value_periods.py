"""Which period a figure is of: the one that stands with it, and not with a figure that it is compared with."""

from __future__ import annotations

import datetime as dt
import re

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
# What stands behind these is what a figure is compared with: "up from £400 million in 2023".
_AMOUNT = r"(?:(?:about|approximately|around|nearly|some|over)\s+)?(?:US\$|[A-Z]{0,3}[$€£¥]|\d)"
_COMPARED = re.compile(
    r"\b(?:(?:up|down|rising|rose|increas\w+|decreas\w+|grew|growing|fell|improv\w+)\s+from\b|"
    r"compared\s+(?:to|with)\b|in\s+comparison\s+(?:to|with)\b|relative\s+to\b|as\s+opposed\s+to\b|versus\b|vs\b|"
    rf"(?:from|against|over)\s+(?:{_AMOUNT}|fiscal\b|FY))",
    re.IGNORECASE,
)
# What ends a comparison: another clause, or the level that was reached ("from $2 million in 2023 to $3 million").
_ENDS = re.compile(rf"[,;]\s|\bto\s+{_AMOUNT}")
# Another figure or part of the sentence.
_MORE = re.compile(r"\d|,\s|\b(?:and|but|while|whereas)\b")


def of(text: str, start: int, end: int, *, first: bool) -> str | None:
    """Return the period of the figure at `start`…`end` of `text`, as FY2022, 2023-Q2, 2023-6M (six months) or a day.

    first: whether it is the sentence's first figure, which a period that opens the sentence ("In 2024, …") is of.
    None when the sentence names no period but those of figures it is compared with.
    """
    before = after = None
    for match in _PERIODS.finditer(text):
        if match.start() >= end and after is None and not _is_compared(text[end : match.start()]):
            after = match
        elif match.end() <= start and not _is_compared(text[: match.start()]):
            before = match
    if after is None or before is None:
        chosen = after or before
        return _name(chosen) if chosen else None
    opens = first and before.start() == 0 and _MORE.search(text[end : after.start()])
    farther = after.start() - end > start - before.end()
    return _name(before if opens or farther else after)


def day(text: str) -> dt.date | None:
    """Return the day that the sentence says its figure is of ("as of June 30, 2023"), or None."""
    match = next((found for found in _PERIODS.finditer(text) if found["asof"]), None)
    if match is None:
        return None
    try:
        return dt.date(int(match["year"]), _MONTHS.index(match["month"]) + 1, int(match["day"]))
    except ValueError:  # 31 June
        return None


def _is_compared(lead: str) -> bool:
    """Tell whether the words that lead up to a period say that it is one compared with."""
    compared = [*_COMPARED.finditer(lead)]
    return bool(compared) and not _ENDS.search(lead, compared[-1].end())


def _name(match: re.Match[str]) -> str:
    if match["asof"]:
        return f"{match['year']}-{_MONTHS.index(match['month']) + 1:02d}-{int(match['day']):02d}"
    if match["quarter"]:
        return f"{match['qyear']}-Q{_MONTHS.index(match['qmonth']) // 3 + 1}"
    if match["span"]:
        return f"{match['syear']}-{_SPANS[match['months']]}"
    if match["named"]:
        return f"{match['nyear']}-Q{_ORDINALS[match['ordinal'].lower()]}"
    return f"FY{match['eyear'] or match['pyear']}"
