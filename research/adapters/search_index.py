"""The search index: a disposable projection of passages on this host, by tantivy.

Layout of the directory: `writer.lock` (one writer at a time on the host, by fcntl), `current` (the name of the
generation in use, replaced atomically) and one directory a generation. A damaged or outdated generation is dropped
for an empty one with watermark 0, and the caller's catch-up fills it again. The watermark is itself a document of
the index, so it can never be ahead of or behind the passages it speaks for.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import tantivy

from research.adapters import search_schema
from research.adapters.search_results import IndexHit, IndexLost, IndexShare, is_damage, per_source
from research.adapters.search_schema import IndexDoc
from research.engine.domain import errors
from research.engine.retrieval import words as search_words

# Raise when the schema or the analyser changes: older directories are then built anew.
FORMAT = 1
_HEAP_BYTES = 64_000_000
_SMALL_HEAP_BYTES = 15_000_000  # the least tantivy takes
_DISK_TROUBLES = ("No space left", "Permission denied", "Read-only file system", "quota")


__all__ = ["IndexDoc", "IndexHit", "IndexLost", "IndexShare", "SearchIndex"]


class _Opened(NamedTuple):
    generation: str
    engine: tantivy.Index
    stamp: tuple[int, int]  # inode and modification time of the commit the searcher sees


class SearchIndex:
    """An index in the directory `path`, made when missing. Thread-safe; so are several processes on one directory."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._path.mkdir(parents=True, exist_ok=True)
        self._opened: _Opened | None = None

    @property
    def path(self) -> Path:
        """The directory of the index."""
        return self._path

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
            search_schema.schema(), words, team_id=team_id, any_word=any_word, source_ids=source_ids
        )
        with self._reading() as index:
            searcher = index.searcher()
            found = searcher.search(built, limit=limit, count=False).hits
            ids = searcher.fast_field_values("passage_id", [address for _, address in found])
        hits = [IndexHit(int(i or 0), float(score)) for i, (score, _) in zip(ids, found, strict=True)]
        return sorted(hits, key=lambda hit: (-hit.score, hit.passage_id))

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

    # ── generations ──────────────────────────────────────────────────────────────────────────────

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._path / "writer.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # released when the file closes, also by a process that dies
            yield

    @contextlib.contextmanager
    def _writer(self) -> Iterator[tuple[tantivy.Index, tantivy.IndexWriter]]:
        with self._locked():
            index = self._current(locked=True)
            with self._guarded(locked=True):
                writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
            try:
                yield index, writer  # not guarded: the caller's own errors say nothing of the index
                with self._guarded(locked=True):
                    writer.commit()
            finally:
                with self._guarded(locked=True):
                    writer.wait_merging_threads()  # lets go of tantivy's lock; what is not committed is dropped

    @contextlib.contextmanager
    def _reading(self) -> Iterator[tantivy.Index]:
        index = self._current(locked=False)
        with self._guarded(locked=False):
            yield index

    @contextlib.contextmanager
    def _guarded(self, *, locked: bool) -> Iterator[None]:
        """Turn tantivy's complaints about its files into `IndexLost`, after starting an empty generation.

        A full or read-only disk is no damage: that raises `Transient` and leaves the index as it is.
        """
        try:
            yield
        except BaseException as error:
            if not is_damage(error):
                raise
            if any(trouble in str(error) for trouble in _DISK_TROUBLES):
                raise errors.Transient(f"The search index cannot be written ({error}): check the disk.") from error
            self._lose(locked=locked)
            raise IndexLost("The search index was damaged and is being built anew: search again shortly.") from error

    def _lose(self, *, locked: bool) -> None:
        opened = self._opened
        damaged = opened.generation if opened else ""
        with contextlib.nullcontext() if locked else self._locked():
            if self._generation() in {damaged, ""}:  # unless another process has replaced it meanwhile
                self._start_generation()
        self._opened = None

    def _generation(self) -> str:
        try:
            return (self._path / "current").read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            return ""

    def _current(self, *, locked: bool) -> tantivy.Index:
        """Return the index of the current generation as of its last commit, starting one where there is none."""
        generation = self._generation()
        opened = self._opened
        if opened is not None and opened.generation == generation:
            opened = self._refreshed(opened)
        else:
            opened = self._open(generation)
        if opened is None:
            with contextlib.nullcontext() if locked else self._locked():
                # Somebody else may have started one while this process waited for the lock.
                opened = self._open(self._generation()) or self._open(self._start_generation())
        if opened is None:
            raise IndexLost(f"No search index can be made in {self._path.name}: check the disk and its permissions.")
        self._opened = opened
        return opened.engine

    def _refreshed(self, opened: _Opened) -> _Opened | None:
        """Return the opened index as of the last commit, or None when that cannot be read."""
        stamp = self._stamp(opened.generation)
        if stamp == opened.stamp:
            return opened
        try:
            opened.engine.reload()
            sound = search_schema.read_watermark(opened.engine) is not None
        except BaseException as error:
            if not is_damage(error):
                raise
            return None
        return opened._replace(stamp=stamp) if sound else None

    def _open(self, generation: str) -> _Opened | None:
        """Open a generation, or return None when it is missing, of another format, or damaged."""
        if not generation.startswith(f"f{FORMAT}-"):
            return None
        directory = str(self._path / generation)
        try:
            if not (tantivy.Index.exists(directory) and tantivy.Index.is_compatible(directory)):
                return None
            stamp = self._stamp(generation)
            index = tantivy.Index.open(directory)
            search_schema.prepare(index)
            sound = search_schema.read_watermark(index) is not None
        except BaseException as error:
            if not is_damage(error):
                raise
            return None
        return _Opened(generation, index, stamp) if sound else None

    def _stamp(self, generation: str) -> tuple[int, int]:
        try:
            status = (self._path / generation / "meta.json").stat()
        except OSError:
            return (0, 0)
        return status.st_ino, status.st_mtime_ns

    def _start_generation(self) -> str:
        """Make an empty generation the current one and drop the others. Call under the lock. Return its name."""
        generation = f"f{FORMAT}-{uuid.uuid4().hex[:12]}"
        directory = self._path / generation
        directory.mkdir()
        index = tantivy.Index(search_schema.schema(), path=str(directory))
        search_schema.prepare(index)
        # From the first commit on there is a watermark: an index without one is damaged.
        writer = index.writer(heap_size=_SMALL_HEAP_BYTES, num_threads=1)
        search_schema.write_watermark(index, writer, 0)
        writer.commit()
        writer.wait_merging_threads()
        self._point_at(generation)
        return generation

    def _point_at(self, generation: str) -> None:
        """Make a generation the current one and drop the others. Call under the lock."""
        pointer = self._path / f"current.{os.getpid()}"
        pointer.write_text(generation, encoding="ascii")
        pointer.replace(self._path / "current")
        for other in self._path.glob("f[0-9]*-*"):
            if other.name != generation:
                shutil.rmtree(other, ignore_errors=True)
