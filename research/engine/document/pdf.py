"""The document as PDF: tagged (PDF/UA-1), with bookmarks, footnotes and page numbers, the same bytes each time."""

from __future__ import annotations

import ctypes
import io
import logging
import sys

from research.engine.domain.errors import InvalidInput
from research.engine.domain.mrd import SignedMrd

from .paper import paper

LIBRARIES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core"
# What WeasyPrint loads (weasyprint/text/ffi.py); asked for one by one, which is quicker than loading WeasyPrint.
_NEEDED = (
    "libgobject-2.0.so.0",
    "libpango-1.0.so.0",
    "libpangoft2-1.0.so.0",
    "libfontconfig.so.1",
    "libharfbuzz.so.0",
    "libharfbuzz-subset.so.0",
)
_VARIANT = "pdf/ua-1"


def missing() -> str:
    """Return a sentence on the system libraries that pages cannot be set without, or "" when all are there."""
    if sys.platform == "linux" and not all(map(_loads, _NEEDED)):
        return (
            "Pages cannot be set: the system's text libraries are missing. On Debian and Ubuntu install them with "
            f"'apt-get install {LIBRARIES}'; md, html and json need none."
        )
    return ""


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def to_pdf(signed: SignedMrd) -> bytes:
    """Return the document as PDF/UA-1. An unsigned one bears DRAFT across every page.

    Raises `InvalidInput` (field format) when the system's text libraries are missing. Not thread-safe.
    """
    return set_pages(paper(signed), identifier=signed.digest.encode())


def set_pages(page: str, *, identifier: bytes) -> bytes:
    """Return an HTML page of our own as PDF. identifier: bytes that name the document in the file.

    Raises `InvalidInput` (field format) when the system's text libraries are missing.
    """
    told = missing()
    if told:
        raise InvalidInput(told, field="format")
    import weasyprint
    from weasyprint.urls import URLFetcher

    _quiet()
    out = io.BytesIO()
    # Pictures written into the page are all it may open: no address, no file.
    fetcher = URLFetcher(allowed_protocols={"data"})
    weasyprint.HTML(string=page, url_fetcher=fetcher).write_pdf(
        out, pdf_variant=_VARIANT, pdf_identifier=identifier, presentational_hints=True
    )
    return out.getvalue()


def _quiet() -> None:
    # It tells of each style it does not know; what matters are its errors.
    for name in ("weasyprint", "fontTools"):
        logging.getLogger(name).setLevel(logging.ERROR)
