"""Literal reading of the team's library, straight from the database: the way on when ranked search fails."""

from __future__ import annotations

import re

from pydantic import BaseModel, Field

from research.engine.domain.canonical import Frozen
from research.engine.domain.usage import Usage
from research.engine.ports import Library, Tool, ToolContext, ToolResult

NAME = "library_scan"
MAX_WORDS = 8
_WORD = re.compile(r"[\w&'’-]+")
_LITTLE = frozenset("a an and are as at by for from in is of on or the to what which who how with".split())  # noqa: SIM905


class Arguments(Frozen):
    """query: words that must all stand in the passage, literally. limit: passages wanted, 1…50."""

    query: str = Field(min_length=1, max_length=400)
    limit: int = Field(default=10, ge=1, le=50)


def words_of(query: str) -> tuple[str, ...]:
    """Return the words to demand: those of `query` in order without the little ones, at most 8."""
    return tuple(dict.fromkeys(w for w in _WORD.findall(query) if w.casefold() not in _LITTLE))[:MAX_WORDS]


class LibraryScan:
    """Read the team's passages for words as they are written; needs no index."""

    name = NAME
    capability = "search_library"
    says = "Find passages in the team's own documents that hold every given word literally; needs no search index."
    arguments: type[BaseModel] = Arguments
    timeout_s = 30.0
    ttl_s = 0.0  # the library is at hand, and changes with every document added
    rate: float | None = None
    estimate = Usage(calls=1, searches=1)

    def __init__(self, *, library: Library) -> None:
        self._library = library

    async def run(self, arguments: Arguments) -> ToolResult:
        """Return the passages in stable order; when none holds every word, those that hold the two longest."""
        wanted = words_of(arguments.query)
        if not wanted:
            return ToolResult(note="The query holds no word to look for.", usage=self.estimate)
        hits = await self._library.scan(wanted, limit=arguments.limit)
        if not hits and len(wanted) > 2:  # noqa: PLR2004 - said in the docstring
            longest = sorted(wanted, key=lambda word: (-len(word), word))[:2]
            hits = await self._library.scan(longest, limit=arguments.limit)
        note = "" if hits else f"No passage of the library holds the words {', '.join(wanted)}."
        return ToolResult(hits=hits, note=note, usage=self.estimate)


def build(context: ToolContext) -> Tool:
    """Return the tool over the team's library."""
    return LibraryScan(library=context.library)
