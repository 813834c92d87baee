"""The search index: a disposable projection of passages on this host, by tantivy.

Layout of the directory: `writer.lock` (one writer at a time on the host, by fcntl), `current` (the name of the
generation in use, replaced atomically) and one directory a generation. A damaged or outdated generation is dropped
for an empty one with watermark 0, and the caller's catch-up fills it again. The watermark is itself a document of
the index, so it can never be ahead of or behind the passages it speaks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from research.adapters import search_schema
from research.adapters.search_generations import Generations
from research.adapters.search_results import (
    EVERYWHERE,
    IndexHit,
    IndexLost,
    IndexShare,
    Within,
    candidates_of,
    ids_of,
    per_source,
)
from research.adapters.search_schema import IndexDoc
from research.engine.retrieval import words as search_words
from research.engine.retrieval.ranking import Candidate

__all__ = ["IndexDoc", "IndexHit", "IndexLost", "IndexShare", "SearchIndex"]


class SearchIndex(Generations):
    """An index in the directory `path`, made when missing. Thread-safe; so are several processes on one directory."""

    # ── writing ──────────────────────────────────────────────────────────────────────────────────

    def add(self, docs: Iterable[IndexDoc], *, watermark: int | None = None, without: Iterable[int] = ()) -> int:
        """Add passages and return how many; with `watermark`, set it in the same commit.

        What the index held of an extracted text named in `docs` goes first, so adding again changes nothing:
        give all passages of a text in one call. without: ids of extracted texts whose passages go in that commit.
        Raises `IndexLost`.
        """
        added = 0
        with self._writer() as (index, writer):
            for extracted_text_id in without:
                writer.delete_documents_by_term("extracted_text_id", extracted_text_id)
            replaced: set[int] = set()
            for doc in docs:
                if doc.extracted_text_id not in replaced:
                    replaced.add(doc.extracted_text_id)
                    writer.delete_documents_by_term("extracted_text_id", doc.extracted_text_id)
                writer.add_document(search_schema.document(doc))
                added += 1
            if watermark is not None:
                search_schema.write_watermark(index, writer, watermark)
        return added

    def remove_text(self, extracted_text_id: int) -> None:
        """Remove all passages of an extracted text. Raises `IndexLost`."""
        with self._writer() as (_, writer):
            writer.delete_documents_by_term("extracted_text_id", extracted_text_id)

    def set_watermark(self, value: int) -> None:
        """Set how far the index has caught up. Raises `IndexLost`. Better: `add(…, watermark=…)`, one commit."""
        with self._writer() as (index, writer):
            search_schema.write_watermark(index, writer, value)

    def destroy(self) -> None:
        """Empty the index: watermark 0, no passages. Other processes follow at their next search."""
        with self._locked():
            self._start_generation()

    def adopt(self, other: SearchIndex) -> None:
        """Take over the generation `other` has built, in one atomic step; `other` is empty afterwards.

        Its directory must be on the same file system, such as below this one's, and nobody may be writing to it.
        """
        generation = other._generation()
        with self._locked():
            (other.path / generation).rename(self._path / generation)
            self._point_at(generation)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────

    def watermark(self) -> int:
        """Return the last watermark set, 0 for an empty index. Raises `IndexLost`."""
        with self._reading() as index:
            return search_schema.read_watermark(index) or 0

    def count(self) -> int:
        """Return how many passages the index holds, of all teams. Raises `IndexLost`."""
        with self._reading() as index:
            return int(index.searcher().num_docs) - 1  # the watermark's own document

    def search(
        self,
        query: str,
        *,
        team_id: int,
        limit: int,
        any_word: bool = True,
        source_ids: Sequence[int] | None = None,
    ) -> list[IndexHit]:
        """Return the team's passages that hold words of `query`, best first; equal scores by passage id.

        any_word False demands every word (in the passage, its heading or its title). source_ids: these sources
        alone, or None for all. The query is data: no character in it has a meaning. Raises `IndexLost`.
        """
        words = search_words.query_words(query)
        if not words or limit < 1 or (source_ids is not None and not source_ids):
            return []
        # Before the index is opened: a wrong argument is the caller's error and no damage.
        built = search_schema.build_query(
            search_schema.schema(), dict.fromkeys(words, 1.0), team_id=team_id, any_word=any_word, source_ids=source_ids
        )
        with self._reading() as index:
            return ids_of(index.searcher(), built, limit=limit)

    def candidates(
        self, terms: Mapping[str, float], *, team_id: int, limit: int, within: Within = EVERYWHERE
    ) -> list[Candidate]:
        """Return the team's passages that hold any of `terms` (analysed, with weights), with what ranking needs.

        Best first by BM25. Raises `IndexLost`.
        """
        if not terms or limit < 1 or (within.sources is not None and not within.sources):
            return []
        built = search_schema.build_query(
            search_schema.schema(),
            terms,
            team_id=team_id,
            any_word=within.any_word,
            source_ids=within.sources,
            kinds=within.kinds,
        )
        with self._reading() as index:
            return candidates_of(index.searcher(), built, limit=limit)

    def survey(self, terms: Sequence[str], *, team_id: int, least: int) -> list[IndexShare]:
        """Return for each of the team's sources in how many passages at least `least` of `terms` stand, by source id.

        A term of several words stands where all of them do, in text, heading or title. Raises `IndexLost`.
        """
        wanted = dict.fromkeys(tuple(words) for term in terms if (words := search_words.query_words(term)))
        if not wanted:
            return []
        schema = search_schema.schema()
        speaking = search_schema.survey_query(schema, list(wanted), team_id=team_id, least=least)
        with self._reading() as index:
            searcher = index.searcher()
            all_of = per_source(searcher, search_schema.team_query(schema, team_id))
            some_of = per_source(searcher, speaking)
        return [IndexShare(source, count, some_of.get(source, 0)) for source, count in sorted(all_of.items())]
