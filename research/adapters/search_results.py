"""What the search index answers with, and how it tells damage from other troubles."""

from __future__ import annotations

from typing import NamedTuple

import tantivy

from research.engine.domain import errors

# No team's survey counts more; the largest sources come first.
_MOST_SOURCES = 20_000


class IndexHit(NamedTuple):
    """A passage that was found, with its BM25 score."""

    passage_id: int
    score: float


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


def per_source(searcher: tantivy.Searcher, query: tantivy.Query) -> dict[int, int]:
    """Return how many passages of each source `query` finds, counted in the index."""
    buckets = {"per_source": {"terms": {"field": "source_id", "size": _MOST_SOURCES}}}
    found = searcher.aggregate(query, buckets)["per_source"]["buckets"]
    return {int(bucket["key"]): int(bucket["doc_count"]) for bucket in found}
