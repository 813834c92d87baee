"""The Claude engine with nothing behind it but a script: the same asker, calls and ledger, and no socket.

desk = Desk([build.asking(...), failures.Overloaded("full"), build.message(...)])
asyncio.run(investigate(desk.asker(), brief, task, shelf))
desk.requests  # what was asked, each as it would have gone out
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any

from research.engine.domain.canonical import digest
from research.engine.domain.usage import Limits
from research.engine.ports import CallOutcome, CallRequest, EngineContext
from research.engine.providers.anthropic.asking import Asker
from research.engine.providers.anthropic.client import Reply
from research.engine.providers.anthropic.settings import AnthropicSettings, RoleSettings
from tests.doubles import messages_build as build
from tests.doubles.engine import FakeClock, ListObserver, MemoryArchive, MemoryBreakers, MemoryLedger, calls_over

Said = dict[str, Any] | Exception
Script = Callable[[dict[str, Any], int], Said] | Iterable[Said]


class ScriptedClient:
    """Stands where `MessagesClient` does. batches: what a batch's looks, then its results, give; in order."""

    def __init__(self, script: Script, batches: Iterable[Any] = ()) -> None:
        self._script = script if callable(script) else _in_order(script)
        self._batches = iter(batches)
        self.requests: list[dict[str, Any]] = []
        self.ordered: list[dict[str, Any]] = []

    async def client(self) -> ScriptedClient:
        return self

    async def aclose(self) -> None: ...

    async def send(self, request: dict[str, Any]) -> Reply:
        # As it was when it went out: what is sent later must not change it.
        self.requests.append(copy.deepcopy(request))
        said = self._script(self.requests[-1], len(self.requests) - 1)
        if isinstance(said, Exception):
            raise said
        return Reply({**said, "model": request["model"]}, "req_1")

    async def create_batch(self, requests: list[dict[str, Any]]) -> dict[str, Any]:
        given = next(self._batches)
        if isinstance(given, Exception):
            raise given
        self.ordered += copy.deepcopy(requests)
        return {"id": given}

    async def get_batch(self, _batch_id: str) -> dict[str, Any]:
        given = next(self._batches)
        if isinstance(given, Exception):
            raise given
        return {"processing_status": given}

    async def batch_results(self, _batch_id: str) -> list[dict[str, Any]]:
        given = next(self._batches)
        return [{"custom_id": self.ordered[-1]["custom_id"], "result": given}] if given else []


def _in_order(script: Iterable[Said]) -> Callable[[dict[str, Any], int], Said]:
    rest = iter(script)
    return lambda _request, _number: next(rest)


class Endless:
    """`ports.Budget` that never ends."""

    async def remaining(self) -> Limits:
        return Limits(calls=1000, searches=1000, tokens=10**9, cost_usd=1000)


class Desk:
    """All that an asker needs; `asker()` gives another one over the same ledger, as a step's second try has."""

    def __init__(
        self,
        script: Script,
        *,
        batches: Iterable[Any] = (),
        ledger: MemoryLedger | None = None,
        breakers: MemoryBreakers | None = None,
        priority: str = "normal",
        tools: dict[str, str] | None = None,
        judge: bool = False,
        **settings: Any,
    ) -> None:
        self.client = ScriptedClient(script, batches)
        self.requests = self.client.requests
        self.ledger = ledger or MemoryLedger()
        self.observer, self.clock, self.archive = ListObserver(), FakeClock(), MemoryArchive()
        self.breakers = breakers or MemoryBreakers()
        self.settings = AnthropicSettings(**settings)
        if judge:
            roles = self.settings.roles | {"judge": RoleSettings(model="claude-haiku-5-5")}
            self.settings = self.settings.model_copy(update={"roles": roles})
        self._priority, self._tools = priority, tools or {}

    def once(self, _key: str, _make: Callable[[], Any]) -> Any:
        return self.client

    def context(self) -> EngineContext:
        calls = calls_over(ledger=self.ledger, breakers=self.breakers, clock=self.clock, observer=self.observer)
        return EngineContext(
            calls=calls,
            archive=self.archive,
            budget=Endless(),
            clock=self.clock,
            observer=self.observer,
            shared=self,
            tools=self._tools,
            options=self.settings,
            priority=self._priority,
        )

    def asker(self) -> Asker:
        return Asker(self.context(), self.settings)


def form(value: dict[str, Any]) -> dict[str, Any]:
    """Return a message that answers with this JSON."""
    return build.message(build.structured(value))


def sent(ledger: MemoryLedger) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Put every finished model call's request together again from the ledger alone. Return (request, arguments).

    This is what an auditor does: follow `after` back to the first call, and take what each row adds and changes.
    """
    rows: dict[str, tuple[CallRequest, CallOutcome]] = {}
    for request, how in ledger.rows:
        key = digest([request.kind, request.name, request.arguments])[:16]
        if request.kind == "model" and how == "done":
            rows[key] = (request, ledger.finished[key])
    return [(_request(rows, key), rows[key][0].arguments) for key in rows]


def _request(rows: dict[str, tuple[CallRequest, CallOutcome]], key: str) -> dict[str, Any]:
    call, _ = rows[key]
    told = call.arguments
    whole: dict[str, Any] = {}
    if "after" in told:
        whole = _request(rows, told["after"])
        messages = [_unmarked(message) for message in whole["messages"]]
        answered = rows[told["after"]][1].payload["message"]
        messages += [{"role": "assistant", "content": answered["content"]}, *told["messages"]]
        for place, message in told.get("changed", {}).get("messages", {}).items():
            messages[int(place)] = message
        whole["messages"] = messages
        if "tools" in told.get("changed", {}):
            whole["tools"] = told["changed"]["tools"]
    else:
        whole = {"system": told["system"], "messages": told["messages"], "tools": told["tools"]}
    whole |= {"model": call.name.partition("/")[2], "max_tokens": told["max_tokens"]}
    whole["output_config"] = told["output_config"]
    return {name: value for name, value in whole.items() if value or name not in ("tools", "output_config")}


def _unmarked(message: dict[str, Any]) -> dict[str, Any]:
    blocks = message["content"]
    bare = [{name: value for name, value in block.items() if name != "cache_control"} for block in blocks]
    return {**message, "content": bare}


def marked(request: dict[str, Any]) -> dict[str, Any]:
    """Return a request with the mark for the cache on its last message, where investigations set it."""
    *before, last = request["messages"]
    if last["role"] != "user":
        return request
    *blocks, end = last["content"]
    last = {**last, "content": [*blocks, {**end, "cache_control": {"type": "ephemeral"}}]}
    return {**request, "messages": [*before, last]}
