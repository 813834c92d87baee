"""Fields of messages and their blocks, read so that nothing raises: what is not of its kind counts as missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Message = Mapping[str, Any]


def content(message: Message) -> list[Any]:
    """Return what a message holds, as it came: blocks, and whatever else stands there; [] for what is no list.

    A user's message may have one string for its content; it is one text block.
    """
    told = message.get("content")
    if isinstance(told, str):
        return [{"type": "text", "text": told}]
    return list(told) if isinstance(told, list | tuple) else []


def blocks_of(message: Message) -> Iterator[Mapping[str, Any]]:
    """Return the blocks of a message that are some: objects with a type, known here or not."""
    return (item for item in content(message) if isinstance(item, Mapping) and isinstance(item.get("type"), str))


def text(item: Mapping[str, Any], key: str) -> str:
    """Return a field's text, "" for none."""
    value = item.get(key)
    return value if isinstance(value, str) else ""


def whole_number(item: Mapping[str, Any], key: str) -> int | None:
    """Return a field's whole number, None for none."""
    value = item.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def object_of(value: object) -> dict[str, Any]:
    """Return an object's fields, none where it is no object."""
    return dict(value) if isinstance(value, Mapping) else {}
