"""Read the lines of a page's statements: a label with one value for each year, however its columns were lost."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from .units import Unit, units
from .words import content_stems

_YEAR = re.compile(r"(?<![\d,.])(20[0-4]\d|19[89]\d)(?![\d.]*\d|,\d)")
_CELL = re.compile(
    r"(?P<minus>[(\-\u2212]\s*\$?\s*|\$\s*\(\s*)?(?P<number>\d[\d,]*(?:\.\d+)?)\s*\)?\s*(?P<rate>%?)|[\u2014\u2013]"
)
_TRAILING = re.compile(
    r"(?P<label>.*?[A-Za-z)*:].*?)(?P<cells>(?:[\s$|]+[(\-\u2212$\s]*(?:\d[\d,]*(?:\.\d+)?|[\u2014\u2013])[\s)%$|]*)+)\Z"
)
_FOOTNOTE = re.compile(r"\s*(?:\(\d\)|\*+)\s*\Z")
# What a label says in brackets explains it.
_ASIDE = re.compile(r"\s*\([^()]*\)?")
_PAIR = 2


class Line(NamedTuple):
    """One line. name: its letters and digits in lower case without spaces. values: by year, as printed.

    head: what stood above its table. page: the place of its passage among those read.
    rate: whether its values are percentages.
    """

    label: str
    name: str
    stems: frozenset[str]
    values: Mapping[int, Decimal]
    head: str
    page: int
    rate: bool


def squashed(text: str) -> str:
    """Return the letters and digits of `text` in lower case, nothing between them: PDFs lose and add spaces."""
    return "".join(re.findall(r"[a-z0-9&]", text.casefold()))


def read(passages: Sequence[str]) -> tuple[Line, ...]:
    """Return the lines of all passages whose years can be told, in order."""
    return tuple(line for place, passage in enumerate(passages) for line in _of_page(passage, place))


@lru_cache(maxsize=512)
def _of_page(passage: str, place: int) -> tuple[Line, ...]:
    found: list[Line] = []
    years: list[int] = []
    for unit in units(passage):
        named = _years(unit.head if unit.row else unit.text)
        if (unit.row or not unit.amounts) and len(named) >= _PAIR:
            years = named
        if unit.row and years:
            line = _line(unit, years, place)
            if line:
                found.append(line)
    return tuple(found)


def _years(text: str) -> list[int]:
    return [int(match[1]) for match in _YEAR.finditer(text)]


def _line(unit: Unit, years: Sequence[int], place: int) -> Line | None:
    label, bar, rest = unit.text.partition(" | ")
    if not bar:
        match = _TRAILING.match(unit.text)
        if not match:
            return None
        label, rest = match["label"], match["cells"]
    label = _FOOTNOTE.sub("", label.strip(" |$"))
    found = list(_CELL.finditer(rest))
    rates = [match for match in found if match["rate"]]
    if len(rates) < len([match for match in found if match["number"]]):
        found = [match for match in found if not match["rate"]]  # changes and shares beside the amounts
    cells = [_value(match) for match in found]
    values = {
        year: cell for year, cell in zip(_columns(len(cells), years), cells, strict=False) if year and cell is not None
    }
    if not values or not label:
        return None
    return Line(
        label,
        squashed(label),
        content_stems(_ASIDE.sub("", label) or label),
        values,
        unit.head,
        place,
        bool(rates) and len(rates) == len(found),
    )


def _value(match: re.Match[str]) -> Decimal | None:
    if match["number"] is None:
        return Decimal(0)
    value = Decimal(match["number"].replace(",", ""))
    return -value if match["minus"] else value


def _columns(count: int, years: Sequence[int]) -> list[int]:
    """Return the years of the first columns, [] when they cannot be told. A last column of changes may follow."""
    for taken in (count, count - 1):
        last = list(years[-taken:]) if taken > 0 else []
        if len(last) == taken > 0 and len(set(last)) == taken and _in_turn(last):
            return last
        # "Three months ended … twelve months ended …": the longer span stands last.
        half = taken // 2
        if len(last) == taken > _PAIR and not taken % 2 and last[:half] == last[half:] and _in_turn(last[half:]):
            return [*[0] * half, *last[half:]]
    return []


def _in_turn(years: Iterable[int]) -> bool:
    steps = {one - other for one, other in pairwise(years)}
    return not steps or steps in ({1}, {-1})
