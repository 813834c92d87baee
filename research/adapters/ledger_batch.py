"""One group of beginnings and ends of calls in one transaction. Each gets its own answer; none harms another.

Locks are taken in one order: steps by id, budgets by id, days by id. A budget's lock comes before its calls are read
or written, so whoever holds it is alone with the calls of that phase.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal

from research.engine.domain.errors import LostLease, MrdError, OutcomeUnknown
from research.engine.domain.usage import Usage
from research.engine.ports import CallOutcome
from research.models import Call
from research.models.calls import CallState

from . import bulk, ledger_rows
from .ledger_account import Accounts, DayLimits, days_of
from .ledger_entries import NOTHING, Begin, Entry, Settle
from .ledger_rows import Closed, DayOf, Recorded

# DESIGN §4: a call in flight at a crash is repeated at most once.
MAX_UNKNOWN = 2

Answer = CallOutcome | MrdError | None


def write(*, entries: Sequence[Entry], user_day: DayLimits, all_day: DayLimits) -> list[Answer]:
    """Write a group, no two entries of it with one key, in the caller's transaction. Return an answer each.

    The answer to a `Begin` is None when its intent is written, the recorded outcome of the same call, `LostLease`,
    `BudgetExceeded` or `OutcomeUnknown`; to a `Settle`, None or `LostLease`. What was refused has changed nothing, but
    that a call whose worker vanished is of unknown outcome stands all the same. Safe to run again after a commit.
    """
    group = _Group(entries, user_day=user_day, all_day=all_day)
    answers: dict[int, Answer] = {}
    # Ends first: what they give back is there for the beginnings.
    for place, entry in enumerate(entries):
        if isinstance(entry, Settle):
            answers[place] = group.settle(entry)
    for place, entry in enumerate(entries):
        if isinstance(entry, Begin):
            answers[place] = group.begin(entry)
    group.write()
    return [answers[place] for place in range(len(entries))]


class _Group:
    """What the entries of a group find, and what they change."""

    def __init__(self, entries: Sequence[Entry], *, user_day: DayLimits, all_day: DayLimits) -> None:
        begins = [entry for entry in entries if isinstance(entry, Begin)]
        ends = [entry for entry in entries if isinstance(entry, Settle)]
        found = ledger_rows.lock(
            step_ids={entry.holder.step_id for entry in begins},
            phases={(entry.holder.run_id, entry.holder.phase) for entry in entries},
            keys={entry.key for entry in begins},
            call_ids={entry.call_id for entry in ends},
            settles={entry.settles for entry in ends if entry.settles},
        )
        self._tokens, self._earlier, self._ending, self._held = found.tokens, found.earlier, found.ending, found.held
        self._accounts = Accounts(budgets=found.budgets, user_day=user_day, all_day=all_day)
        self._accounts.open_days(self._days(entries))
        self._released: list[uuid.UUID] = []
        self._opened: list[Call] = []
        self._closed: list[Closed] = []

    def _days(self, entries: Sequence[Entry]) -> set[DayOf]:
        """Return every day that may be booked on: of the beginnings, and of what began earlier and ends now."""
        days: set[DayOf] = set()
        for entry in entries:
            if isinstance(entry, Begin):
                starts = [entry.now, *(call.started_at for call in self._of(entry) if call.state == CallState.INTENT)]
            else:
                ended = (self._ending.get(entry.call_id), self._held.get((entry.holder.run_id, entry.settles)))
                starts = [call.started_at for call in ended if call is not None]
            for at in starts:
                days.update(days_of(entry.holder, at))
        return days

    def _of(self, entry: Begin) -> list[Recorded]:
        return self._earlier.get((entry.holder.run_id, entry.key), [])

    def begin(self, entry: Begin) -> Answer:
        """Reserve and write the intent, or say why not."""
        holder, request = entry.holder, entry.request
        if self._tokens.get(holder.step_id) != holder.token:
            return LostLease("Another worker holds this step now; this one may not call.")
        earlier = self._of(entry)
        for call in earlier:
            if call.id == entry.call_id:
                return None  # this very intent is written already: the answer to its commit was lost
            if call.state == CallState.DONE:
                return _replay(call)
            if call.state == CallState.INTENT:
                self._give_up(entry, call)
        unknown = [call for call in earlier if call.state in (CallState.INTENT, CallState.UNKNOWN)]
        if sum(1 for call in unknown if not call.written_off) >= MAX_UNKNOWN:
            return OutcomeUnknown(
                f"'{request.name}' was in flight at two crashes; whether it was carried out is not known. "
                "Look at the two calls and retry the step to make it once more."
            )
        refusal = self._accounts.reserve(entry)
        if refusal is None:
            self._opened.append(_intent(entry, repeat=len(earlier), possible_duplicate=bool(unknown)))
        return refusal

    def _give_up(self, entry: Begin, call: Recorded) -> None:
        """Mark a call whose worker vanished as of unknown outcome; what it had reserved counts as used."""
        words = "In flight when its worker was lost; whether it was carried out is not known."
        self._close(entry, call, CallState.UNKNOWN, used=call.reserved, error=words)

    def settle(self, entry: Settle) -> Answer:
        """Write the outcome and settle the reservation, or say that it is another's."""
        call = self._ending.get(entry.call_id)
        state = CallState.FAILED if entry.outcome is None else CallState.DONE
        if call is not None and call.token == entry.holder.token:
            if call.state == state:
                return None  # written already: the answer to its commit was lost
            if call.state == CallState.INTENT:
                self._close(entry, call, state, used=entry.used, error=entry.error, outcome=entry.outcome)
                if entry.outcome is not None:
                    self._release(entry)
                return None
        return LostLease("This call's step went to another worker; its outcome is refused.")

    def _release(self, entry: Settle) -> None:
        """Give back what the call that this one settles has held, once."""
        call = self._held.pop((entry.holder.run_id, entry.settles), None)
        if call is not None:
            self._accounts.release(entry.holder, begun=call.started_at, reserved=call.reserved)
            self._released.append(call.id)

    def _close(
        self,
        entry: Entry,
        call: Recorded,
        state: CallState,
        *,
        used: Usage,
        error: str,
        outcome: CallOutcome | None = None,
    ) -> None:
        self._closed.append(
            Closed(
                id=call.id,
                state=state,
                finished_at=entry.now,
                error=error,
                outcome=outcome.payload if outcome else None,
                held=bool(outcome and outcome.held),
                cached_from=outcome.cached_from if outcome else "",
                searches=used.searches,
                tokens=used.tokens,
                cost_usd=used.cost_usd,
            )
        )
        # Of a call whose price comes later only the call itself is settled; the rest stays reserved.
        reserved = NOTHING if outcome is not None and outcome.held else call.reserved
        self._accounts.settle(entry.holder, begun=call.started_at, reserved=reserved, used=used)

    def write(self) -> None:
        ledger_rows.release(self._released)
        writes = bulk.Writes()
        ledger_rows.close(writes, self._closed)
        writes.insert(self._opened)
        self._accounts.write(writes)
        writes.send()


def _replay(call: Recorded) -> CallOutcome:
    """Return what was recorded of a finished call, leading to the call that fetched it."""
    row = Call.objects.only("outcome", "cached_from", "key", "searches", "tokens", "cost_usd").get(pk=call.id)
    return CallOutcome(
        payload=row.outcome or {},
        usage=Usage(searches=row.searches, tokens=row.tokens, cost_usd=row.cost_usd),
        cached_from=row.cached_from,
        call_key=row.cached_from or row.key,
    )


def _intent(entry: Begin, *, repeat: int, possible_duplicate: bool) -> Call:
    holder, request, estimate = entry.holder, entry.request, entry.request.estimate
    return Call(
        id=entry.call_id,
        run_id=holder.run_id,
        step_id=holder.step_id,
        phase=holder.phase,
        kind=request.kind,
        name=request.name,
        key=entry.key,
        repeat=repeat,
        possible_duplicate=possible_duplicate,
        token=holder.token,
        arguments=request.arguments,
        reserved_searches=estimate.searches,
        reserved_tokens=estimate.tokens,
        reserved_cost_usd=estimate.cost_usd or Decimal(0),
        correlation_id=holder.correlation_id,
        started_at=entry.now,
    )
