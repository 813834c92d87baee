"""Ask a model: every request is a call of the ledger, made by the role's model or, where that is away, its fallback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from research.engine.domain.canonical import digest
from research.engine.domain.errors import CallError, MrdError, Permanent, ProviderDown
from research.engine.domain.usage import Usage
from research.engine.ports import CallOutcome, CallRequest, EngineContext
from research.engine.prompts.loader import Prompt

from . import batches, pricing
from .client import MessagesClient
from .failures import fallback_worthy
from .settings import AnthropicSettings, Role, RoleSettings

PROVIDER = "anthropic"
# For reservations alone: a token is about three and a half characters of English (the vendor's own rule of thumb); JSON
# and figures take more. What a call really used is what its answer says.
CHARS_A_TOKEN = 3.0
# What one search or fetch of the server's tools puts before the model: a recorded turn of fifteen searches read 401,000
# tokens (shared facts: r0246).
TOKENS_A_SERVER_USE = 27_000
_GRACE_S = 30.0


class Asked(NamedTuple):
    """One request of a conversation.

    request: the JSON of POST /v1/messages without model, max_tokens and effort. fresh: those of its messages that no
    earlier call of the conversation recorded. after: the key of the call before, "" for the first. changed: what reads
    otherwise than it was recorded: "messages" by their place, "tools".
    server_uses: how often the server may search or fetch for it. searches: how many of those are searches.
    accept: raises a `CallError` for an answer that is of no use: its call then counts as failed, paid for as it is, and
    is made anew when the step is tried again, where a finished one would be replayed. None takes every answer.
    """

    role: Role
    prompt: Prompt
    request: Mapping[str, Any]
    fresh: Sequence[Mapping[str, Any]]
    after: str = ""
    changed: Mapping[str, Any] = {}
    server_uses: int = 0
    searches: int = 0
    accept: Callable[[Mapping[str, Any]], object] | None = None


class Answer(NamedTuple):
    """A message, whole and as it was sent, the key of the call that brought it, and who answered."""

    message: dict[str, Any]
    call_key: str
    model: str


class Connection:
    """The client of a process, opened when first needed inside its event loop."""

    def __init__(self, context: EngineContext, settings: AnthropicSettings) -> None:
        self._client = MessagesClient(settings, clock=context.clock)
        self._lock = asyncio.Lock()
        self._opened = False

    async def client(self) -> MessagesClient:
        async with self._lock:
            if not self._opened:
                await self._client.__aenter__()
                self._opened = True
        return self._client

    async def aclose(self) -> None:
        if self._opened:
            self._opened = False
            await self._client.__aexit__(None, None, None)


class Asker:
    """Asks for one step in flight."""

    def __init__(self, context: EngineContext, settings: AnthropicSettings) -> None:
        self.settings = settings
        self.context = context
        self._connection = context.shared.once(PROVIDER, lambda: Connection(context, settings))
        # Models that another had to stand in for. A conversation stays with the one that stands in.
        self._away: set[str] = set()

    def who(self, role: Role) -> RoleSettings:
        """Return who does a role. Raises `Permanent` when nobody is set for it."""
        who = self.settings.role(role)
        if who is None:
            raise Permanent(f"No model is set for the role '{role}': name one in MRD_ANTHROPIC, or use another engine.")
        return who

    async def ask(self, asked: Asked, *, model: str | None = None) -> Answer:
        """Return the answer of the role's model, or of its fallback where that one has no room or is not there.

        model: this one alone, None for the role's. Raises what `ports.Calls.make` raises.
        """
        who = self.who(asked.role)
        both = [each for each in (who.model, who.fallback) if each]
        models = [model] if model else [each for each in both if each not in self._away] or both
        known = await self._known(asked, models, who)
        if known is not None:
            return known
        for place, name in enumerate(models):
            try:
                return await self._ask(asked, name, who)
            except (ProviderDown, Permanent) as error:
                if place == len(models) - 1 or not _another_may(error):
                    raise
                self._away.add(name)
                self.context.observer.note("model.fallback", role=asked.role, model=name, reason=error.detail)
        raise AssertionError("unreachable: the last model answers or raises")

    async def _known(self, asked: Asked, models: Sequence[str], who: RoleSettings) -> Answer | None:
        """Return what an earlier try of the step was answered, by whichever model; None where it was not.

        The one that was away then may have room now: its answer would be another, and all that followed bought anew.
        """
        for place, name in enumerate(models):
            outcome = await self.context.calls.replay(self._call(asked, _complete(asked.request, name, who), name))
            if outcome is not None:
                self._away.update(models[:place])
                return Answer(outcome.payload["message"], outcome.call_key, name)
        return None

    def _call(self, asked: Asked, request: Mapping[str, Any], model: str) -> CallRequest:
        estimate = self._estimate(asked, request, model)
        return CallRequest(kind="model", name=f"{PROVIDER}/{model}", arguments=_told(asked, request), estimate=estimate)

    async def _ask(self, asked: Asked, model: str, who: RoleSettings) -> Answer:
        request = _complete(asked.request, model, who)
        call = self._call(asked, request, model)
        client = await self._connection.client()
        if self.context.priority == "batch":
            outcome = await batches.through(client, call, request, context=self.context, settings=self.settings)
        else:

            async def perform(_key: str) -> CallOutcome:
                reply = await client.send(request)
                usage = pricing.usage_of(reply.message, at=self.context.clock.now())
                if asked.accept is not None:
                    try:
                        asked.accept(reply.message)
                    except CallError as error:
                        error.used = usage
                        raise
                return CallOutcome(payload={"message": reply.message, "request_id": reply.request_id}, usage=usage)

            outcome = await self.context.calls.make(
                call, perform, timeout_s=self.settings.total_timeout_s + _GRACE_S, provider=True
            )
        return Answer(outcome.payload["message"], outcome.call_key, model)

    def _estimate(self, asked: Asked, request: Mapping[str, Any], model: str) -> Usage:
        """Return what the request uses at most, as far as that can be told: the whole answer it may write."""
        read = int(len(json.dumps(request, ensure_ascii=False)) / CHARS_A_TOKEN)
        read += asked.server_uses * TOKENS_A_SERVER_USE
        written = int(request["max_tokens"])
        return pricing.estimate(
            model=model,
            input_tokens=read,
            output_tokens=written,
            searches=asked.searches,
            at=self.context.clock.now(),
            batch=self.context.priority == "batch",
        )


def _another_may(error: MrdError) -> bool:
    """Tell whether another model may serve: this one is not there, has no room, or rests after failures."""
    cause = error.__cause__
    if isinstance(cause, MrdError):
        return fallback_worthy(cause)
    return fallback_worthy(error) or (isinstance(error, ProviderDown) and cause is None)


def _complete(request: Mapping[str, Any], model: str, who: RoleSettings) -> dict[str, Any]:
    complete = {**request, "model": model, "max_tokens": who.max_tokens}
    if who.effort is not None:
        complete["output_config"] = {**request.get("output_config", {}), "effort": who.effort}
    return complete


def _told(asked: Asked, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the ledger keeps of a request: all that the rows of the calls before it do not hold already.

    `request` is the digest of the whole; whoever puts the rows of a conversation together can check it.
    """
    told: dict[str, Any] = {
        "role": asked.role,
        "prompt": asked.prompt.named(),
        "max_tokens": request["max_tokens"],
        "output_config": request.get("output_config", {}),
        "messages": list(asked.fresh),
        "request": digest(dict(request)),
    }
    if asked.after:
        return told | {"after": asked.after} | ({"changed": dict(asked.changed)} if asked.changed else {})
    return told | {"system": request.get("system", ""), "tools": request.get("tools", [])}
