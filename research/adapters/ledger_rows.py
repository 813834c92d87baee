"""The ledger's statements: each reads or writes the rows of a whole group of calls."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeVar

from django.db.models import Q
from django.db.models.query import QuerySet

from research.engine.domain.states import StepState
from research.engine.domain.usage import Usage
from research.models import Call, DayBudget, RunBudget, Step
from research.models.base import Spending
from research.models.calls import CallState

from . import bulk, compiled
from .compiled import CompiledQuery

PhaseOf = tuple[uuid.UUID, str]  # run, phase
KeyOf = tuple[uuid.UUID, str]  # run, a call's key
DayOf = tuple[str, dt.date]  # scope, day
Of = TypeVar("Of")
RESOURCES = ("calls", "searches", "tokens", "cost_usd")
RESERVED, USED, MOST = (tuple(f"{what}_{name}" for name in RESOURCES) for what in ("reserved", "used", "max"))
# The columns a group adds to, of budgets and days alike.
AMOUNTS = (*RESERVED, *USED, "unpriced_calls")
_BUDGET = ("id", "run_id", "phase", *RESERVED, *USED, *MOST)
_DAY = ("id", "scope", "day", *RESERVED, *USED)


class Held(NamedTuple, Generic[Of]):
    """A locked row: what is used and reserved of each resource, and how much may be, where the row says so."""

    of: Of
    id: int
    held: tuple[int | Decimal, ...]
    limits: tuple[int | Decimal | None, ...] = ()


class Recorded(NamedTuple):
    """A call as its row tells of it, but for what was asked and answered."""

    id: uuid.UUID
    run_id: uuid.UUID
    key: str
    repeat: int
    state: str
    token: int
    started_at: dt.datetime
    written_off: bool
    held: bool
    reserved_searches: int
    reserved_tokens: int
    reserved_cost_usd: Decimal

    @property
    def reserved(self) -> Usage:
        return Usage(searches=self.reserved_searches, tokens=self.reserved_tokens, cost_usd=self.reserved_cost_usd)


class Closed(NamedTuple):
    """The end of a call: what its row gets."""

    id: uuid.UUID
    state: str
    finished_at: dt.datetime
    error: str
    outcome: dict[str, Any] | None
    held: bool
    cached_from: str
    searches: int
    tokens: int
    cost_usd: Decimal | None


def finished(*, run_id: uuid.UUID, kind: str, key: str) -> frozenset[str]:
    """Return the keys of the finished calls of a run's step, of all its rounds."""
    rows = Call.objects.filter(run_id=run_id, step__run_id=run_id, step__kind=kind, step__key=key, state=CallState.DONE)
    return frozenset(rows.values_list("key", flat=True))


class Standing(NamedTuple):
    """What a group of entries finds.

    tokens: of the steps that are running, by id. budgets: of the phases, by id. earlier: the calls under a key of a
    run, in the order they were made. ending: the calls about to end, by id. held: the calls whose reservation is held
    still, by run and key.
    """

    tokens: dict[int, int]
    budgets: list[Held[PhaseOf]]
    earlier: dict[KeyOf, list[Recorded]]
    ending: dict[uuid.UUID, Recorded]
    held: dict[KeyOf, Recorded]


@CompiledQuery
def _running(step_ids: Any) -> QuerySet[Any, Any]:
    rows = Step.objects.select_for_update(no_key=True).filter(pk__in=step_ids, state=StepState.RUNNING)
    return rows.order_by("pk").values_list("pk", "token")


@CompiledQuery
def _budgets(run_ids: Any, phases: Any) -> QuerySet[Any, Any]:
    rows = RunBudget.objects.select_for_update(no_key=True).filter(run_id__in=run_ids, phase__in=phases)
    return rows.order_by("pk").values_list(*_BUDGET)


@CompiledQuery
def _calls(keys: Any, call_ids: Any, settles: Any) -> QuerySet[Any, Any]:
    rows = Call.objects.filter(Q(key__in=keys) | Q(pk__in=call_ids) | Q(key__in=settles, held=True))
    return rows.order_by("repeat").values_list(*Recorded._fields)


def lock(
    *,
    step_ids: Collection[int],
    phases: Collection[PhaseOf],
    keys: Collection[str],
    call_ids: Collection[uuid.UUID],
    settles: Collection[str],
) -> Standing:
    """Lock those of the steps that are running, then the phases' budgets, and read the calls of these keys and ids.

    settles: keys of calls that may hold a reservation.
    """
    tokens, budgets, calls = compiled.read(
        _running(step_ids=step_ids),
        # Budgets of other phases than these are left alone.
        _budgets(run_ids={run for run, _ in phases}, phases={phase for _, phase in phases}),
        _calls(keys=keys, call_ids=call_ids, settles=settles),
    )
    rows = [RunBudget(**dict(zip(_BUDGET, row, strict=True))) for row in budgets]
    held = [Held((row.run_id, row.phase), row.pk, held_of(row), limits_of(row)) for row in rows]
    found = Standing(dict(tokens), held, {}, {}, {})
    for call in map(Recorded._make, calls):
        if call.key in keys:
            found.earlier.setdefault((call.run_id, call.key), []).append(call)
        if call.id in call_ids:
            found.ending[call.id] = call
        if call.held and call.key in settles:
            found.held[call.run_id, call.key] = call
    return found


def lock_days(days: Collection[DayOf]) -> list[Held[DayOf]]:
    """Lock the rows of the days, by id; those that are not there are made."""
    bulk.insert(_new_days(days), ignore_conflicts=True)
    [found] = compiled.read(_days_asked(days))
    rows = [DayBudget(**dict(zip(_DAY, row, strict=True))) for row in found]
    return [Held((row.scope, row.day), row.pk, held_of(row)) for row in rows if (row.scope, row.day) in days]


def open_days(writes: bulk.Writes, days: Collection[DayOf]) -> None:
    """Add to what is written that the days' rows are made, where they are not there, and locked by id."""
    writes.insert(_new_days(days), ignore_conflicts=True)
    writes.lock(_days_asked(days))


def _new_days(days: Collection[DayOf]) -> list[DayBudget]:
    """Return rows to insert where they are not there yet: another process may be making them too."""
    return [DayBudget(scope=scope, day=day) for scope, day in sorted(days)]


def _days_asked(days: Collection[DayOf]) -> compiled.Asked:
    return _days(scopes={scope for scope, _ in days}, days={day for _, day in days})


@CompiledQuery
def _days(scopes: Any, days: Any) -> QuerySet[Any, Any]:
    rows = DayBudget.objects.select_for_update(no_key=True).filter(scope__in=scopes, day__in=days)
    return rows.order_by("pk").values_list(*_DAY)


def held_of(row: Spending) -> tuple[int | Decimal, ...]:
    """Return what the row has used and reserved of each of `RESOURCES`."""
    return tuple(getattr(row, f"reserved_{name}") + getattr(row, f"used_{name}") for name in RESOURCES)


def limits_of(row: RunBudget) -> tuple[int | Decimal, ...]:
    """Return how much of each of `RESOURCES` the phase may use."""
    return tuple(getattr(row, f"max_{name}") for name in RESOURCES)


def release(call_ids: Collection[uuid.UUID]) -> None:
    """Write that the reservations of these calls are held no longer."""
    if call_ids:
        Call.objects.filter(pk__in=call_ids, held=True).update(held=False)


def close(writes: bulk.Writes, ends: Sequence[Closed]) -> None:
    """Add the ends of calls to what is written. Their rows have to be intents still."""
    rows = [(end.id, {name: value for name, value in end._asdict().items() if name != "id"}) for end in ends]
    writes.change(Call, rows, only={"state": CallState.INTENT})


def add_to_budgets(writes: bulk.Writes, changes: Mapping[int, Sequence[int | Decimal]]) -> None:
    """Add to what is written what is booked on budgets, by id, in the order of `AMOUNTS`."""
    writes.add(RunBudget, [((pk,), _by_column(amounts)) for pk, amounts in changes.items()], by=["id"])


def add_to_days(writes: bulk.Writes, changes: Mapping[DayOf, Sequence[int | Decimal]]) -> None:
    """Add to what is written what is booked on days, in the order of `AMOUNTS`."""
    writes.add(DayBudget, [(day, _by_column(amounts)) for day, amounts in changes.items()], by=["scope", "day"])


def _by_column(amounts: Sequence[int | Decimal]) -> dict[str, int | Decimal]:
    return dict(zip(AMOUNTS, amounts, strict=True))
