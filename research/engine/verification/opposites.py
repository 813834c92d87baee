"""Negation and opposite words: what turns a statement into another one with the same figures and names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from .words import fold, lower_words, stem, word_set

_NEGATIONS = word_set("not no never none neither nor cannot without nobody nothing hardly")
_FAILED = re.compile(
    r"\b(?:fail(?:s|ed|ing)? to|unable to|refus(?:es|ed|ing) to|lacks?|lacked|lacking)\b", re.IGNORECASE
)

# Stems (as `words.stem` cuts them) that say the opposite of each other; a claim that has one side where its quote
# has only the other says something else. Extend by pairs.
_UP = (
    "increase increased increasing rise rose risen rising grow grew grown growing growth gain gained up climb climbed "
    "raise raised raising raises improve improved expand expanded accelerate accelerated surge surged higher upward"
)
_DOWN = (
    "decrease decreased decreasing fall fell fallen falling decline declined declining drop dropped shrink shrank "
    "shrunk down cut cuts reduce reduced reduction slow slowed contract contracted lower downward worsen worsened"
)
# Phrases that set a bound, read as one word each.
_AT_LEAST, _AT_MOST = "atleastbound", "atmostbound"
_BOUNDS = (
    (re.compile(r"\b(?:at least|no (?:less|fewer|lower) than|not less than|or more\b)", re.IGNORECASE), _AT_LEAST),
    (re.compile(r"\b(?:at most|no (?:more|greater|higher) than|not (?:more|exceed)|up to)\b", re.IGNORECASE), _AT_MOST),
)
_PAIRS = (
    (_UP, _DOWN),
    ("more greater above over exceed exceeds exceeded", "less fewer below under"),
    ("most majority", "least minority few"),
    ("maximum cap ceiling", "minimum floor"),
    (
        "permit permitted allow allowed lawful legal authorised authorized",
        "prohibit prohibited forbid forbidden ban banned unlawful illegal",
    ),
    ("must required mandatory obliged", "optional voluntary exempt"),
    ("before", "after"),
    ("largest biggest highest", "smallest lowest"),
    ("profit profitable gain gains", "loss losses unprofitable"),
    (f"{_AT_LEAST} minimum", f"{_AT_MOST} maximum"),
    ("majority", "minority"),
    ("include includes including included", "exclude excludes excluding excluded"),
    ("win won", "lose lost"),
    ("all every always", "some sometimes"),
)
OPPOSITES = tuple(tuple(frozenset(stem(word) for word in side.split()) for side in pair) for pair in _PAIRS)


class Flip(NamedTuple):
    """Two opposite stems: the one said, and the one that stood there."""

    said: str
    quoted: str


def negations(text: str) -> int:
    """Return how many negations `text` holds ("not", "never", "fails to" …)."""
    low = fold(text)
    return sum(w in _NEGATIONS or w.endswith("n't") for w in lower_words(low)) + len(_FAILED.findall(low))


def is_negated(text: str) -> bool:
    """Tell whether `text` is negated; two negations undo each other."""
    return negations(text) % 2 == 1


def flipped(mine: str, theirs: str) -> Flip | None:
    """Return the pair when `mine` takes one side of an opposite and `theirs` only the other, else None.

    A word they share, or both sides in one text, says nothing of a flip.
    """
    ours, against = _stems(mine), _stems(theirs)
    for left, right in OPPOSITES:
        for one, other in ((left, right), (right, left)):
            if ours & one and not ours & other and against & other and not against & one:
                return Flip(min(ours & one), min(against & other))
    return None


def polarity(text: str) -> tuple[bool, tuple[int, ...]]:
    """Return whether the text is negated, and its side of each pair of `OPPOSITES` (1, -1; 0 for none or both)."""
    stems = _stems(text)
    sides = tuple(bool(stems & left) - bool(stems & right) for left, right in OPPOSITES)
    return is_negated(text), sides


@lru_cache(maxsize=8192)
def _stems(text: str) -> frozenset[str]:
    plain = fold(text)
    for bound, word in _BOUNDS:
        plain = bound.sub(f" {word} ", plain)
    return frozenset(stem(word) for word in lower_words(plain))


# A word of these that a claim adds makes it say more than its quote; a word of the others that it drops does too.
_EVERY = word_set("all every each any always entirely")
STRONG = word_set("only solely exclusively all every always entirely each never none")
WEAK = word_set("some sometimes most few many certain several partly partially")
# "May" and "can" are left out: in rules they permit.
HEDGES = word_set(
    "might could would expects expect expected plans plan planned intends intend intended believes believe anticipates "
    "anticipate anticipated potentially possibly likely perhaps estimates proposed proposes proposal pending subject if"
)
_SOFT = HEDGES | word_set(
    "may can will should approximately about estimate estimated forecast forecasts guidance target"
)


def strengthened(mine: str, theirs: str) -> str:
    """Return the quantity word by which `mine` says more than `theirs`, "" when there is none."""
    ours, against = set(lower_words(fold(mine))), set(lower_words(fold(theirs)))
    if against & _EVERY:
        against |= _EVERY
    return min((ours & STRONG) - against, default="") or min((against & WEAK) - ours - STRONG, default="")


def unhedged(mine: str, theirs: str, *, copy: bool = False) -> str:
    """Return the hedge of `theirs` where `mine` states plain fact, "" when there is none.

    copy: whether the one stands in the other's place; then "may" is looked for too.
    """
    ours, against = set(lower_words(fold(mine))), set(lower_words(fold(theirs)))
    return "" if ours & _SOFT else min(against & (HEDGES | {"may"} if copy else HEDGES), default="")
