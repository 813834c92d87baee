"""Messages as the API would send them, built by hand: blocks, whole messages, and the events of their streams."""

from __future__ import annotations

import base64
import itertools
import json
from typing import Any

MODEL = "claude-opus-5-5"
RETRIEVED_AT = "2026-11-20T10:00:00.000000+00:00"
# Characters a delta of text or of a tool's input carries.
PIECE = 24

Block = dict[str, Any]
_ids = itertools.count(1)


def _id(prefix: str) -> str:
    return f"{prefix}_{next(_ids):024d}"


def message(
    *blocks: Block | list[Block],
    model: str = MODEL,
    stop_reason: str = "end_turn",
    input_tokens: int = 1_000,
    output_tokens: int = 100,
    cache_read: int = 0,
    cache_write: int = 0,
    **more: Any,
) -> dict[str, Any]:
    """Return a whole message. A list among the blocks (a search with its result) is laid out in its place.

    Searches and fetches are counted as the API counts them. `more`: further fields, or others instead.
    """
    content = [block for item in blocks for block in (item if isinstance(item, list) else [item])]
    made = [block["name"] for block in content if block["type"] == "server_tool_use"]
    usage: dict[str, Any] = {
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "cache_creation_input_tokens": cache_write,
        "cache_read_input_tokens": cache_read,
        "cache_creation": {"ephemeral_5m_input_tokens": cache_write, "ephemeral_1h_input_tokens": 0},
        "service_tier": "standard",
    }
    if made:
        usage["server_tool_use"] = {
            "web_search_requests": made.count("web_search"),
            "web_fetch_requests": made.count("web_fetch"),
        }
    return {
        "id": _id("msg"),
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": usage,
        **more,
    }


def paused(*blocks: Block | list[Block], **more: Any) -> dict[str, Any]:
    """Return a turn that was paused; end it with `server_tool` for a call whose result is still to come."""
    return message(*blocks, stop_reason="pause_turn", **more)


def asking(*blocks: Block | list[Block], **more: Any) -> dict[str, Any]:
    """Return a turn that asks for client tools."""
    return message(*blocks, stop_reason="tool_use", **more)


def text(words: str, *citations: dict[str, Any]) -> Block:
    block: Block = {"type": "text", "text": words}
    return block | {"citations": list(citations)} if citations else block


def structured(value: Any) -> Block:
    """Return the text block of a structured output."""
    return text(json.dumps(value, ensure_ascii=False))


def thinking(words: str) -> Block:
    return {"type": "thinking", "thinking": words, "signature": base64.b64encode(words.encode()).decode()}


def tool_use(name: str, **arguments: Any) -> Block:
    return {"type": "tool_use", "id": _id("toolu"), "name": name, "input": arguments}


def server_tool(name: str, **arguments: Any) -> Block:
    return {"type": "server_tool_use", "id": _id("srvtoolu"), "name": name, "input": arguments}


def result(name: str, call_id: str, content: Any) -> Block:
    """Return the result of a server tool's call; alone, the first block after a pause."""
    return {"type": f"{name}_tool_result", "tool_use_id": call_id, "content": content}


def found(*pages: tuple[str, str]) -> list[dict[str, Any]]:
    """Return what a web search gave: of each page its address and title."""
    return [
        {
            "type": "web_search_result",
            "url": url,
            "title": title,
            "page_age": None,
            "encrypted_content": base64.b64encode(url.encode()).decode(),
        }
        for url, title in pages
    ]


def search(query: str, *pages: tuple[str, str]) -> list[Block]:
    call = server_tool("web_search", query=query)
    return [call, result("web_search", call["id"], found(*pages))]


def failed(name: str, code: str, **arguments: Any) -> list[Block]:
    """Return a server tool's call that failed: `failed("web_search", "max_uses_exceeded", query="x")`."""
    call = server_tool(name, **arguments)
    return [call, result(name, call["id"], {"type": f"{name}_tool_result_error", "error_code": code})]


def page(url: str, words: str, *, title: str = "A page") -> dict[str, Any]:
    """Return what a web fetch gave of a page."""
    return _fetched(url, {"type": "text", "media_type": "text/plain", "data": words}, title)


def _fetched(url: str, source: dict[str, Any], title: str) -> dict[str, Any]:
    document = {"type": "document", "source": source, "title": title, "citations": {"enabled": True}}
    return {"type": "web_fetch_result", "url": url, "retrieved_at": RETRIEVED_AT, "content": document}


def fetch(url: str, words: str, *, title: str = "A page") -> list[Block]:
    call = server_tool("web_fetch", url=url)
    return [call, result("web_fetch", call["id"], page(url, words, title=title))]


def fetch_file(url: str, data: bytes, *, media_type: str = "application/pdf", title: str = "A file") -> list[Block]:
    call = server_tool("web_fetch", url=url)
    source = {"type": "base64", "media_type": media_type, "data": base64.b64encode(data).decode()}
    return [call, result("web_fetch", call["id"], _fetched(url, source, title))]


def cites_search(words: str, *, url: str, title: str = "A page") -> dict[str, Any]:
    index = base64.b64encode(url.encode()).decode()
    return {
        "type": "web_search_result_location",
        "cited_text": words,
        "url": url,
        "title": title,
        "encrypted_index": index,
    }


def cites_text(words: str, *, start: int, document: int = 0, title: str = "A page") -> dict[str, Any]:
    return {
        "type": "char_location",
        "cited_text": words,
        "document_index": document,
        "document_title": title,
        "start_char_index": start,
        "end_char_index": start + len(words),
    }


def events(whole: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the events that stream a message, the way the API cuts it up.

    Counts: those of the input at the start, the rest in the closing event, searches among them.
    """
    usage = whole["usage"]
    early = {key: value for key, value in usage.items() if key != "server_tool_use"} | {"output_tokens": 1}
    started = {**whole, "content": [], "stop_reason": None, "stop_sequence": None, "usage": early}
    made: list[dict[str, Any]] = [{"type": "message_start", "message": started}, {"type": "ping"}]
    for index, block in enumerate(whole["content"]):
        empty, deltas = _cut_up(block)
        made.append({"type": "content_block_start", "index": index, "content_block": empty})
        made += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        made.append({"type": "content_block_stop", "index": index})
    late = {key: value for key, value in usage.items() if key not in ("cache_creation", "service_tier")}
    stop = {"stop_reason": whole["stop_reason"], "stop_sequence": whole["stop_sequence"]}
    return [*made, {"type": "message_delta", "delta": stop, "usage": late}, {"type": "message_stop"}]


def _cut_up(block: Block) -> tuple[Block, list[dict[str, Any]]]:
    match block["type"]:
        case "text":
            deltas = [{"type": "text_delta", "text": piece} for piece in _pieces(block["text"])]
            cited = [{"type": "citations_delta", "citation": item} for item in block.get("citations", ())]
            empty: Block = {**block, "text": ""}
            return (empty | {"citations": []} if cited else empty), [*cited, *deltas]
        case "thinking":
            thought = [{"type": "thinking_delta", "thinking": piece} for piece in _pieces(block["thinking"])]
            sign = {"type": "signature_delta", "signature": block["signature"]}
            return {**block, "thinking": "", "signature": ""}, [*thought, sign]
        case "tool_use" | "server_tool_use":
            pieces = ["", *_pieces(json.dumps(block["input"], ensure_ascii=False))]
            return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        case _:
            return block, []


def _pieces(words: str) -> list[str]:
    return [words[start : start + PIECE] for start in range(0, len(words), PIECE)]


def sse(event: dict[str, Any]) -> bytes:
    """Return one event as it goes over the wire."""
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
