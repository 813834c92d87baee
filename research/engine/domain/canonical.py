"""Canonical JSON and digests: the bytes a decision, an event or a document is bound to."""

from __future__ import annotations

import hashlib
import json
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
