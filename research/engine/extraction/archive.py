"""Zip packages (DOCX, XLSX, PPTX, EPUB): refuse a bomb before any of it is unpacked."""

from __future__ import annotations

import io
import zipfile

from research.engine.domain.errors import Unreadable

from .result import Limits


def guard(data: bytes, *, kind: str, limits: Limits) -> None:
    """Refuse a zip bomb, too many parts, a password or a broken archive. `kind` is what people call the file.

    What the archive declares is enough to count: zipfile gives no more of an entry than is declared, and fails
    where an entry's contents differ. Entries that share one stretch of the file are declared each.
    Raises `Unreadable`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except MemoryError:
        raise
    except Exception as error:  # zipfile raises nearly anything on crafted archives
        raise damaged(kind) from error
    if len(entries) > limits.max_entries:
        raise Unreadable(
            f"The {kind} holds {len(entries):,} parts and the limit is {limits.max_entries:,}: save its text afresh."
        )
    if any(entry.flag_bits & 1 for entry in entries):
        raise Unreadable(f"The {kind} needs a password: save it without one and add it again.")
    inflated = sum(entry.file_size for entry in entries)
    ratio = inflated / max(len(data), 1)
    if inflated > limits.max_inflated_bytes or (inflated > limits.ratio_floor_bytes and ratio > limits.max_ratio):
        raise Unreadable(
            f"The {kind} unpacks to more than {min(inflated, limits.max_inflated_bytes) // 1_000_000:,} MB, "
            f"over {int(ratio):,} times its size, as only a zip bomb does: it was not read."
        )


def damaged(kind: str) -> Unreadable:
    """Return the refusal of a package whose parts cannot be read."""
    return Unreadable(f"The {kind} is damaged: save it again from the program that made it.")
