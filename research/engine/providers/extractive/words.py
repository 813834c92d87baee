"""Words as the extractive engine compares them: folded, stemmed lightly, without the little ones."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9'’&.-]*[A-Za-z0-9&]|[A-Za-z0-9]")

STOP = frozenset(
    "a an and are as at be been being but by can could did do does for from had has have how if in into is it its may "
    "might more most must no nor not of on or other our out over per shall should so some such than that the their "
    "them then there these they this those to under up upon us was we were what when where which while who whom whose "
    "why will with within without would you your each any all also between both during through about after before "
    "today there fast give given it's".split()  # noqa: SIM905 - a paragraph of words reads better than a list
)

# Longest first; light on purpose: "gaming" must not become "game" of "games", yet plural and tense must not matter.
_SUFFIXES = ("izations", "ization", "ations", "ation", "ings", "ing", "ments", "ment", "ies", "ied", "ers", "er", "ed")
_MIN_STEM = 4
_SHORT = 3


def fold(text: str) -> str:
    """Return `text` with every stretch of white space made one space, and none at the ends."""
    return " ".join(text.split())


@functools.lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Return the light stem of one word, in lower case."""
    word = word.casefold().replace("’", "'").removesuffix("'s").strip(".'-")
    if len(word) <= _SHORT:
        return word
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _MIN_STEM:
            return word[: -len(suffix)] + ("y" if suffix in {"ies", "ied"} else "")
    if word.endswith("es") and len(word) - 2 >= _MIN_STEM and word[-3] in "sxzh":
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return word.removesuffix("e") if len(word) > _MIN_STEM + 1 else word


def words(text: str) -> tuple[str, ...]:
    """Return the words of `text` in order, as written; a hyphenated word is one, a trailing dot is none of it."""
    return tuple(match.group().rstrip(".") for match in _WORD.finditer(text))


def content_stems(text: str) -> tuple[str, ...]:
    """Return the stems of the words that carry meaning, in order; hyphenated words give their parts too."""
    found: list[str] = []
    for word in words(text):
        for part in {word, *word.split("-")} if "-" in word else (word,):
            if part.casefold() not in STOP and part:
                found.append(stem(part))
    return tuple(found)


def likeness(one: Iterable[str], other: Iterable[str]) -> float:
    """Return the Jaccard likeness (0…1) of two collections of stems; 0 when both are empty."""
    first, second = set(one), set(other)
    both = len(first | second)
    return len(first & second) / both if both else 0.0


@functools.lru_cache(maxsize=4_000)
def form_pattern(form: str) -> re.Pattern[str]:
    """Return a pattern that finds `form` as a whole word.

    A short form in capitals (NJ, EU, ADR) is matched as written, so "NJ" is not found in "enjoy", nor "US" in "us".
    """
    exact = form.isupper() or "." in form or (len(form) <= _SHORT + 1 and form[:1].isupper())
    flexible = r"\s+".join(re.escape(part) for part in form.split())
    return re.compile(rf"(?<![\w-]){flexible}(?!\w|\.\w)", 0 if exact else re.IGNORECASE)


def mentions(text: str, forms: Iterable[str]) -> bool:
    """Tell whether any of `forms` stands in `text` as a whole word."""
    return any(form_pattern(form).search(text) for form in forms)


# Jaccard over stems: the same sentence in two years' reports lies above it, two sentences on one topic below.
_SAME = 0.75
_NUMERAL = re.compile(r"\d+(?:[.,]\d+)*")


def numerals(text: str) -> frozenset[str]:
    """Return the numbers written in `text`, without thousands commas."""
    return frozenset(match.group().replace(",", "") for match in _NUMERAL.finditer(text))


def same_statement(one: str, other: str) -> bool:
    """Tell whether two sentences say the same: nearly the same words, and exactly the same numbers."""
    return numerals(one) == numerals(other) and likeness(content_stems(one), content_stems(other)) >= _SAME
