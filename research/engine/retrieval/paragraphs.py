"""Rank the paragraphs of one document for a statement, in memory: BM25 with what a filing's layout tells besides.

Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009), with words analysed as the
search index does. On top of it, each with its weight below:

- a statement makes several points, each perhaps in another place: the best rank by any of its clauses counts too;
- words that stand side by side in both (Metzler and Croft, A Markov Random Field Model for Term Dependencies, 2005),
  the share of the statement's words met at all, and those in a paragraph's first words, where filings put headings;
- what supports a statement stands together: a paragraph gains by its neighbours, and near the best few;
- glossary words a paragraph may use instead count for less than the statement's own.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from . import glossary as words_of
from . import words

T = TypeVar("T", bound=Hashable)

# Fitted on every second report of FinDVer's development half (regression on its gold paragraphs, then rounded),
# reported on the others (bench/evidence/retrieval.py). Weights are relative to the words of the whole statement.
K1, B = 1.5, 0.8
CLAUSE_WEIGHT = 1.3
PAIR_WEIGHT = 0.6
MET_WEIGHT = 0.9
HEAD_WEIGHT = 0.25
NEIGHBOUR_WEIGHT = 0.3
NEAR_BEST_WEIGHT = 0.35
EXPANSION_WEIGHT = 0.15
HEAD_WORDS = 14
NEAR_BEST, NEAR_REACH, NEAR_DECAY = 4, 24, 6.0  # the best so many; paragraphs away; those in which it falls to 1/e
_CLAUSE_WORDS = 3  # a shorter clause says too little to be looked for alone
_CLAUSE = re.compile(
    r"[,;:]\s+|\s+(?:and|but|while|despite|although|whereas|which|with|including|however|because|due\s+to|"
    r"as\s+well\s+as|resulting|alongside|indicating|suggesting)\s+",
    re.IGNORECASE,
)


def rank_paragraphs(
    claim: str, paragraphs: Sequence[str], *, glossary: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[int, ...]:
    """Return the places of all `paragraphs` (of one document, in its order), best first for `claim`.

    glossary: the trade's terms with what means the same, or None. For many claims on one document make
    `Paragraphs` once and ask it.
    """
    return Paragraphs(paragraphs).rank(claim, glossary=glossary)


class Paragraphs:
    """The paragraphs of one document, analysed once for many questions."""

    def __init__(self, paragraphs: Sequence[str]) -> None:
        analysed = [words.all_words(text) for text in paragraphs]
        self._words = _Found(analysed)
        self._pairs = _Found([words.pairs(each) for each in analysed])
        self._heads = _Found([each[:HEAD_WORDS] for each in analysed])

    def rank(self, claim: str, *, glossary: Mapping[str, tuple[str, ...]] | None = None) -> tuple[int, ...]:
        """Return the places of all paragraphs, best first; equal ones in the document's order."""
        scores = self.scores(claim, glossary=glossary)
        return tuple(sorted(range(len(scores)), key=lambda place: (-scores[place], place)))

    def scores(self, claim: str, *, glossary: Mapping[str, tuple[str, ...]] | None = None) -> list[float]:
        """Return the score of each paragraph in the document's order, 0 for one that shares nothing with the claim."""
        own = dict.fromkeys(words.query_words(claim), 1.0)
        whole = _shares(self._words.bm25(_with_printed(claim, own, glossary or {})))
        by_clause = [
            _shares(self._words.bm25(dict.fromkeys(words.query_words(clause), 1.0))) for clause in clauses(claim)
        ]
        points = [max(each) for each in zip(*by_clause, strict=True)] if len(by_clause) > 1 else [0.0] * len(whole)
        found = _sum((1.0, whole), (1.0, points))
        return _sum(
            (1.0, whole),
            (CLAUSE_WEIGHT, points),
            (PAIR_WEIGHT, _shares(self._pairs.bm25(dict.fromkeys(words.pairs(words.all_words(claim)), 1.0)))),
            (MET_WEIGHT, self._words.met(own)),
            (HEAD_WEIGHT, _shares(self._heads.bm25(own))),
            (1.0, _by_place(_shares(found))),
        )


class _Found(Generic[T]):
    """Where each term stands and how often, in texts given as their terms."""

    def __init__(self, texts: Iterable[Sequence[T]]) -> None:
        counts = [Counter(text) for text in texts]
        lengths = [count.total() for count in counts]
        mean = sum(lengths) / max(1, len(lengths)) or 1.0
        self._norms = [K1 * (1 - B + B * length / mean) for length in lengths]
        self._places: dict[T, list[tuple[int, int]]] = defaultdict(list)
        for place, count in enumerate(counts):
            for term, times in count.items():
                self._places[term].append((place, times))

    def bm25(self, terms: Mapping[T, float]) -> list[float]:
        """Return the score of each text for `terms` with their weights."""
        scores = [0.0] * len(self._norms)
        for term, weight in terms.items():
            rarity = weight * self._rarity(term) * (K1 + 1)
            for place, times in self._places.get(term, ()):
                scores[place] += rarity * times / (times + self._norms[place])
        return scores

    def met(self, terms: Iterable[T]) -> list[float]:
        """Return which share (0…1) of those of `terms` that stand anywhere each text holds, rare ones counting more."""
        worth = {term: self._rarity(term) for term in terms if term in self._places}
        total = sum(worth.values()) or 1.0
        shares = [0.0] * len(self._norms)
        for term, rarity in worth.items():
            for place, _ in self._places[term]:
                shares[place] += rarity / total
        return shares

    def _rarity(self, term: T) -> float:
        holding = len(self._places.get(term, ()))
        return math.log(1 + (len(self._norms) - holding + 0.5) / (holding + 0.5))


def clauses(claim: str) -> tuple[str, ...]:
    """Return the clauses of a sentence in order, none so short that it says nothing alone; the whole when it is one."""
    found: list[str] = []
    for part in _CLAUSE.split(claim):
        # A crumb goes with the clause before it.
        if found and len(words.query_words(found[-1])) < _CLAUSE_WORDS:
            found[-1] = f"{found[-1]} {part}"
        else:
            found.append(part)
    if len(found) > 1 and len(words.query_words(found[-1])) < _CLAUSE_WORDS:
        found[-2:] = [" ".join(found[-2:])]
    return tuple(found)


def _with_printed(claim: str, own: Mapping[str, float], glossary: Mapping[str, tuple[str, ...]]) -> Mapping[str, float]:
    """Return the statement's own words and, with less weight, those documents print for what it says."""
    printed = [form for concept in words_of.met(claim).concepts for form in concept.printed]
    more = words.query_words(" ".join((*printed, *words_of.synonyms(claim, glossary))))
    return {**dict.fromkeys(more, EXPANSION_WEIGHT), **own}


def _by_place(found: Sequence[float]) -> list[float]:
    """Return what each paragraph gains by standing beside others found, and near the best of all."""
    padded = [0.0, *found, 0.0]
    gained = [NEIGHBOUR_WEIGHT * (padded[at] + padded[at + 2]) for at in range(len(found))]
    for best in sorted(range(len(found)), key=lambda at: (-found[at], at))[:NEAR_BEST]:
        for away in range(1, NEAR_REACH + 1):
            worth = NEAR_BEST_WEIGHT * found[best] ** 2 * math.exp(-(away - 1) / NEAR_DECAY)
            for place in (best - away, best + away):
                if 0 <= place < len(gained):
                    gained[place] += worth
    return gained


def _sum(*parts: tuple[float, Sequence[float]]) -> list[float]:
    """Return the weighted sum of the parts, place by place."""
    weights = [weight for weight, _ in parts]
    rows = zip(*(scores for _, scores in parts), strict=True)
    return [sum(weight * score for weight, score in zip(weights, row, strict=True)) for row in rows]


def _shares(scores: Sequence[float]) -> list[float]:
    """Return the scores as shares (0…1) of the highest."""
    top = max(scores, default=0.0) or 1.0
    return [score / top for score in scores]
