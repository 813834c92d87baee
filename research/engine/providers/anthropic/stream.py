"""A message put together from the events of its stream, block for block as it was sent.

The SDK does the same into typed objects, which keep less: a delta of a type it does not know is dropped, and so are
an unknown block's text, unknown fields of the closing event, and counts it has no name for
(`anthropic/lib/streaming/_messages.py`, `accumulate_event`). What is sent back must be what came, so this works on the
JSON itself; where both know a case, they do the same.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import pydantic_core

# Levels of objects and lists in a message. The API's own have about eight; what is far deeper is read by some parsers
# and not by others, and could not be recorded (pydantic's JSON writer ends at 255).
_MOST_LEVELS = 100


class Garbled(ValueError):
    """The stream is not what the API sends; the text says in what, without quoting it."""


class StreamError(Exception):
    """The stream told of a failure in an `error` event; `body` is its JSON."""

    def __init__(self, body: object) -> None:
        super().__init__("the stream told of an error")
        self.body = body


class MessageBuilder:
    """Takes the data of one event after another. `message` is what came so far, None before the first."""

    def __init__(self) -> None:
        self.message: dict[str, Any] | None = None
        self._blocks: dict[int, dict[str, Any]] = {}
        self._inputs: dict[int, str] = {}

    @property
    def whole(self) -> bool:
        """Whether all of it came. Its reason to stop comes last, after every block and with the final counts."""
        return self.message is not None and self.message.get("stop_reason") is not None

    def take(self, data: str) -> None:
        """Take in one event's data. Raises `Garbled`, and `StreamError` for an error event.

        Events of unknown types are passed over: the API may add some (its page on streaming, "unknown events").
        """
        try:
            event = json.loads(data)
        except (RecursionError, ValueError):
            raise Garbled("an event that is no JSON") from None
        if not isinstance(event, dict) or not isinstance(event.get("type"), str):
            raise Garbled("an event without a type")
        try:
            self._dispatch(event)
        except (KeyError, TypeError, AttributeError) as damage:
            raise Garbled(f"an event {event['type']} out of its place or without its fields") from damage

    def _dispatch(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "error":
                raise StreamError(event)
            case "message_start":
                self.message = _object(event["message"])
                self.message["content"] = _list(self.message.get("content") or [])
                self._blocks = {}
            case "content_block_start":
                block = _object(event["content_block"])
                self._content().append(block)
                self._blocks[event["index"]] = block
            case "content_block_delta":
                self._delta(event["index"], _object(event["delta"]))
            case "content_block_stop":
                self._close(event["index"])
            case "message_delta":
                self._finish(event)

    def _content(self) -> list[dict[str, Any]]:
        if self.message is None:
            raise Garbled("a block before the message")
        content: list[dict[str, Any]] = self.message["content"]
        return content

    def _delta(self, index: int, delta: dict[str, Any]) -> None:
        block = self._blocks[index]
        match delta.pop("type"):
            case "text_delta":
                block["text"] = (block.get("text") or "") + delta["text"]
            case "thinking_delta":
                block["thinking"] = (block.get("thinking") or "") + delta["thinking"]
            case "input_json_delta":
                self._inputs[index] = self._inputs.get(index, "") + delta["partial_json"]
            case "citations_delta":
                block["citations"] = [*(block.get("citations") or []), delta["citation"]]
            case "signature_delta" | "compaction_delta":
                block.update(delta)
            case _:
                # A type that came later than this code: its text goes on, all else stands as it came.
                for key, value in delta.items():
                    old = block.get(key)
                    block[key] = old + value if isinstance(old, str) and isinstance(value, str) else value

    def _close(self, index: int) -> None:
        block, text = self._blocks[index], self._inputs.pop(index, "")
        if text:
            block["input"] = _tool_input(text)

    def _finish(self, event: dict[str, Any]) -> None:
        if self.message is None:
            raise Garbled("the end of a message before its start")
        for index in list(self._inputs):
            self._close(index)
        more = {key: value for key, value in event.items() if key not in ("type", "delta", "usage")}
        for key, value in {**more, **_object(event.get("delta") or {})}.items():
            if value is not None or key not in self.message:
                self.message[key] = value
        # Counts are totals so far: they replace those of the start, and what is not told stands (SDK, same place).
        usage = self.message["usage"] = _object(self.message.get("usage") or {})
        for key, value in _object(event.get("usage") or {}).items():
            if value is not None or key not in usage:
                usage[key] = value


def plain_message(body: bytes) -> dict[str, Any] | None:
    """Return the message an answer holds that is not a stream; None when it is JSON that tells of something else.

    Raises `Garbled` when it is no JSON, and as `as_message`.
    """
    try:
        value = json.loads(body)
    except (RecursionError, ValueError):
        raise Garbled("an answer that is neither a stream nor JSON") from None
    if isinstance(value, dict) and value.get("type") != "error" and "content" in value:
        return as_message(value)
    return None


def as_message(value: object) -> dict[str, Any]:
    """Return a whole message whose outer shape is right. Its blocks are for `blocks`, which passes odd ones over.

    Raises `Garbled` where the content is no list, the reason to stop no text or the usage no object (either may be
    missing), and where some of it could not be recorded.
    """
    if not isinstance(value, dict) or not isinstance(value.get("content"), list):
        raise Garbled("a message without content")
    if not isinstance(value.get("stop_reason"), str | None):
        raise Garbled("a message whose reason to stop is no text")
    if not isinstance(value.get("usage"), dict | None):
        raise Garbled("a message whose usage is no object")
    if not _plain(value):
        raise Garbled("a message that is nested too deep or has a number that is none")
    return value


def _plain(value: object) -> bool:
    """Tell whether JSON is nested no deeper than `_MOST_LEVELS` and holds no infinite number or NaN."""
    level = [value]
    for _ in range(_MOST_LEVELS):
        if any(isinstance(each, float) and not math.isfinite(each) for each in level):
            return False
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return True
    return False


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise Garbled("a message whose content is no list")
    return list(value)


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise Garbled("an event whose parts are no objects")
    return dict(value)


def _tool_input(text: str) -> object:
    """Return a tool's input. One that was cut (`max_tokens`) keeps the fields that came, as with the SDK.

    What is no JSON at all is wrapped the way the API asks to have it sent back (its page on fine-grained tool
    streaming): {"INVALID_JSON": text}.
    """
    try:
        return _recordable(json.loads(text))
    except (RecursionError, ValueError):
        pass
    try:
        return _recordable(pydantic_core.from_json(text, allow_partial=True, allow_inf_nan=False))
    except ValueError:
        return {"INVALID_JSON": text}


def _recordable(value: object) -> object:
    if not _plain(value):
        raise ValueError("no JSON that can be recorded")
    return value
