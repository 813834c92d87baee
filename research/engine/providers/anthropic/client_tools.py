"""The tools on our side of an investigation: those of the task's shelf, and two that only take notes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from research.engine.domain.errors import CallError, InvalidInput, Transient
from research.engine.domain.evidence import SearchRecord
from research.engine.domain.vertical import Vertical
from research.engine.ports import Shelf, ToolReply
from research.engine.reading.addresses import defragged, host_of

from . import wording
from .blocks import ToolUse
from .findings import Findings

_NOT_LISTED = (
    "Only addresses that a search listed or the prompt names may be read, and only of hosts this field reads. "
    "Search for the page."
)
KEEP, REPORT = "keep_quote", "report"
READER = "fetch_page"
_QUERY = 400
_URL = re.compile(r"https?://[^\s<>\"')\]]+")


class KeepQuote(BaseModel):
    """Keep a sentence of a source as evidence, exactly as it stands there."""

    document: str = Field(description="the number of the document a passage names, or the url of a fetched page")
    quote: str = Field(description="one whole sentence or table row, copied letter by letter")
    relevance: int = Field(description="0 to 1000: how well it answers the question")


class Report(BaseModel):
    """End the investigation: say what came of it."""

    outcome: Literal["found", "estimated", "insufficient_data"]
    reason: str = Field(description="one or two sentences: what was found, or what was looked for in vain")


class ClientTools:
    """Carries out what the model asks of our side, for one investigation."""

    def __init__(self, shelf: Shelf, found: Findings, *, vertical: Vertical, known_urls: str) -> None:
        """known_urls: text of the run's own people (prompt, plan), whose addresses may be read."""
        self._shelf = shelf
        self._found = found
        self._vertical = vertical
        self.report: Report | None = None
        self.failures: list[CallError] = []
        found.listed |= {defragged(url.rstrip(".,;")) for url in _URL.findall(known_urls)}

    def definitions(self) -> list[dict[str, Any]]:
        """Return the tools as the API takes them: the shelf's in their order, then the two for notes."""
        shelf = [
            {"name": card.name, "description": card.says, "input_schema": card.schema} for card in self._shelf.cards()
        ]
        return [*shelf, _definition(KEEP, KeepQuote), _definition(REPORT, Report)]

    async def answer(self, uses: Sequence[ToolUse]) -> list[dict[str, Any]]:
        """Return a result for each use, in order. Those of the shelf run side by side; notes are taken after them."""
        shelved = [use for use in uses if use.name not in (KEEP, REPORT)]
        # All of them end before one that must stop the step (budget, lease) does: a call given up half way is unknown.
        given = await asyncio.gather(*(self._use(use) for use in shelved), return_exceptions=True)
        told: dict[str, tuple[str, bool]] = {}
        for use, result in zip(shelved, given, strict=True):
            if isinstance(result, BaseException):
                raise result
            told[use.id] = result
        for use in uses:
            if use.name == KEEP:
                told[use.id] = self._keep(use)
            elif use.name == REPORT:
                told[use.id] = self._end(use)
        return [
            {"type": "tool_result", "tool_use_id": use.id, "content": told[use.id][0], "is_error": told[use.id][1]}
            for use in uses
        ]

    async def _use(self, use: ToolUse) -> tuple[str, bool]:
        if use.name == READER and not self._may_read(use.input):
            return _NOT_LISTED, True
        query = str(use.input.get("query") or use.input.get("url") or use.input)[:_QUERY]
        try:
            reply = await self._shelf.use(use.name, use.input)
        except (CallError, InvalidInput) as error:
            if isinstance(error, CallError):
                self.failures.append(error)
            self._found.searches.append(SearchRecord(tool=use.name[:80], query=query, hits=0, error=error.detail))
            # Words of the other side may be in it.
            return wording.inert(error.detail), True
        self._note(use, query, reply)
        return wording.reply(reply, asked=use.name), False

    def _note(self, use: ToolUse, query: str, reply: ToolReply) -> None:
        found = len(reply.hits) + len(reply.listings)
        self._found.searches.append(SearchRecord(tool=reply.tool, query=query, hits=found, call_key=reply.call_key))
        self._found.saw(reply.hits, call_key=reply.call_key, url=str(use.input.get("url", "")))
        self._found.listed |= {defragged(each.url) for each in reply.listings}

    def _may_read(self, given: dict[str, Any]) -> bool:
        """Tell whether a page may be read: nobody's page can send us to an address of its own making.

        An address made up by a page could carry out what was read elsewhere.
        """
        url = defragged(str(given.get("url", "")))
        return url in self._found.listed and self._vertical.may_read(host_of(url))

    def _keep(self, use: ToolUse) -> tuple[str, bool]:
        try:
            asked = KeepQuote.model_validate(use.input)
        except ValidationError as error:
            return _wrong(error), True
        why = self._found.keep(document=asked.document, words=asked.quote, relevance=asked.relevance // 2)
        return (why, True) if why else (f"Kept. {len(self._found.quotes)} quotes so far.", False)

    def _end(self, use: ToolUse) -> tuple[str, bool]:
        try:
            self.report = Report.model_validate(use.input)
        except ValidationError as error:
            return _wrong(error), True
        return "Reported.", False

    def all_failed(self) -> Transient | None:
        """Return a failure worth another try when nothing at all was searched with success, else None."""
        if any(not record.error for record in self._found.searches):
            return None
        return next((each for each in self.failures if isinstance(each, Transient)), None)


def _definition(name: str, form: type[BaseModel]) -> dict[str, Any]:
    return {"name": name, "description": (form.__doc__ or "").strip(), "input_schema": form.model_json_schema()}


def _wrong(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"Not taken: '{'.'.join(map(str, first['loc']))}': {first['msg']}."
