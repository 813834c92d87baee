"""The composition root: where settings meet the engine's ports. Nothing else picks a concrete engine or tool."""

from __future__ import annotations

import asyncio
import functools
import random
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.module_loading import import_string

from research.engine.domain.errors import InvalidInput
from research.engine.ports import Clock, CompanyRegister, EvidenceStore, ResearchModel, Shelf, Tool
from research.engine.resilience.shelf import LedgeredShelf
from research.engine.verticals import registry as verticals
from research.models import Step, Team

from . import library as library_adapter
from . import semantic
from .breakers import RowBreakers
from .clock import SystemClock
from .company_register import TickerFile
from .db import Bridge
from .evidence_store import RowEvidenceStore
from .ledger import Holder, StepLedger
from .observer import LogObserver


class StepPorts(NamedTuple):
    """What one step in flight is handed."""

    model: ResearchModel
    shelf: Shelf
    store: EvidenceStore
    register: CompanyRegister | None = None


class Runtime:
    """What one driver process holds: the bridge to the database, the clock, the search index."""

    def __init__(self, *, bridge: Bridge, clock: Clock) -> None:
        self.bridge = bridge
        self.clock = clock
        self._index = library_adapter.open_index()
        self._catching_up = asyncio.Lock()

    def ports_for(self, step: Step, *, engine: str, team: Team) -> StepPorts:
        """Return the ports of one step. Raises `InvalidInput` for an engine that is not configured."""
        holder = Holder(
            run_id=step.run_id,
            step_id=step.pk,
            kind=step.kind,
            key=step.key,
            token=step.token,
            correlation_id=step.run.correlation_id,
        )
        ledger = StepLedger(bridge=self.bridge, clock=self.clock, holder=holder)
        library = library_adapter.TeamLibrary(
            team_id=team.pk,
            bridge=self.bridge,
            index=self._index,
            turn=self._catching_up,
            glossary=verticals.get(step.run.vertical).glossary,
            embedder=semantic.demand() if settings.MRD.semantic else None,
        )
        tools = [_build_tool(path, library) for path in settings.MRD.tools.values()]
        shelf = LedgeredShelf(
            tools,
            ledger,
            RowBreakers(bridge=self.bridge, clock=self.clock),
            self.clock,
            LogObserver(),
            rng=random.Random(),  # noqa: S311 - jitter, not a secret
        )
        store = RowEvidenceStore(team_id=team.pk, bridge=self.bridge)
        model = engine_builder(engine)(ledger=ledger, clock=self.clock)
        return StepPorts(model=model, shelf=shelf, store=store, register=company_register())

    def close(self) -> None:
        self.bridge.close()


def build() -> Runtime:
    """Return the runtime of this process, as the settings say."""
    return Runtime(bridge=Bridge(threads=settings.MRD.db_threads), clock=SystemClock())


@functools.cache
def company_register() -> CompanyRegister | None:
    """Return the register the settings name, read once, or None. Raises `InvalidInput` for a file that is none."""
    path = settings.MRD.company_register
    return TickerFile(path) if path else None


def engine_names() -> tuple[str, ...]:
    return tuple(settings.MRD.engines)


def tool_names() -> tuple[str, ...]:
    return tuple(settings.MRD.tools)


def engine_builder(name: str) -> Any:
    """Return the builder of the engine called `name`. Raises `InvalidInput` (field `engine`)."""
    path = settings.MRD.engines.get(name)
    if path is None:
        raise InvalidInput(
            f"There is no engine called '{name}'; choose one of: {', '.join(engine_names())}.", field="engine"
        )
    return import_string(path)


def _build_tool(path: str, library: library_adapter.TeamLibrary) -> Tool:
    tool: Tool = import_string(path)(library=library)
    return tool
