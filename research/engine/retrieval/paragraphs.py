"""Rank the paragraphs of one document for a statement, in memory: BM25 with what a filing's layout tells besides.

Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009), with words analysed as the
search index does. On top of it, each with its weight below:

- a statement makes several points, each perhaps in another place: the best rank by any of its clauses counts too;
- what supports a statement stands together: a paragraph gains by its neighbours;
- glossary words a paragraph may use instead count for less than the statement's own.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from . import glossary as words_of
from . import words

# Fitted on every second report of FinDVer's development half, reported on the others (bench/evidence/retrieval.py).
K1, B = 1.5, 0.8
CLAUSE_WEIGHT = 1.0
NEIGHBOUR_WEIGHT = 0.2
EXPANSION_WEIGHT = 0.15
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
        analyser = words.analyser()
        counts = [Counter(analyser.analyze(words.prepare(text))) for text in paragraphs]
        self._lengths = [count.total() for count in counts]
        self._mean = sum(self._lengths) / max(1, len(counts)) or 1.0
        self._places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, count in enumerate(counts):
            for word, times in count.items():
                self._places[word].append((place, times))

    def rank(self, claim: str, *, glossary: Mapping[str, tuple[str, ...]] | None = None) -> tuple[int, ...]:
        """Return the places of all paragraphs, best first; equal ones in the document's order."""
        scores = self.scores(claim, glossary=glossary)
        return tuple(sorted(range(len(scores)), key=lambda place: (-scores[place], place)))

    def scores(self, claim: str, *, glossary: Mapping[str, tuple[str, ...]] | None = None) -> list[float]:
        """Return the score of each paragraph in the document's order, 0 for one that shares nothing with the claim."""
        asked = words_of.met(claim)
        terms = dict.fromkeys(words.query_words(claim), 1.0)
        more = [form for concept in asked.concepts for form in concept.printed]
        for word in words.query_words(" ".join((*more, *words_of.synonyms(claim, glossary or {})))):
            terms.setdefault(word, EXPANSION_WEIGHT)
        scores = _shares(self._bm25(terms))
        by_clause = [_shares(self._bm25(dict.fromkeys(words.query_words(clause), 1.0))) for clause in clauses(claim)]
        if len(by_clause) > 1:
            scores = [
                score + CLAUSE_WEIGHT * max(each)
                for score, each in zip(scores, zip(*by_clause, strict=True), strict=True)
            ]
        padded = [0.0, *scores, 0.0]
        return [padded[i] + NEIGHBOUR_WEIGHT * (padded[i - 1] + padded[i + 1]) for i in range(1, len(padded) - 1)]

    def _bm25(self, terms: Mapping[str, float]) -> list[float]:
        count = len(self._lengths)
        scores = [0.0] * count
        for word, weight in terms.items():
            places = self._places.get(word, ())
            rarity = weight * math.log(1 + (count - len(places) + 0.5) / (len(places) + 0.5))
            for place, times in places:
                length = K1 * (1 - B + B * self._lengths[place] / self._mean)
                scores[place] += rarity * times * (K1 + 1) / (times + length)
        return scores


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


def _shares(scores: list[float]) -> list[float]:
    """Return the scores as shares (0…1) of the highest."""
    top = max(scores, default=0.0) or 1.0
    return [score / top for score in scores]
