"""Parse bytes in this process: what the worker does with each file. Others call `sandbox.extract` or a pool."""

from __future__ import annotations

import importlib

from research.engine.domain.errors import Unreadable

from . import sniff
from .result import CSV, DOCX, EML, EPUB, HTML, MARKDOWN, PDF, PPTX, TEXT, XLSX, Extraction, Limits

# Loaded when the first file of the kind comes: a worker that sees only PDFs never pays for the others.
_MODULES = {
    PDF: "pdf",
    HTML: "html",
    DOCX: "docx",
    XLSX: "xlsx",
    PPTX: "pptx",
    EPUB: "epub",
    EML: "eml",
    CSV: "delimited",
    MARKDOWN: "markdown",
    TEXT: "text",
}


def parse(data: bytes, *, name: str, limits: Limits) -> Extraction:
    """Return the text of `data`. `name` is the file's name, or "".

    Raises `Unreadable`, and whatever a parser raises on input its authors did not think of.
    """
    if len(data) > limits.max_bytes:
        raise too_large(limits)
    kind = sniff.media_type(data, name=name)
    parser = importlib.import_module(f"{__package__}.{_MODULES[kind]}")
    extraction: Extraction = parser.extract(data, limits=limits)
    if len(extraction.text) > limits.max_chars:
        raise Unreadable(
            f"The file holds more than {limits.max_chars:,} characters of text: split it into smaller files."
        )
    if not extraction.text.strip():
        raise Unreadable("The file has no text: there is nothing to add.")
    return extraction


def too_large(limits: Limits) -> Unreadable:
    """Return the refusal of a file over `limits.max_bytes`."""
    size = limits.max_bytes / (1 << 20)
    shown = f"{size:,.0f} MB" if size >= 1 else f"{limits.max_bytes:,} bytes"
    return Unreadable(f"The file is larger than the limit of {shown}: split it into smaller files.")
