"""What the engine needs from outside. Adapters fill these; tests fill them with doubles."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, Field

from .domain.canonical import Frozen, added
from .domain.claims import ClaimDraft, ClaimInHand, Opinion
from .domain.documents import AcceptedClaim, SectionBrief, SectionDraft, Sentence
from .domain.evidence import EvidenceItem, Hit, Investigation, Quote, SourceKind, SourceShare, SourceText
from .domain.plans import Plan, PlanTask
from .domain.usage import Limits, Usage
from .domain.vertical import Vertical


class Memory(Frozen):
    """What another task of the run had found when a step began: words, who says them, and where."""

    task_key: str
    words: str
    source: str
    url: str | None = None


class RunBrief(Frozen):
    """What every role is told about the run.

    rejections: the comments on earlier rejected plans, oldest first. as_of: the day the run was asked for, None when
    not known. memory: what other tasks had found when this step first began; the same at every try of it.
    """

    run_id: str
    prompt: str
    vertical: Vertical
    rejections: tuple[str, ...] = ()
    as_of: dt.date | None = added(None)
    memory: tuple[Memory, ...] = added(())


# ── calls ────────────────────────────────────────────────────────────────────────────────────────


class CallRequest(Frozen):
    """A call about to leave the process. `estimate` is what the budget reserves before it.

    settles: the key of an earlier call of the same step whose `held` reservation this one uses up, "" for none.
    """

    kind: str  # model, tool, fetch
    name: str
    arguments: dict[str, Any]
    estimate: Usage = Usage()
    settles: str = ""


class CallOutcome(Frozen):
    """What came back: JSON the caller can be given again on replay, and what it really used.

    held: what was reserved stays so until another call settles it (`CallRequest.settles`): a batch was ordered, and
    its price comes with its answer. cached_from: the key of the earlier call whose answer this is, "" when this call went out itself.
    call_key: set by the ledger: leads to the row of the call that fetched (of `cached_from` where that is set).
    """

    payload: dict[str, Any]
    usage: Usage = Usage()
    held: bool = False
    cached_from: str = ""
    call_key: str = ""


class Ledger(Protocol):
    """The account of every call. One object for each step in flight."""

    async def call(self, request: CallRequest, perform: Callable[[str], Awaitable[CallOutcome]]) -> CallOutcome:
        """Reserve budget and write the intent, perform (told the call's key), write the outcome.

        A finished call with the same key is replayed, not bought twice. Raises `BudgetExceeded` before anything
        is spent, `OutcomeUnknown`, `LostLease`, and whatever `perform` raises (after writing it down).
        """
        ...


class Calls(Protocol):
    """The one way out: breaker, limits of rate, ledger, time limit, and retries, the same for tools and models."""

    async def make(
        self,
        request: CallRequest,
        perform: Callable[[str], Awaitable[CallOutcome]],
        *,
        timeout_s: float,
        provider: bool = False,
    ) -> CallOutcome:
        """Make the call, each attempt a ledger row of its own.

        `perform` gets the attempt's key; what it raises is tried again when it is `Transient`. The breaker is that of `request.name`; provider: it is a model's, so that its absence is `ProviderDown`.
        Raises what `perform` and the ledger raise, `Transient` when the breaker is open.
        """
        ...


class Budget(Protocol):
    """What is left in this phase of the run. The ledger reserves; this only tells."""

    async def remaining(self) -> Limits:
        """Return what is left of the run, of the person's day and of everybody's, whichever is less."""
        ...


class Breakers(Protocol):
    """Circuit breakers, one for each tool and provider, shared by all processes."""

    async def allow(self, name: str) -> bool:
        """Tell whether a call may be tried now (closed, or the one probe of a half-open breaker)."""
        ...

    async def record(self, name: str, *, ok: bool) -> None: ...


class Cache(Protocol):
    """What tools brought lately. Keys are a team's own: nothing of one team is found by another."""

    async def get(self, key: str) -> dict[str, Any] | None:
        """Return what was put under `key`, or None when there is nothing or its time is over."""
        ...

    async def put(self, key: str, value: dict[str, Any], *, ttl_s: float) -> None: ...


class Clock(Protocol):
    def now(self) -> dt.datetime:
        """Return the time, aware, UTC."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Observer(Protocol):
    """Told what happens, for logs and metrics. Never decides anything."""

    def note(self, event: str, **details: Any) -> None: ...


# ── finding things ───────────────────────────────────────────────────────────────────────────────


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


@dataclasses.dataclass(frozen=True)
class ToolContext:
    """What a tool is built with. http: trusts no address but public ones and those of the tool's own `options`.

    options: the deployment's settings for this tool, by name (base address, key), {} when none are set.
    """

    library: Library
    http: Http
    clock: Clock
    options: Mapping[str, str] = dataclasses.field(repr=False)  # keys are among them


class Tool(Protocol):
    """One thing on the shelf. `arguments` models what it takes; `run` gives what it found.

    capability: what it can, as a key; tools of one capability stand in for one another ("search_library").
    says: what it does in one sentence, for people and models. timeout_s: of one attempt.
    ttl_s: how long its answer may be used again, 0 for never. rate: most calls a minute of one process, None for any.
    """

    name: str
    capability: str
    says: str
    arguments: type[BaseModel]
    timeout_s: float
    ttl_s: float
    rate: float | None
    estimate: Usage

    async def run(self, arguments: Any) -> ToolResult: ...


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


class Listing(Frozen):
    """A search engine's answer: a place where something may be said, which is no evidence. excerpt: its words."""

    url: str
    title: str = ""
    excerpt: str = ""
    published_date: dt.date | None = None


class ToolResult(Frozen):
    """What a tool found: passages of documents kept already, shares of sources, listings, and documents it brought.

    Documents are archived by the shelf, which puts their passages in `hits`; their bytes never enter the ledger.
    """

    hits: tuple[Hit, ...] = ()
    shares: tuple[SourceShare, ...] = ()
    listings: tuple[Listing, ...] = ()
    documents: tuple[FetchedDocument, ...] = Field(default=(), exclude=True)
    note: str = ""
    usage: Usage = Usage()


class ToolReply(Frozen):
    """A tool's result as a role gets it, with the ledger key of the call that fetched it.

    tool: the one that answered, which is another of the same capability where the one asked for was away.
    """

    tool: str
    hits: tuple[Hit, ...] = ()
    shares: tuple[SourceShare, ...] = ()
    listings: tuple[Listing, ...] = ()
    note: str = ""
    call_key: str = ""


class ToolCard(NamedTuple):
    """A tool as a model is told of it. schema: JSON schema of its arguments."""

    name: str
    capability: str
    says: str
    schema: dict[str, Any]


class Shelf(Protocol):
    """The tools of an approved task, and no others. Every use passes the ledger, the breakers and the timeouts."""

    def names(self) -> tuple[str, ...]: ...

    def cards(self) -> tuple[ToolCard, ...]: ...

    async def use(self, name: str, arguments: dict[str, Any]) -> ToolReply:
        """Run one tool. Raises `CallError` kinds, `BudgetExceeded`, `InvalidInput` for arguments it does not take."""
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


# ── the model ────────────────────────────────────────────────────────────────────────────────────


class SectionBundle(Frozen):
    brief: SectionBrief
    claims: tuple[AcceptedClaim, ...] = Field(default=())


class Closable(Protocol):
    async def aclose(self) -> None: ...


C = TypeVar("C", bound=Closable)


class Shared(Protocol):
    """What lives as long as the process's event loop: connections. Closed when it ends."""

    def once(self, key: str, make: Callable[[], C]) -> C:
        """Return what was made under `key`, made now where nothing was."""
        ...


@dataclasses.dataclass(frozen=True)
class EngineContext:
    """What an engine is built with, for one step in flight.

    tools: what a plan's tasks may name, with what each does. shared: what the engine keeps for the whole process. options: the deployment's settings for this engine, checked
    at start, None when it has none. priority: "normal", or "batch" for a run
    that can wait for half the price.
    """

    calls: Calls
    archive: Archive
    budget: Budget
    clock: Clock
    observer: Observer
    shared: Shared
    tools: Mapping[str, str]
    options: Any = dataclasses.field(default=None, repr=False)
    priority: str = "normal"


class RefusedSentence(Frozen):
    """A sentence of a draft that may not stand, and why."""

    sentence: Sentence
    reason: str


class ResearchModel(Protocol):
    """The roles of research, not a chat. `extractive` fills them with no model at all."""

    name: str

    async def plan(self, brief: RunBrief) -> Plan: ...

    async def investigate(self, brief: RunBrief, task: PlanTask, shelf: Shelf) -> Investigation:
        """Use the task's tools, in order of preference, and return quotes with what was searched."""
        ...

    async def extract(
        self, brief: RunBrief, task: PlanTask, evidence: Sequence[EvidenceItem]
    ) -> tuple[ClaimDraft, ...]:
        """Propose claims; each names the evidence that supports it."""
        ...

    async def synthesise(
        self, brief: RunBrief, task: PlanTask, claims: Sequence[AcceptedClaim]
    ) -> tuple[ClaimDraft, ...]:
        """Propose inferred claims from premises; they always go to people."""
        ...

    async def judge(self, brief: RunBrief, claims: Sequence[ClaimInHand]) -> tuple[Opinion, ...]:
        """Say of claims how far their quotes bear them out; () where the engine has no judge.

        An opinion is one part of confidence, never the whole, and can let no claim pass that fails another check.
        """
        ...

    async def draft(self, brief: RunBrief, section: SectionBundle) -> SectionDraft: ...

    async def redraft(
        self, brief: RunBrief, section: SectionBundle, refused: Sequence[RefusedSentence]
    ) -> tuple[Sentence | None, ...]:
        """Write the refused sentences of a draft once more, one for each in their order; () where it cannot.

        None stands for one that is given up. One that is refused again is left out.
        """
        ...
