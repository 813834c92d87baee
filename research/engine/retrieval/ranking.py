"""Order the passages an index found: its BM25 score with what the query asks of documents, pages and periods.

The weights are shares of the best BM25 score of the query. They were chosen on every second of FinanceBench's
development questions and reported on the others (bench/evidence/retrieval.py); none stands for a single word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .page_types import PageType
from .query import Asked

PAGE_WEIGHT = 0.6
DOCUMENT_WEIGHT = 0.8
YEAR_WEIGHT = 0.15
MATE_WEIGHT = 0.2
CONTENTS_WEIGHT = -0.3
FIRST_YEAR, LAST_YEAR = 1990, 2051  # years a mask of 62 bits can tell


class Candidate(NamedTuple):
    """A passage the index found. score: its BM25 score. years: the years it names, as `mask_of` gives them."""

    passage_id: int
    source_id: int
    page: int
    kind: PageType
    years: int
    score: float


class Ranked(NamedTuple):
    """A passage in its place. score: the fused score, comparable within one query alone."""

    passage_id: int
    source_id: int
    page: int
    score: float


def mask_of(years: Iterable[int]) -> int:
    """Return the years as bits, the lowest for 1990; years before it or after 2051 are left out."""
    mask = 0
    for year in years:
        if FIRST_YEAR <= year <= LAST_YEAR:
            mask |= 1 << (year - FIRST_YEAR)
    return mask


def rank(asked: Asked, candidates: Sequence[Candidate], documents: Mapping[int, float]) -> list[Ranked]:
    """Return the candidates, best first, each once (with its highest score); equal ones by passage id.

    documents: how well each document fits by its id (0…1); one that is not there fits not at all.
    """
    best: dict[int, Candidate] = {}
    for one in candidates:
        if one.passage_id not in best or best[one.passage_id].score < one.score:
            best[one.passage_id] = one
    top = max((one.score for one in best.values()), default=0.0) or 1.0
    latest = mask_of([max(asked.years)] if asked.years else [])
    alone = {key: _worth(one, top, asked, latest, documents) for key, one in best.items()}
    pages: dict[tuple[int, int], list[float]] = defaultdict(list)
    for key, one in best.items():
        pages[one.source_id, one.page].append(alone[key])
    for shares in pages.values():
        shares.sort(reverse=True)
    ranked = [
        Ranked(
            key, one.source_id, one.page, alone[key] + MATE_WEIGHT * _mate(pages[one.source_id, one.page], alone[key])
        )
        for key, one in best.items()
    ]
    return sorted(ranked, key=lambda one: (-one.score, one.passage_id))


def _worth(one: Candidate, top: float, asked: Asked, latest: int, documents: Mapping[int, float]) -> float:
    """Return the fused score of a passage for itself."""
    score = one.score / top
    score += PAGE_WEIGHT * asked.pages.get(one.kind, 0.0)
    score += DOCUMENT_WEIGHT * documents.get(one.source_id, 0.0)
    if latest and one.years & latest:
        score += YEAR_WEIGHT
    if one.kind is PageType.CONTENTS:
        score += CONTENTS_WEIGHT
    return score


def _mate(shares: Sequence[float], own: float) -> float:
    """Return the worth of the best other passage of the page, 0 when there is none: what answers stands together."""
    if len(shares) == 1:
        return 0.0
    return shares[1] if own == shares[0] else shares[0]
