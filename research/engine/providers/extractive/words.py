"""Words as the extractive engine compares them: folded, stemmed lightly, without the little ones."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from research.engine.reading.names import form_pattern, mentions

__all__ = [
    "STOP",
    "content_stems",
    "fold",
    "form_pattern",
    "likeness",
    "mentions",
    "numerals",
    "same_statement",
    "stem",
    "words",
]

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9'’&.-]*[A-Za-z0-9&]|[A-Za-z0-9]")

_STOP_LIST = """
a an and are as at be been being but by can could did do does for from had has have how if in into is it its may might
more most must no nor not of on or other our out over per shall should so some such than that the their them then there
these they this those to under up upon us was we were what when where which while who whom whose why will with within
would you your each any all also between both during through about after before today fast give given
"""
STOP = frozenset(_STOP_LIST.split())

# Families of endings, longest first: "compete", "competition" and "competitors" share a stem, as do "regulate",
# "regulation" and "regulatory". Rougher than Porter's, and enough to compare a search with a sentence.
_SUFFIX_LIST = """
izations ization ized izes izing ize ations ation ated ates ating ate ators ator atory ative itions ition itors itor
itive ions ion iances iance iant ments ment ings ing ities ity ers er ors or ees ee ies ied ed es s e y
"""
_SUFFIXES = tuple(sorted(_SUFFIX_LIST.split(), key=len, reverse=True))
_NON = re.compile(r"non-", re.IGNORECASE)
_MIN_STEM = 4
_SHORT = 3
# Where the rule would join words that have nothing to do with one another, or part one from itself.
_EXCEPTIONS = {
    "marketing": "marketing", "million": "million", "billion": "billion", "games": "game", "taxes": "tax",
    "licence": "licens", "licences": "licens", "license": "licens", "licenses": "licens", "customers": "customer",
    "customer": "customer", "custom": "custom", "tables": "table",
    "property": "propert", "properties": "propert",
}  # fmt: skip


def fold(text: str) -> str:
    """Return `text` with every stretch of white space made one space, and none at the ends."""
    return " ".join(text.split())


@functools.lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Return the rough stem of one word, in lower case."""
    word = word.casefold().replace("’", "'").removesuffix("'s").strip(".'-")
    if word in _EXCEPTIONS:
        return _EXCEPTIONS[word]
    if len(word) <= _SHORT or word.endswith(("ss", "us")):
        return word
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _MIN_STEM:
            return word[: -len(suffix)]
    return word.removesuffix("s")


def words(text: str) -> tuple[str, ...]:
    """Return the words of `text` in order, as written; a hyphenated word is one, a trailing dot is none of it."""
    return tuple(match.group().rstrip(".") for match in _WORD.finditer(text))


def content_stems(text: str) -> tuple[str, ...]:
    """Return the stems of the words that carry meaning, in order; a hyphenated word is its parts.

    But "non-casino" is one word: it is about all but casinos.
    """
    parts = (part for word in words(text) for part in ([word] if _NON.match(word) else word.split("-")))
    return tuple(stem(part) for part in parts if part and part.casefold() not in STOP)


def likeness(one: Iterable[str], other: Iterable[str]) -> float:
    """Return the Jaccard likeness (0…1) of two collections of stems; 0 when both are empty."""
    first, second = set(one), set(other)
    both = len(first | second)
    return len(first & second) / both if both else 0.0


# Jaccard over stems: the same sentence in two years' reports lies above it, two sentences on one topic below.
_SAME = 0.75
_NUMERAL = re.compile(r"\d+(?:[.,]\d+)*")


def numerals(text: str) -> frozenset[str]:
    """Return the numbers written in `text`, without thousands commas."""
    return frozenset(match.group().replace(",", "") for match in _NUMERAL.finditer(text))


def same_statement(one: str, other: str) -> bool:
    """Tell whether two sentences say the same: nearly the same words, and exactly the same numbers."""
    return numerals(one) == numerals(other) and likeness(content_stems(one), content_stems(other)) >= _SAME
