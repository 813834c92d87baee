"""Ranked search of the team's library."""

from __future__ import annotations

from pydantic import BaseModel, Field

from research.engine.domain.canonical import Frozen
from research.engine.domain.usage import Usage
from research.engine.ports import Library, Tool, ToolResult

NAME = "library_search"
MAX_QUERY_CHARS = 400


class Arguments(Frozen):
    """query: words to look for. limit: passages wanted, 1…50. any_word: False demands every word."""

    query: str = Field(min_length=1, max_length=MAX_QUERY_CHARS)
    limit: int = Field(default=10, ge=1, le=50)
    any_word: bool = True


class LibrarySearch:
    """Find passages of the team's documents, best first."""

    name = NAME
    capability = "Find passages in the team's own documents, ranked by how well they match the words."
    arguments: type[BaseModel] = Arguments
    timeout_s = 30.0
    estimate = Usage(calls=1, searches=1)

    def __init__(self, *, library: Library) -> None:
        self._library = library

    async def run(self, arguments: Arguments) -> ToolResult:
        """Return the ranked passages. Raises what the library raises (`Transient` while its index is away)."""
        hits = await self._library.search(arguments.query, limit=arguments.limit, any_word=arguments.any_word)
        note = "" if hits else f"No document of the library matches '{arguments.query}'."
        return ToolResult(hits=hits, note=note, usage=self.estimate)


def build(*, library: Library) -> Tool:
    """Return the tool over `library`."""
    return LibrarySearch(library=library)
