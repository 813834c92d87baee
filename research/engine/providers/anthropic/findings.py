"""What one investigation has so far: documents that were read, quotes kept, leads, searches made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from research.engine.domain.evidence import Finding, Hit, Investigation, Quote, SearchRecord, SourceRef, SourceText
from research.engine.domain.plans import PlanTask
from research.engine.reading.addresses import defragged

from . import quoting

# A lead is worth less than anything that was read.
LEAD_RELEVANCE = 300
# The most a model's word that a quote is to the point may weigh. Up to here it puts quotes in order and lets no claim
# pass: one that shares no term with its question stays under `verification.relevance.FLOOR` ((100 + 500) / 2 < 350),
# one that shares some has as much by its words. A model that was won over by a page says 1000 of anything.
MOST_RELEVANT = 500
_DIGITS = 18  # of the largest number a row can have


class Lead:
    """A place a search engine says something stands: its address, and the engine's words of it."""

    def __init__(self, *, url: str, title: str, words: str, call_key: str) -> None:
        self.url = defragged(url)
        self.title = title
        self.words = quoting.uncut(words)
        self.call_key = call_key


class Findings:
    """Collects; decides nothing."""

    def __init__(self, task: PlanTask) -> None:
        self._task = task
        self._texts: dict[int, SourceText] = {}
        self._by_url: dict[str, int] = {}
        self._passages: dict[int, list[Hit]] = {}
        self._call_of: dict[int, str] = {}
        self._quotes: dict[str, Finding] = {}
        self.searches: list[SearchRecord] = []
        self.leads: list[Lead] = []
        self.listed: set[str] = set()

    @property
    def quotes(self) -> tuple[Finding, ...]:
        return tuple(self._quotes.values())

    def all_failed(self) -> str:
        """Return the last failure when something was searched and every search failed, else ""."""
        errors = [record.error for record in self.searches]
        return (errors[-1] or "").rstrip(".") if errors and all(errors) else ""

    def read(self, text: SourceText, *, urls: Iterable[str], call_key: str) -> None:
        """Take note of a whole document that was read. urls: that it can be quoted by."""
        self._texts[text.extracted_text_id] = text
        self._by_url.update({defragged(url): text.extracted_text_id for url in urls if url})
        self._call_of.setdefault(text.extracted_text_id, call_key)

    def saw(self, hits: tuple[Hit, ...], *, call_key: str, url: str = "") -> None:
        """Take note of passages a tool returned."""
        for hit in hits:
            kept = self._passages.setdefault(hit.extracted_text_id, [])
            if all(each.passage_id != hit.passage_id for each in kept):
                kept.append(hit)
            self._call_of.setdefault(hit.extracted_text_id, call_key)
            if url:
                self._by_url[defragged(url)] = hit.extracted_text_id

    def has_read(self, url: str) -> bool:
        return defragged(url) in self._by_url

    def keep(self, *, document: str, words: str, relevance: int, whole: bool = False) -> str:
        """Keep a quote by the number or the address of its document. Return "" or why it was refused.

        whole: the words are a part, and the sentence they stand in is what is kept.
        """
        number = self._number(document)
        if number is None:
            return f"No document '{document[:80]}' was read: use the number a passage names, or the url of its page."
        quote, source = self._found(number, words, whole=whole)
        if quote is None or source is None:
            return (
                "These words do not stand in that document as you give them: copy one whole sentence letter by letter "
                f"({quoting.MIN_CHARS} to {quoting.MAX_CHARS} characters)."
            )
        finding = Finding(
            quote=quote,
            source=source,
            call_key=self._call_of.get(number, ""),
            relevance=max(0, min(MOST_RELEVANT, relevance)),
        )
        self._quotes.setdefault(quote.key(), finding)
        return ""

    def pin(self, quote: Quote, source: SourceRef, *, call_key: str, relevance: int) -> None:
        """Keep a quote whose place is known already."""
        finding = Finding(quote=quote, source=source, call_key=call_key, relevance=relevance)
        self._quotes.setdefault(quote.key(), finding)

    def _number(self, document: str) -> int | None:
        given = document.strip().removeprefix("T").strip()
        if given.isdecimal() and len(given) <= _DIGITS and (int(given) in self._texts or int(given) in self._passages):
            return int(given)
        return self._by_url.get(defragged(document.strip()))

    def _found(self, number: int, words: str, *, whole: bool) -> tuple[Quote | None, SourceRef | None]:
        text = self._texts.get(number)
        if text is not None:
            return quoting.quote_of(text, words, whole=whole), text.source
        for hit in self._passages.get(number, ()):
            place = quoting.place_of(hit.text, words, whole=whole)
            if place is not None:
                quote = Quote(
                    extracted_text_id=number,
                    page=hit.page,
                    start=hit.start + place.start,
                    end=hit.start + place.end,
                    exact=hit.text[place.start : place.end],
                )
                return quote, hit.source
        return None, None

    def concluded(self, *, outcome: str, reason: str) -> Investigation:
        """Return the investigation; without a quote it is `insufficient_data`, whatever the model says."""
        body: dict[str, Any] = {
            "task_key": self._task.key,
            "outcome": outcome if self._quotes else "insufficient_data",
            "reason": reason,
            "findings": self.quotes,
            "searches": tuple(self.searches),
        }
        return Investigation.model_validate(body)
