"""What the engine needs from outside. Adapters fill these; tests fill them with doubles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Any, Protocol

from pydantic import BaseModel, Field

from .domain.canonical import Frozen
from .domain.claims import ClaimDraft
from .domain.documents import AcceptedClaim, SectionBrief, SectionDraft
from .domain.evidence import EvidenceItem, Hit, Investigation, Quote, SourceShare, SourceText
from .domain.plans import Plan, PlanTask
from .domain.usage import Usage
from .domain.vertical import Vertical


class RunBrief(Frozen):
    """What every role is told about the run. `rejections` are the comments on earlier rejected plans, oldest first."""

    run_id: str
    prompt: str
    vertical: Vertical
    rejections: tuple[str, ...] = ()


# ── calls ────────────────────────────────────────────────────────────────────────────────────────


class CallRequest(Frozen):
    """A call about to leave the process. `estimate` is what the budget reserves before it."""

    kind: str  # model, tool, fetch
    name: str
    arguments: dict[str, Any]
    estimate: Usage = Usage()


class CallOutcome(Frozen):
    """What came back: JSON the caller can be given again on replay, and what it really used."""

    payload: dict[str, Any]
    usage: Usage = Usage()
    call_key: str = ""  # set by the ledger: leads to the row


class Ledger(Protocol):
    """The account of every call. One object for each step in flight."""

    async def call(self, request: CallRequest, perform: Callable[[], Awaitable[CallOutcome]]) -> CallOutcome:
        """Reserve budget and write the intent, perform, write the outcome.

        A finished call with the same key is replayed, not bought twice. Raises `BudgetExceeded` before anything
        is spent, `OutcomeUnknown`, `LostLease`, and whatever `perform` raises (after writing it down).
        """
        ...


class Budget(Protocol):
    """What is left in this phase of the run. The ledger reserves; this only tells."""

    async def remaining(self) -> tuple[int, int, Decimal]:
        """Return calls, searches and US dollars left."""
        ...


class Breakers(Protocol):
    """Circuit breakers, one for each tool and provider, shared by all processes."""

    async def allow(self, name: str) -> bool:
        """Tell whether a call may be tried now (closed, or the one probe of a half-open breaker)."""
        ...

    async def record(self, name: str, *, ok: bool) -> None: ...


class Cache(Protocol):
    async def get(self, key: str) -> dict[str, Any] | None: ...

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


class Tool(Protocol):
    """One thing on the shelf. `arguments` models what it takes; `run` gives what it found."""

    name: str
    capability: str
    arguments: type[BaseModel]
    timeout_s: float
    estimate: Usage

    async def run(self, arguments: Any) -> ToolResult: ...


class ToolResult(Frozen):
    hits: tuple[Hit, ...] = ()
    shares: tuple[SourceShare, ...] = ()
    note: str = ""
    usage: Usage = Usage()


class ToolReply(Frozen):
    """A tool's result as a role gets it, with the ledger key of the call."""

    tool: str
    hits: tuple[Hit, ...] = ()
    shares: tuple[SourceShare, ...] = ()
    note: str = ""
    call_key: str = ""


class Shelf(Protocol):
    """The tools of an approved task. Every use passes the ledger, the breakers and the timeouts."""

    def names(self) -> tuple[str, ...]: ...

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

    async def draft(self, brief: RunBrief, section: SectionBundle) -> SectionDraft: ...
