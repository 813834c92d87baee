"""Recompute a figure of a claim from figures it may rest on: change, growth, share, ratio, sum, average."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, permutations
from typing import NamedTuple

from .numerals import Figure
from .units import Unit

# What a claim says when it gives a figure that stands in no source but follows from two or more that do. A figure is
# only recomputed with the operations the claim names: with all of them at once chance hits are frequent.
_CHANGE = re.compile(
    r"\b(?:increas|decreas|declin|grew|grow|rose|ris(?:e|ing)|fell|fall|drop|reduc|chang|differ|higher|lower|more than|"
    r"less than|exceed|gap|gain|loss of|compared|improv|from .{1,60}\bto\b|minus|less|net of|remain|saving|excluding)",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"\b(?:ratio|times|per|share|percent|percentage|proportion|portion|margin|represent|account|fraction|turnover|rate|"
    r"yield|return|coverage|divided|comprise|constitut|half|third|multiple)|%",
    re.IGNORECASE,
)
_SUM = re.compile(r"\b(?:total|sum|combined|together|aggregate|altogether|overall|plus|cumulative|both)", re.IGNORECASE)
_MEAN = re.compile(r"\b(?:average|averaged|mean|per year|annually)\b", re.IGNORECASE)
# More figures than this in one row or sentence are no operands of one sum.
_MOST = 12
# Accepted are hits of which fewer than this many were to be expected by chance: candidates tried times the share of
# the number line that would have counted as a hit (one step of the claimed figure in its own size, Benford's density).
CHANCE = 0.15
_DENSITY = 0.43  # 1 / ln 10: how much of a decade one step of a figure's own size takes


class Recomputed(NamedTuple):
    """How a figure follows: the operation in words and its operands as written."""

    how: str
    operands: tuple[str, ...]


def operations(claim: str) -> frozenset[str]:
    """Return which of change, share, sum and mean the claim's words name."""
    named = {"change": _CHANGE, "share": _SHARE, "sum": _SUM, "mean": _MEAN}
    return frozenset(name for name, pattern in named.items() if pattern.search(claim))


def recompute(
    figure: Figure, near: Sequence[Unit], named: frozenset[str], *, chance: float = CHANCE
) -> Recomputed | None:
    """Return how `figure` follows from figures of `near` by an operation in `named`, or None.

    near: the units that may speak of it, nearest first. Tried in turn: figures of one unit, the same columns of two
    or three rows, any two units; the wider the net, the more places the figure must have to count.
    chance: how many hits by chance are borne with; more where the claim writes its reckoning down.
    """
    target, step = abs(float(figure.amount)), float(figure.quantum)
    if figure.label is not None or figure.is_year or not named or not target:
        return None
    percent = figure.unit in ("percent", "percentage point")
    scales = (1.0,) if percent or not figure.scaled else (1.0, 1e3, 1e6, 1e9)
    rows = [operands(unit) for unit in near]
    tried = 0
    for tier in (_inside(rows), _columns(near, rows), _across(near, rows), _gathered(rows)):
        for group in tier:
            for how, value, used in _results(group, named, percent=percent):
                tried += len(scales)
                if any(_same(abs(value), target / scale, step / scale) for scale in scales):
                    by_chance = tried * step / target * _DENSITY
                    return Recomputed(how, tuple(f.text for f in used)) if by_chance < chance else None
    return None


def operands(unit: Unit) -> list[Figure]:
    """Return the figures of a unit that can be reckoned with."""
    return [f for f in unit.amounts if f.amount][:_MOST]


def _same(value: float, target: float, step: float) -> bool:
    """Tell whether `value` rounds to `target`, or was cut off after its last place."""
    return -0.505 * step <= value - target < 0.999 * step


def _inside(rows: Sequence[list[Figure]]) -> Iterator[Sequence[Figure]]:
    return (row for row in rows if len(row) > 1)


def _columns(near: Sequence[Unit], rows: Sequence[list[Figure]]) -> Iterator[Sequence[Figure]]:
    tables = [row for unit, row in zip(near, rows, strict=True) if unit.row and row]
    for size in (2, 3):
        for some in combinations(tables[:8], size):
            yield from zip(*some, strict=False)


def _across(near: Sequence[Unit], rows: Sequence[list[Figure]]) -> Iterator[Sequence[Figure]]:
    for (left, one), (right, other) in combinations(list(zip(near, rows, strict=True))[:6], 2):
        for a in one:
            for b in other:
                # Rows write the sign of money in their first lines only; sentences write it always.
                if a.unit == b.unit and (left.row or right.row or bool(a.currency) == bool(b.currency)):
                    yield (a, b)


def _gathered(rows: Sequence[list[Figure]]) -> Iterator[Sequence[Figure]]:
    """Yield what a sum may gather from several units: the first figures of two to four of them, or the last."""
    held = [row for row in rows if row][:8]
    for place in (0, -1):
        for size in (3, 4, 5):
            yield from combinations([row[place] for row in held], size)


def _results(
    group: Sequence[Figure], named: frozenset[str], *, percent: bool
) -> Iterable[tuple[str, float, Sequence[Figure]]]:
    if named & {"change", "share", "product"}:
        for one, other in permutations(group, 2):
            for how, value in _of_two(one, other, named, percent=percent):
                yield how, value, (one, other)
    if named & {"sum", "mean"}:
        for size in range(2, len(group) + 1):
            for first in range(len(group) - size + 1):
                used = group[first : first + size]
                total = sum(float(f.amount) for f in used)
                if "sum" in named:
                    yield "sum", total, used
                if "mean" in named:
                    yield "average", total / size, used


def _of_two(one: Figure, other: Figure, named: frozenset[str], *, percent: bool) -> Iterable[tuple[str, float]]:
    a, b = float(one.amount), float(other.amount)
    if "change" in named and a > b and (not percent or one.unit == "percent"):
        yield "difference", a - b
    if "change" in named and percent and b:
        yield "growth", (a - b) / abs(b) * 100
    if "product" in named:
        yield "product", a * b
    if "share" in named and b:
        whole = 100 if percent else 1
        yield "share", a / b * whole
        yield "rest", whole - a / b * whole
