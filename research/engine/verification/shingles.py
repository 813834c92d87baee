"""Near-duplicate texts: character shingles, Jaccard similarity, all similar pairs without comparing each to each."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import lru_cache

# Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets": five characters a shingle for short documents (§3.2.2),
# and 80 % similarity for texts to be found as near-duplicates (§3.4.2, example 3.11).
SHINGLE_CHARS = 5
NEAR_DUPLICATE = 0.8
# Shorter stretches two people may well write alike ("the tax rate is 15 percent").
SHORTENED_CHARS = 40


@lru_cache(maxsize=8192)
def shingles(text: str) -> frozenset[str]:
    """Return the shingles of `text`: letters and digits in lower case, words joined by one space."""
    plain = _plain(text)
    if len(plain) <= SHINGLE_CHARS:
        return frozenset({plain} if plain else ())
    return frozenset(plain[i : i + SHINGLE_CHARS] for i in range(len(plain) - SHINGLE_CHARS + 1))


def jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    """Return |A∩B| / |A∪B|, 0…1; two empty sets are unlike (0)."""
    if not first or not second:
        return 0.0
    shared = len(first & second)
    return shared / (len(first) + len(second) - shared)


def near_duplicates(first: str, second: str) -> bool:
    """Tell whether two texts say the same in nearly the same words (Jaccard ≥ `NEAR_DUPLICATE`).

    A text of at least `SHORTENED_CHARS` that stands whole inside the other counts too: a shortened copy is a copy.
    """
    if jaccard(shingles(first), shingles(second)) >= NEAR_DUPLICATE:
        return True
    short, long = sorted((_plain(first), _plain(second)), key=len)
    return len(short) >= SHORTENED_CHARS and f" {short} " in f" {long} "


def similar_pairs(sets: Sequence[frozenset[str]], *, threshold: float = NEAR_DUPLICATE) -> list[tuple[int, int]]:
    """Return all index pairs (i < j) with a Jaccard similarity of at least `threshold`, sorted.

    Empty sets pair with none. Exact: two sets that similar share one of their rarest |x| - ceil(threshold·|x|) + 1
    members (prefix filter: Chaudhuri, Ganti, Kaushik 2006; Xiao et al. 2008, "PPJoin"), so only those are compared.
    """
    rarity = Counter(member for members in sets for member in members)
    index: dict[str, list[int]] = defaultdict(list)
    pairs = []
    for j, members in enumerate(sets):
        ordered = sorted(members, key=lambda member: (rarity[member], member))
        # A hair less, or a product a hair above a whole number (0.7 × 10) would cut the prefix one short.
        prefix = ordered[: len(ordered) - math.ceil(threshold * len(ordered) - 1e-9) + 1]
        candidates = {i for member in prefix for i in index[member]}
        pairs += [(i, j) for i in candidates if jaccard(sets[i], members) >= threshold]
        for member in prefix:
            index[member].append(j)
    return sorted(pairs)


def groups(count: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """Return for each of `count` items the smallest index it is joined to, directly or through others."""
    root = list(range(count))

    def find(item: int) -> int:
        while root[item] != item:
            root[item] = root[root[item]]
            item = root[item]
        return item

    for first, second in pairs:
        low, high = sorted((find(first), find(second)))
        root[high] = low
    return [find(item) for item in range(count)]


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())
