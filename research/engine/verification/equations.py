"""Check the reckoning a text writes down itself: "10 / 4 = 2.5" holds, "10 / 4 = 3" does not."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from . import formulas

_UNITS = re.compile(
    r"\b(?:us)?d?\b\$|[$€£]|\b(?:million|billion|thousand|trillion|mn|bn|usd|dollars|days|times)\b", re.IGNORECASE
)
_SIDE = r"[\d.()+\-–−*/×÷x%\s]*"
_EQUATION = re.compile(
    rf"(?P<left>(?<![\w.])[\d(]{_SIDE}[-+*/×÷x–−]{_SIDE}\d[)\s%]*)[=≈]\s*(?P<minus>[-−]?)\s*\(?(?P<right>\d+(?:\.\d+)?)"
)
_LOOSE = Decimal("0.02")  # what rounding on the way may do
_SCALES = tuple(Decimal(10) ** power for power in (0, 2, -2, 3, -3, 6, -6))
_LONGEST = 160


def wrong(text: str) -> str | None:
    """Return the first equation of `text` whose sides differ by more than rounding explains, None when all hold."""
    for line in text.splitlines():
        plain = _UNITS.sub(" ", re.sub(r"(?<=\d),(?=\d{3})", "", line)) if len(line) < _LONGEST * 8 else ""
        for match in _EQUATION.finditer(re.sub(r"(?<=\d)\s+(?=[.%])", "", plain)):
            if len(match["left"]) > _LONGEST:
                continue
            value = _value(match["left"])
            said = Decimal(match["right"])
            if value is not None and not _same(abs(value), said):
                return " ".join(match.group().split())
    return None


def _value(side: str) -> Decimal | None:
    spaced = re.sub(r"(?<=[\d)])\s*([-+*/×÷x–−])\s*(?=[\d(])", r" \1 ", side.replace("%", " "))
    node = formulas.parse(spaced.replace(" x ", " * ").strip())
    try:
        return formulas.reckon(node, 0, (), []) if node is not None else None
    except InvalidOperation:
        return None


def _same(value: Decimal, said: Decimal) -> bool:
    exponent = said.as_tuple().exponent
    quantum = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
    return any(
        abs(value * scale - said) <= max(_LOOSE * value * scale, quantum * Decimal("0.505")) for scale in _SCALES
    )
