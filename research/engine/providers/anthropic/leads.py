"""From leads to evidence: a search engine's words count when the page is read here and holds them."""

from __future__ import annotations

import datetime as dt

from research.engine.domain.errors import CallError, InvalidInput
from research.engine.domain.evidence import Quote, SearchRecord
from research.engine.ports import Archive, FetchedDocument, Shelf

from .findings import LEAD_RELEVANCE, Findings, Lead

READER = "fetch_page"
# Pages one task reads for leads that the model left unread.
MOST = 5
READ_RELEVANCE = 500  # thousandths: cited by the model, its page read here
_PREFIX = "lead:"
_SHORTEST = 12


async def follow(found: Findings, *, shelf: Shelf, archive: Archive, now: dt.datetime, question: str) -> None:
    """Find the leads' words in their pages, reading at most `MOST` that were not read yet.

    A lead whose page cannot be read, or does not hold the words, is kept as one; those of further pages are left.
    """
    by_url: dict[str, list[Lead]] = {}
    for lead in found.leads:
        if len(lead.words) >= _SHORTEST:
            by_url.setdefault(lead.url, []).append(lead)
    unread = [url for url in by_url if not found.has_read(url)]
    for url, leads in by_url.items():
        if url in unread[MOST:]:
            continue
        why = await _read(found, url, shelf=shelf, question=question) if url in unread else ""
        for lead in leads:
            if why or found.keep(document=url, words=lead.words, relevance=READ_RELEVANCE, whole=True):
                await _unverified(found, lead, archive=archive, now=now)


async def _read(found: Findings, url: str, *, shelf: Shelf, question: str) -> str:
    """Read a page by the task's own tool. Return "" or why it could not be read."""
    if READER not in shelf.names():
        return f"The task has no tool '{READER}'."
    try:
        reply = await shelf.use(READER, {"url": url, "query": question[:400], "limit": 50})
    except (CallError, InvalidInput) as error:
        found.searches.append(SearchRecord(tool=READER, query=url[:400], hits=0, error=error.detail))
        return error.detail
    found.searches.append(SearchRecord(tool=reply.tool, query=url[:400], hits=len(reply.hits), call_key=reply.call_key))
    found.saw(reply.hits, call_key=reply.call_key, url=url)
    return "" if reply.hits else (reply.note or "The page has no text.")


async def _unverified(found: Findings, lead: Lead, *, archive: Archive, now: dt.datetime) -> None:
    """Keep the engine's words as what they are: an unverified lead, which confidence caps under the mark."""
    document = FetchedDocument(
        kind="lead",
        uri=f"{_PREFIX}{lead.url}"[:2000],
        title=lead.title,
        media_type="text/plain",
        data=lead.words.encode(),
        text=lead.words,
        renderer="lead/1",
        fetched_at=now,
    )
    kept = await archive.keep(document, call_key=lead.call_key)
    text = kept.text.text
    quote = Quote(extracted_text_id=kept.text.extracted_text_id, page=1, start=0, end=len(text), exact=text)
    found.pin(quote, kept.text.source, call_key=lead.call_key, relevance=LEAD_RELEVANCE)
