"""Fetch one page or file of the web by its address. What it says is read by the library's parsers, not here."""

from __future__ import annotations

from pydantic import BaseModel, Field

from research.engine.domain.canonical import Frozen
from research.engine.domain.errors import Permanent
from research.engine.domain.usage import Usage
from research.engine.ports import FetchedDocument, Http, Tool, ToolContext, ToolResult
from research.engine.reading.addresses import host_of

NAME = "fetch_page"
MAX_URL_CHARS = 2_000
# What the library's parsers read. Spelled out: extraction is a sibling layer below, which no tool may lean on.
_OFFICE = "application/vnd.openxmlformats-officedocument"
MEDIA_TYPES = (
    "text/html",
    "application/xhtml+xml",
    "text/plain",
    "text/markdown",
    "text/csv",
    "application/pdf",
    f"{_OFFICE}.wordprocessingml.document",
    f"{_OFFICE}.spreadsheetml.sheet",
    f"{_OFFICE}.presentationml.presentation",
    "application/epub+zip",
    # What servers call files whose kind they were not told; the parsers look at the bytes.
    "application/octet-stream",
)


class Arguments(Frozen):
    """Which page, and what is looked for in it."""

    url: str = Field(
        min_length=1,
        max_length=MAX_URL_CHARS,
        pattern=r"^[Hh][Tt][Tt][Pp][Ss]?://",
        description="The whole address of a public page or file, http or https.",
    )
    query: str = Field(
        default="", max_length=400, description="Words to choose the passages by; empty for the beginning of the page."
    )
    limit: int = Field(default=10, ge=1, le=50, description="Passages wanted.")


class FetchPage:
    """Bring the bytes of one address, as its host allows."""

    name = NAME
    capability = "read_page"
    says = "Fetch a public web page or file (HTML, PDF, Word, Excel, CSV, text) by its address and read it."
    arguments: type[BaseModel] = Arguments
    timeout_s = 30.0
    ttl_s = 2 * 3600.0
    # Of one process, over all hosts; each host has its own, slower pace.
    rate: float | None = 600.0
    estimate = Usage(calls=1)

    def __init__(self, *, http: Http) -> None:
        self._http = http

    def breaker_of(self, arguments: Arguments) -> str:
        """Return which breaker stands before a call: the host's own. A dead site is no reason to read no other."""
        return f"{NAME} {host_of(arguments.url)[:60]}"

    async def run(self, arguments: Arguments) -> ToolResult:
        """Return the page as a document to archive, known by the address that answered in the end.

        Raises `Permanent` for an answer without content, and what `Http.get` raises: `Permanent` (a forbidden
        address, robots.txt, a kind that is not read, too large, not there), `Transient` (network, too many requests).
        """
        reply = await self._http.get(arguments.url, media_types=MEDIA_TYPES, robots=True)
        if not reply.body.strip():
            raise Permanent("The page answers with nothing in it: look for it elsewhere.")
        document = FetchedDocument(
            kind="web_page",
            uri=reply.url.partition("#")[0],
            media_type=reply.media_type,
            data=reply.body,
            fetched_at=reply.fetched_at,
            query=arguments.query,
            limit=arguments.limit,
        )
        return ToolResult(documents=(document,), usage=self.estimate)


def build(context: ToolContext) -> Tool:
    """Return the tool over the guarded client."""
    return FetchPage(http=context.http)
