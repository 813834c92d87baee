"""The one way out of the process: breaker, limits of rate, ledger, time limit, and another try where it pays.

Retries happen here and nowhere else, for tools and for models alike. Each attempt is a ledger call of its own: from
the second on its arguments hold `_attempt` (no tool can have a field of that name, pydantic refuses it), so that the
key differs and a failed attempt is neither replayed as a success nor hidden. On resume the attempt that was finished is
replayed from its key, whatever failed before it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Protocol

from research.engine.domain.errors import Permanent, ProviderDown, Transient
from research.engine.ports import Breakers, CallOutcome, CallRequest, Clock, Ledger, Observer

from .rates import Rates

# Seconds before the second, third and fourth attempt (issue 4).
BACKOFF_S = (2.0, 4.0, 8.0)
# Up to a quarter is added, so that many runs do not come back in the same second.
JITTER = 0.25
# A longer wait named by the other side is not sat out here: the error carries it up, and the step waits without a
# worker.
LONGEST_WAIT_S = 60.0
# When a run looks again whose provider is away and said nothing of when it comes back: as the breaker's half-open time.
PROVIDER_REST_S = 60.0
# A date years ahead is a mistake of the other side: nobody waits longer than a day without being asked.
LONGEST_REST_S = 86_400.0
ATTEMPT = "_attempt"

_ATTEMPTS = range(1, len(BACKOFF_S) + 2)

Perform = Callable[[str], Awaitable[CallOutcome]]


class Dice(Protocol):
    def random(self) -> float:
        """Return a number from 0 to 1."""
        ...


class ResilientCalls:
    """`ports.Calls` for one step in flight, as is its ledger. rates: shared by all steps of the process."""

    def __init__(
        self,
        ledger: Ledger,
        breakers: Breakers,
        clock: Clock,
        observer: Observer,
        *,
        rates: Rates | None = None,
        user: str = "",
        rng: Dice | None = None,
    ) -> None:
        """user: whom the run belongs to, as an opaque word: the calls of one person share a limit of their own."""
        self._ledger = ledger
        self._breakers = breakers
        self._clock = clock
        self._observer = observer
        self._rates = rates or Rates()
        self._user = user
        self._rng = rng or random.SystemRandom()

    async def recorded(self, request: CallRequest, perform: Perform) -> CallOutcome:
        """Write a call into the ledger that needs no breaker, rate or retry: its answer is at hand already."""
        return await self._ledger.call(request, perform)

    async def written(self) -> None:
        """See `ports.Calls.written`."""
        await self._ledger.written()

    async def replay(self, request: CallRequest) -> CallOutcome | None:
        """See `ports.Calls.replay`.

        Attempts that failed before it are not made again: another answer would lead the step another way, and all that
        came after would be bought twice. It asks no breaker and waits for nobody.
        """
        return await self._ledger.replay([_numbered(request, attempt) for attempt in _ATTEMPTS])

    async def make(
        self, request: CallRequest, perform: Perform, *, timeout_s: float, provider: bool = False, breaker: str = ""
    ) -> CallOutcome:
        """See `ports.Calls.make`.

        Raises `Transient` after four attempts, or at once when the breaker is open or the wait asked for is over 60 s;
        `ProviderDown` instead where `provider`; `Permanent` at once; and what the ledger raises.
        """
        known = await self.replay(request)
        if known is not None:
            return known
        name, why = breaker or request.name, ""
        for attempt in _ATTEMPTS:
            # Three failures of this call alone open its breaker: the last try is made all the same, or its wait would
            # be for nothing. A probe that failed, or a breaker that others opened, ends it sooner.
            if attempt <= len(BACKOFF_S) and not await self._breakers.allow(name):
                self._observer.note("breaker.open", name=name)
                rests = f"'{name}' rests after repeated failures; it is tried again in a minute."
                raise self._gave_up(Transient(f"{rests} {why}".strip()), provider)
            try:
                return await self._attempt(request, perform, attempt, timeout_s, name)
            except Transient as error:
                why = f"The last: {error.detail}"
                wait_s = self._wait_s(attempt, error)
                if wait_s is None:
                    up = self._gave_up(error, provider)
                    if up is error:
                        raise
                    raise up from error
                self._observer.note("call.retry", name=name, attempt=attempt, wait_s=wait_s, reason=error.detail)
                await self._clock.sleep(wait_s)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _gave_up(self, error: Transient, provider: bool) -> Transient:
        if error.retry_after_s is not None:
            error.retry_after_s = min(error.retry_after_s, LONGEST_REST_S)
        if not provider or isinstance(error, ProviderDown):
            return error
        rest_s = PROVIDER_REST_S if error.retry_after_s is None else max(error.retry_after_s, 1.0)
        return ProviderDown(error.detail, retry_after_s=rest_s, used=error.used)

    def _wait_s(self, attempt: int, error: Transient) -> float | None:
        """Return the seconds before the next attempt, or None when there is to be none here."""
        if attempt > len(BACKOFF_S):
            return None
        backoff_s = BACKOFF_S[attempt - 1] * (1 + JITTER * self._rng.random())
        if error.retry_after_s is None:
            return backoff_s
        return None if error.retry_after_s > LONGEST_WAIT_S else max(backoff_s, error.retry_after_s)

    async def _attempt(
        self, request: CallRequest, perform: Perform, attempt: int, timeout_s: float, breaker: str
    ) -> CallOutcome:
        request = _numbered(request, attempt)

        async def carried_out(key: str) -> CallOutcome:
            return await self._timed(request, perform, key, timeout_s, breaker)

        # Before the intent is written: a call that only waits its turn must not look like one in flight at a crash.
        async with self._rates.hold(request.name, self._user):
            return await self._ledger.call(request, carried_out)

    async def _timed(
        self, request: CallRequest, perform: Perform, key: str, timeout_s: float, breaker: str
    ) -> CallOutcome:
        """Carry the call out once within its time, and tell its breaker. No replayed one comes here."""
        try:
            async with asyncio.timeout(timeout_s):
                outcome = await perform(key)
        except TimeoutError as error:
            await self._breakers.record(breaker, ok=False)
            # It may have been carried out and paid for all the same: what was reserved counts as used.
            raise Transient(
                f"'{request.name}' did not answer within {timeout_s:g} s.", used=request.estimate
            ) from error
        except Transient as error:
            # A limit of rate is the other side at work, not the other side away.
            if not error.limited:
                await self._breakers.record(breaker, ok=False)
            raise
        except Permanent:
            # The other side answered: the request is at fault, not the service, so the breaker stays closed.
            await self._breakers.record(breaker, ok=True)
            raise
        await self._breakers.record(breaker, ok=True)
        return outcome


def _numbered(request: CallRequest, attempt: int) -> CallRequest:
    if attempt == 1:
        return request
    return request.model_copy(update={"arguments": request.arguments | {ATTEMPT: attempt}})
