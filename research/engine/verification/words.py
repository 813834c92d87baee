"""How the checks see words: folded white space, word stems, sentences and clauses, proper names."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?", re.UNICODE)
# A sentence ends at a mark followed by white space and a capital, digit, quote or bracket; so "U.S. law" and
# "3.5 percent" stay whole (the single capital before the full stop is looked for behind).
_SENTENCE_END = re.compile(r"(?<=[.!?;])(?<!\b[A-Z]\.)\s+(?=(?:[•▪·–-]\s?)?[\"“(\[]?[A-Z0-9])")
_CLAUSE_END = re.compile(
    r"(?:,?\s+(?:but|while|whereas|although|though|however)\s+|,\s+(?:and|or|nor|which)\s+|;\s+|:\s+)", re.IGNORECASE
)
_SUFFIXES = ("ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "s", "e", "y")
_MIN_STEM = 3


def word_set(listed: str) -> frozenset[str]:
    """Return the words of a list written with spaces between them."""
    return frozenset(listed.split())


# Words that carry no statement of their own. Negations are not among them: their check looks for them itself.
STOPWORDS = word_set(
    "a about above after again all also am an and any are as at be because been before being below between both "
    "but by can could did do does doing down during each few for from further had has have having he her here "
    "hers him his how i if in into is it its itself just may me might more most must my of off on once only or "
    "other our ours out over own same shall she should so some such than that the their theirs them then there "
    "these they this those through to too under until up upon us very was we were what when where which while who "
    "whom whose why will with within would you your yours said says say one per via among across"
)


def fold(text: str) -> str:
    """Return `text` with each run of white space as one space and none at the ends; typographic quotes made plain."""
    plain = text.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"').replace("\u00ad", "")
    return " ".join(plain.split())


def stem(word: str) -> str:
    """Return a rough stem, lower case: inflections of one word mostly share it, and it is no dictionary form."""
    low = word.casefold().removesuffix("'s").removesuffix("’s")
    for suffix in _SUFFIXES:
        if low.endswith(suffix) and len(low) - len(suffix) >= _MIN_STEM:
            return low[: -len(suffix)]
    return low


def words(text: str) -> list[str]:
    """Return the words of `text` as written, in order; numerals are not words."""
    return _WORD.findall(text)


@lru_cache(maxsize=8192)
def lower_words(text: str) -> tuple[str, ...]:
    """Return the words of `text` in lower case, in order."""
    return tuple(word.casefold().replace("’", "'") for word in words(text))


@lru_cache(maxsize=8192)
def content_stems(text: str) -> frozenset[str]:
    """Return the stems of the words that carry a statement (no stop words, at least two letters)."""
    return frozenset(stem(w) for w in lower_words(text) if w not in STOPWORDS and len(w) > 1)


@lru_cache(maxsize=4096)
def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of `text`, in order, white space folded."""
    return tuple(part for part in _SENTENCE_END.split(fold(text)) if part)


@lru_cache(maxsize=4096)
def segments(text: str) -> tuple[str, ...]:
    """Return the stretches a claim may restate: the whole, its sentences, then their clauses. No repeats."""
    found = [fold(text), *sentences(text)]
    for sentence in sentences(text):
        found.extend(part for part in _CLAUSE_END.split(sentence) if part)
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=8192)
def names(text: str) -> frozenset[str]:
    """Return the words written with a capital inside a sentence, in lower case: people, companies, places, acts.

    The first word of a sentence counts only when it is all capitals or the next word has a capital too.
    """
    found: set[str] = set()
    for sentence in sentences(text):
        row = words(sentence)
        for place, word in enumerate(row):
            if not word[0].isupper() or word.casefold() in STOPWORDS:
                continue
            first_alone = place == 0 and not (word.isupper() and len(word) > 1)
            if first_alone and not (len(row) > 1 and row[1][0].isupper()):
                continue
            found.add(word.casefold().removesuffix("'s").removesuffix("’s"))
    return frozenset(found)


def excerpt(text: str, *, limit: int = 80) -> str:
    """Return the beginning of `text`, at most `limit` characters, cut at a word with "…"."""
    folded = fold(text)
    if len(folded) <= limit:
        return folded
    return folded[:limit].rsplit(" ", 1)[0] + "…"
