"""Write a text with its passages: what search returns and evidence is pinned into."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from research.engine.domain.canonical import sha256_hex
from research.engine.domain.evidence import SourceRef
from research.engine.extraction import passages
from research.engine.extraction.result import Extraction
from research.engine.retrieval import page_context
from research.models import ExtractedText, Passage, Snapshot, Source

from . import index_feed

_MAX_HEADING = 300


def source_ref(source: Source) -> SourceRef:
    """Return a source as the engine sees it."""
    return SourceRef(
        id=source.pk,
        kind=source.kind,
        title=source.title,
        publisher=source.publisher or None,
        domain=source.domain or None,
        published_date=source.published_date,
        reliability=source.reliability,
    )


def create(*, snapshot: Snapshot, extraction: Extraction, now: dt.datetime) -> ExtractedText:
    """Write a text alone: no search returns it.

    Raises `IntegrityError` when this extractor's version gave a text of the snapshot before.
    """
    return ExtractedText.objects.create(
        snapshot=snapshot,
        extractor=extraction.extractor,
        extractor_version=extraction.extractor_version,
        text=extraction.text,
        sha256=sha256_hex(extraction.text.encode()),
        page_starts=list(extraction.page_starts),
        created_at=now,
    )


def add(*, team_id: int, snapshot: Snapshot, extraction: Extraction, now: dt.datetime) -> ExtractedText:
    """Write a text with its passages and give it its place in the feed. Must run inside a transaction.

    Raises `IntegrityError` as `create` does.
    """
    text = create(snapshot=snapshot, extraction=extraction, now=now)
    Passage.objects.bulk_create(_passages(team_id, text, extraction))
    index_feed.publish(text_id=text.pk)
    return text


def _passages(team_id: int, text: ExtractedText, extraction: Extraction) -> Iterator[Passage]:
    spans = passages.split(extraction.text, extraction.page_starts)
    told = page_context.describe(extraction.text, extraction.page_starts, spans)
    for span, about in zip(spans, told, strict=True):
        yield Passage(
            team_id=team_id,
            extracted_text=text,
            page=span.page,
            start=span.start,
            end=span.end,
            heading=span.heading[:_MAX_HEADING],
            page_type=about.page_type,
            context=about.context,
            text=extraction.text[span.start : span.end],
        )
