"""What stands in messages, read off their blocks by `type`. Blocks of unknown types are passed over, never an error.

The readers that pair a server tool's call with its result take the messages of a conversation in their order: after a
`pause_turn` the result is the first block of the next message.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from .fields import Message, blocks_of, content, object_of, text, whole_number

Unit = Literal["char", "page", "block"]
# Calls of the server's own tools, and of those of an MCP server it speaks to.
_SERVER_USES = ("server_tool_use", "mcp_tool_use")


class ToolUse(NamedTuple):
    """A client tool the model asks for. input: complete only when the message did not stop at `max_tokens`."""

    id: str
    name: str
    input: dict[str, Any]


class SearchResult(NamedTuple):
    """One result of a web search. page_age: free text, None when not told."""

    url: str
    title: str
    page_age: str | None


class Search(NamedTuple):
    """One web search. query: "" when only its result is among the messages. error: the tool's code, None for none.

    pending: it was asked for and has no result yet.
    """

    id: str
    query: str
    results: tuple[SearchResult, ...]
    error: str | None
    pending: bool


class Fetch(NamedTuple):
    """One web fetch. asked: the address asked for, "" when only the result is here; url: the one that answered.

    text: the page's readable text, None for a file (PDF), whose bytes `data` has. media_type: of either, "" when there
    is none. retrieved_at: ISO 8601, None when not told. error: the tool's code, None for none.
    """

    id: str
    asked: str
    url: str
    title: str
    text: str | None
    data: bytes | None
    media_type: str
    retrieved_at: str | None
    error: str | None
    pending: bool


class Citation(NamedTuple):
    """What a text block leans on.

    kind: the API's type. exact: cited_text is the source's own words from `start` to `end` (exclusive), letter for
    letter; a web search's are at most 150 characters and usually cut, a PDF's come from the API's own reading of it.
    unit: of start and end. source_index: of the document or search result in the request, None where `url` names it.
    block: place of the text block in its message.
    """

    kind: str
    cited_text: str
    exact: bool
    block: int
    url: str = ""
    title: str = ""
    source_index: int | None = None
    unit: Unit | None = None
    start: int | None = None
    end: int | None = None


_Pair = tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]


class _Place(NamedTuple):
    """Where a kind of citation keeps its place: the names of its fields."""

    exact: bool = False
    source_index: str = ""
    unit: Unit | None = None
    start: str = ""
    end: str = ""


_PLACES = {
    "char_location": _Place(True, "document_index", "char", "start_char_index", "end_char_index"),
    "content_block_location": _Place(True, "document_index", "block", "start_block_index", "end_block_index"),
    "search_result_location": _Place(True, "search_result_index", "block", "start_block_index", "end_block_index"),
    "page_location": _Place(False, "document_index", "page", "start_page_number", "end_page_number"),
    "web_search_result_location": _Place(),
}


class Pending(NamedTuple):
    """A server tool's call that has no result yet."""

    id: str
    name: str
    input: dict[str, Any]


def stop_reason(message: Message) -> str | None:
    """Return why the model stopped; None when the message is not whole."""
    reason = message.get("stop_reason")
    return reason if isinstance(reason, str) else None


def text_of(message: Message) -> str:
    """Return the text of all text blocks, one after the other."""
    return "".join(text(block, "text") for block in blocks_of(message) if block["type"] == "text")


def sent_back(message: Message) -> list[dict[str, Any]]:
    """Return an answer's blocks as they are to be sent back: as they came, but for what the API refuses to be sent.

    It sends texts without a word and turns without a block now and then, and takes neither back; nor what is no block.
    """
    kept = [dict(block) for block in blocks_of(message) if block["type"] != "text" or text(block, "text").strip()]
    return kept or [{"type": "text", "text": "(no words)"}]


def whole(message: Message) -> list[dict[str, Any]]:
    """Return an answer's blocks without calls that nobody will answer: those of our tools, the server's pending."""
    unanswered = {each.id for each in pending(message)}
    return [
        dict(block)
        for block in blocks_of(message)
        if block["type"] != "tool_use" and not (block["type"] in _SERVER_USES and text(block, "id") in unanswered)
    ]


def tool_uses(message: Message) -> tuple[ToolUse, ...]:
    """Return the client tools the model asks for, in order."""
    uses = (block for block in blocks_of(message) if block["type"] == "tool_use")
    return tuple(ToolUse(text(use, "id"), text(use, "name"), object_of(use.get("input"))) for use in uses)


def pending(*messages: Message) -> tuple[Pending, ...]:
    """Return the server tools' calls that have no result in these messages, in order."""
    calls = (call for call, answer in _pairs(messages) if call is not None and answer is None)
    return tuple(Pending(text(call, "id"), text(call, "name"), object_of(call.get("input"))) for call in calls)


def searches(*messages: Message) -> tuple[Search, ...]:
    """Return the web searches of these messages, in the order they were asked for."""
    return tuple(_search(*pair) for pair in _pairs(messages) if _is(pair, "web_search"))


def fetches(*messages: Message) -> tuple[Fetch, ...]:
    """Return the web fetches of these messages, in the order they were asked for."""
    return tuple(_fetch(*pair) for pair in _pairs(messages) if _is(pair, "web_fetch"))


def citations(message: Message) -> tuple[Citation, ...]:
    """Return the citations of a message's text blocks, in order. One of an unknown type has its words alone."""
    found = []
    for place, block in enumerate(content(message)):
        if isinstance(block, Mapping) and block.get("type") == "text":
            cited = block.get("citations")
            items = cited if isinstance(cited, list) else []
            found += [_citation(item, place) for item in items if isinstance(item, Mapping)]
    return tuple(found)


def _citation(item: Mapping[str, Any], place: int) -> Citation:
    kind = text(item, "type")
    place_of = _PLACES.get(kind, _Place())
    return Citation(
        kind=kind,
        cited_text=text(item, "cited_text"),
        exact=place_of.exact,
        block=place,
        url=text(item, "url") or text(item, "source"),
        title=text(item, "title") or text(item, "document_title"),
        source_index=whole_number(item, place_of.source_index),
        unit=place_of.unit,
        start=whole_number(item, place_of.start),
        end=whole_number(item, place_of.end),
    )


def _search(call: Mapping[str, Any] | None, result: Mapping[str, Any] | None) -> Search:
    given = result.get("content") if result else None
    found = given if isinstance(given, list) else []
    return Search(
        id=_id(call, result),
        query=text(object_of((call or {}).get("input")), "query"),
        results=tuple(
            SearchResult(text(item, "url"), text(item, "title"), text(item, "page_age") or None)
            for item in found
            if isinstance(item, Mapping) and item.get("type") == "web_search_result"
        ),
        error=_error(given),
        pending=result is None,
    )


def _fetch(call: Mapping[str, Any] | None, result: Mapping[str, Any] | None) -> Fetch:
    given = result.get("content") if result else None
    told = object_of(given)
    document = object_of(told.get("content"))
    source = object_of(document.get("source"))
    data = _bytes(source) if source.get("type") == "base64" else None
    words = source.get("data")
    return Fetch(
        id=_id(call, result),
        asked=text(object_of((call or {}).get("input")), "url"),
        url=text(told, "url"),
        title=text(document, "title"),
        text=words if source.get("type") == "text" and isinstance(words, str) else None,
        data=data,
        media_type=text(source, "media_type"),
        retrieved_at=text(told, "retrieved_at") or None,
        error=_error(given),
        pending=result is None,
    )


def _pairs(messages: tuple[Message, ...]) -> list[_Pair]:
    """Return each call of a server's tool with its result, in order; either may be missing, never both."""
    found: list[_Pair] = []
    for block in _all(messages):
        if block["type"] in _SERVER_USES:
            found.append((block, None))
        elif block["type"].endswith("tool_result") and block["type"] != "tool_result":
            place = _call_of(block, found)
            if place is None:
                found.append((None, block))
            else:
                found[place] = (found[place][0], block)
    return found


def _call_of(answer: Mapping[str, Any], pairs: list[_Pair]) -> int | None:
    """Return the place of the call that a result answers, by its id; by its tool where no id fits.

    (Recordings whose ids were blacked out name a call that is nowhere; the API's own always fit.)
    """
    waiting = [(place, call) for place, (call, told) in enumerate(pairs) if call is not None and told is None]
    same_id = [place for place, call in waiting if call.get("id") == answer.get("tool_use_id")]
    same_tool = [place for place, call in waiting if answer["type"] == f"{call.get('name')}_tool_result"]
    return next(iter(same_id + same_tool), None)


def _is(pair: _Pair, tool: str) -> bool:
    call, answer = pair
    return (call or {}).get("name") == tool or (answer or {}).get("type") == f"{tool}_tool_result"


def _error(given: object) -> str | None:
    """Return the code of a tool's error: its result is then an object whose type ends so, under HTTP 200."""
    told = object_of(given)
    if not text(told, "type").endswith("_error") and "error_code" not in told:
        return None
    return text(told, "error_code") or "unknown"


def _bytes(source: Mapping[str, Any]) -> bytes | None:
    try:
        return base64.b64decode(text(source, "data"), validate=True)
    except (binascii.Error, ValueError):
        return None


def _id(call: Mapping[str, Any] | None, result: Mapping[str, Any] | None) -> str:
    return text(call, "id") if call else text(result or {}, "tool_use_id")


def _all(messages: tuple[Message, ...]) -> Iterator[Mapping[str, Any]]:
    return (block for message in messages for block in blocks_of(message))
