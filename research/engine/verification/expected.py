"""What a question about figures must be answered with, reckoned from the statements; whether an answer says it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from . import formulas, line_items
from .asking import Asked, asked
from .formulas import Node, Used
from .line_items import Line
from .numerals import Figure
from .units import amounts
from .words import fold, sentences

_SCALES = tuple(Decimal(10) ** power for power in (-9, -6, -3, 0, 3, 6, 9))
_RATES = (Decimal(1), Decimal(100), Decimal("0.01"))
_HALF = Decimal("0.505")
_NEAR = Decimal("0.0015")  # what rounding in between may do
_COARSEST = Decimal("0.3")
_EARLY_END = re.compile(r"\b(?:january|february|jan|feb)\b", re.IGNORECASE)
_HALF_FIT = 0.5
_SHOWN = 4  # cells named in a reason
_RANGE_YEARS = 12
_READINGS = 4  # so many lines may be one item


class Reckoned(NamedTuple):
    """A value a question comes to, with the cells it was reckoned from."""

    value: Decimal
    used: tuple[Used, ...]


class Compared(NamedTuple):
    """How an answer stands to what its question comes to; reason: in words, "" when not known.

    fit: 1 it says the value, ½ one by another usual formula or where more is asked for, -1 another, 0 not known.
    """

    fit: float
    reason: str


UNKNOWN = Compared(0.0, "")


def reckoned(wanted: Asked, passages: Sequence[str]) -> tuple[Reckoned, ...]:
    """Return what each formula of `wanted` comes to by the lines of `passages`; those that lack a line are left out."""
    lines = line_items.read(passages)
    found: list[Reckoned] = []
    for node in wanted.formulas:
        found += _reckoned(wanted, node, lines, formulas.NO_CHOICE)
    return tuple(found)


def otherwise(wanted: Asked, passages: Sequence[str]) -> tuple[Reckoned, ...]:
    """Return what the formulas come to by other readings.

    One item may be taken from another line that may be it ("Net sales"). A year that ends in January or February is
    called by either of the two years it lies in, so the next column's year may be meant.
    """
    lines = line_items.read(passages)
    found: list[Reckoned] = []
    for node in wanted.formulas:
        for name in sorted(formulas.names_of(node)):
            for place in range(1, _READINGS):
                found += _reckoned(wanted, node, lines, {name: place})
        if any(_EARLY_END.search(line.head) for line in lines):
            later = wanted._replace(years=tuple(year + 1 for year in wanted.years))
            found += _reckoned(later, node, lines, formulas.NO_CHOICE)
    return tuple(found)


def _reckoned(wanted: Asked, node: Node, lines: Sequence[Line], choice: formulas.Choice) -> list[Reckoned]:
    used: list[Used] = []
    value = _value(wanted, node, lines, used, choice)
    return [] if value is None else [Reckoned(value, tuple(dict.fromkeys(used)))]


def _value(
    wanted: Asked, node: Node, lines: Sequence[Line], used: list[Used], choice: formulas.Choice
) -> Decimal | None:
    last, first = wanted.years[-1], wanted.years[0]
    if wanted.operation in ("mean", "sum"):
        return _over(wanted, node, lines, used, choice)
    now = formulas.reckon(node, last, lines, used, choice)
    if now is None or not wanted.operation:
        return now
    before = formulas.reckon(node, first if first < last else last - 1, lines, used, choice)
    return None if before is None else _moved(wanted.operation, now, before, max(1, last - first))


def _over(
    wanted: Asked, node: Node, lines: Sequence[Line], used: list[Used], choice: formulas.Choice
) -> Decimal | None:
    """Return the mean or sum over all years from the first named to the last, None when one is missing."""
    last, first = wanted.years[-1], wanted.years[0]
    if last - first > _RANGE_YEARS:
        return None
    row = [formulas.reckon(node, year, lines, used, choice) for year in range(first, last + 1)]
    known = [value for value in row if value is not None]
    if len(known) < len(row):
        return None
    return sum(known, Decimal(0)) / (len(known) if wanted.operation == "mean" else 1)


def _moved(operation: str, now: Decimal, before: Decimal, years: int) -> Decimal | None:
    """Return the change, growth or yearly growth from `before` to `now`, None where it has no meaning."""
    if operation == "change":
        return now - before
    if not before or (operation == "cagr" and now / before <= 0):
        return None
    if operation == "cagr":
        return Decimal(float(now / before) ** (1 / years) - 1)
    return (now - before) / abs(before)


def compare(question: str, answer: str, passages: Sequence[str]) -> Compared:
    """Return whether `answer` says what `question` comes to by the statements in `passages`."""
    wanted = asked(question)
    values = reckoned(wanted, passages) if wanted else ()
    if not wanted or not values:
        return UNKNOWN
    return _figured(wanted, values, answer, passages)


def _figured(wanted: Asked, values: Sequence[Reckoned], answer: str, passages: Sequence[str]) -> Compared:
    said = [[f for f in amounts(fold(part)) if not f.text.isalpha()] for part in parts_of(answer)]
    every = [figure for found in said for figure in found]
    # What an answer concludes stands in its last figures, or in its first sentence.
    final = [*next((found for found in reversed(said) if found), []), *(said[0] if said else [])]
    rate = wanted.rate or wanted.operation in ("growth", "cagr")

    def told(figures: Sequence[Figure], value: Reckoned) -> bool:
        return any(_says(figure, value.value, rate=rate) for figure in figures)

    for place, each in enumerate(values):
        if told(final, each):
            return Compared(1.0 if wanted.sure and not place else _HALF_FIT, _shown(wanted, each, rate=rate))
    passing = any(told(every, each) for each in values)
    if not wanted.sure or passing or any(told(final, each) for each in otherwise(wanted, passages)):
        return UNKNOWN
    says = (
        f"the answer says {', '.join(figure.text for figure in final[:3])}" if final else "the answer gives no figure"
    )
    return Compared(-1.0, f"{_shown(wanted, values[0], rate=rate)}; {says}")


def _says(figure: Figure, value: Decimal, *, rate: bool) -> bool:
    said, goal = abs(figure.amount), abs(value)
    for scale in _RATES if rate else _SCALES:
        there = goal * scale
        off = abs(said - there)
        if off <= _NEAR * there:
            return True
        if off <= _HALF * figure.quantum and (
            figure.quantum <= _COARSEST * there or (rate and scale == 1 and 0 < said < 1)
        ):
            return True
    return False


def parts_of(answer: str) -> list[str]:
    """Return the sentences and lines of an answer, in order."""
    return [part for line in answer.splitlines() for part in sentences(line) if part.strip()]


def _shown(wanted: Asked, value: Reckoned, *, rate: bool) -> str:
    cells = ", ".join(f"“{used.label}”, {used.year}: {used.value:,}" for used in value.used[:_SHOWN])
    return (
        f"{wanted.name} comes to {value.value:,.4f} ({cells})"
        if rate
        else f"{wanted.name} is {value.value:,} ({cells})"
    )
