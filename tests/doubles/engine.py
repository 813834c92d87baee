"""The engine's ports in memory: small, real, deterministic. No mock: each keeps the promises its port makes."""

from __future__ import annotations

import bisect
import datetime as dt
import math
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from research.engine.domain.canonical import digest, storable
from research.engine.domain.errors import BudgetExceeded, QuoteNotFound, Unreadable
from research.engine.domain.evidence import (
    CONTEXT_CHARS,
    EvidenceItem,
    Hit,
    Investigation,
    Quote,
    SourceRef,
    SourceShare,
    SourceText,
)
from research.engine.domain.plans import PlanTask
from research.engine.domain.vertical import Vertical
from research.engine.extraction import passages
from research.engine.ports import (
    CallOutcome,
    CallRequest,
    FetchedDocument,
    HttpReply,
    KeptDocument,
    RunBrief,
    Tool,
    ToolContext,
)
from research.engine.resilience.calls import ResilientCalls
from research.engine.resilience.shelf import LedgeredShelf
from research.engine.tools import library_scan, library_search

_WORD = re.compile(r"[a-z0-9]+")
_NOW = dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)


class Document:
    """A source with the text of its pages; `text` is the whole, each page closed by a line end, as the parser does."""

    def __init__(self, title: str, pages: Sequence[str], *, publisher: str | None = None, date: dt.date | None = None):
        self.title, self.publisher, self.date = title, publisher, date
        self.text, starts = "", []
        for page in pages:
            starts.append(len(self.text))
            self.text += page + "\n"
        self.page_starts = tuple(starts)


class FakeLibrary:
    """`ports.Library` over documents cut into passages as the real one cuts them, ranked by BM25.

    `fail_with`: raised by `search` instead of an answer (a broken index); `scan` still reads.
    """

    def __init__(self, documents: Sequence[Document]):
        self.documents = tuple(documents)
        self.fail_with: Exception | None = None
        self.queries: list[str] = []
        self._passages = [hit for number, each in enumerate(documents, 1) for hit in _passages(number, each)]
        self._passages = [hit.model_copy(update={"passage_id": i}) for i, hit in enumerate(self._passages, 1)]
        self._counts = [Counter(_stems(hit.text)) for hit in self._passages]
        self._document_frequency = Counter(word for counts in self._counts for word in counts)
        self._mean = sum(sum(c.values()) for c in self._counts) / max(1, len(self._counts))

    @classmethod
    def of(cls, *texts: str, publisher: str | None = "Example Gaming") -> FakeLibrary:
        return cls([Document(f"Document {n}", [text], publisher=publisher) for n, text in enumerate(texts, 1)])

    async def search(
        self, query: str, *, limit: int, any_word: bool = True, sources: Sequence[int] | None = None
    ) -> tuple[Hit, ...]:
        self.queries.append(query)
        if self.fail_with is not None:
            raise self.fail_with
        wanted = set(_stems(query))
        scored = []
        for hit, counts in zip(self._passages, self._counts, strict=True):
            there = wanted & counts.keys()
            if sources is not None and hit.source.id not in sources:
                continue
            if there and (any_word or there == wanted):
                scored.append((self._bm25(there, counts), -hit.passage_id, hit))
        scored.sort(reverse=True, key=lambda row: row[:2])
        return tuple(hit.model_copy(update={"score": score}) for score, _, hit in scored[:limit])

    async def survey(self, terms: Sequence[str], *, least: int) -> tuple[SourceShare, ...]:
        if self.fail_with is not None:
            raise self.fail_with
        asked = {frozenset(_stems(term)) for term in terms}
        counted: dict[int, list[bool]] = {}
        for hit in self._passages:
            there = set(_stems(f"{hit.source.title} {hit.heading} {hit.text}"))
            counted.setdefault(hit.source.id, []).append(sum(term <= there for term in asked) >= least)
        sources = {hit.source.id: hit.source for hit in self._passages}
        return tuple(
            SourceShare(source=sources[each], passages=len(enough), speaking=sum(enough))
            for each, enough in sorted(counted.items())
        )

    async def pages(self, places: Sequence[tuple[int, int]]) -> tuple[Hit, ...]:
        return tuple(h for h in self._passages if (h.extracted_text_id, h.page) in set(places))

    async def scan(self, words: Sequence[str], *, limit: int) -> tuple[Hit, ...]:
        found = (h for h in self._passages if all(word.casefold() in h.text.casefold() for word in words))
        return tuple(found)[:limit]

    def _bm25(self, there: set[str], counts: Counter[str]) -> float:
        length = sum(counts.values())
        total = len(self._passages)
        return sum(
            math.log(1 + (total - self._document_frequency[w] + 0.5) / (self._document_frequency[w] + 0.5))
            * counts[w] * 2.2 / (counts[w] + 1.2 * (0.25 + 0.75 * length / self._mean))
            for w in there
        )  # fmt: skip


def _stems(text: str) -> list[str]:
    return [word[:-1] if word.endswith("s") and len(word) > 3 else word for word in _WORD.findall(text.casefold())]


def _passages(number: int, document: Document) -> list[Hit]:
    source = SourceRef(
        id=number, kind="upload", title=document.title, publisher=document.publisher, published_date=document.date
    )
    return [
        Hit(
            passage_id=0,
            extracted_text_id=number,
            source=source,
            page=span.page,
            start=span.start,
            end=span.end,
            text=document.text[span.start : span.end],
            heading=span.heading,
            score=0.0,
        )
        for span in passages.split(document.text, document.page_starts)
    ]


class MemoryEvidenceStore:
    """`ports.EvidenceStore` over the same documents; keeps what it pinned as evidence items."""

    def __init__(self, library: FakeLibrary):
        self._documents = dict(enumerate(library.documents, 1))

    async def pin(self, quote: Quote) -> Quote:
        document = self._documents[quote.extracted_text_id]
        text, page = document.text, bisect.bisect_right(document.page_starts, quote.start)
        if text[quote.start : quote.end] != quote.exact or page != quote.page:
            raise QuoteNotFound(f"The quote is not in text {quote.extracted_text_id} at {quote.start}.")
        before, after = text[max(0, quote.start - CONTEXT_CHARS) : quote.start], text[quote.end :][:CONTEXT_CHARS]
        return quote.model_copy(update={"prefix": before, "suffix": after})


def _kept(request: CallRequest) -> CallRequest:
    return request.model_copy(update={"arguments": storable(request.arguments)})


class MemoryLedger:
    """`ports.Ledger` in a dict: replays finished calls, writes failed ones down, keeps to `limit` calls."""

    def __init__(self, *, limit: int = 1_000):
        self.finished: dict[str, CallOutcome] = {}
        self.rows: list[tuple[CallRequest, str]] = []
        self.limit = limit

    async def call(self, request: CallRequest, perform: Callable[[str], Awaitable[CallOutcome]]) -> CallOutcome:
        request = _kept(request)
        key = digest([request.kind, request.name, request.arguments])[:16]
        if key in self.finished:
            return self.finished[key]
        if len(self.rows) >= self.limit:
            raise BudgetExceeded(f"The run may make {self.limit} calls.")
        try:
            outcome = await perform(key)
            outcome = outcome.model_copy(update={"payload": storable(outcome.payload)})
        except BaseException as error:
            self.rows.append((request, type(error).__name__))
            raise
        self.rows.append((request, "done"))
        # Through JSON and back, as a database would.
        self.finished[key] = CallOutcome.model_validate_json(outcome.model_dump_json()).model_copy(
            update={"call_key": outcome.cached_from or key}
        )
        return self.finished[key]

    async def written(self) -> None:
        """There is nothing to wait for."""

    async def replay(self, requests: Sequence[CallRequest]) -> CallOutcome | None:
        keys = (digest([each.kind, each.name, each.arguments])[:16] for each in map(_kept, requests))
        return next((self.finished[key] for key in keys if key in self.finished), None)


class MemoryBreakers:
    """`ports.Breakers`: open are the names in `open`; remembers what was recorded."""

    def __init__(self, *, open_names: Sequence[str] = ()):
        self.open = set(open_names)
        self.recorded: list[tuple[str, bool]] = []

    async def allow(self, name: str) -> bool:
        return name not in self.open

    async def record(self, name: str, *, ok: bool) -> None:
        self.recorded.append((name, ok))


class FakeClock:
    """`ports.Clock` whose sleep takes no time and moves the hands."""

    def __init__(self, at: dt.datetime = _NOW):
        self.at = at
        self.slept: list[float] = []

    def now(self) -> dt.datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += dt.timedelta(seconds=seconds)


class ListObserver:
    """`ports.Observer` that keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, dict[str, Any]]] = []

    def note(self, event: str, **details: Any) -> None:
        self.notes.append((event, details))


class FixedJitter(random.Random):
    """Jitter of nothing, so that waits are exact."""

    def random(self) -> float:
        return 0.0


class MemoryArchive:
    """`ports.Archive` in memory: what is kept can be read by the calls' keys; passages are the whole text in one."""

    def __init__(self) -> None:
        self.kept: list[tuple[FetchedDocument, str]] = []

    async def keep(self, document: FetchedDocument, *, call_key: str) -> KeptDocument:
        text = document.text if document.text is not None else document.data.decode("utf-8", "replace")
        if not text.strip():
            raise Unreadable("The page has no text.")
        known = [each for each, _ in self.kept if (each.uri, each.data) == (document.uri, document.data)]
        if not known:
            self.kept.append((document, call_key))
        number = 1000 + next(n for n, (each, _) in enumerate(self.kept) if each.uri == document.uri)
        source = SourceRef(
            id=number,
            kind=document.kind,
            title=document.title or document.uri,
            publisher=document.publisher,
            domain=document.uri.split("/")[2] if "//" in document.uri else None,
            reliability=500,
        )
        whole = SourceText(
            extracted_text_id=number, source=source, media_type=document.media_type, text=text, page_starts=(0,)
        )
        hits = tuple(
            Hit(
                passage_id=number * 1000 + n,
                extracted_text_id=number,
                source=source,
                page=1,
                start=span.start,
                end=span.end,
                text=text[span.start : span.end],
                score=0,
            )
            for n, span in enumerate(passages.split(text, (0,)))
        )
        return KeptDocument(text=whole, passages=hits[: document.limit])


def calls_over(
    *,
    ledger: MemoryLedger | None = None,
    breakers: MemoryBreakers | None = None,
    clock: FakeClock | None = None,
    observer: ListObserver | None = None,
) -> ResilientCalls:
    """Return the real way out with doubles for what it stands on."""
    return ResilientCalls(
        ledger or MemoryLedger(),
        breakers or MemoryBreakers(),
        clock or FakeClock(),
        observer or ListObserver(),
        rng=FixedJitter(),
    )


class NoHttp:
    """`ports.Http` of a test that goes nowhere."""

    async def get(self, url: str, **_more: Any) -> HttpReply:
        raise AssertionError(f"This test was to fetch nothing, and something asks for {url}.")


def tool_context(library: Any, *, http: Any = None, options: dict[str, str] | None = None) -> ToolContext:
    """Return what a tool is built with."""
    return ToolContext(library=library, http=http or NoHttp(), clock=FakeClock(), options=options or {})


def shelf_over(
    library: FakeLibrary,
    *,
    tools: Sequence[Tool] | None = None,
    ledger: MemoryLedger | None = None,
    breakers: MemoryBreakers | None = None,
    clock: FakeClock | None = None,
    observer: ListObserver | None = None,
    archive: MemoryArchive | None = None,
    cache: Any = None,
) -> LedgeredShelf:
    """Return the real shelf with the library's two tools (or `tools`) and doubles for the rest."""
    context = tool_context(library)
    shown = tools if tools is not None else (library_search.build(context), library_scan.build(context))
    told = observer or ListObserver()
    return LedgeredShelf(
        shown,
        calls_over(ledger=ledger, breakers=breakers, clock=clock, observer=told),
        archive or MemoryArchive(),
        told,
        cache=cache,
        scope="team",
    )


def brief(vertical: Vertical, prompt: str, *rejections: str) -> RunBrief:
    return RunBrief(run_id="run-1", prompt=prompt, vertical=vertical, rejections=rejections)


def evidence_of(task: PlanTask, investigation: Investigation) -> tuple[EvidenceItem, ...]:
    """Return an investigation's findings as rows of evidence, numbered from 1."""
    return tuple(
        EvidenceItem(id=number, quote=each.quote, source=each.source, task_key=task.key, relevance=each.relevance)
        for number, each in enumerate(investigation.findings, 1)
    )
