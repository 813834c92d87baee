"""The ledger over rows: intent before, outcome after, replay instead of a second purchase."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import F

from research.engine.domain.canonical import digest
from research.engine.domain.errors import BudgetExceeded, LostLease, OutcomeUnknown
from research.engine.domain.states import StepKind, StepState
from research.engine.domain.usage import Usage
from research.engine.ports import CallOutcome, CallRequest, Clock
from research.models import Call, RunBudget, Step
from research.models.calls import CallState
from research.models.runs import Phase

from .db import Bridge

# DESIGN §4: a call in flight at a crash is repeated at most once.
MAX_UNKNOWN = 2


class Holder(NamedTuple):
    """Which step, under which token, the calls belong to."""

    run_id: uuid.UUID
    step_id: int
    kind: str
    key: str
    token: int
    correlation_id: str

    @property
    def phase(self) -> str:
        return Phase.PLANNING if self.kind == StepKind.PLAN else Phase.RESEARCH


class StepLedger:
    """`ports.Ledger` for one step in flight."""

    def __init__(self, *, bridge: Bridge, clock: Clock, holder: Holder) -> None:
        self._bridge = bridge
        self._clock = clock
        self._holder = holder
        self._seen: Counter[str] = Counter()

    async def call(self, request: CallRequest, perform: Callable[[], Awaitable[CallOutcome]]) -> CallOutcome:
        """See `ports.Ledger.call`. The key is the same for the same call of the same step in every round.

        The same call made twice by one step has two keys, by its ordinal.
        """
        call_key = self._key(request)
        call_id = uuid.uuid4()
        try:
            replay = await self._bridge.run(
                begin, holder=self._holder, request=request, key=call_key, call_id=call_id, now=self._clock.now()
            )
        except OutcomeUnknown:
            # The refusal undid its transaction; that the last call is of unknown outcome must stand all the same.
            await self._bridge.run(give_up, holder=self._holder, key=call_key, now=self._clock.now())
            raise
        if replay is not None:
            return replay
        try:
            outcome = await perform()
        except Exception as error:
            failure = f"{type(error).__name__}: {getattr(error, 'detail', '')}"[:2000]
            await self._bridge.run(
                settle, holder=self._holder, call_id=call_id, outcome=None, error=failure, now=self._clock.now()
            )
            raise
        await self._bridge.run(
            settle, holder=self._holder, call_id=call_id, outcome=outcome, error="", now=self._clock.now()
        )
        return outcome.model_copy(update={"call_key": call_key})

    def _key(self, request: CallRequest) -> str:
        holder = self._holder
        same = digest([str(holder.run_id), holder.kind, holder.key, request.kind, request.name, request.arguments])
        self._seen[same] += 1
        return digest([same, self._seen[same]])


def begin(
    *, holder: Holder, request: CallRequest, key: str, call_id: uuid.UUID, now: dt.datetime
) -> CallOutcome | None:
    """Reserve budget and write the intent; or return the recorded outcome of the same call.

    Raises `LostLease`, `BudgetExceeded`, `OutcomeUnknown`. Safe to run again under the same `call_id`.
    """
    held = (
        Step.objects.select_for_update(no_key=True)
        .filter(pk=holder.step_id, token=holder.token, state=StepState.RUNNING)
        .exists()
    )
    if not held:
        raise LostLease("Another worker holds this step now; this one may not call.")
    earlier = list(Call.objects.filter(run_id=holder.run_id, key=key).order_by("repeat"))
    for call in earlier:
        if call.pk == call_id:
            return None  # this very intent is written already: the answer to its commit was lost
        if call.state == CallState.DONE:
            return CallOutcome(
                payload=call.outcome or {},
                usage=Usage(searches=call.searches, cost_usd=call.cost_usd),
                call_key=key,
            )
        if call.state == CallState.INTENT:
            _give_up(call, now=now)
    unknown = [call for call in earlier if call.state in (CallState.INTENT, CallState.UNKNOWN)]
    if sum(1 for call in unknown if not call.written_off) >= MAX_UNKNOWN:
        raise OutcomeUnknown(
            f"'{request.name}' was in flight at two crashes; whether it was carried out is not known. "
            "Look at the two calls and retry the step to make it once more."
        )
    _reserve(holder=holder, estimate=request.estimate)
    Call.objects.create(
        id=call_id,
        run_id=holder.run_id,
        step_id=holder.step_id,
        phase=holder.phase,
        kind=request.kind,
        name=request.name,
        key=key,
        repeat=len(earlier),
        possible_duplicate=bool(unknown),
        token=holder.token,
        arguments=request.arguments,
        reserved_searches=request.estimate.searches,
        reserved_cost_usd=request.estimate.cost_usd or Decimal(0),
        correlation_id=holder.correlation_id,
        started_at=now,
    )
    return None


def _reserve(*, holder: Holder, estimate: Usage) -> None:
    """Take the estimate out of the phase's budget by one guarded update. Raises `BudgetExceeded` naming the limit."""
    cost = estimate.cost_usd or Decimal(0)
    budget = RunBudget.objects.filter(run_id=holder.run_id, phase=holder.phase)
    won = budget.filter(
        max_calls__gte=F("used_calls") + F("reserved_calls") + 1,
        max_searches__gte=F("used_searches") + F("reserved_searches") + estimate.searches,
        max_cost_usd__gte=F("used_cost_usd") + F("reserved_cost_usd") + cost,
    ).update(
        reserved_calls=F("reserved_calls") + 1,
        reserved_searches=F("reserved_searches") + estimate.searches,
        reserved_cost_usd=F("reserved_cost_usd") + cost,
    )
    if won == 1:
        return
    row = budget.get()
    if row.used_calls + row.reserved_calls + 1 > row.max_calls:
        limit = f"{row.max_calls:,} calls"
    elif row.used_searches + row.reserved_searches + estimate.searches > row.max_searches:
        limit = f"{row.max_searches:,} searches"
    else:
        limit = f"${row.max_cost_usd:,.2f}"
    raise BudgetExceeded(
        f"The next call would pass this run's limit of {limit} for {row.phase}: raise the budget or cancel the run."
    )


def give_up(*, holder: Holder, key: str, now: dt.datetime) -> None:
    """Mark the calls under `key` that earlier holders left in flight as of unknown outcome."""
    for call in Call.objects.filter(run_id=holder.run_id, key=key, state=CallState.INTENT, token__lt=holder.token):
        _give_up(call, now=now)


def _give_up(call: Call, *, now: dt.datetime) -> None:
    """Mark a call whose worker vanished as of unknown outcome; what it had reserved counts as used."""
    won = Call.objects.filter(pk=call.pk, state=CallState.INTENT).update(
        state=CallState.UNKNOWN,
        finished_at=now,
        searches=call.reserved_searches,
        cost_usd=call.reserved_cost_usd,
        error="In flight when its worker was lost; whether it was carried out is not known.",
    )
    if won == 1:
        _account(call, searches=call.reserved_searches, cost=call.reserved_cost_usd)


def settle(*, holder: Holder, call_id: uuid.UUID, outcome: CallOutcome | None, error: str, now: dt.datetime) -> None:
    """Write the outcome (None: it failed with `error`) and settle the reservation. Raises `LostLease`."""
    call = Call.objects.select_for_update().get(pk=call_id)
    state = CallState.FAILED if outcome is None else CallState.DONE
    if call.state == state and call.token == holder.token:
        return  # written already: the answer to its commit was lost
    if call.state != CallState.INTENT or call.token != holder.token:
        raise LostLease("This call's step went to another worker; its outcome is refused.")
    usage = outcome.usage if outcome else Usage(calls=1, searches=0, cost_usd=Decimal(0))
    changes: dict[str, Any] = {
        "state": state,
        "finished_at": now,
        "error": error,
        "outcome": outcome.payload if outcome else None,
        "searches": usage.searches,
        "cost_usd": usage.cost_usd,
    }
    Call.objects.filter(pk=call_id).update(**changes)
    _account(call, searches=usage.searches, cost=usage.cost_usd)


def _account(call: Call, *, searches: int, cost: Decimal | None) -> None:
    """Turn what the call had reserved into what it used. `cost` None: unpriced, counted as such."""
    RunBudget.objects.filter(run_id=call.run_id, phase=call.phase).update(
        reserved_calls=F("reserved_calls") - 1,
        reserved_searches=F("reserved_searches") - call.reserved_searches,
        reserved_cost_usd=F("reserved_cost_usd") - call.reserved_cost_usd,
        used_calls=F("used_calls") + 1,
        # A tool may use more than it said: that is booked as it is, and the next reservation finds less left.
        used_searches=F("used_searches") + searches,
        used_cost_usd=F("used_cost_usd") + (cost or Decimal(0)),
        unpriced_calls=F("unpriced_calls") + (1 if cost is None else 0),
    )
