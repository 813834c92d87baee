"""The fixed sentences of a market size. Every number in them is that of the claim's value, low, base or high."""

from __future__ import annotations

from decimal import Decimal

from research.engine.domain import formulas
from research.engine.domain.claims import TypedValue

_SCALES = ((Decimal(10) ** 12, " trillion"), (Decimal(10) ** 9, " billion"), (Decimal(10) ** 6, " million"))
_DIGITS = 3
_WITH_ARTICLE = ("United ", "European ", "Netherlands", "Philippines")

SERVED = "Assumption: the product can serve {base} percent of the market{place}, from {low} to {high} percent."
ATTAINABLE = (
    "Assumption: in its third year the product reaches {base} percent of the market it serves{place}, "
    "from {low} to {high} percent."
)
LIKE_NEWCOMERS = (
    "Assumption: in its third year the product reaches {base} percent of the market it serves{place}, as the middle "
    "one of earlier newcomers did, from {low} to {high} percent."
)
TEST_SERVED = "Count the customers of the segment in the places served, from registers or by a survey."
TEST_ATTAINABLE = "Ask lost and won prospects before launch; compare the share of each quarter after it with the plan."
TEST_NEWCOMERS = "Ask what set the earlier newcomers apart; compare the share of each quarter after launch with theirs."


def size(*, node: str, approach: str, value: TypedValue) -> str:
    """Return the sentence of a computed size: "SAM, top-down, in Ontario in FY2024: CAD 143 million, from … to …"."""
    place = _in(value.geography)
    period = f" in {value.period}" if value.period else ""
    spread = ""
    if value.low is not None and value.high is not None and value.low != value.high:
        spread = f", from {amount(value.low, value)} to {amount(value.high, value)}"
    return f"{node}, {approach},{place}{period}: {amount(value.number, value)}{spread}.".replace(",:", ":")


def assumption(template: str, value: TypedValue) -> str:
    """Return an assumption's sentence with its range filled in."""
    ends = {"low": value.low, "base": value.number, "high": value.high}
    shown = {name: formulas.plain(end) for name, end in ends.items() if end is not None}
    return template.format(place=_in(value.geography), **shown)


def _in(place: str | None) -> str:
    if place is None:
        return ""
    return f" in the {place}" if place.startswith(_WITH_ARTICLE) else f" in {place}"


def amount(number: Decimal, value: TypedValue) -> str:
    """Return one end of `value` in words with three significant digits, "about" before it where it was rounded."""
    full = number * value.scale
    size, name = next(((size, name) for size, name in _SCALES if abs(full) >= size), (Decimal(1), ""))
    exact = full / size
    shown = round(exact, max(0, _DIGITS - 1 - exact.adjusted())) if exact else exact
    hedge = "" if shown == exact else "about "
    money = f"{value.currency} " if value.currency else ""
    unit = f" {value.unit}" if value.unit else ""
    return f"{hedge}{money}{shown.normalize():,f}{name}{unit}"
