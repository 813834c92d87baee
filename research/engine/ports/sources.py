"""Where things are said and kept: the library, the archive, other people's servers, registers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Protocol

from pydantic import Field

from research.engine.domain.canonical import Frozen
from research.engine.domain.evidence import Hit, Quote, SourceKind, SourceShare, SourceText


class Library(Protocol):
    """The team's documents. Sees nothing of another team."""

    async def search(
        self, query: str, *, limit: int, any_word: bool = True, sources: Sequence[int] | None = None
    ) -> tuple[Hit, ...]:
        """Return ranked passages, best first. `any_word` False demands every word. `sources`: in these alone."""
        ...

    async def survey(self, terms: Sequence[str], *, least: int) -> tuple[SourceShare, ...]:
        """Return for every source in how many of its passages at least `least` different terms stand, by source id.

        A term of several words stands where all of them do; a passage's title and heading count with its text.
        """
        ...

    async def pages(self, places: Sequence[tuple[int, int]]) -> tuple[Hit, ...]:
        """Return every passage of the pages (extracted text id, page from 1), in the order of their text; score 0."""
        ...

    async def scan(self, words: Sequence[str], *, limit: int) -> tuple[Hit, ...]:
        """Return passages that hold all `words` literally, by reading the database itself, in stable order."""
        ...

    async def text(self, source_id: int) -> SourceText | None:
        """Return the newest text of a source, whole, or None when the team has no source of that id."""
        ...


class EvidenceStore(Protocol):
    async def pin(self, quote: Quote) -> Quote:
        """Return the quote with prefix and suffix filled in.

        Raises `QuoteNotFound` when the text at its offsets is not exactly its words, or the page is wrong.
        """
        ...


class HttpReply(Frozen):
    """What a server answered, its body whole and decompressed.

    url: the address that answered, after redirects. headers: by lower-case name. media_type: lower case, without
    parameters, "" when not named. charset: as named, or None. fetched_at: aware, UTC.
    """

    url: str
    status: int
    headers: dict[str, str]
    media_type: str
    charset: str | None = None
    body: bytes
    fetched_at: dt.datetime


class Http(Protocol):
    """The guarded way to other people's servers: addresses checked at connect time, everything capped."""

    async def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        media_types: Sequence[str] = (),
        max_bytes: int | None = None,
        robots: bool = False,
    ) -> HttpReply:
        """Return the answer to GET, whatever its status under 400.

        media_types: the only ones wanted, () for any; "text/*" takes all of a kind. max_bytes: of the decompressed
        body, None for the client's own limit. robots: ask the host's robots.txt first, and keep its pace.
        Raises `Transient` (network, 408, 425, 429, 5xx; `retry_after_s` where named), `Permanent` (a forbidden
        address, another status of 400 or more, too large, another media type, too many redirects, robots say no).
        """
        ...


class FetchedDocument(Frozen):
    """What a tool brought from outside, to be archived before anybody reads it.

    uri: its address, what it is known by in the team ("https://…"). data: the very bytes. text: what there is to
    read, where the tool itself puts a record in words (`renderer` then names it with its version, "sec_edgar/1");
    None: the library's parsers read the bytes. reliability: thousandths, None for the kind's usual one.
    query: what is looked for, by which its passages are chosen, "" for the first ones. limit: passages wanted.
    """

    kind: SourceKind
    uri: str = Field(min_length=1, max_length=2000)
    title: str = ""
    publisher: str | None = None
    published_date: dt.date | None = None
    reliability: int | None = Field(default=None, ge=0, le=1000)
    media_type: str
    data: bytes
    text: str | None = None
    renderer: str = ""
    fetched_at: dt.datetime
    query: str = ""
    limit: int = Field(default=10, ge=1, le=200)


class KeptDocument(Frozen):
    """An archived document: its whole text, and the passages wanted of it (`FetchedDocument.query`, `limit`)."""

    text: SourceText
    passages: tuple[Hit, ...]


class Archive(Protocol):
    """Where fetched documents become sources of the team: bytes, text, passages, each kept once."""

    async def keep(self, document: FetchedDocument, *, call_key: str) -> KeptDocument:
        """Keep the document as what the call `call_key` fetched; the same bytes again are known.

        Raises `Unreadable` when it gives no text.
        """
        ...


class CompanyEntry(Frozen):
    """A company as a register lists it. identifier: the register's own, as in "CIK 0000789019, MSFT"."""

    name: str
    identifier: str


class CompanyRegister(Protocol):
    """A list of companies that exist, kept locally. Not finding one says nothing of those it does not list."""

    def find(self, name: str) -> CompanyEntry | None:
        """Return the company of that name, its legal form aside, or None."""
        ...
