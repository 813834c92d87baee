"""The tools of research, as they are built, used and told of."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel, Field

from research.engine.domain.canonical import Frozen
from research.engine.domain.evidence import Hit, SourceShare
from research.engine.domain.usage import Usage

from .calls import Clock
from .sources import FetchedDocument, Http, Library


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
    `breaker_of(arguments)`, where it has that method, names the breaker before a call; else it is the tool's name.
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
