"""PDF text by pypdfium2: each page's text in reading order, pages as the file has them."""

from __future__ import annotations

from typing import Any

from research.engine.domain.errors import Unreadable

from .result import PDF, Extraction, Limits, clean_text, clean_title, current_extractor

# public/fpdfview.h: FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
_PASSWORD, _SECURITY = 4, 5
# Enough to tell a scan from blank pages.
_LOOKED_AT_PAGES = 20
# A scan may bear a stamped page number; images over half of a page (scanners cut pages into strips) are the page.
_STAMP_CHARS, _PICTURED_SHARE = 20, 0.5
_NAMED_RUNS = 12


def extract(data: bytes, *, limits: Limits) -> Extraction:
    """Return the text of a PDF, one page after the other.

    A page that cannot be read is empty and named in `notes`, as are pages that are images without text.
    published_date is None: a PDF's own dates say when the file was made, which may be years after its words.
    Raises `Unreadable`: damaged, encrypted, no pages, too many, too much text, or no text at all.
    """
    document = _open(data)
    try:
        count = len(document)
        if count == 0:
            raise Unreadable("The PDF has no pages: it is damaged or cut off; download or save it again.")
        if count > limits.max_pages:
            raise Unreadable(
                f"The PDF has {count:,} pages and the limit is {limits.max_pages:,}: split it into smaller files."
            )
        text, starts, notes = _pages(document, count, limits)
        title = _title(document)
        empty = "" if text.strip() else _why_empty(document, count, len(notes))
    finally:
        document.close()
    if empty:
        raise Unreadable(empty)
    extractor, version = current_extractor(PDF)
    return Extraction(text, starts, title, None, extractor, version, PDF, notes)


def _open(data: bytes) -> Any:
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD:
            raise Unreadable("The PDF needs a password: save it without one and add it again.") from error
        if getattr(error, "err_code", None) == _SECURITY:
            raise Unreadable("The PDF is encrypted in a way that cannot be opened: save it unencrypted.") from error
        raise Unreadable("The PDF is damaged or cut off: download or save it again.") from error


def _pages(document: Any, count: int, limits: Limits) -> tuple[str, tuple[int, ...], tuple[str, ...]]:
    import pypdfium2

    parts: list[str] = []
    starts: list[int] = []
    notes: list[str] = []
    scanned: list[int] = []
    length = 0
    for index in range(count):
        try:
            raw, pictured = _page_text(document, index)
            if pictured:
                scanned.append(index + 1)
        except pypdfium2.PdfiumError:
            raw = ""
            notes.append(f"Page {index + 1} is damaged and could not be read.")
        # The line end keeps the last word of a page from growing together with the first of the next.
        part = raw + "\n"
        starts.append(length)
        parts.append(part)
        length += len(part)
        if length > limits.max_chars:
            raise Unreadable(
                f"The PDF holds more than {limits.max_chars:,} characters of text: split it into smaller files."
            )
    if scanned and len(scanned) < count:
        notes.append(_said_scanned(scanned))
    return "".join(parts), tuple(starts), tuple(notes)


def _said_scanned(pages: list[int]) -> str:
    """Return a sentence naming the pages, runs as "3–5"."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and runs[-1][1] == page - 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    named = [f"{first}" if first == last else f"{first}–{last}" for first, last in runs[:_NAMED_RUNS]]
    more = sum(last - first + 1 for first, last in runs[_NAMED_RUNS:])
    listed = ", ".join(named) + (f" and {more:,} more" if more else "")
    which, it = (f"Page {listed} is an image", "its") if len(pages) == 1 else (f"Pages {listed} are images", "their")
    return f"{which} without text, as scans are: run text recognition (OCR) on the file to have {it} words."


def _why_empty(document: Any, count: int, damaged: int) -> str:
    """Return the refusal of a PDF without text: all damaged, images (scanned), or blank pages and drawings."""
    if damaged == count:
        return "The PDF is damaged: none of its pages can be read; download or save it again."
    pages = "its only page holds" if count == 1 else f"its {count:,} pages hold"
    if any(_has_image(document, index) for index in range(min(count, _LOOKED_AT_PAGES))):
        return f"The PDF has no text: {pages} images only, no text; run text recognition (OCR) on it first."
    return f"The PDF has no text: {pages} no words, only blanks or drawings; add a file with text."


def _has_image(document: Any, index: int) -> bool:
    import pypdfium2

    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return False
    try:
        return any(True for _ in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]))
    except pypdfium2.PdfiumError:
        return False
    finally:
        page.close()


def _page_text(document: Any, index: int) -> tuple[str, bool]:
    """Return a page's text, and whether it has next to none and images over most of the page instead."""
    page = document[index]
    try:
        text_page = page.get_textpage()
        try:
            raw: str = text_page.get_text_range()
        finally:
            text_page.close()
        pictured = len(raw.strip()) <= _STAMP_CHARS and _is_pictured(page)
    finally:
        page.close()
    # pdfium marks a hyphen at a line's end with U+FFFE; the page shows a hyphen there.
    return clean_text(raw.replace("\ufffe", "-")), pictured


def _is_pictured(page: Any) -> bool:
    import pypdfium2

    width, height = page.get_size()
    covered = 0.0
    try:
        for image in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]):
            left, bottom, right, top = image.get_bounds()
            covered += max(0.0, min(right, width) - max(left, 0.0)) * max(0.0, min(top, height) - max(bottom, 0.0))
    except pypdfium2.PdfiumError:
        return False
    return bool(covered > width * height * _PICTURED_SHARE)


def _title(document: Any) -> str | None:
    title = clean_title(document.get_metadata_value("Title"))
    # Generators put a file name or an accession number there; better none than that.
    if title is None or not any(c.isalpha() for c in title) or title.lower().startswith(("microsoft word", "untitled")):
        return None
    return title
