"""The fixed sentences of a market size's assumptions. Every number in them is of the claim's value: low, base, high."""

from __future__ import annotations

import re
from collections.abc import Iterator

from research.engine.domain import formulas
from research.engine.domain.claims import TypedValue
from research.engine.domain.size_words import within
from research.engine.verification.numerals import figures

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


# A capital that only a sentence's beginning gave it.
_BEGINS = re.compile(r"(?:In|About|Around|Some|There|The|An?|Each|Every|Of|During|On|For|As|Nearly|More|Over)\b")


def apart(sentence: str, *, clause: str, source: str) -> Iterator[str]:
    """Yield ways to give one figure of a sentence that another input repeats already, the best first.

    First the clause that holds just this figure, word for word; then the sentence as what `source` says. Verification
    finds each of them in the sentence itself.
    """
    bare = clause.strip(" ,;.")
    if bare and clause != sentence and sum(not figure.is_year for figure in figures(bare)) == 1:
        yield f"{bare[0].upper()}{bare[1:]}."
    who = " ".join(source.replace(",", " ").split())[:60].strip()
    told = sentence[0].lower() + sentence[1:] if _BEGINS.match(sentence) else sentence
    yield f"According to {who}, {told}"
    yield f"As reported by {who}, {told}"
    yield f"{who.replace('.', '')} states that {told}"
