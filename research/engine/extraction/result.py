"""What a parser gives, and the limits it works under."""

from __future__ import annotations

import bisect
import datetime as dt
import importlib.metadata
import re
from collections.abc import Sequence
from typing import NamedTuple

PDF = "application/pdf"
HTML = "text/html"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
EPUB = "application/epub+zip"
EML = "message/rfc822"
CSV = "text/csv"
MARKDOWN = "text/markdown"
TEXT = "text/plain"

MAX_TITLE_CHARS = 300

# The distributions whose release changes what a parser gives, and this package's own revision of it:
# raise the revision whenever the code here gives other text for the same bytes.
_PARTS: dict[str, tuple[str, int, tuple[str, ...]]] = {
    PDF: ("pypdfium2", 1, ("pypdfium2",)),
    HTML: ("trafilatura", 2, ("trafilatura", "lxml")),
    DOCX: ("python-docx", 1, ("python-docx",)),
    XLSX: ("openpyxl", 1, ("openpyxl",)),
    PPTX: ("python-pptx", 1, ("python-pptx",)),
    EPUB: ("epub", 1, ("lxml",)),
    EML: ("mail", 1, ("lxml",)),
    CSV: ("delimited", 1, ()),
    MARKDOWN: ("markdown-it", 1, ("markdown-it-py",)),
    TEXT: ("plain-text", 1, ()),
}
SUPPORTED = tuple(_PARTS)
_NAMES = {
    PDF: "PDF",
    HTML: "HTML page",
    DOCX: "Word (DOCX)",
    XLSX: "Excel (XLSX)",
    PPTX: "PowerPoint (PPTX)",
    EPUB: "EPUB",
    EML: "mail",
    CSV: "CSV",
    MARKDOWN: "Markdown",
    TEXT: "plain text",
}

# Controls other than tab and line feed, lone surrogates, non-characters: databases, XML and JSON refuse them.
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n?|\x0b|\x0c|\x85|\u2028|\u2029")


class Limits(NamedTuple):
    """What one file may cost.

    max_bytes: the file's size. timeout_s: wall seconds, and CPU seconds. memory_mb: address space of the parsing
    process in MiB. max_chars: code points of text. max_inflated_bytes, max_entries, max_ratio: of a zip package's;
    the ratio (inflated to packed) counts only above `ratio_floor_bytes`, as small XML packs well honestly.
    """

    max_bytes: int = 64 * 1024 * 1024
    timeout_s: float = 60.0
    memory_mb: int = 1024
    max_chars: int = 20_000_000
    max_pages: int = 5_000
    max_inflated_bytes: int = 256 * 1024 * 1024
    max_entries: int = 4_096
    max_ratio: int = 100
    ratio_floor_bytes: int = 8 * 1024 * 1024


class Extraction(NamedTuple):
    r"""The text of a file, with pages.

    text: exactly the string all offsets count code points in; `\n` ends lines, no NUL, no lone surrogate, not
    normalised. page_starts: offset of each page, page 1 first; `(0,)` for a format without pages. title and
    published_date: what the file says of itself, or None. extractor and extractor_version: together they name
    what made this text; another version may give other text. notes: what could not be read, in sentences.
    """

    text: str
    page_starts: tuple[int, ...]
    title: str | None
    published_date: dt.date | None
    extractor: str
    extractor_version: str
    media_type: str
    notes: tuple[str, ...] = ()


class ExtractorId(NamedTuple):
    """Name and version of what parses a media type now."""

    extractor: str
    extractor_version: str


def current_extractor(media_type: str) -> ExtractorId:
    """Return what would parse `media_type` now, without loading it. Raises `KeyError` for an unsupported type."""
    name, revision, distributions = _PARTS[media_type]
    versions = [f"{d}-{importlib.metadata.version(d)}" for d in distributions]
    return ExtractorId(name, "+".join([f"r{revision}", *versions]))


def type_name(media_type: str) -> str:
    """Return what people call a media type; the type itself where nothing here reads it."""
    return _NAMES.get(media_type, media_type)


def clean_text(text: str) -> str:
    r"""Return `text` with `\n` line ends and without what cannot be stored: controls, lone surrogates, BOMs."""
    return _UNWANTED.sub("", _LINE_ENDS.sub("\n", text))


def clean_title(title: object) -> str | None:
    """Return `title` on one line, at most 300 characters, or None when nothing is left."""
    if not isinstance(title, str):
        return None
    return " ".join(clean_text(title).split())[:MAX_TITLE_CHARS] or None


def parse_date(value: object) -> dt.date | None:
    """Return the date that `value` begins with (`YYYY-MM-DD…` or `YYYYMMDD`), or None."""
    found = re.match(r"\s*(\d{4})-?(\d{2})-?(\d{2})(?!\d)", value) if isinstance(value, str) else None
    if found is None:
        return None
    try:
        return dt.date(*map(int, found.groups()))
    except ValueError:
        return None


def page_at(page_starts: Sequence[int], offset: int) -> int:
    """Return the page (from 1) that holds the code point at `offset`."""
    return max(1, bisect.bisect_right(page_starts, offset))


def whole(
    *,
    text: str,
    media_type: str,
    title: str | None = None,
    published_date: dt.date | None = None,
    notes: tuple[str, ...] = (),
) -> Extraction:
    """Return the Extraction of a format without pages. `text` is cleaned here."""
    extractor, version = current_extractor(media_type)
    return Extraction(clean_text(text), (0,), title, published_date, extractor, version, media_type, notes)
