"""Questions for the largest or smallest of a table's lines: whether the answer names the line that is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from . import line_items
from .asking import QUARTER, years_of
from .expected import UNKNOWN, Compared, parts_of
from .line_items import Line
from .words import content_stems, fold

_MOST = re.compile(r"\b(?:highest|largest|biggest|greatest|most|best|top|strongest)\b", re.IGNORECASE)
_LEAST = re.compile(r"\b(?:lowest|smallest|least|worst|weakest)\b", re.IGNORECASE)
_CHANGE = re.compile(r"\b(?:growth|grew|performance|increase|decline|decrease|drop|improve\w*)\b", re.IGNORECASE)
_FALL = re.compile(r"\b(?:decline|decrease|drop)\b", re.IGNORECASE)
_ASKS = re.compile(r"\b(?:which|what|who)\b", re.IGNORECASE)
_TOTAL = re.compile(r"\btotals?\b|\Anet\b|consolidated|corporate|\bsubtotal", re.IGNORECASE)
_LEAST_LINES = 2


def compare(question: str, answer: str, passages: Sequence[str]) -> Compared:
    """Return whether the line `answer` names leads its table in the year asked for, as `question` wants it."""
    most, least = _MOST.search(question), _LEAST.search(question)
    years = years_of(question)
    if bool(most) == bool(least) or QUARTER.search(question) or not _ASKS.search(question) or not years:
        return UNKNOWN
    change = bool(_CHANGE.search(question))
    sign = (1 if most else -1) * (-1 if most and _FALL.search(question) else 1)
    for said in _conclusions(answer):
        best = UNKNOWN
        for group in _groups(passages, question):
            found = _in_group(said, group, years[-1], sign, change=change)
            if found.fit > best.fit or not best.fit:
                best = found
        if best.fit:
            return best
    return UNKNOWN


def _conclusions(answer: str) -> list[str]:
    said = parts_of(answer)
    leading = [part for part in said if _MOST.search(part) or _LEAST.search(part)]
    return [*leading[:1], *said[:1], *said[-1:]]


def _groups(passages: Sequence[str], question: str) -> list[list[Line]]:
    """Return the lines under one heading each; where some headings hold words of the question, the best of them."""
    wanted = content_stems(fold(question))
    lines = [line for line in line_items.read(passages) if not _TOTAL.search(line.label) and not line.stems <= wanted]
    found = [list(group) for _, group in groupby(lines, key=lambda line: (line.page, line.head))]
    found = [group for group in found if len(group) >= _LEAST_LINES]
    fits = [len(wanted & content_stems(fold(group[0].head))) for group in found]
    return [group for group, fit in zip(found, fits, strict=True) if fit == max(fits) > 0]


def _in_group(said: str, group: Sequence[Line], year: int, sign: int, *, change: bool) -> Compared:
    stems = content_stems(fold(said))
    values = {line.label: value for line in group if (value := _value(line, year, change=change)) is not None}
    named = [line for line in group if line.stems <= stems and line.label in values]
    if not named or len(values) < _LEAST_LINES:
        return UNKNOWN
    first = min(named, key=lambda line: _place(line, said))
    leader = max(values, key=lambda label: sign * values[label])
    reason = f"“{leader}” leads with {values[leader]:,.3f}" if change else f"“{leader}” leads with {values[leader]:,}"
    return Compared(1.0 if first.label == leader else -1.0, f"{reason} in {year}")


def _place(line: Line, said: str) -> int:
    low = said.casefold()
    return min((at for word in line.label.casefold().split() if (at := low.find(word)) >= 0), default=len(low))


def _value(line: Line, year: int, *, change: bool) -> Decimal | None:
    now = line.values.get(year)
    if now is None or not change:
        return now
    before = line.values.get(year - 1)
    return (now - before) / abs(before) if before else None
