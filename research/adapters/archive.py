"""Keep what tools brought from outside: source, snapshot, text and passages of the team, each once."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from collections.abc import Callable, Sequence

from research.engine.domain.errors import Unreadable
from research.engine.domain.evidence import Hit, SourceRef, SourceText
from research.engine.extraction.result import Extraction, clean_text, clean_title
from research.engine.extraction.sandbox import ParserPool
from research.engine.ports import FetchedDocument, KeptDocument
from research.engine.retrieval.paragraphs import rank_paragraphs
from research.engine.verification.independence import registrable_domain
from research.models import ExtractedText, Passage, Snapshot, Source

from . import texts
from .db import Bridge
from .snapshots import Snapshots

# Thousandths, where the tool names none. A page anybody may have put up is worth less than what a person of the team
# chose to add (600); a provider's record more; a search engine's excerpt of an unread page hardly anything. The
# project's own judgement, as all of `verification.confidence`.
RELIABILITY = {"upload": 600, "web_page": 500, "record": 700, "lead": 200}
_NAME = "page"
_MAX_TITLE, _MAX_PUBLISHER, _MAX_EXTRACTOR = 500, 200, 60


class Parsers:
    """The parsing processes of one driver process, started when first needed."""

    def __init__(self, *, workers: int = 1) -> None:
        self._workers = workers
        self._lock = threading.Lock()
        self._pool: ParserPool | None = None

    def extract(self, data: bytes, *, name: str) -> Extraction:
        """Return the text of `data`. Raises `Unreadable`."""
        with self._lock:
            self._pool = self._pool or ParserPool(workers=self._workers)
        return self._pool.extract(data, name=name)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()


class TeamArchive:
    """`ports.Archive` for one team."""

    def __init__(
        self, *, team_id: int, bridge: Bridge, snapshots: Snapshots, extract: Callable[..., Extraction]
    ) -> None:
        """extract: what reads bytes, as `Parsers.extract`; it is called in a thread."""
        self._team_id = team_id
        self._bridge = bridge
        self._snapshots = snapshots
        self._extract = extract

    async def keep(self, document: FetchedDocument, *, call_key: str) -> KeptDocument:
        """Keep the document as what the call `call_key` fetched. Raises `Unreadable` when it gives no text."""
        extraction = _as_said(document)
        if extraction is None:
            extraction = await asyncio.to_thread(self._extract, document.data, name=_name_of(document))
        # Bytes first: rows without bytes would be a lie, bytes without rows are only unused.
        sha256 = await asyncio.to_thread(self._snapshots.put, team_id=self._team_id, data=document.data)
        text, found = await self._bridge.run(
            keep,
            team_id=self._team_id,
            document=document.model_copy(update={"data": b""}),
            size=len(document.data),
            sha256=sha256,
            extraction=extraction,
            call_key=call_key,
        )
        wanted = await asyncio.to_thread(_wanted, found, document.query, document.limit)
        return KeptDocument(text=text, passages=wanted)


def _as_said(document: FetchedDocument) -> Extraction | None:
    """Return the text that came with the document, or None where parsers have to read its bytes."""
    if document.text is None:
        return None
    text = clean_text(document.text)
    if not text.strip():
        raise Unreadable("The record holds nothing that can be put in words: ask for something else of it.")
    name, _, version = document.renderer.partition("/")
    return Extraction(
        text=text,
        page_starts=(0,),
        title=clean_title(document.title),
        published_date=document.published_date,
        extractor=(name or document.kind)[:_MAX_EXTRACTOR],
        extractor_version=(version or "1")[:_MAX_EXTRACTOR],
        media_type=document.media_type,
    )


def _name_of(document: FetchedDocument) -> str:
    """Return a file name that tells the parsers the kind where the bytes alone do not."""
    endings = {
        "text/html": ".html",
        "application/xhtml+xml": ".html",
        "text/markdown": ".md",
        "text/csv": ".csv",
        "text/plain": ".txt",
    }
    last = document.uri.rpartition("/")[2].partition("?")[0]
    return f"{_NAME}{endings[document.media_type]}" if document.media_type in endings else last[-80:]


def keep(
    *,
    team_id: int,
    document: FetchedDocument,
    size: int,
    sha256: str,
    extraction: Extraction,
    call_key: str,
) -> tuple[SourceText, list[Hit]]:
    """Write what is not there yet, in one transaction, and return the text with all its passages in order."""
    now = document.fetched_at
    publisher = clean_title(document.publisher) or ""
    source, _ = Source.objects.get_or_create(
        team_id=team_id,
        uri=document.uri,
        defaults={
            "kind": document.kind,
            # A page's own words may hold what no database stores.
            "title": (clean_title(document.title) or extraction.title or document.uri)[:_MAX_TITLE],
            "publisher": publisher[:_MAX_PUBLISHER],
            # Where the tool knows who speaks, the host is only where it was archived: all filings lie at one.
            "domain": "" if publisher else registrable_domain(document.uri.removeprefix("lead:")) or "",
            "published_date": document.published_date or extraction.published_date,
            "reliability": RELIABILITY[document.kind] if document.reliability is None else document.reliability,
            "created_at": now,
        },
    )
    snapshot, _ = Snapshot.objects.get_or_create(
        source=source,
        sha256=sha256,
        defaults={"size": size, "media_type": extraction.media_type, "call_key": call_key, "captured_at": now},
    )
    text = ExtractedText.objects.filter(
        snapshot=snapshot, extractor=extraction.extractor, extractor_version=extraction.extractor_version
    ).first()
    if text is None:
        text = _write(team_id, document, snapshot, extraction, now)
    ref = texts.source_ref(source)
    whole = SourceText(
        extracted_text_id=text.pk,
        source=ref,
        media_type=snapshot.media_type,
        text=text.text,
        page_starts=tuple(text.page_starts),
    )
    return whole, _hits(text, ref)


def _write(
    team_id: int, document: FetchedDocument, snapshot: Snapshot, extraction: Extraction, now: dt.datetime
) -> ExtractedText:
    if document.kind != "lead":
        return texts.add(team_id=team_id, snapshot=snapshot, extraction=extraction, now=now)
    # What a search engine printed of a page is nothing the library's searches may return: no passages, no feed.
    return texts.create(snapshot=snapshot, extraction=extraction, now=now)


def _hits(text: ExtractedText, source: SourceRef) -> list[Hit]:
    fields = ("pk", "page", "start", "end", "heading", "page_type", "context", "text")
    rows = Passage.objects.filter(extracted_text=text).order_by("start").values_list(*fields)
    return [
        Hit(
            passage_id=pk,
            extracted_text_id=text.pk,
            source=source,
            page=page,
            start=start,
            end=end,
            text=words,
            heading=heading,
            page_type=page_type,
            context=context,
            score=0,
        )
        for pk, page, start, end, heading, page_type, context, words in rows
    ]


def _wanted(hits: Sequence[Hit], query: str, limit: int) -> tuple[Hit, ...]:
    """Return the passages that answer `query` best, or the first ones, at most `limit`."""
    if not query or len(hits) <= limit:
        return tuple(hits[:limit])
    order = rank_paragraphs(query, [f"{hit.heading}\n{hit.text}" for hit in hits])
    return tuple(hits[place] for place in order[:limit])
