"""A team's documents as the engine sees them: ranked search by the index, literal search by the database."""

from __future__ import annotations

import asyncio
import functools
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from research.engine.domain.evidence import Hit, SourceRef, SourceShare, SourceText
from research.engine.retrieval import fusion
from research.engine.retrieval.documents import Directory
from research.engine.retrieval.ranking import Ranked
from research.models import ExtractedText, Passage, Source

from . import catalogue, index_feed, ranked_search, semantic
from .db import Bridge
from .ranked_search import Catalogue
from .search_index import IndexLost, IndexShare, SearchIndex

T = TypeVar("T")
_TRIES = 3
_SOURCE = "extracted_text__snapshot__source__"
_SOURCE_FIELDS = ("id", "kind", "title", "publisher", "domain", "published_date", "reliability")
_FIELDS = (
    "pk",
    "extracted_text_id",
    "page",
    "start",
    "end",
    "heading",
    "page_type",
    "context",
    "text",
    *(f"{_SOURCE}{name}" for name in _SOURCE_FIELDS),
)


def open_index() -> SearchIndex:
    """Return this host's search index, in `settings.SEARCH_INDEX_DIR`."""
    return SearchIndex(Path(settings.SEARCH_INDEX_DIR))


class TeamLibrary:
    """Fills `ports.Library` for one team. Every query names the team: to the index, and to the database again."""

    def __init__(
        self,
        *,
        team_id: int,
        bridge: Bridge,
        index: SearchIndex,
        turn: asyncio.Lock | None = None,
        glossary: Mapping[str, tuple[str, ...]] | None = None,
        embedder: fusion.Embedder | None = None,
    ) -> None:
        """Serve one team. `turn` is shared by all that use `index` in this process: one at a time catches it up.

        None: nobody else does. glossary: the terms of the run's trade with what means the same, by which searches
        are widened; None for general finance alone. embedder: puts the order by meaning in, or None.
        """
        self._team_id = team_id
        self._bridge = bridge
        self._index = index
        self._turn = turn or asyncio.Lock()
        self._glossary = glossary or {}
        self._embedder = embedder
        self._directory = Directory(())

    async def search(
        self, query: str, *, limit: int, any_word: bool = True, sources: Sequence[int] | None = None
    ) -> tuple[Hit, ...]:
        """Return ranked passages, best first, over everything committed before the call.

        Documents whose name the query calls come before others, those of its period and kind first; then pages of
        the kind that answers it. `any_word` False demands every word. `sources`: in these alone, None for all.
        Raises `Transient` when the index cannot be made or written.
        """
        wide = limit if self._embedder is None or limit < 1 else max(limit, semantic.RERANKED)
        found = await self._current(self._ranked, query, limit=wide, any_word=any_word, sources=sources)
        if not found:
            return ()
        scores = {hit.passage_id: hit.score for hit in found}
        hits = await self._bridge.run(_hits, team_id=self._team_id, scores=scores)
        if self._embedder is not None:
            texts = [fusion.Found(hit.passage_id, f"{hit.heading}\n{hit.text}", hit.score) for hit in hits]
            order = await asyncio.to_thread(fusion.rerank, query, texts, self._embedder)
            hits = tuple(sorted(hits, key=lambda hit: order.index(hit.passage_id)))
        return hits[:limit]

    async def survey(self, terms: Sequence[str], *, least: int) -> tuple[SourceShare, ...]:
        """Return for every source how many of its passages hold at least `least` of `terms`, by source id.

        Raises `Transient` when the index cannot be made or written.
        """
        found = await self._current(self._index.survey, terms, team_id=self._team_id, least=least)
        return await self._bridge.run(_shares, team_id=self._team_id, found=found) if found else ()

    async def pages(self, places: Sequence[tuple[int, int]]) -> tuple[Hit, ...]:
        """Return every passage of the pages (extracted text id, page from 1), in the order of their text; score 0."""
        return await self._bridge.run(_pages, team_id=self._team_id, places=places) if places else ()

    async def scan(self, words: Sequence[str], *, limit: int) -> tuple[Hit, ...]:
        """Return passages that hold all `words` literally, whatever their case, in the order they were added.

        Reads the database itself, so it answers without an index. Blank words ask for nothing; none left gives none.
        """
        wanted = tuple(word.strip() for word in words if word.strip())
        if not wanted or limit < 1:
            return ()
        return await self._bridge.run(_scan, team_id=self._team_id, words=wanted, limit=limit)

    async def text(self, source_id: int) -> SourceText | None:
        """Return the newest text of a source, whole, or None when the team has no source of that id."""
        return await self._bridge.run(_text, team_id=self._team_id, source_id=source_id)

    async def _current(self, ask: Callable[..., list[T]], *args: Any, **more: Any) -> list[T]:
        """Ask the index, caught up first, in a thread."""
        for left in reversed(range(_TRIES)):
            try:
                now = await self._bridge.run(index_feed.state)
                if not await asyncio.to_thread(index_feed.is_current, self._index, now):
                    # One at a time in this process: each waiter for the host's lock holds a thread, and with all
                    # threads waiting the holder would find none to go on in.
                    async with self._turn:
                        if not await asyncio.to_thread(index_feed.is_current, self._index, now):
                            await self._catch_up()
                self._directory = await catalogue.directory(
                    index=self._index, team_id=self._team_id, now=now, bridge=self._bridge
                )
                return await asyncio.to_thread(ask, *args, **more)
            except IndexLost:  # emptied just now, or replaced by a rebuild while it was read
                if not left:
                    raise
        return []

    def _ranked(self, query: str, **more: Any) -> list[Ranked]:
        known = Catalogue(self._directory, self._glossary)
        return ranked_search.search(self._index, query, team_id=self._team_id, catalogue=known, **more)

    async def _catch_up(self) -> None:
        """Do what `index_feed.catch_up` does, with the database's part over the bridge, one hop a batch."""
        with ExitStack() as held:
            await asyncio.to_thread(held.enter_context, index_feed.following(self._index))
            now = await self._bridge.run(index_feed.state)
            after = await asyncio.to_thread(index_feed.start, self._index, now)
            while (batch := await self._bridge.run(index_feed.read_batch, after=after)) is not None:
                after = await asyncio.to_thread(index_feed.apply, self._index, batch)


def _hits(*, team_id: int, scores: Mapping[int, float]) -> tuple[Hit, ...]:
    """Return the passages in the order of `scores`, by one query. One that is gone or not the team's is left out."""
    rows = Passage.objects.filter(pk__in=list(scores), team_id=team_id).values(*_FIELDS)
    found = {row["pk"]: row for row in rows}
    return tuple(_hit(found[pk], score) for pk, score in scores.items() if pk in found)


def _shares(*, team_id: int, found: Sequence[IndexShare]) -> tuple[SourceShare, ...]:
    """Return the shares with their sources, by one query. One that is gone or not the team's is left out."""
    rows = {row["id"]: row for row in Source.objects.filter(team_id=team_id).values(*_SOURCE_FIELDS)}
    return tuple(
        SourceShare(source=_source_ref(rows[each.source_id]), passages=each.passages, speaking=each.speaking)
        for each in found
        if each.source_id in rows
    )


def _source_ref(row: dict[str, Any]) -> SourceRef:
    return SourceRef(**{**row, "publisher": row["publisher"] or None, "domain": row["domain"] or None})


def _pages(*, team_id: int, places: Iterable[tuple[int, int]]) -> tuple[Hit, ...]:
    wanted = (Q(extracted_text_id=text_id, page=page) for text_id, page in places)
    rows = (
        Passage.objects.filter(functools.reduce(operator.or_, wanted), team_id=team_id)
        .order_by("extracted_text_id", "start")
        .values(*_FIELDS)
    )
    return tuple(_hit(row, 0.0) for row in rows)


def _scan(*, team_id: int, words: Iterable[str], limit: int) -> tuple[Hit, ...]:
    newer = ExtractedText.objects.filter(
        snapshot_id=OuterRef("extracted_text__snapshot_id"), pk__gt=OuterRef("extracted_text_id")
    )
    passages: QuerySet[Passage] = Passage.objects.filter(~Exists(newer), team_id=team_id)
    for word in words:
        passages = passages.filter(_contains(word))
    rows = passages.order_by("extracted_text_id", "start").values(*_FIELDS)[:limit]
    return tuple(_hit(row, 0.0) for row in rows)


def _text(*, team_id: int, source_id: int) -> SourceText | None:
    rows = ExtractedText.objects.filter(snapshot__source_id=source_id, snapshot__source__team_id=team_id)
    text = rows.select_related("snapshot").order_by("-snapshot__captured_at", "-snapshot_id", "-pk").first()
    if text is None:
        return None
    source = Source.objects.filter(pk=source_id, team_id=team_id).values(*_SOURCE_FIELDS).get()
    return SourceText(
        extracted_text_id=text.pk,
        source=_source_ref(source),
        media_type=text.snapshot.media_type,
        text=text.text,
        page_starts=tuple(text.page_starts),
    )


def _contains(word: str) -> Q:
    """Ask for a word in any case. SQLite's LIKE folds ASCII alone, so other letters are asked for in each case."""
    if word.isascii():
        return Q(text__icontains=word)
    forms = dict.fromkeys((word, word.lower(), word.upper(), word.title()))
    return Q(*(("text__icontains", form) for form in forms), _connector=Q.OR)


def _hit(row: dict[str, Any], score: float) -> Hit:
    source = {name.removeprefix(_SOURCE): value for name, value in row.items() if name.startswith(_SOURCE)}
    return Hit(
        passage_id=row["pk"],
        extracted_text_id=row["extracted_text_id"],
        source=_source_ref(source),
        page=row["page"],
        start=row["start"],
        end=row["end"],
        text=row["text"],
        heading=row["heading"],
        page_type=row["page_type"],
        context=row["context"],
        score=score,
    )
