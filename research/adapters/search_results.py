"""What the search index answers with, and how it tells damage from other troubles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import tantivy

from research.adapters import search_schema
from research.engine.domain import errors
from research.engine.retrieval.page_types import PageType
from research.engine.retrieval.ranking import Candidate

# No team's survey counts more; the largest sources come first.
_MOST_SOURCES = 20_000


class IndexHit(NamedTuple):
    """A passage that was found, with its BM25 score."""

    passage_id: int
    score: float


class Within(NamedTuple):
    """Where to look: in these sources, on these kinds of page (None: all); any_word False demands every word."""

    sources: Sequence[int] | None = None
    kinds: Sequence[PageType] | None = None
    any_word: bool = True


EVERYWHERE = Within()


class IndexShare(NamedTuple):
    """In how many of a source's passages enough of the terms asked for stand."""

    source_id: int
    passages: int
    speaking: int


class IndexLost(errors.Transient):
    """The index was damaged and has been emptied; catch it up from watermark 0 and try again."""

    code = "index_lost"


def is_damage(error: BaseException) -> bool:
    """Tell whether tantivy complains of its files (pyo3's PanicException cannot be imported, only named)."""
    return isinstance(error, ValueError | OSError) or type(error).__name__ == "PanicException"


def ids_of(searcher: tantivy.Searcher, query: tantivy.Query, *, limit: int) -> list[IndexHit]:
    """Return the passages `query` finds, best first; equal scores by passage id."""
    found = searcher.search(query, limit=limit, count=False).hits
    ids = searcher.fast_field_values("passage_id", [address for _, address in found])
    hits = [IndexHit(int(i or 0), float(score)) for i, (score, _) in zip(ids, found, strict=True)]
    return sorted(hits, key=lambda hit: (-hit.score, hit.passage_id))


def candidates_of(searcher: tantivy.Searcher, query: tantivy.Query, *, limit: int) -> list[Candidate]:
    """Return the passages `query` finds with what ranking wants to know of them."""
    found = searcher.search(query, limit=limit, count=False).hits
    places = [address for _, address in found]
    columns = [
        searcher.fast_field_values(name, places) for name in ("passage_id", "source_id", "page", "kind", "years")
    ]
    return [
        Candidate(
            int(i or 0), int(source or 0), int(page or 0), search_schema.kind_of(int(kind or 0)), int(years or 0), score
        )
        for (score, _), i, source, page, kind, years in zip(found, *columns, strict=True)
    ]


def per_source(searcher: tantivy.Searcher, query: tantivy.Query) -> dict[int, int]:
    """Return how many passages of each source `query` finds, counted in the index."""
    buckets = {"per_source": {"terms": {"field": "source_id", "size": _MOST_SOURCES}}}
    found = searcher.aggregate(query, buckets)["per_source"]["buckets"]
    return {int(bucket["key"]): int(bucket["doc_count"]) for bucket in found}
