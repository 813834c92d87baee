"""The ledger over rows: intent before, outcome after, replay instead of a second purchase.

The keys of one step's calls, and the order of intent, call and outcome, are here. `ledger_writer` gathers what all
steps of the process write and commits it in groups; `ledger_batch` is one group in one transaction: who may go on, what
is recorded, what is refused; `ledger_account` holds budgets and days under their locks; `ledger_rows` has the
statements.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from research.engine.domain.canonical import digest, storable
from research.engine.domain.errors import CallError
from research.engine.domain.usage import Usage
from research.engine.ports import CallOutcome, CallRequest, Clock

from .ledger_entries import NOTHING, Begin, Holder, Settle
from .ledger_writer import LedgerWriter

__all__ = ["Holder", "LedgerWriter", "StepLedger"]

_MOST_SEARCHES, _MOST_TOKENS, _DEAREST_USD = 10**6, 10**12, 10**6


class StepLedger:
    """`ports.Ledger` for one step in flight, over the process's one writer."""

    def __init__(self, *, writer: LedgerWriter, clock: Clock, holder: Holder) -> None:
        self._writer = writer
        self._clock = clock
        self._holder = holder
        self._seen: Counter[str] = Counter()
        # Keys of the calls that earlier tries of the step finished; None until they are looked for.
        self._finished: frozenset[str] | None = frozenset() if holder.begins else None
        # Outcomes that are on their way into the rows, and what kept one of them out for good.
        self._unwritten: set[asyncio.Future[CallOutcome | None]] = set()
        self._failure: BaseException | None = None

    async def call(self, request: CallRequest, perform: Callable[[str], Awaitable[CallOutcome]]) -> CallOutcome:
        """See `ports.Ledger.call`. The key is the same for the same call of the same step in every round.

        The same call made twice by one step has two keys, by its ordinal. The outcome is given to the step while it is
        being written; what the step does next to the world outside, another call or its result, waits for that
        (ADR 0031). So two calls in a row take one transaction between them, not two.
        """
        request = _kept(request)
        call_key = self._key(request)
        call_id = uuid.uuid4()
        replay = await self._begin(
            Begin(holder=self._holder, request=request, key=call_key, call_id=call_id, now=self._clock.now())
        )
        if replay is not None:
            return replay
        try:
            outcome = await perform(call_key)
            # As it is stored, so that a replay gives the very same.
            outcome = outcome.model_copy(update={"payload": storable(outcome.payload)})
        except Exception as error:
            # The words of an unforeseen error may hold a key or an address; its kind is enough, the log has the rest.
            words = f"{type(error).__name__}: {getattr(error, 'detail', '')}"[:2000]
            used = error.used if isinstance(error, CallError) else None
            self._settle(call_key, call_id, outcome=None, error=words, used=used or NOTHING)
            await self.written()
            raise
        used = NOTHING if outcome.cached_from else outcome.usage
        self._settle(call_key, call_id, outcome=outcome, error="", used=used, settles=request.settles)
        # Evidence has to lead to the call that fetched, which for a kept answer is the earlier one.
        return outcome.model_copy(update={"call_key": outcome.cached_from or call_key})

    async def replay(self, requests: Sequence[CallRequest]) -> CallOutcome | None:
        """See `ports.Ledger.replay`. Most steps have no earlier try: one look at the rows, and no key is made."""
        if self._finished is None:
            self._finished = await self._writer.finished(self._holder)
        if not self._finished:
            return None
        requests = [_kept(request) for request in requests]
        known = (place for place, request in enumerate(requests) if self._next_key(request) in self._finished)
        place = next(known, None)
        if place is None:
            return None
        for skipped in requests[:place]:
            self._key(skipped)
        return await self.call(requests[place], _never)

    async def written(self) -> None:
        """Wait until every outcome the step was given is committed. Raises, from then on, what kept one from it."""
        while self._unwritten:
            if under_way := [outcome for outcome in self._unwritten if not outcome.done()]:
                # Who is cancelled while waiting here leaves the writing as it is.
                await asyncio.wait(under_way)
            done = {outcome for outcome in self._unwritten if outcome.done()}
            self._unwritten -= done
            for outcome in done:
                self._failure = self._failure or outcome.exception()
        if self._failure is not None:
            raise self._failure

    async def _begin(self, entry: Begin) -> CallOutcome | None:
        """Write the intent, in one group with the outcomes that are on their way, or after them."""
        replay = await self._writer.begin(entry)
        try:
            await self.written()
        except Exception:
            if replay is None:
                words = "Not made: an earlier outcome of its step could not be written."
                self._settle(entry.key, entry.call_id, outcome=None, error=words, used=NOTHING)
            raise
        return replay

    def _settle(
        self,
        key: str,
        call_id: uuid.UUID,
        *,
        outcome: CallOutcome | None,
        error: str,
        used: Usage,
        settles: str = "",
    ) -> None:
        now = self._clock.now()
        words = str(storable(error))
        entry = Settle(self._holder, key, call_id, outcome, words, bounded(used), now, settles)
        self._unwritten.add(self._writer.settle(entry))

    def _key(self, request: CallRequest) -> str:
        """Return the key of a call that is made now."""
        same = self._same(request)
        self._seen[same] += 1
        return digest([same, self._seen[same]])

    def _next_key(self, request: CallRequest) -> str:
        same = self._same(request)
        return digest([same, self._seen[same] + 1])

    def _same(self, request: CallRequest) -> str:
        holder = self._holder
        return digest([str(holder.run_id), holder.kind, holder.key, request.kind, request.name, request.arguments])


def _kept(request: CallRequest) -> CallRequest:
    return request.model_copy(update={"arguments": storable(request.arguments)})


def bounded(used: Usage) -> Usage:
    """Return what is booked of a use that somebody else told: counts no column overflows by, and a price that is none.

    A price of a million dollars for one call is a mistake; it is unpriced, which a person sees.
    """
    cost = used.cost_usd if used.cost_usd is not None and used.cost_usd <= _DEAREST_USD else None
    return used.model_copy(
        update={
            "searches": min(used.searches, _MOST_SEARCHES),
            "tokens": min(used.tokens, _MOST_TOKENS),
            "cost_usd": cost,
        }
    )


async def _never(_key: str) -> CallOutcome:
    raise AssertionError("a finished call stays finished: its row is never changed")
