"""Ranked search of the team's library, and the survey of which of its sources speak of a field."""

from __future__ import annotations

from pydantic import BaseModel, Field

from research.engine.domain.canonical import Frozen
from research.engine.domain.usage import Usage
from research.engine.ports import Library, Tool, ToolContext, ToolResult

NAME = "library_search"
MAX_QUERY_CHARS = 400
MAX_TERMS = 80
MAX_SOURCES = 5_000
MAX_PAGES = 12
# One word of a trade is used by everybody ("gaming", "cloud"); two different ones in a passage seldom are.
LEAST_TERMS = 2


class Arguments(Frozen):
    """query: words to look for. limit: passages wanted, 1…50. any_word: False demands every word.

    sources: ids of the sources to look in, None for all. terms: when given, no passages are returned but the share
    of each source whose passages hold at least two of these terms; `query` then only names what the survey is for.
    pages: when given, every passage of these pages is returned, each named by extracted text id and page from 1.
    """

    query: str = Field(min_length=1, max_length=MAX_QUERY_CHARS)
    limit: int = Field(default=10, ge=1, le=50)
    any_word: bool = True
    sources: tuple[int, ...] | None = Field(default=None, max_length=MAX_SOURCES)
    terms: tuple[str, ...] = Field(default=(), max_length=MAX_TERMS)
    pages: tuple[tuple[int, int], ...] = Field(default=(), max_length=MAX_PAGES)


class LibrarySearch:
    """Find passages of the team's documents, best first, or tell which documents speak of a field."""

    name = NAME
    capability = "search_library"
    says = "Find passages in the team's own documents, ranked by how well they match the words."
    arguments: type[BaseModel] = Arguments
    timeout_s = 30.0
    ttl_s = 0.0  # the library is at hand, and changes with every document added
    rate: float | None = None
    estimate = Usage(calls=1, searches=1)

    def __init__(self, *, library: Library) -> None:
        self._library = library

    async def run(self, arguments: Arguments) -> ToolResult:
        """Return the ranked passages, or the shares. Raises what the library raises (`Transient`: index away)."""
        if arguments.terms:
            shares = await self._library.survey(arguments.terms, least=LEAST_TERMS)
            return ToolResult(shares=shares, note="" if shares else "The library is empty.", usage=self.estimate)
        if arguments.pages:
            whole = await self._library.pages(arguments.pages)
            return ToolResult(hits=whole, note="" if whole else "These pages are gone.", usage=self.estimate)
        hits = await self._library.search(
            arguments.query, limit=arguments.limit, any_word=arguments.any_word, sources=arguments.sources
        )
        note = "" if hits else f"No document of the library matches '{arguments.query}'."
        return ToolResult(hits=hits, note=note, usage=self.estimate)


def build(context: ToolContext) -> Tool:
    """Return the tool over the team's library."""
    return LibrarySearch(library=context.library)
