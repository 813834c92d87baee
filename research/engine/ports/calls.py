"""The way out of the process: calls, their account, and what limits them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from research.engine.domain.canonical import Frozen
from research.engine.domain.usage import Limits, Usage


class CallRequest(Frozen):
    """A call about to leave the process. `estimate` is what the budget reserves before it.

    settles: the key of an earlier call of the same step whose `held` reservation this one uses up, "" for none.
    """

    kind: str  # model, tool, fetch
    name: str
    arguments: dict[str, Any]
    estimate: Usage = Usage()
    settles: str = ""


class CallOutcome(Frozen):
    """What came back: JSON the caller can be given again on replay, and what it really used.

    held: what was reserved stays so until another call settles it (`CallRequest.settles`): a batch was ordered, and
    its price comes with its answer. cached_from: the key of the earlier call whose answer this is, "" when this call
    went out itself.
    call_key: set by the ledger: leads to the row of the call that fetched (of `cached_from` where that is set).
    """

    payload: dict[str, Any]
    usage: Usage = Usage()
    held: bool = False
    cached_from: str = ""
    call_key: str = ""


class Ledger(Protocol):
    """The account of every call. One object for each step in flight."""

    async def call(self, request: CallRequest, perform: Callable[[str], Awaitable[CallOutcome]]) -> CallOutcome:
        """Reserve budget and write the intent, perform (told the call's key), write the outcome.

        A finished call with the same key is replayed, not bought twice. Raises `BudgetExceeded` before anything
        is spent, `OutcomeUnknown`, `LostLease`, and whatever `perform` raises (after writing it down).
        """
        ...

    async def replay(self, requests: Sequence[CallRequest]) -> CallOutcome | None:
        """Return the outcome that an earlier try of the step recorded for the first of these calls that has one.

        Those before it count as made. None where there is none; nothing has changed then. Raises `LostLease`.
        """
        ...

    async def written(self) -> None:
        """Wait until every outcome that was given is recorded for good. Raises what kept one from it."""
        ...


class Calls(Protocol):
    """The one way out: breaker, limits of rate, ledger, time limit, and retries, the same for tools and models."""

    async def written(self) -> None:
        """See `Ledger.written`: to wait for before an outcome is told to anybody but the step."""
        ...

    async def replay(self, request: CallRequest) -> CallOutcome | None:
        """Return what an earlier try of the step got by this call, at whichever attempt; None where it got nothing."""
        ...

    async def make(
        self,
        request: CallRequest,
        perform: Callable[[str], Awaitable[CallOutcome]],
        *,
        timeout_s: float,
        provider: bool = False,
        breaker: str = "",
    ) -> CallOutcome:
        """Make the call, each attempt a ledger row of its own.

        `perform` gets the attempt's key; what it raises is tried again when it is `Transient`. breaker: its
        name, "" for that of `request.name`. provider: it is a model's, so that its absence is `ProviderDown`.
        Raises what `perform` and the ledger raise, `Transient` when the breaker is open.
        """
        ...


class Budget(Protocol):
    """What is left in this phase of the run. The ledger reserves; this only tells."""

    async def remaining(self) -> Limits:
        """Return what is left of the run, of the person's day and of everybody's, whichever is less."""
        ...


class Breakers(Protocol):
    """Circuit breakers, one for each tool and provider, shared by all processes."""

    async def allow(self, name: str) -> bool:
        """Tell whether a call may be tried now (closed, or the one probe of a half-open breaker)."""
        ...

    async def record(self, name: str, *, ok: bool) -> None: ...


class Cache(Protocol):
    """What tools brought lately. Keys are a team's own: nothing of one team is found by another."""

    async def get(self, key: str) -> dict[str, Any] | None:
        """Return what was put under `key`, or None when there is nothing or its time is over."""
        ...

    async def put(self, key: str, value: dict[str, Any], *, ttl_s: float) -> None: ...


class Clock(Protocol):
    def now(self) -> dt.datetime:
        """Return the time, aware, UTC."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Observer(Protocol):
    """Told what happens, for logs and metrics. Never decides anything."""

    def note(self, event: str, **details: Any) -> None: ...
