"""The tools on the vendor's side: web search and web fetch, and what they bring taken home before it is believed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from research.engine.domain.errors import Unreadable
from research.engine.domain.evidence import SearchRecord, SourceText
from research.engine.domain.vertical import Vertical
from research.engine.ports import Archive, FetchedDocument
from research.engine.reading.addresses import defragged, is_web

from . import blocks
from .findings import MOST_RELEVANT, Findings, Lead
from .settings import AnthropicSettings

SEARCH, FETCH = "web_search", "web_fetch"
SAYS = {
    SEARCH: "Search the web with the engine's own server-side search; its listings are leads, not evidence.",
    FETCH: "Read a web page or PDF with the engine's own server-side fetch; what it read is archived.",
}
_CITED = "web_search_result_location"
_MAX_CONTENT_TOKENS = 40_000
# Thousandths of relevance: the model leant on the words. It did not say how much; no word of it weighs more.
CITED = MOST_RELEVANT


class ServerTools:
    """Counts what the server may still do for one task, and takes home what it brought."""

    def __init__(self, settings: AnthropicSettings, tools: Sequence[str], vertical: Vertical) -> None:
        self._settings = settings
        self._vertical = vertical
        on = settings.server_tools
        self.searches_left = settings.max_searches_per_task if on and SEARCH in tools else 0
        self.fetches_left = settings.max_fetches_per_task if on and FETCH in tools else 0
        self._messages: list[Mapping[str, Any]] = []
        self._seen: set[str] = set()
        self._pages: list[SourceText] = []

    def definitions(self) -> list[dict[str, Any]]:
        """Return the server's tools with what is left of their uses; a tool with none left is not offered."""
        made = []
        if self.searches_left:
            made.append(
                {"type": self._settings.web_search_type, "name": SEARCH, "max_uses": self.searches_left}
                | self._domains(self._settings.web_search_type)
            )
        if self.fetches_left:
            made.append(
                {
                    "type": self._settings.web_fetch_type,
                    "name": FETCH,
                    "max_uses": self.fetches_left,
                    "citations": {"enabled": True},
                    "max_content_tokens": _MAX_CONTENT_TOKENS,
                }
                | self._domains(self._settings.web_fetch_type)
            )
        return made

    def _domains(self, version: str) -> dict[str, Any]:
        """Return the vertical's list of domains (the API takes one of the two), and that the model itself asks."""
        told: dict[str, Any] = {}
        if self._vertical.allowed_domains:
            told["allowed_domains"] = list(self._vertical.allowed_domains)
        elif self._vertical.blocked_domains:
            told["blocked_domains"] = list(self._vertical.blocked_domains)
        # From the versions of 2026 on, tools may be called from code the model writes, and then lose their citations.
        if version[-8:] >= "20260209":
            told["allowed_callers"] = ["direct"]
        return told

    async def take_home(
        self,
        message: Mapping[str, Any],
        found: Findings,
        *,
        archive: Archive,
        call_key: str,
        now: dt.datetime,
        query: str,
    ) -> None:
        """Take note of the searches, archive the pages, keep exact citations and note leads of one message."""
        self._messages.append(message)
        for search in blocks.searches(*self._messages):
            if not search.pending and self._first(search.id):
                self.searches_left = max(0, self.searches_left - 1)
                found.listed |= {defragged(result.url) for result in search.results}
                found.searches.append(
                    SearchRecord(
                        tool=SEARCH,
                        query=search.query[:400],
                        hits=len(search.results),
                        call_key=call_key,
                        error=_error(search.error),
                    )
                )
        for fetch in blocks.fetches(*self._messages):
            if not fetch.pending and self._first(fetch.id):
                self.fetches_left = max(0, self.fetches_left - 1)
                await self._archive(fetch, found, archive=archive, call_key=call_key, now=now, query=query)
        self._cite(message, found, call_key=call_key)

    def _first(self, use_id: str) -> bool:
        if use_id in self._seen:
            return False
        self._seen.add(use_id)
        return True

    async def _archive(
        self, fetch: blocks.Fetch, found: Findings, *, archive: Archive, call_key: str, now: dt.datetime, query: str
    ) -> None:
        url = fetch.url or fetch.asked
        error = _error(fetch.error)
        hits = 0
        if error is None and not is_web(url):
            error = "The server fetched no web address."
        if error is None:
            document = FetchedDocument(
                kind="web_page",
                uri=defragged(url)[:2000],
                title=fetch.title,
                media_type=fetch.media_type or "text/plain",
                data=fetch.data if fetch.data is not None else (fetch.text or "").encode(),
                # The server read the page and gave its text; those are the bytes we have, and we say so.
                text=fetch.text,
                renderer="web_fetch/1" if fetch.text is not None else "",
                fetched_at=now,
                query=query,
                limit=50,
            )
            try:
                kept = await archive.keep(document, call_key=call_key)
            except Unreadable as unreadable:
                error = unreadable.detail
            else:
                # A page that moved is quoted by the address that was asked for as well as by the one that answered.
                found.read(kept.text, urls=(url, fetch.asked), call_key=call_key)
                self._pages.append(kept.text)
                hits = len(kept.passages)
        found.searches.append(SearchRecord(tool=FETCH, query=url[:400], hits=hits, call_key=call_key, error=error))

    def _cite(self, message: Mapping[str, Any], found: Findings, *, call_key: str) -> None:
        for citation in blocks.citations(message):
            words = citation.cited_text.strip()
            if citation.kind == _CITED and is_web(citation.url):
                found.leads.append(Lead(url=citation.url, title=citation.title, words=words, call_key=call_key))
            elif citation.exact and citation.unit == "char":
                self._keep(citation, found)

    def _keep(self, citation: blocks.Citation, found: Findings) -> None:
        """Keep the words of an exact citation, which names its page by a number among documents that may be gone.

        It is the page that has the very words at the very place; where none has, the first one that holds them.
        """
        place = slice(citation.start, citation.end)
        exact = [page for page in self._pages if page.text[place] == citation.cited_text]
        for page in exact or self._pages:
            document = str(page.extracted_text_id)
            if not found.keep(document=document, words=citation.cited_text.strip(), relevance=CITED):
                return


def _error(code: str | None) -> str | None:
    return None if code is None else f"The server's tool failed: {code.replace('_', ' ')}."
