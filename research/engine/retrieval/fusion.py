"""Two orders of the same passages made one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

K = TypeVar("K", int, str)
# Cormack, Clarke and Büttcher, Reciprocal Rank Fusion outperforms Condorcet (SIGIR 2009).
RANK_CONSTANT = 60


class Embedder(Protocol):
    """Gives texts as vectors of length one, so that their product is the cosine."""

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return a vector for each text, in their order."""
        ...


def fuse(orders: Sequence[Sequence[K]]) -> list[K]:
    """Return the keys of all `orders` (each best first), best first by the sum of their reciprocal ranks."""
    worth: dict[K, float] = {}
    for order in orders:
        for rank, key in enumerate(order, start=1):
            worth[key] = worth.get(key, 0.0) + 1 / (RANK_CONSTANT + rank)
    return sorted(worth, key=lambda key: -worth[key])


def rerank(query: str, found: Sequence[tuple[K, str]], embedder: Embedder) -> list[K]:
    """Return the keys of `found` (key and text, best first by words), with the order by meaning fused in."""
    if not found:
        return []
    asked, *vectors = embedder.embed([query, *(text for _, text in found)])
    likeness = [sum(a * b for a, b in zip(asked, vector, strict=True)) for vector in vectors]
    by_meaning = sorted(range(len(found)), key=lambda at: (-likeness[at], at))
    return fuse([[key for key, _ in found], [found[at][0] for at in by_meaning]])
