"""Numbers written in words, turned into digits so that "three million" is traced like "3 million"."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SMALL = {word: number for number, word in enumerate(_UNITS + _TEENS)} | {"dozen": 12}
_TENS = {
    word: 10 * number
    for number, word in enumerate(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), 2)
}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}

_WORD = "(?:" + "|".join([*_SMALL, *_TENS, *_SCALES, "hundred"]) + ")"
_START = rf"(?:{'|'.join([*_SMALL, *_TENS])}|an?(?=[\s-]+(?:hundred|dozen|{'|'.join(_SCALES)})\b))"
_RUN = re.compile(rf"(?<![\w.,])\b{_START}(?:(?:[\s-]+|\s+and\s+){_WORD})*\b", re.IGNORECASE)
_UNIT_NEXT = re.compile(r"[\s-]*(?:%|per\s?cent|pct|percentage|basis|dollars?|euros?|pounds?)", re.IGNORECASE)

# Prose counts to nine in words ("the two sources disagree") without claiming a figure.
FIRST_FIGURE = 10


def to_digits(text: str, *, every: bool) -> str:
    """Return `text` with numbers in words as digits.

    every: also the words below ten; otherwise those stay, unless a unit (percent, dollars …) follows.
    """

    def swap(match: re.Match[str]) -> str:
        amount = _amount(re.split(r"[\s-]+", match.group().casefold()))
        figure = every or amount >= FIRST_FIGURE or _UNIT_NEXT.match(text, match.end())
        return str(amount) if figure else match.group()

    return _RUN.sub(swap, text)


def _amount(words: Sequence[str]) -> int:
    total = part = 0
    for word in words:
        if word in _SCALES:
            total += (part or 1) * _SCALES[word]
            part = 0
        elif word == "hundred":
            part = (part or 1) * 100
        elif word == "dozen":
            part = (part or 1) * 12
        else:
            part += _SMALL.get(word, 0) + _TENS.get(word, 0)
    return total + part
