"""The fixed sentences of a market size's assumptions. Every number in them is of the claim's value: low, base, high."""

from __future__ import annotations

from research.engine.domain import formulas
from research.engine.domain.claims import TypedValue
from research.engine.domain.size_words import within

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


def assumption(template: str, value: TypedValue) -> str:
    """Return an assumption's sentence with its range filled in."""
    ends = {"low": value.low, "base": value.number, "high": value.high}
    shown = {name: formulas.plain(end) for name, end in ends.items() if end is not None}
    return template.format(place=within(value.geography), **shown)
