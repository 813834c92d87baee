"""Evaluate formulas over typed values: units checked, ranges carried, one stated rounding.

Numbers are computed with 50 significant digits and the result is rounded once, half to even, to 12 significant digits.

The ends of a range are the least and the greatest result over the corners (each ranged premise at its low and at its
high end). Corners, not interval arithmetic: each is a scenario a reader can recompute by hand, and where every name
stands once in the expression, as in sums, shares and products, they are the exact ends, because the result only rises
or only falls with each name. Interval arithmetic would give the same there and wider, unreachable ends elsewhere.
"""

from __future__ import annotations

import decimal
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import product

from . import expressions, quantities
from .claims import Formula, TypedValue
from .errors import InvalidInput
from .quantities import STRETCHES, Quantity, Unit

SIGNIFICANT = 12
MAX_RANGED = 8  # premises with a range; 2⁸ corners
MAX_POWER = 40  # of ten, either way: beyond that a figure is a slip, and its plain digits fill the page
_EXACT = decimal.Context(
    prec=50, rounding=decimal.ROUND_HALF_EVEN, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN
)  # of any size, so that what is too large is refused in a sentence instead of overflowing
_ROUNDED = decimal.Context(prec=SIGNIFICANT, rounding=decimal.ROUND_HALF_EVEN)


def check(formula: Formula) -> tuple[str, ...]:
    """Return the names `formula` takes from its premises, in the order written.

    `day`, `week`, `month`, `quarter` and `year` stand for one of each and need no premise. Raises `InvalidInput` for
    an expression that cannot be read, a name that leads to no premise, a premise no name leads to.
    """
    named = tuple(name for name in expressions.names(expressions.parse(formula.expression)) if name not in STRETCHES)
    for name in named:
        if not formula.names.get(name):
            raise _wrong(f"The formula's name '{name}' leads to no premise: say which claim it stands for.")
    for name in formula.names:
        if name not in named:
            raise _wrong(f"The name '{name}' is not in the formula: take it out of its names.")
    return named


def evaluate(formula: Formula, values: Mapping[str, TypedValue]) -> TypedValue:
    """Return what `formula` gives for the `values` of its names, as a full amount (scale 1).

    low, high: None where no premise has a range. period, geography, entity: what all premises that name one agree on,
    else None. as_of: the oldest of the premises', None when none has one. metric: None, the formula does not know it.
    Sums of different known periods are refused; differences, products and ratios of them are not (a change is one).
    Raises `InvalidInput` with one sentence for a missing value, unlike units, a unit no figure has, a division by
    zero (within a range too), and what `check` raises.
    """
    named = check(formula)
    missing = [name for name in named if name not in values]
    if missing:
        raise _wrong(f"The formula's premise '{missing[0]}' has no figure: give it one or take it out of the formula.")
    tree = expressions.parse(formula.expression)
    used = {name: values[name] for name in named}
    kinds = {name: quantities.of_value(value) for name, value in used.items()}
    unit = _unit(tree, kinds)
    _periods(tree, used)
    currency, words = quantities.written(unit)
    base, low, high = _results(tree, used, kinds)
    times = Decimal(100) if unit.rate else Decimal(1)
    dates = [value.as_of for value in used.values() if value.as_of is not None]
    return TypedValue(
        number=_round(base * times),
        unit=words,
        currency=currency,
        period=_agreed(value.period for value in used.values()),
        entity=_agreed(value.entity for value in used.values()),
        geography=_agreed(value.geography for value in used.values()),
        as_of=min(dates) if dates else None,
        low=None if low is None else _round(low * times),
        high=None if high is None else _round(high * times),
    )


def difference(stored: TypedValue | None, computed: TypedValue) -> str:
    """Return in one phrase how a stored value differs from what its formula gives, or "" when the difference is 0.

    Compared: amount, unit, currency, both ends of the range, and the period where the stored value names one.
    Raises `InvalidInput` for a value whose unit nobody can tell, or that is too large or too small to be one.
    """
    if stored is None:
        return f"no figure is stored, the formula gives {said(computed)}"
    if quantities.of_value(stored).unit != quantities.of_value(computed).unit:
        return f"the unit is {unit_said(stored)}, the formula gives {unit_said(computed)}"
    ends = (("low", stored.low, computed.low), ("high", stored.high, computed.high))
    for name, mine, given in (("figure", stored.number, computed.number), *ends):
        here, there = _amount(stored, mine), _amount(computed, given)
        if here != there:
            words = ["none" if amount is None else plain(amount) for amount in (here, there)]
            return f"the {name} is {words[0]}, the formula gives {words[1]}"
    if stored.period is not None and stored.period != computed.period:
        return f"the period is {stored.period}, the formula gives {computed.period or 'none'}"
    return ""


def plain(amount: Decimal) -> str:
    """Return a decimal in plain digits without needless zeros: 1E+6 as "1000000", 2.50 as "2.5"."""
    text = f"{amount.normalize(_EXACT):f}"
    return "0" if text == "-0" else text


def unit_said(value: TypedValue) -> str:
    """Return a value's unit in words: "USD per user", "players", "percent", "no unit"."""
    return quantities.of_value(value).unit.said()


def said(value: TypedValue) -> str:
    """Return a value's full amount and unit: "1200000 USD", "4 percent"."""
    return f"{plain(value.amount)} {unit_said(value)}".removesuffix(" no unit")


def _results(
    tree: expressions.Tree, used: Mapping[str, TypedValue], kinds: Mapping[str, Quantity]
) -> tuple[Decimal, Decimal | None, Decimal | None]:
    """Return base, low and high; all corners are tried, and a divisor that changes its sign among them is refused."""

    def full(name: str, number: Decimal) -> Decimal:
        return _within(_EXACT.multiply(_EXACT.multiply(number, used[name].scale), kinds[name].factor))

    base_of = {name: full(name, value.number) for name, value in used.items()}
    ends = {
        name: [full(name, end) for end in dict.fromkeys((v.low, v.number, v.high)) if end is not None]
        for name, v in used.items()
    }
    ranged = [name for name, (first, *rest) in ends.items() if rest]
    if len(ranged) > MAX_RANGED:
        raise _wrong(f"More than {MAX_RANGED} premises of the formula have a range: split it in two.")
    divisors: dict[int, set[bool]] = {}
    base = _number(tree, base_of, divisors)
    if not any(v.low is not None or v.high is not None for v in used.values()):
        return base, None, None
    corners = [
        _number(tree, base_of | dict(zip(ranged, corner, strict=True)), divisors)
        for corner in product(*((min(ends[name]), max(ends[name])) for name in ranged))
    ]
    if any(len(signs) > 1 for signs in divisors.values()):
        raise _wrong("The formula divides by zero within the range of a premise: narrow the range.")
    return base, min(base, *corners), max(base, *corners)


def _number(tree: expressions.Tree, amounts: Mapping[str, Decimal], divisors: dict[int, set[bool]]) -> Decimal:
    match tree:
        case expressions.Number():
            return tree.value
        case expressions.Name():
            return Decimal(1) if tree.name in STRETCHES else amounts[tree.name]
        case expressions.Minus():
            return _EXACT.minus(_number(tree.of, amounts, divisors))
        case expressions.Pair():
            left, right = _number(tree.left, amounts, divisors), _number(tree.right, amounts, divisors)
            if tree.sign == "/":
                if right == 0:
                    raise _wrong("The formula divides by zero: check the premise below the line.")
                divisors.setdefault(id(tree), set()).add(right > 0)
                return _EXACT.divide(left, right)
            joins = {"+": _EXACT.add, "-": _EXACT.subtract, "*": _EXACT.multiply}
            return joins[tree.sign](left, right)


def _unit(tree: expressions.Tree, kinds: Mapping[str, Quantity]) -> Unit:
    match tree:
        case expressions.Number():
            return Unit()
        case expressions.Name():
            return quantities.stretch(tree.name) if tree.name in STRETCHES else kinds[tree.name].unit
        case expressions.Minus():
            return _unit(tree.of, kinds)
        case expressions.Pair():
            join = {"*": quantities.multiply, "/": quantities.divide}.get(tree.sign, quantities.add)
            return join(_unit(tree.left, kinds), _unit(tree.right, kinds))


def _periods(tree: expressions.Tree, used: Mapping[str, TypedValue]) -> frozenset[str]:
    """Return the periods the parts name. Raises `InvalidInput` for a sum of different ones."""
    match tree:
        case expressions.Number():
            return frozenset()
        case expressions.Name():
            period = used[tree.name].period if tree.name in used else None
            return frozenset((period,)) if period else frozenset()
        case expressions.Minus():
            return _periods(tree.of, used)
        case expressions.Pair():
            left, right = _periods(tree.left, used), _periods(tree.right, used)
            if tree.sign == "+" and left and right and left != right:
                raise _wrong(
                    f"Figures of {', '.join(sorted(left))} and of {', '.join(sorted(right))} cannot be added: "
                    "take figures of one period."
                )
            return left | right


def _agreed(given: Iterable[str | None]) -> str | None:
    known = {each for each in given if each is not None}
    return known.pop() if len(known) == 1 else None


def _amount(value: TypedValue, number: Decimal | None) -> Decimal | None:
    # In the step of a pure number, so that 50 basis points and 0.5 percent are one amount.
    if number is None:
        return None
    return _within(_EXACT.multiply(_EXACT.multiply(number, value.scale), quantities.of_value(value).factor))


def _round(amount: Decimal) -> Decimal:
    return Decimal(plain(_ROUNDED.plus(_within(amount))))


def _within(amount: Decimal) -> Decimal:
    if amount and abs(amount.adjusted()) > MAX_POWER:
        raise _wrong("A figure of the formula is too large or too small to be one: check its number and scale.")
    return amount


def _wrong(detail: str) -> InvalidInput:
    return InvalidInput(detail, field="formula")
