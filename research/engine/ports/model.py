"""The roles of research, and what an engine that fills them is given."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from pydantic import Field

from research.engine.domain.canonical import Frozen, added
from research.engine.domain.claims import ClaimDraft, ClaimInHand, Opinion
from research.engine.domain.documents import AcceptedClaim, SectionBrief, SectionDraft, Sentence
from research.engine.domain.evidence import EvidenceItem, Investigation
from research.engine.domain.plans import Plan, PlanTask
from research.engine.domain.vertical import Vertical

from .calls import Budget, Calls, Clock, Observer
from .sources import Archive
from .tools import Shelf


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

    tools: what a plan's tasks may name, with what each does. shared: what the engine keeps for the whole process.
    options: the deployment's settings for this engine, checked at start, None when it has none. priority: "normal",
    or "batch" for a run that can wait for half the price.
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
