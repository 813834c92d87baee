"""Units of typed values, and what becomes of them when values are added, multiplied or divided.

A unit is a product of bases with whole exponents: a currency, a counted noun, a stretch of time. "USD per player per
month" is USD¹ player⁻¹ month⁻¹. Months, quarters and years are bases of their own: nothing is converted in silence,
a formula says "12 * month". A percentage is a pure number, a hundredth each, that remembers it is written in percent.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from .claims import TypedValue
from .errors import InvalidInput

# One of each, for formulas: "price * 12 * month" turns a price per month into one of a year.
STRETCHES = ("day", "week", "month", "quarter", "year")

_PERCENT = re.compile(r"(?:percent|per cent|pct|%|percentage points?|pp)(?: of .+)?\Z", re.IGNORECASE)
_BASIS = re.compile(r"(?:basis points?|bps)\Z", re.IGNORECASE)
_CODE = re.compile(r"[A-Z]{3}\Z")
_PER = re.compile(r"\s*/\s*|(?:^|\s+)per\s+", re.IGNORECASE)
_ODD = {"people": "person", "men": "man", "women": "woman", "children": "child", "businesses": "business"}
_SHORT = frozenset(("pies", "ties", "lies", "dies"))
_MANY = {one: many for many, one in _ODD.items()}


class Unit(NamedTuple):
    """A unit. bases: base and exponent, by base, none zero; () is a pure number. rate: written in percent."""

    bases: tuple[tuple[str, int], ...] = ()
    rate: bool = False

    def said(self) -> str:
        """Return the unit in words: "USD per player", "players", "percent", "no unit"."""
        if not self.bases:
            return "percent" if self.rate else "no unit"
        above = [_plural(base) for base, power in self.bases for _ in range(power)]
        below = [f"per {base}" for base, power in self.bases for _ in range(-power)]
        return " ".join([" times ".join(above), *below]).strip()


class Quantity(NamedTuple):
    """A unit and what one written step of it is worth: a percentage 0.01, everything else 1."""

    unit: Unit
    factor: Decimal = Decimal(1)


def of_value(value: TypedValue) -> Quantity:
    """Return the unit of a typed value: its currency, if any, times what its `unit` says ("players", "per user").

    A unit may name the currency too ("USD per user"). Raises `InvalidInput` for a currency with a bare count ("USD"
    and "users"), and for two currencies: nobody can tell what such a figure is.
    """
    written = " ".join((value.unit or "").split())
    if _PERCENT.match(written) or _BASIS.match(written):
        if value.currency is not None:
            raise _wrong(f"A figure cannot be both {value.currency} and {written}: take one out.")
        return Quantity(Unit((), rate=True), Decimal("0.0001" if _BASIS.match(written) else "0.01"))
    above, *below = _PER.split(written) if written else [""]
    powers: dict[str, int] = {}
    if value.currency is not None:
        if above and above != value.currency:
            raise _wrong(f"A figure cannot be both {value.currency} and {above}: say 'per {singular(above)}'.")
        powers[value.currency] = 1
    elif above:
        powers[base_of(above)] = 1
    for part in below:
        base = base_of(part)
        powers[base] = powers.get(base, 0) - 1
    return Quantity(_unit(powers))


def base_of(written: str) -> str:
    """Return the base a noun or a currency code stands for: codes as written, nouns small and singular."""
    return written if _CODE.match(written) else singular(written)


def singular(noun: str) -> str:
    """Return an English noun phrase small and singular ("Paying users" → "paying user")."""
    *before, last = noun.casefold().split() or [""]
    if last in _ODD:
        last = _ODD[last]
    elif last.endswith("ies") and last not in _SHORT:
        last = f"{last[:-3]}y"
    elif last.endswith("s") and not last.endswith("ss"):
        last = last[:-1]
    return " ".join([*before, last])


def stretch(name: str) -> Unit:
    """Return the unit of one of `STRETCHES`."""
    return Unit(((name, 1),))


def add(left: Unit, right: Unit) -> Unit:
    """Return the unit of a sum or difference. Raises `InvalidInput` for unlike units. 1 + 5 % is a pure number."""
    if left.bases == right.bases:
        return Unit(left.bases, rate=left.rate and right.rate)
    ones = {base for base, _ in left.bases if _CODE.match(base)}
    others = {base for base, _ in right.bases if _CODE.match(base)}
    if ones and others and ones != others:
        raise _wrong(
            f"{left.said()} and {right.said()} are two currencies: convert one with a stated exchange rate first."
        )
    raise _wrong(f"{left.said()} and {right.said()} cannot be added or subtracted: bring both to one unit first.")


def multiply(left: Unit, right: Unit) -> Unit:
    """Return the unit of a product: percent of percent is percent, percent of players is players."""
    bases = _joined(left, right, 1)
    return Unit(bases, rate=not bases and not left.bases and (left.rate or right.rate))


def divide(left: Unit, right: Unit) -> Unit:
    """Return the unit of a quotient: percent by percent is a pure number, as is USD by USD."""
    bases = _joined(left, right, -1)
    return Unit(bases, rate=not bases and not left.bases and left.rate and not right.rate)


def written(unit: Unit) -> tuple[str | None, str | None]:
    """Return currency and `unit` of a typed value in this unit: ("USD", "per player"), (None, "players").

    Raises `InvalidInput` for a unit no figure has: two things multiplied ("USD times players"), a square.
    """
    if unit.rate:
        return None, "percent"
    above = [(base, power) for base, power in unit.bases if power > 0]
    if len(above) > 1 or any(power > 1 for _, power in above):
        raise _wrong(f"The formula gives {unit.said()}, which is no unit of a figure: check what is multiplied.")
    below = " ".join(f"per {base}" for base, power in unit.bases for _ in range(-power))
    if above and _CODE.match(above[0][0]):
        return above[0][0], below or None
    counted = _plural(above[0][0]) if above else ""
    return None, f"{counted} {below}".strip() or None


def _joined(left: Unit, right: Unit, turn: int) -> tuple[tuple[str, int], ...]:
    powers = dict(left.bases)
    for base, power in right.bases:
        powers[base] = powers.get(base, 0) + turn * power
    return _unit(powers).bases


def _unit(powers: dict[str, int]) -> Unit:
    # Nouns before times below the line: "per user per month", as people say it.
    def place(row: tuple[str, int]) -> tuple[bool, str]:
        return row[0] in STRETCHES, row[0]

    return Unit(tuple(sorted(((base, power) for base, power in powers.items() if power), key=place)))


def _plural(base: str) -> str:
    if _CODE.match(base):
        return base
    *before, last = base.split()
    if last in _MANY:
        last = _MANY[last]
    elif last.endswith("y") and last[-2:-1] not in tuple("aeiou"):
        last = f"{last[:-1]}ies"
    elif not last.endswith("ss"):
        last = f"{last}s"
    return " ".join([*before, last])


def _wrong(detail: str) -> InvalidInput:
    return InvalidInput(detail, field="formula")
