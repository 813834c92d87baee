"""Canonical JSON and digests: the bytes a decision, an event or a document is bound to."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Base of every domain value: immutable, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def canonical_bytes(value: Any) -> bytes:
    """Return `value` as canonical JSON: sorted keys, no spaces, UTF-8, no NaN.

    `value` is a `BaseModel` or anything `json` takes. Raises `ValueError` on NaN or infinity.
    Stored as they are, these bytes are what gets hashed; they are never made again to check a hash.
    """
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode("utf-8")


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of `data` as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def digest(value: Any) -> str:
    """Return the SHA-256 (64 hex digits) of the canonical JSON of `value`."""
    return sha256_hex(canonical_bytes(value))
