"""Trace each figure of a claim: found in a passage, recomputed from figures there, or neither."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from . import computing
from .matching import Vocabulary
from .numerals import Figure
from .units import Unit, amounts
from .words import content_stems

_ONE = Decimal(1)
# A row without a named scale may count in any of these; a claim with a scale word of its own is matched to all.
_UNNAMED = (Decimal(10**3), Decimal(10**6), Decimal(10**9))
# A rounded figure must keep a tenth of the amount: "about 1 billion" for 1.4 billion is not the same figure.
_COARSEST = Decimal("0.1")
_NEAR_BEFORE, _NEAR_AFTER = 70, 50  # characters of a claim around a figure that say what it is of
_NEAREST = 8  # units a figure may be recomputed from
_EQUATION = re.compile(r"=|≈|\bdivided by\b|\bminus\b|\bplus\b")
# What a written reckoning multiplies and divides with: counts of things averaged, percent, days.
_CONSTANTS = frozenset(Decimal(number) for number in (1, 2, 3, 4, 12, 100, 360, 365, 1000, 10**6, 10**9))
_WRITTEN_CHANCE = 0.6
_EVERY = frozenset({"change", "share", "sum", "mean", "product"})
_HUNDRED = 100


class Traced(NamedTuple):
    """One figure of a claim. how: "found", the operation it follows by, or "" when it does not.

    fit: 0…1, how much of what the claim says around the figure stands where it was found; 0 when not found.
    """

    figure: Figure
    how: str
    fit: float
    operands: tuple[str, ...] = ()


def trace(claim: str, units: Sequence[Unit], ranked: Sequence[Unit], vocabulary: Vocabulary) -> tuple[Traced, ...]:
    """Return every amount of `claim` (white space folded) traced, in order.

    units: all there is. ranked: the same, nearest to the claim first. A figure of the claim that follows from
    others of it that are traced counts as traced, step by step, as a reckoning is written.
    """
    steps = bool(_EQUATION.search(claim))
    given: list[Figure] = []
    wanted = [f for f in amounts(claim) if not f.text.isalpha()]
    if steps:
        given = [f for f in wanted if f.amount in _CONSTANTS and f.currency is None]
        wanted = [f for f in wanted if f not in given]
    if not wanted:
        return ()
    places = _places(units)
    named = computing.operations(claim)
    near = [unit for unit in ranked if unit.amounts][:_NEAREST]
    out: list[Traced] = []
    held: list[Figure] = []
    for figure in wanted:
        hits = _hits(figure, places)
        if hits:
            fit = max(_fit(claim, figure, unit, vocabulary) for unit in hits)
            out.append(Traced(figure, "found", fit))
            held.append(figure)
            continue
        again = next((each for each in out if each.how and _repeats(figure, each.figure)), None)
        if again is not None:
            out.append(Traced(figure, again.how, again.fit, again.operands))
            continue
        own = _own([*held, *given])
        made = None
        if own and steps:
            made = computing.recompute(figure, own, _EVERY, chance=_WRITTEN_CHANCE)
        elif own:
            made = computing.recompute(figure, own, named)
        made = made or computing.recompute(figure, near, named)
        if made:
            held.append(figure)
        out.append(Traced(figure, made.how if made else "", 0.0, made.operands if made else ()))
    return tuple(out)


def _repeats(figure: Figure, earlier: Figure) -> bool:
    """Tell whether a figure says an earlier one again, as it is or as a percentage of one ("0.54, or 54%")."""
    if figure.amount == earlier.amount:
        return figure.unit == earlier.unit
    rates = {figure.unit, earlier.unit} == {"percent", None} and not figure.currency and not earlier.currency
    whole, part = (figure, earlier) if figure.unit == "percent" else (earlier, figure)
    return rates and abs(whole.amount - part.amount * _HUNDRED) * 2 <= max(whole.quantum, part.quantum * _HUNDRED)


def _own(held: Sequence[Figure]) -> list[Unit]:
    once = tuple({f.amount: f for f in held}.values())[-6:]
    return [Unit("", "", frozenset(), frozenset(), once, False, frozenset({_ONE}))] if len(once) > 1 else []


def _places(units: Sequence[Unit]) -> list[tuple[Unit, Figure, frozenset[Decimal]]]:
    out = []
    for unit in units:
        for figure in unit.amounts:
            scales = frozenset({_ONE}) if figure.scaled or figure.unit == "percent" else unit.scales
            if unit.row and len(scales) == 1 and not figure.scaled:
                scales = scales | frozenset(_UNNAMED)
            out.append((unit, figure, scales))
    return out


def _hits(figure: Figure, places: Sequence[tuple[Unit, Figure, frozenset[Decimal]]]) -> list[Unit]:
    target = abs(figure.amount)
    coarse = figure.quantum <= _COARSEST * target
    out = []
    for unit, quoted, scales in places:
        for scale in scales:
            if scale != 1 and len(unit.scales) == 1 and not figure.scaled:
                continue
            amount = abs(quoted.amount) * scale
            rounded = coarse and figure.quantum > quoted.quantum * scale and abs(amount - target) * 2 <= figure.quantum
            if (amount == target or rounded) and _same_kind(figure, quoted, unit):
                out.append(unit)
    return out


def _same_kind(claimed: Figure, quoted: Figure, unit: Unit) -> bool:
    if claimed.unit == "percent" and quoted.unit != "percent":
        return unit.row and quoted.currency is None
    return not (quoted.unit == "percent" and claimed.unit != "percent")


def _fit(claim: str, figure: Figure, unit: Unit, vocabulary: Vocabulary) -> float:
    around = content_stems(claim[max(0, figure.start - _NEAR_BEFORE) : figure.start + len(figure.text) + _NEAR_AFTER])
    held = unit.stems | unit.head_stems
    return sum(bool(vocabulary.forms(one) & held) for one in around) / len(around) if around else 0.0
