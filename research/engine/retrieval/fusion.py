"""One order of passages by words and by meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

K = TypeVar("K", int, str)
# What a cosine of 1 adds to a score. Chosen on every second SciFact claim of the development half, where everything
# from 0.8 to 2 does about as well, and reported on the others (bench/evidence/retrieval.py). Reciprocal ranks (Cormack,
# Clarke and Büttcher, SIGIR 2009) gave .01 to .02 less in both halves.
MEANING_WEIGHT = 1.2


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

    Equal ones keep their order.
    """
    if not found:
        return []
    asked, *vectors = embedder.embed([query, *(one.text for one in found)])
    worth = [
        one.score + MEANING_WEIGHT * sum(a * b for a, b in zip(asked, vector, strict=True))
        for one, vector in zip(found, vectors, strict=True)
    ]
    return [found[at].key for at in sorted(range(len(found)), key=lambda at: (-worth[at], at))]
