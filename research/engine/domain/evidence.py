"""Where something was said, and the exact words that say it."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field

from .canonical import Frozen, digest

# lead: the excerpt a search engine gave of a page that nobody here could read. Never more than a lead.
SourceKind = Literal["upload", "web_page", "record", "lead"]
Stance = Literal["supports", "contradicts"]

# Characters kept on each side of a quote (W3C Web Annotation TextQuoteSelector prefix and suffix;
# the standard names no length).
CONTEXT_CHARS = 64


class SourceRef(Frozen):
    """A source as evidence sees it.

    publisher: who says it, or None when unattributed. domain: registrable domain, or None for uploads.
    reliability: thousandths, 0…1000. published_date: None when unknown.
    """

    id: int
    kind: SourceKind
    title: str
    publisher: str | None = None
    domain: str | None = None
    published_date: dt.date | None = None
    reliability: int = Field(default=600, ge=0, le=1000)


class Hit(Frozen):
    """A passage that search returned. Offsets are code points into its extracted text; pages count from 1.

    page_type: what kind of page it stands on (`retrieval.page_types`), "" when not known. context: lines above the
    table it goes on with, verbatim (caption, column heads, "in thousands"), or "".
    """

    passage_id: int
    extracted_text_id: int
    source: SourceRef
    page: int = Field(ge=1)
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str
    heading: str = ""
    page_type: str = ""
    context: str = ""
    score: float


class SourceShare(Frozen):
    """How much of a source speaks of a field: `speaking` of its `passages` hold enough of the field's terms."""

    source: SourceRef
    passages: int = Field(ge=1)
    speaking: int = Field(ge=0)


class SourceText(Frozen):
    """The whole text of a source as its newest extraction gave it. page_starts: offset of each page, page 1 first.

    media_type: of the file it was got from.
    """

    extracted_text_id: int
    source: SourceRef
    media_type: str
    text: str
    page_starts: tuple[int, ...]


class Quote(Frozen):
    """Verbatim words at their place (W3C TextQuoteSelector and TextPositionSelector).

    start, end: code points into the extracted text, end exclusive. page counts from 1.
    """

    extracted_text_id: int
    page: int = Field(ge=1)
    start: int = Field(ge=0)
    end: int = Field(gt=0)
    exact: str = Field(min_length=1)
    prefix: str = ""
    suffix: str = ""

    def key(self) -> str:
        """Return the digest of place and words: the same quote twice has the same key."""
        return digest([self.extracted_text_id, self.start, self.end, self.exact])


class SearchRecord(Frozen):
    """One search that was made: which tool, which words, how many hits. `call_key` leads to the ledger row."""

    tool: str
    query: str
    hits: int = Field(ge=0)
    call_key: str = ""
    error: str | None = None


class Finding(Frozen):
    """A quote worth keeping, who said it, and the call that found it."""

    quote: Quote
    source: SourceRef
    call_key: str = ""
    relevance: int = Field(default=500, ge=0, le=1000)  # thousandths


class Investigation(Frozen):
    """What one task's investigation gave. `outcome` is found, estimated or insufficient_data, with its reason."""

    task_key: str
    outcome: Literal["found", "estimated", "insufficient_data"]
    reason: str
    findings: tuple[Finding, ...] = ()
    searches: tuple[SearchRecord, ...] = ()


class EvidenceItem(Frozen):
    """Pinned evidence as later stages get it: its row id, words, place, source, task."""

    id: int
    quote: Quote
    source: SourceRef
    task_key: str
    relevance: int = Field(default=500, ge=0, le=1000)
