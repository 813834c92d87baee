"""Search of the web by a SearXNG instance of one's own: places where something may be said, to be fetched and read."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, StringConstraints

from research.engine.domain.canonical import Frozen
from research.engine.domain.errors import Permanent
from research.engine.domain.usage import Usage
from research.engine.ports import HttpReply, Tool, ToolContext, ToolResult
from research.engine.reading import search_listings

NAME = "searxng"
BASE_URL = "base_url"
SETTING = "MRD_SEARXNG_URL"
MAX_BYTES = 4_000_000
# Our own choice: what is asked here is asked of every engine behind the instance, and those suspend who hurries.
A_MINUTE = 60.0
# An instance refuses a format that is not in its settings with this status (docs.searxng.org, dev/search_api).
_FORBIDDEN = re.compile(r"\b403\b")
_ADDRESS = re.compile(r"https?://\S+")

Category = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9 &/_-]{0,39}$")]
# A registrable name or one below it, in lower case and ASCII.
Domain = Annotated[str, StringConstraints(pattern=r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}$")]


class Arguments(Frozen):
    """What to search the web for."""

    query: str = Field(
        min_length=1, max_length=400, description="Words to search for, as one would type them into a search engine."
    )
    limit: int = Field(default=10, ge=1, le=20, description="How many results are wanted.")
    page: int = Field(default=1, ge=1, le=5, description="Page of results, from 1.")
    # The shape SearXNG itself takes (searx/webutils.py), and its word for every language.
    language: Annotated[str, StringConstraints(pattern=r"^(?:[a-z]{2,3}(?:-[A-Z]{2})?|all)?$")] = Field(
        default="", description="Language, as en, fr-CA or all; empty for the instance's own."
    )
    time_range: Literal["", "day", "month", "year"] = Field(
        default="", description="Only pages of the last day, month or year, by engines that can; empty for any time."
    )
    categories: tuple[Category, ...] = Field(
        default=(), max_length=5, description="SearXNG categories, such as general, news, science; empty for general."
    )
    domains: tuple[Domain, ...] = Field(
        default=(), max_length=5, description="Only pages of these domains and what is below them, as nj.gov."
    )


class Searxng:
    """Ask the deployment's SearXNG instance."""

    name = NAME
    capability = "search_web"
    says = "Search the web; gives addresses, titles and excerpts of pages, which are leads to fetch and no evidence."
    arguments: type[BaseModel] = Arguments
    timeout_s = 30.0
    ttl_s = 3_600.0
    rate: float | None = A_MINUTE
    estimate = Usage(calls=1, searches=1)

    def __init__(self, *, context: ToolContext) -> None:
        self._context = context

    async def run(self, arguments: Arguments) -> ToolResult:
        """Return listings, best first; the note names engines that did not answer.

        Raises `Permanent` without an instance, for one that refuses JSON or answers otherwise, and what `Http` raises.
        """
        reply = await self._get(_base_url(self._context.options.get(BASE_URL, "")), _params(arguments))
        try:
            found = search_listings.read(reply.body, domains=arguments.domains)
        except ValueError as error:
            raise Permanent(f"The SearXNG instance did not answer as documented: {error}. Check {SETTING}.") from error
        shown = found.listings[: arguments.limit]
        return ToolResult(
            listings=shown, note=search_listings.note(found, shown=len(shown)), usage=Usage(calls=1, searches=1)
        )

    async def _get(self, base: str, params: dict[str, str]) -> HttpReply:
        try:
            return await self._context.http.get(
                f"{base}/search", params=params, media_types=("application/json",), max_bytes=MAX_BYTES
            )
        except Permanent as error:
            # The address holds the query, which may well speak of a 403 itself.
            if _FORBIDDEN.search(_ADDRESS.sub("", error.detail)):
                raise Permanent(
                    "The SearXNG instance refused the search (403): its settings.yml most likely does not list json "
                    "under search.formats; add it there."
                ) from error
            raise


def build(context: ToolContext) -> Tool:
    """Return the tool. Option: `base_url`, the address of the instance."""
    return Searxng(context=context)


def _base_url(value: str) -> str:
    """Return the instance's address without its last stroke. Raises `Permanent` where there is none, or it is wrong."""
    base = value.strip().rstrip("/")
    if not base:
        raise Permanent(f"Search by SearXNG needs an instance: set {SETTING} to its address.")
    parts = urlsplit(base)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or parts.query:
        raise Permanent(f"{SETTING} must be an http or https address, without a password or a query.")
    return base


def _params(arguments: Arguments) -> dict[str, str]:
    sites = " OR ".join(f"site:{domain}" for domain in arguments.domains)
    params = {
        "q": f"{arguments.query} {sites}".strip(),
        "format": "json",
        "pageno": str(arguments.page),
        "language": arguments.language,
        "time_range": arguments.time_range,
        "categories": ",".join(arguments.categories),
    }
    return {name: value for name, value in params.items() if value}
