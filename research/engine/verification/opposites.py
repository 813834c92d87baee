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
    "improve improved expand expanded accelerate accelerated surge surged higher upward"
)
_DOWN = (
    "decrease decreased decreasing fall fell fallen falling decline declined declining drop dropped shrink shrank "
    "shrunk down reduce reduced reduction slow slowed contract contracted lower downward worsen worsened"
)
_PAIRS = (
    (_UP, _DOWN),
    ("more above over exceed exceeds exceeded", "less fewer below under"),
    ("most majority", "least minority few"),
    ("maximum cap ceiling", "minimum floor"),
    (
        "permit permitted allow allowed lawful legal authorised authorized",
        "prohibit prohibited forbid forbidden ban banned unlawful illegal",
    ),
    ("must required mandatory obliged", "optional voluntary exempt"),
    ("before", "after"),
    ("largest biggest highest", "smallest lowest"),
    ("profit profitable", "loss unprofitable"),
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
    return frozenset(stem(word) for word in lower_words(fold(text)))
