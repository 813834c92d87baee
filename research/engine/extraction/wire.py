"""How a pool and its workers talk: one request line, one reply of a JSON header and the text."""

from __future__ import annotations

import datetime as dt
import json
import struct
from typing import Any, NamedTuple

from .result import Extraction

READY = b"R"
SIZES = struct.Struct(">II")  # bytes of the header, bytes of the text
# 5,000 pages of offsets and notes are under 1 MiB; more is no honest reply.
MAX_HEADER_BYTES = 4 << 20


class Reply(NamedTuple):
    """A worker's answer: an extraction or the sentence of a refusal. `last`: the worker ends after it."""

    extraction: Extraction | None
    refusal: str | None
    last: bool


def pack(reply: Reply) -> bytes:
    """Return `reply` as bytes."""
    fields: dict[str, Any] = {}
    text = b""
    if reply.extraction is not None:
        fields = reply.extraction._asdict()
        text = fields.pop("text").encode("utf-8")
        date = reply.extraction.published_date
        fields["published_date"] = date.isoformat() if date else None
    header = json.dumps({"fields": fields, "refusal": reply.refusal, "last": reply.last}).encode()
    return SIZES.pack(len(header), len(text)) + header + text


def unpack(header: bytes, text: bytes) -> Reply:
    """Return the reply in `header` and `text`. Raises `ValueError`, `KeyError` or `TypeError` when they hold none."""
    data = json.loads(header)
    if data["refusal"] is not None:
        return Reply(None, str(data["refusal"]), bool(data["last"]))
    fields = data["fields"]
    date = fields.pop("published_date")
    extraction = Extraction(
        text=text.decode("utf-8"),
        published_date=dt.date.fromisoformat(date) if date else None,
        page_starts=tuple(fields.pop("page_starts")),
        notes=tuple(fields.pop("notes")),
        **fields,
    )
    return Reply(extraction, None, bool(data["last"]))
