"""Amounts as people read them: in full in tables, shortened in charts."""

from __future__ import annotations

import re
from decimal import Decimal

_NAMES = ((Decimal(10) ** 12, "trillion"), (Decimal(10) ** 9, "billion"), (Decimal(10) ** 6, "million"))
_CURRENCY = re.compile(r"^[A-Z]{3}(?= |$)")
_DIGITS = 3


def full(amount: str | Decimal, unit: str) -> str:
    """Return an amount with every digit and its unit: "USD 1,310,000,000", "USD 12.50 per user", "4.5 %"."""
    return _with_unit(_plain(Decimal(amount)), unit)


def short(amount: str | Decimal, unit: str) -> str:
    """Return an amount rounded to three significant digits: "USD 1.31 billion", "12,300 users"."""
    value = Decimal(amount)
    for size, name in _NAMES:
        if abs(value) >= size:
            return _with_unit(f"{_plain(_rounded(value / size))} {name}", unit)
    return _with_unit(_plain(_rounded(value)), unit)


def _rounded(value: Decimal) -> Decimal:
    if not value:
        return value
    # Whole numbers keep their digits: 12,345 users is not 12,300.
    places = max(0, _DIGITS - 1 - value.adjusted())
    return round(value, places)


def _plain(value: Decimal) -> str:
    whole = value.normalize()
    return f"{whole:,f}"


def _with_unit(digits: str, unit: str) -> str:
    """Return digits with their unit: a currency stands before them, a percent sign behind, the rest after a space."""
    if unit in {"percent", "%"}:
        return f"{digits} %"
    currency = _CURRENCY.match(unit)
    if currency:
        return f"{currency.group()} {digits}{unit[currency.end() :]}"
    return f"{digits} {unit}".strip()
