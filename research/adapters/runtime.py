"""The composition root: where settings meet the engine's ports. Nothing else picks a concrete engine or tool."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from django.conf import settings
from django.utils.module_loading import import_string

from research.engine.domain.states import StepKind
from research.engine.net.client import GuardedHttp
from research.engine.ports import (
    Clock,
    Closable,
    CompanyRegister,
    EngineContext,
    EvidenceStore,
    Observer,
    ResearchModel,
    Shelf,
    Tool,
    ToolContext,
)
from research.engine.resilience.calls import ResilientCalls
from research.engine.resilience.rates import Rates
from research.engine.resilience.shelf import LedgeredShelf
from research.engine.verticals import registry as verticals
from research.models import Step

from . import engines, outside, semantic, snapshots
from . import library as library_adapter
from .archive import Parsers, TeamArchive
from .breakers import RowBreakers
from .budget import RowBudget
from .clock import SystemClock
from .company_register import TickerFile
from .db import Bridge
from .evidence_store import RowEvidenceStore, Texts
from .groups import Groups
from .ledger import Holder, LedgerWriter, StepLedger
from .ledger_account import DayLimits
from .observer import LogObserver
from .tool_cache import TwoLevelCache

log = logging.getLogger(__name__)
C = TypeVar("C", bound=Closable)
# Who does what is left of a run that buys nothing any more, and nothing at all.
EMBEDDED = "extractive"
# Steps loaded or completed in one transaction: their runs wait for it.
STEPS_IN_A_GROUP = 60


class StepPorts(NamedTuple):
    """What one step in flight is handed. ledger: to wait for what it still has to write."""

    model: ResearchModel
    shelf: Shelf
    store: EvidenceStore
    observer: Observer
    ledger: StepLedger
    register: CompanyRegister | None = None


class Engine(NamedTuple):
    """An engine as the settings have it: what builds its model, the tools it may plan with, its own settings."""

    build: Callable[[EngineContext], ResearchModel]
    tools: dict[str, str]
    options: Any


class Connections:
    """`ports.Shared`: what lives as long as the event loop."""

    def __init__(self) -> None:
        self._made: dict[str, Closable] = {}

    def once(self, key: str, make: Callable[[], C]) -> C:
        if key not in self._made:
            self._made[key] = make()
        return cast("C", self._made[key])

    async def aclose(self) -> None:
        for made in self._made.values():
            try:
                await made.aclose()
            except Exception:
                log.exception("a connection could not be closed")
        self._made.clear()


class Runtime:
    """What one driver process holds: the bridge to the database, the clock, the search index, its connections."""

    def __init__(self, *, bridge: Bridge, clock: Clock) -> None:
        self.bridge = bridge
        self.clock = clock
        self._index = library_adapter.open_index()
        self._catching_up = asyncio.Lock()
        self._groups: dict[Any, Groups[Any, Any]] = {}
        self._engines: dict[str, Engine] = {}
        self._shared = Connections()
        self._parsers = Parsers()
        self._cache = TwoLevelCache()
        self._texts = Texts(bridge=bridge)
        self.breakers = RowBreakers(bridge=bridge, clock=clock)
        self._days = _day_limits()
        self._writer = LedgerWriter(bridge=bridge, user_day=self._days[0], all_day=self._days[1])
        self._rates = Rates(
            a_minute=_rates(),
            at_once=settings.MRD.calls_at_once,
            user_at_once=settings.MRD.calls_at_once_a_user,
        )

    def groups(self, do: Callable[..., Sequence[Any]]) -> Groups[Any, Any]:
        """Return where items for `do` gather in this process."""
        found = self._groups.get(do)
        if found is None:
            found = self._groups[do] = Groups(do, bridge=self.bridge, most=STEPS_IN_A_GROUP)
        return found

    def ports_for(self, step: Step) -> StepPorts:
        """Return the ports of one step, whose run and task are selected with it.

        Raises `InvalidInput` for an engine that is not configured.
        """
        run, observer = step.run, LogObserver()
        holder = Holder.of(step)
        ledger = StepLedger(writer=self._writer, clock=self.clock, holder=holder)
        calls = ResilientCalls(
            ledger, self.breakers, self.clock, observer, rates=self._rates, user=str(run.requester_id)
        )
        archive = TeamArchive(
            team_id=run.team_id, bridge=self.bridge, snapshots=snapshots.local(), extract=self._parsers.extract
        )
        shelf = LedgeredShelf(
            self._tools(step),
            calls,
            archive,
            observer,
            cache=None if run.bypass_cache else self._cache,
            scope=f"team {run.team_id}",
        )
        engine = self._engine(EMBEDDED if run.finishing else run.engine)
        context = EngineContext(
            calls=calls,
            archive=archive,
            budget=RowBudget(
                bridge=self.bridge,
                clock=self.clock,
                holder=holder,
                user_day=self._days[0],
                all_day=self._days[1],
            ),
            clock=self.clock,
            observer=observer,
            shared=self._shared,
            tools=engine.tools,
            options=engine.options,
            priority=run.priority,
        )
        return StepPorts(
            model=engine.build(context),
            shelf=shelf,
            store=RowEvidenceStore(team_id=run.team_id, bridge=self.bridge, texts=self._texts),
            observer=observer,
            ledger=ledger,
            register=company_register(),
        )

    def _engine(self, name: str) -> Engine:
        """Return the engine, looked up once: the settings of a process do not change."""
        if name not in self._engines:
            self._engines[name] = Engine(
                engines.engine_builder(name), engines.told_tools(name), engines.engine_options(name)
            )
        return self._engines[name]

    def _tools(self, step: Step) -> Iterable[Tool]:
        """Yield the tools of the step's approved task, in its order; none for a step that investigates nothing."""
        if step.kind != StepKind.INVESTIGATE or step.task is None:
            return
        library = library_adapter.TeamLibrary(
            team_id=step.run.team_id,
            bridge=self.bridge,
            index=self._index,
            turn=self._catching_up,
            glossary=verticals.get(step.run.vertical).glossary,
            embedder=semantic.demand() if settings.MRD.semantic else None,
        )
        for name in step.task.tools:
            path = settings.MRD.tools.get(name)
            if path is None:
                continue  # one the engine brings itself, or one that was taken off the shelf since
            context = ToolContext(
                library=library, http=self._http(name), clock=self.clock, options=outside.tool_options(name)
            )
            yield import_string(path)(context)

    def _http(self, tool: str) -> GuardedHttp:
        """Return the guarded client of a tool: it trusts the address of the tool's own service and no other's."""
        http = self._shared.once("http", lambda: GuardedHttp(outside.http_settings(), clock=self.clock))
        return http.trusting(*outside.trusted_origins(tool))

    async def aclose(self) -> None:
        """Close what belongs to the event loop; call it inside the loop, at its end."""
        for groups in self._groups.values():
            await groups.drain()
        await self._writer.drain()
        await self._shared.aclose()

    def close(self) -> None:
        self._parsers.close()
        self.bridge.close()


def build() -> Runtime:
    """Return the runtime of this process, as the settings say."""
    return Runtime(bridge=Bridge(threads=settings.MRD.db_threads), clock=SystemClock())


@functools.cache
def company_register() -> CompanyRegister | None:
    """Return the register the settings name, read once, or None. Raises `InvalidInput` for a file that is none."""
    path = settings.MRD.company_register
    return TickerFile(path) if path else None


def _rates() -> dict[str, float]:
    """Return the most calls a minute of each tool that has a limit."""
    return {name: tool.rate for name, tool in engines.catalogue().items() if tool.rate is not None}


def _day_limits() -> tuple[DayLimits, DayLimits]:
    """Return what the runs of one person, and all runs together, may use in a day."""
    conf = settings.MRD
    return (
        DayLimits(
            searches=conf.day_user_max_searches,
            tokens=conf.day_user_max_tokens,
            cost_usd=conf.day_user_max_cost_usd,
        ),
        DayLimits(searches=conf.day_max_searches, tokens=conf.day_max_tokens, cost_usd=conf.day_max_cost_usd),
    )
