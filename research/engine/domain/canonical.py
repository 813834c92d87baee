"""Canonical JSON and digests: the bytes a decision, an event or a document is bound to."""

from __future__ import annotations

import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """Base of every domain value: immutable, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def added(default: Any) -> Any:
    """Return a field that came to a model later: while it holds `default`, it is left out of the model's JSON.

    So what was digested before the field existed keeps its digest.
    """
    return Field(default=default, exclude_if=lambda value: value == default)


# Overrides of the writing direction: they make text read otherwise than it is stored.
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")


def readable(text: str) -> str:
    """Return `text` without its outer white space.

    Raises `ValueError` for control characters (NUL among them), half a surrogate pair, an override of the writing
    direction, or a text without a single letter or digit: such a text cannot be stored, or not be read as it is.
    """
    cut = text.strip()
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in cut) or _DIRECTION.search(cut):
        raise ValueError("it holds control characters or an override of the writing direction; take them out")
    if not any(sign.isalnum() for sign in cut):
        raise ValueError("it holds no letter or digit; write something that can be read")
    return cut


# One line of text a person or a model writes.
Line = Annotated[str, AfterValidator(readable)]


def canonical_bytes(value: Any) -> bytes:
    """Return `value` as canonical JSON: sorted keys, no spaces, UTF-8, no NaN.

    `value` is a `BaseModel` or anything `json` takes. Raises `ValueError` on NaN or infinity.
    Stored as they are, these bytes are what gets hashed; they are never made again to check a hash.
    """
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


# What JSON may hold and a database does not take: a NUL, half a surrogate pair.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SUSPICIOUS = re.compile(r"\\u0000|\\ud[89a-f]")
_DEEPEST = 200


def storable(value: Any) -> Any:
    """Return JSON as every database keeps it: what cannot be stored in a text becomes U+FFFD, no number None.

    What was received is replayed from what was stored, so both must be the same from the beginning. Most values are
    returned as they are. Raises `ValueError` for JSON nested deeper than 200.
    """
    try:
        if not _SUSPICIOUS.search(json.dumps(value, allow_nan=False)):
            return value
    except (ValueError, RecursionError):
        pass
    return _cleaned(value, 0)


def _cleaned(value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        raise ValueError(f"JSON nested deeper than {_DEEPEST} is not kept")
    match value:
        case str():
            return _UNSTORABLE.sub("\ufffd", value)
        case dict():
            return {_UNSTORABLE.sub("\ufffd", str(key)): _cleaned(each, depth + 1) for key, each in value.items()}
        case list() | tuple():
            return [_cleaned(each, depth + 1) for each in value]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value


def joined(parts: Mapping[str, bytes]) -> bytes:
    """Return the canonical JSON of an object whose values are given as their canonical bytes."""
    fields = (canonical_bytes(name) + b":" + parts[name] for name in sorted(parts))
    return b"{" + b",".join(fields) + b"}"


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of `data` as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def digest(value: Any) -> str:
    """Return the SHA-256 (64 hex digits) of the canonical JSON of `value`."""
    return sha256_hex(canonical_bytes(value))
