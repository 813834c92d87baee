"""Two statements in the same words of which one gives another figure, or denies what the other says."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from research.engine.domain.claims import ClaimInHand

from . import independence, opposites, support, tabular
from .numerals import Figure, figures
from .words import STOPWORDS, fold, lower_words, names, stem, word_set

OTHER_FIGURE = "the same words with another figure"
DENIED = "one denies what the other says"
_CONTENT_WORDS = 5  # from so many on, two sentences in the same words are about the same thing
_DENIED_TOKENS = 3  # content words and figures; a denial needs fewer, since its figures are the same too
# They say when or how surely, not what.
_PLAIN = word_set(
    "now currently still today new newly presently just about approximately around roughly stands set fixed amounts "
    "remains remain equals said reportedly not no never cannot"
)
_MONTH = "january|february|march|april|may|june|july|august|september|october|november|december"
_DATE = re.compile(rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)? (?:{_MONTH})|(?:{_MONTH}) \d{{1,2}})\b", re.IGNORECASE)
_OPENER = re.compile(r"(?P<opener>(?:In|For|Across|Under|Within) [^,.\d]{2,60}), ")
_INSTEAD = re.compile(r",? (?:but|rather)\b.*", re.IGNORECASE)
_OWN = word_set("we our us")
_COMPANY = re.compile(r"\bthe (?:company|group)\b", re.IGNORECASE)
_MOVED = frozenset(stem(w) for w in ("increase", "rise", "rose", "grow", "grew", "decrease", "fell", "fall", "decline"))
# A figure after one of these names a row, a part or a rule and is none of its amounts.
_NAMES_A_ROW = re.compile(
    r"\b(?:aged?|ages|adults?|tiers?|levels?|grades?|groups?|phases?|versions?|tables?|figures?|pages?|no|number|"
    r"chapters?|steps?|class|bands?|types?|top|articles?|sections?|rules?|parts?|options?|plans?|wave|round|zone|unit)"
    r"\.?\s*\Z",
    re.IGNORECASE,
)
_ENDS = 2  # of a range
_RANGE = re.compile(r"\s*(?:to|and|–|—|-)\s*\Z")


class _Said(NamedTuple):
    claim: ClaimInHand
    text: str
    stems: tuple[str, ...]
    opener: frozenset[str]
    figures: tuple[Figure, ...]
    periods: frozenset[str]
    names: frozenset[str]


def pairs(claims: Sequence[ClaimInHand]) -> Iterator[tuple[int, int, str]]:
    """Yield (place, place, why) of the stated claims, lower place first, that say one thing otherwise.

    Compared are statements with the same content words in the same order (an opener "In the United Kingdom, …" may
    stand at the end), the same names and periods. Quiet where more than one amount differs (a figure may name the
    row), where a typed value names another metric, period, entity or place, where each speaks of itself ("we"), and
    where a change is told without its period.
    """
    alike: dict[tuple[str, ...], list[tuple[int, _Said]]] = defaultdict(list)
    for place, claim in enumerate(claims):
        if claim.draft.kind == "stated":
            said = _read(claim)
            alike[tuple(sorted(said.stems))].append((place, said))
    for rows in alike.values():
        for (i, one), (j, other) in combinations(rows, 2):
            why = _why(one, other)
            if why and one.claim.key != other.claim.key and not _of_two(one, other):
                yield i, j, why


def _read(claim: ClaimInHand) -> _Said:
    text = support.attributed(fold(claim.draft.text))
    if opposites.is_negated(text):
        text = _INSTEAD.sub(".", text)
    opener = _OPENER.match(text)
    dates = frozenset(found.casefold() for found in _DATE.findall(text))
    plain = _DATE.sub(" ", text)
    stems = tuple(stem(w) for w in lower_words(plain) if _tells(w))
    counted = tuple(f for f in figures(plain) if not f.is_year)
    opening = frozenset(map(stem, lower_words(opener["opener"]))) if opener else frozenset()
    return _Said(claim, plain, stems, opening, counted, support.periods_named(text) | dates, names(text))


def _tells(word: str) -> bool:
    return len(word) > 1 and word not in STOPWORDS and word not in _PLAIN and not word.endswith("n't")


def _why(one: _Said, other: _Said) -> str:
    """Return how two statements in the same words disagree, "" where they do not."""
    moved = one.opener | other.opener
    if [s for s in one.stems if s not in moved] != [s for s in other.stems if s not in moved]:
        return ""
    if one.periods != other.periods or one.names != other.names:
        return ""
    if len(one.figures) != len(other.figures):
        return ""
    changed = [(a, b) for a, b in zip(one.figures, other.figures, strict=True) if _differ(a, b)]
    denied = opposites.is_negated(one.text) != opposites.is_negated(other.text)
    if denied:
        enough = len(one.stems) + len(one.figures) >= _DENIED_TOKENS and len(one.stems) > 1
        return DENIED if enough and not changed else ""
    if len(one.stems) < _CONTENT_WORDS or not changed or not _one_amount(one, other, changed):
        return ""
    return "" if _MOVED & set(one.stems) and not one.periods else OTHER_FIGURE


def _differ(one: Figure, other: Figure) -> bool:
    """Tell whether two figures are two; one written with fewer places may be the other rounded."""
    if one.label or other.label:
        return one.label != other.label
    if one.quantum == other.quantum:
        return one.amount != other.amount or one.unit != other.unit
    return abs(one.amount - other.amount) * 2 > one.quantum + other.quantum or one.unit != other.unit


def _one_amount(one: _Said, other: _Said, changed: Sequence[tuple[Figure, Figure]]) -> bool:
    """Tell whether what differs is one amount (or the two ends of one range) that names no row."""
    for said, row in ((one, [a for a, _ in changed]), (other, [b for _, b in changed])):
        if any(f.label or (f.bare and f.unit is None) for f in row) or len(row) > _ENDS:
            return False
        if _NAMES_A_ROW.search(said.text[: row[0].start]):
            return False
        if len(row) == _ENDS and not _RANGE.match(said.text[row[0].start + len(row[0].text) : row[1].start].rstrip()):
            return False
    return True


def _of_two(one: _Said, other: _Said) -> bool:
    """Tell whether the two speak of two things, though their words are the same."""
    mine, theirs = one.claim.draft.value, other.claim.draft.value
    if mine is not None and theirs is not None:
        for name in ("metric", "period", "geography"):
            first, second = getattr(mine, name), getattr(theirs, name)
            if first and second and " ".join(first.casefold().split()) != " ".join(second.casefold().split()):
                return True
    if set(lower_words(one.text)) & _OWN or _COMPANY.search(one.text):
        voices = [frozenset().union(*(independence.voice(i.source) for i in s.claim.evidence)) for s in (one, other)]
        if not voices[0] & voices[1]:
            return True
    # Two cells of one table are two rows or columns of it, whatever their heads are called in the claim.
    shared = {i.source.id for i in one.claim.evidence} & {i.source.id for i in other.claim.evidence}
    return bool(shared) and all(tabular.check(s.claim.draft.text, s.claim.evidence) for s in (one, other))
