"""How many calls go out at once and how many in a minute: by tool or model, and by person.

In this process alone: `MRD_DRIVERS` drivers on each host have such limits each. What holds across all of them is the
money (`ports.Ledger`), the other side's own limits (`Transient.retry_after_s`) and the breakers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from aiolimiter import AsyncLimiter

MINUTE_S = 60.0


class Rates:
    """Waits a call's turn. One object for a process, used from its one event loop.

    a_minute: most calls a minute by name, () for no limit. at_once: calls of one name in flight, None for any.
    user_at_once: calls of one person in flight, None for any.
    """

    def __init__(
        self,
        *,
        a_minute: Mapping[str, float] | None = None,
        at_once: int | None = None,
        user_at_once: int | None = None,
    ) -> None:
        self._a_minute = dict(a_minute or {})
        self._at_once = at_once
        self._user_at_once = user_at_once
        self._limiters: dict[str, AsyncLimiter] = {}
        self._gates: dict[str, asyncio.Semaphore] = {}

    @asynccontextmanager
    async def hold(self, name: str, user: str) -> AsyncIterator[None]:
        """Wait until the call may go out, and count it as in flight until the block ends. user "" is nobody's."""
        async with AsyncExitStack() as held:
            # The person first: who has many calls waiting does not sit in the queue of a tool meanwhile.
            if self._user_at_once is not None and user:
                await held.enter_async_context(self._gate(f"user {user}", self._user_at_once))
            if self._at_once is not None:
                await held.enter_async_context(self._gate(f"name {name}", self._at_once))
            most = self._a_minute.get(name)
            if most is not None:
                await self._limiter(name, most).acquire()
            yield

    def _gate(self, key: str, most: int) -> asyncio.Semaphore:
        return self._gates.setdefault(key, asyncio.Semaphore(most))

    def _limiter(self, name: str, a_minute: float) -> AsyncLimiter:
        """Return a leaky bucket that lets a second's worth out at once and the rest evenly."""
        if name not in self._limiters:
            burst = max(1.0, a_minute / MINUTE_S)
            self._limiters[name] = AsyncLimiter(burst, burst * MINUTE_S / a_minute)
        return self._limiters[name]
