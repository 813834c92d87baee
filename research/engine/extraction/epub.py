"""EPUB by the standard library: the chapters of the spine in reading order, a page each; no scripts, no encryption."""

from __future__ import annotations

import io
import posixpath
import zipfile
from typing import Any, NamedTuple
from urllib.parse import unquote

from research.engine.domain.errors import Unreadable

from . import archive, html
from .result import EPUB, Extraction, Limits, clean_text, clean_title, current_extractor
from .text import decode

_KIND = "EPUB"
_CONTAINER = "META-INF/container.xml"
_CHAPTERS = frozenset(("application/xhtml+xml", "text/html", "application/html+xml"))


class _Package(NamedTuple):
    """The title, and the chapters' names in the archive in reading order."""

    title: str | None
    chapters: tuple[str, ...]


def extract(data: bytes, *, limits: Limits) -> Extraction:
    """Return the text of an e-book, a page a chapter. published_date is None: an e-book's date is its file's.

    Raises `Unreadable`: damaged, a zip bomb, protected, or no text.
    """
    archive.guard(data, kind=_KIND, limits=limits)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            package = _package(book)
            text, starts, missing = _chapters(book, package, limits)
            protected = "META-INF/encryption.xml" in book.namelist()
    except (MemoryError, RecursionError, Unreadable):
        raise
    except Exception as error:  # zipfile and lxml raise nearly anything on crafted packages
        raise archive.damaged(_KIND) from error
    if not text.strip():
        why = "is protected (DRM): add a copy without protection" if protected else "has no text: add a file with text"
        raise Unreadable(f"The EPUB {why}.")
    notes = (f"{missing:,} chapters are named in the EPUB and not in it.",) if missing else ()
    extractor, version = current_extractor(EPUB)
    return Extraction(text, starts or (0,), package.title, None, extractor, version, EPUB, notes)


def _package(book: zipfile.ZipFile) -> _Package:
    container = _tree(book.read(_CONTAINER))
    path = next((node.get("full-path") for node in container.iter("{*}rootfile")), None)
    if not path:
        raise archive.damaged(_KIND)
    root = _tree(book.read(path))
    folder = posixpath.dirname(path)
    items = {
        node.get("id"): posixpath.normpath(posixpath.join(folder, unquote(node.get("href") or "")))
        for node in root.iter("{*}item")
        if node.get("media-type") in _CHAPTERS
    }
    chapters = [items[ref] for node in root.iter("{*}itemref") if (ref := node.get("idref")) in items]
    title = next((node.text for node in root.iter("{http://purl.org/dc/elements/1.1/}title")), None)
    return _Package(clean_title(title), tuple(dict.fromkeys(chapters)))


def _chapters(book: zipfile.ZipFile, package: _Package, limits: Limits) -> tuple[str, tuple[int, ...], int]:
    """Return the text, where each chapter with words begins, and how many are missing."""
    there = set(book.namelist())
    parts: list[str] = []
    starts: list[int] = []
    length = 0
    for name in package.chapters:
        words = clean_text(html.all_text(clean_text(decode(book.read(name))))) if name in there else ""
        if not words.strip():
            continue
        starts.append(length)
        parts.append(words)
        length += len(words)
        if length > limits.max_chars:
            raise Unreadable(
                f"The EPUB holds more than {limits.max_chars:,} characters of text: split it into smaller files."
            )
    return "".join(parts), tuple(starts), sum(name not in there for name in package.chapters)


def _tree(data: bytes) -> Any:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(data, parser)
