"""One order of passages by words and by meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from .ranking import MATE_WEIGHT, YEAR_WEIGHT

K = TypeVar("K", int, str)
# What a cosine of 1 adds to a score. Chosen on every second SciFact claim of the development half, where everything
# from 0.8 to 2 does about as well, and reported on the others (bench/evidence/retrieval.py). Reciprocal ranks (Cormack,
# Clarke and Büttcher, SIGIR 2009) gave .01 to .02 less in both halves.
MEANING_WEIGHT = 1.2
# A best score above this holds more than words, a year and a page mate can give (see `ranking`): a document or a kind
# of page the query names. That says more than likeness does: reordered all the same, FinanceBench's page hit@5 over
# all documents fell from 77 to 70 %.
NAMED = 1 + YEAR_WEIGHT + MATE_WEIGHT


class Embedder(Protocol):
    """Gives texts as vectors of length one, so that their product is the cosine."""

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return a vector for each text, in their order."""
        ...


class Found(NamedTuple, Generic[K]):
    """A text that was found by its words. score: as `ranking.rank` gives it, about 1 for the best."""

    key: K
    text: str
    score: float


def rerank(query: str, found: Sequence[Found[K]], embedder: Embedder) -> list[K]:
    """Return the keys of `found` (best first by words), best first by score and likeness of meaning together.

    Equal ones keep their order, and all do where the query named what it wants (see `NAMED`).
    """
    if not found or found[0].score > NAMED:
        return [one.key for one in found]
    asked, *vectors = embedder.embed([query, *(one.text for one in found)])
    worth = [
        one.score + MEANING_WEIGHT * sum(a * b for a, b in zip(asked, vector, strict=True))
        for one, vector in zip(found, vectors, strict=True)
    ]
    return [found[at].key for at in sorted(range(len(found)), key=lambda at: (-worth[at], at))]
