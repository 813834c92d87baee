"""The tools of a task as its role gets them: every use is checked, accounted for, timed and, if it pays, tried again.

Retries happen here and nowhere else. Each attempt is a ledger call of its own: from the second on its arguments hold
`_attempt` (no tool can have a field of that name, pydantic refuses it), so that the key differs and a failed attempt is
neither replayed as a success nor hidden. On resume the finished attempt is replayed from the same key.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

from research.engine.domain.errors import InvalidInput, Permanent, Transient
from research.engine.ports import (
    Breakers,
    CallOutcome,
    CallRequest,
    Clock,
    Ledger,
    Observer,
    Tool,
    ToolReply,
    ToolResult,
)

# Seconds before the second, third and fourth attempt (the project's own choice, doubling).
BACKOFF_S = (2.0, 4.0, 8.0)
# Up to a quarter is added, so that many runs do not come back in the same second.
JITTER = 0.25
# A longer wait named by the other side is not sat out here: the error carries it up, and the step waits without a
# worker.
LONGEST_WAIT_S = 60.0
ATTEMPT = "_attempt"


class LedgeredShelf:
    """`ports.Shelf` over tools. One object for each step in flight, as is its ledger."""

    def __init__(
        self,
        tools: Iterable[Tool],
        ledger: Ledger,
        breakers: Breakers,
        clock: Clock,
        observer: Observer,
        *,
        rng: random.Random,
    ) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._ledger = ledger
        self._breakers = breakers
        self._clock = clock
        self._observer = observer
        self._rng = rng

    def names(self) -> tuple[str, ...]:
        return tuple(self._tools)

    async def use(self, name: str, arguments: dict[str, Any]) -> ToolReply:
        """Run the tool `name`.

        Raises `InvalidInput` for an unknown tool or arguments it does not take, `Transient` after four attempts, or
        at once when its breaker is open or the wait asked for is over 60 s, `Permanent` at once, and what the ledger
        raises.
        """
        tool = self._tools.get(name)
        if tool is None:
            raise InvalidInput(f"There is no tool called '{name}': choose from {', '.join(self._tools)}.", field="tool")
        checked = _checked(tool, arguments)
        for attempt in range(1, len(BACKOFF_S) + 2):
            if not await self._breakers.allow(name):
                self._observer.note("breaker.open", tool=name)
                raise Transient(f"The tool '{name}' rests after repeated failures; another tool is used meanwhile.")
            try:
                return await self._attempt(tool, checked, attempt)
            except Transient as error:
                wait_s = self._wait_s(attempt, error)
                if wait_s is None:
                    raise
                self._observer.note("tool.retry", tool=name, attempt=attempt, wait_s=wait_s, reason=error.detail)
                await self._clock.sleep(wait_s)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _wait_s(self, attempt: int, error: Transient) -> float | None:
        """Return the seconds before the next attempt, or None when there is to be none here."""
        if attempt > len(BACKOFF_S):
            return None
        backoff_s = BACKOFF_S[attempt - 1] * (1 + JITTER * self._rng.random())
        if error.retry_after_s is None:
            return backoff_s
        return None if error.retry_after_s > LONGEST_WAIT_S else max(backoff_s, error.retry_after_s)

    async def _attempt(self, tool: Tool, checked: BaseModel, attempt: int) -> ToolReply:
        arguments = checked.model_dump(mode="json")
        if attempt > 1:
            arguments[ATTEMPT] = attempt
        request = CallRequest(kind="tool", name=tool.name, arguments=arguments, estimate=tool.estimate)
        outcome = await self._ledger.call(request, lambda: self._perform(tool, checked))
        result = ToolResult.model_validate(outcome.payload)
        return ToolReply(
            tool=tool.name, hits=result.hits, shares=result.shares, note=result.note, call_key=outcome.call_key
        )

    async def _perform(self, tool: Tool, checked: BaseModel) -> CallOutcome:
        """Run the tool once within its time, and tell its breaker. Only real calls reach this, never replayed ones."""
        try:
            async with asyncio.timeout(tool.timeout_s):
                result = await tool.run(checked)
        except TimeoutError as error:
            await self._breakers.record(tool.name, ok=False)
            raise Transient(f"The tool '{tool.name}' did not answer within {tool.timeout_s:g} s.") from error
        except Transient:
            await self._breakers.record(tool.name, ok=False)
            raise
        except Permanent:
            # The other side answered: the request is at fault, not the service, so the breaker stays closed.
            await self._breakers.record(tool.name, ok=True)
            raise
        await self._breakers.record(tool.name, ok=True)
        return CallOutcome(payload=result.model_dump(mode="json"), usage=result.usage)


def _checked(tool: Tool, arguments: dict[str, Any]) -> BaseModel:
    try:
        return tool.arguments.model_validate(arguments)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "arguments"
        raise InvalidInput(
            f"The tool '{tool.name}' does not take this at '{where}': {first['msg']}.", field=where
        ) from error
