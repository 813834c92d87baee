"""The tools of a task as its role gets them: checked, accounted for, cached, archived, replaced where one is away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from research.engine.domain.canonical import digest
from research.engine.domain.errors import InvalidInput, Transient, Unreadable
from research.engine.domain.evidence import Hit
from research.engine.domain.usage import Usage
from research.engine.ports import (
    Archive,
    Cache,
    CallOutcome,
    CallRequest,
    Observer,
    Tool,
    ToolCard,
    ToolReply,
    ToolResult,
)

from .calls import ResilientCalls

NOTHING = Usage(calls=1)


class LedgeredShelf:
    """`ports.Shelf` over tools. One object for each step in flight.

    scope: whose answers may be used again, as an opaque word (the team): part of every cache key. cache None: every
    call goes out.
    """

    def __init__(
        self,
        tools: Iterable[Tool],
        calls: ResilientCalls,
        archive: Archive,
        observer: Observer,
        *,
        cache: Cache | None = None,
        scope: str = "",
    ) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._calls = calls
        self._archive = archive
        self._observer = observer
        self._cache = cache
        self._scope = scope

    def names(self) -> tuple[str, ...]:
        return tuple(self._tools)

    def cards(self) -> tuple[ToolCard, ...]:
        """Return what a model is told of the tools, in their order."""
        return tuple(
            ToolCard(tool.name, tool.capability, tool.says, tool.arguments.model_json_schema())
            for tool in self._tools.values()
        )

    async def use(self, name: str, arguments: dict[str, Any]) -> ToolReply:
        """Run the tool `name`, or where it is away the next one of its capability that takes the same arguments.

        Raises `InvalidInput` for an unknown tool or arguments it does not take, and what `ResilientCalls.make` raises:
        of a stand-in what is worth no other try, else the failure of the tool that was asked for.
        """
        tool = self._tools.get(name)
        if tool is None:
            raise InvalidInput(f"There is no tool called '{name}': choose from {', '.join(self._tools)}.", field="tool")
        checked = _checked(tool, arguments)
        try:
            return await self._run(tool, checked)
        except Transient as error:
            for other, fitting in self._stand_ins(tool, checked):
                self._observer.note("tool.stand_in", tool=name, used=other.name, reason=error.detail)
                try:
                    return await self._run(other, fitting)
                except Transient as second:
                    self._observer.note("tool.stand_in_away", tool=other.name, reason=second.detail)
            raise

    def _stand_ins(self, tool: Tool, checked: BaseModel) -> Iterator[tuple[Tool, BaseModel]]:
        """Yield the other tools of the same capability with what they take of the arguments that were given."""
        given = checked.model_dump(mode="json", exclude_unset=True)
        for other in self._tools.values():
            if other is tool or other.capability != tool.capability:
                continue
            known = {name: value for name, value in given.items() if name in other.arguments.model_fields}
            try:
                yield other, other.arguments.model_validate(known)
            except ValidationError:
                continue

    async def _run(self, tool: Tool, checked: BaseModel) -> ToolReply:
        arguments = checked.model_dump(mode="json")
        request = CallRequest(kind="tool", name=tool.name, arguments=arguments, estimate=tool.estimate)
        key = digest([self._scope, tool.name, arguments])
        known = await self._cache.get(key) if self._cache is not None and tool.ttl_s > 0 else None
        if known is not None:
            outcome = await self._calls.recorded(request.model_copy(update={"estimate": NOTHING}), _again(known))
        else:
            outcome = await self._calls.make(
                request,
                lambda call_key: self._perform(tool, checked, call_key),
                timeout_s=tool.timeout_s,
                breaker=_breaker_of(tool, checked),
            )
            # Nothing found is no answer to keep: a search engine may have been half away.
            if self._cache is not None and tool.ttl_s > 0 and _holds_something(outcome.payload):
                # Others will have it: the call it leads to must stand, whatever becomes of this process.
                await self._calls.written()
                put = {"payload": outcome.payload, "call_key": outcome.call_key}
                await self._cache.put(key, put, ttl_s=tool.ttl_s)
        result = ToolResult.model_validate(outcome.payload)
        return ToolReply(
            tool=tool.name,
            hits=result.hits,
            shares=result.shares,
            listings=result.listings,
            note=result.note,
            call_key=outcome.call_key,
        )

    async def _perform(self, tool: Tool, checked: BaseModel, call_key: str) -> CallOutcome:
        """Run the tool once and archive what it brought, before anybody reads a word of it."""
        result = await tool.run(checked)
        hits: list[Hit] = [*result.hits]
        notes = [result.note] if result.note else []
        for document in result.documents:
            try:
                kept = await self._archive.keep(document, call_key=call_key)
            except Unreadable as error:
                notes.append(f"{document.uri}: {error.detail}")
            else:
                hits.extend(kept.passages)
        whole = result.model_copy(update={"hits": tuple(hits), "documents": (), "note": " ".join(notes)})
        return CallOutcome(payload=whole.model_dump(mode="json"), usage=result.usage)


def _holds_something(payload: dict[str, Any]) -> bool:
    return any(payload.get(name) for name in ("hits", "shares", "listings"))


def _breaker_of(tool: Tool, checked: BaseModel) -> str:
    """Return the breaker before a call: the tool's, or of a tool that goes to many hosts the host's own."""
    own = getattr(tool, "breaker_of", None)
    return str(own(checked)) if own is not None else tool.name


def _again(known: dict[str, Any]) -> Any:
    async def perform(_key: str) -> CallOutcome:
        return CallOutcome(payload=known["payload"], usage=NOTHING, cached_from=known["call_key"])

    return perform


def _checked(tool: Tool, arguments: dict[str, Any]) -> BaseModel:
    try:
        return tool.arguments.model_validate(arguments)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "arguments"
        raise InvalidInput(
            f"The tool '{tool.name}' does not take this at '{where}': {first['msg']}.", field=where
        ) from error
