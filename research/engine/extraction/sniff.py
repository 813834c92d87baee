"""Find out what a file is: from its bytes first, from its name second.

Bytes with a signature (PDF, Office, EPUB, HTML) are parsed as what they are, whatever the name says. A name that
promises a signed format (.pdf, .docx …) over bytes that do not keep the promise is refused: reading such a file as
plain text would put a broken file's entrails into the library. Markdown, CSV, mail and text have no signature: the name
tells them apart, and a text that is surely a table or a mail is read as one.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePath

from research.engine.domain.errors import Unreadable

from . import dialect
from .result import CSV, DOCX, EML, EPUB, HTML, MARKDOWN, PDF, PPTX, TEXT, XLSX
from .text import decode, looks_like_text

SUPPORTED_NAMES = "PDF, HTML, DOCX, XLSX, CSV, PPTX, EPUB, mail (.eml), Markdown and plain text"

_SIGNED = frozenset((".pdf", ".docx", ".xlsx", ".xlsm", ".pptx", ".epub"))
# What mail programs write first; a text that merely begins with "Subject:" is a text.
_MAIL = re.compile(
    rb"(?:Return-Path|Received|Delivered-To|Message-ID|MIME-Version|DKIM-Signature):[ \t]", re.IGNORECASE
)
_TABLES = frozenset((".csv", ".tsv", ".tab"))
_TEXTS = frozenset(("", ".txt", ".text", ".dat"))
# Enough of a text to tell whether it is a table.
_TABLE_SAMPLE_BYTES = 65_536

_HEAD_BYTES = 4_096
# ISO 32000-1 annex H, note 13: readers accept the header anywhere in the first 1,024 bytes.
_PDF_HEADER_BYTES = 1_024
_HTML_START = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*(?:<!doctype\s+html|<html|<head|<body)", re.IGNORECASE | re.DOTALL
)
_HTML_TAG = re.compile(rb"<(?:p|div|html|body|head|table|article|section|span|h[1-6]|ul|br|a)\b", re.IGNORECASE)
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")

_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"{\\rtf", "an RTF document"),
    (b"%!PS", "a PostScript document"),
)
_TEXT_MAGIC = (b"{\\rtf", b"%!PS")


def media_type(data: bytes, *, name: str = "") -> str:
    """Return the media type of `data`: one of `result.SUPPORTED`.

    `name` is the file's name, or "". Raises `Unreadable` for an empty file, an unsupported kind, or a name that
    promises what the bytes do not hold.
    """
    if not data.strip(b"\x00 \t\r\n\x0c\xef\xbb\xbf"):
        raise Unreadable("The file is empty: add it again once it has content.")
    suffix = PurePath(name).suffix.lower()
    head = data[:_HEAD_BYTES].removeprefix(b"\xef\xbb\xbf")
    signed = _by_signature(data, head, suffix)
    if signed is not None:
        return signed
    if suffix in _SIGNED:
        kind = suffix[1:].upper()
        raise Unreadable(
            f"The file is named {suffix} but holds no {kind}: it is damaged or mislabelled; save it again as {kind}."
        )
    if not looks_like_text(data):
        raise unsupported("a binary file")
    if suffix in {".html", ".htm", ".xhtml"} and _HTML_TAG.search(data[: 1 << 20]):
        return HTML
    return _text_kind(data, suffix)


def _text_kind(data: bytes, suffix: str) -> str:
    if suffix in {".md", ".markdown"}:
        return MARKDOWN
    if suffix in _TABLES:
        return CSV
    if suffix == ".eml" or (suffix in _TEXTS and _MAIL.match(data)):
        return EML
    if suffix in _TEXTS and dialect.is_table(decode(data[:_TABLE_SAMPLE_BYTES])):
        return CSV
    return TEXT


def unsupported(what: str) -> Unreadable:
    """Return the refusal of a file that is `what`, naming what is supported."""
    return Unreadable(f"The file is {what}, which cannot be read here: supported are {SUPPORTED_NAMES}.")


def _by_signature(data: bytes, head: bytes, suffix: str) -> str | None:
    if head.lstrip().startswith(b"%PDF-") or (suffix == ".pdf" and b"%PDF-" in data[:_PDF_HEADER_BYTES]):
        return PDF
    if data.startswith(b"PK\x03\x04") or (data.startswith(b"PK") and suffix in _SIGNED):
        return _zip_kind(data)
    if data.startswith(_OLE):
        raise _ole_refusal(data)
    for magic, what in _OTHERS:
        # A text may begin with "MZ"; none of these formats is text, but for the last two.
        if head.startswith(magic) and (magic in _TEXT_MAGIC or not looks_like_text(data)):
            raise unsupported(what)
    return HTML if _HTML_START.match(head) and suffix not in {".md", ".markdown"} else None


def _zip_kind(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Unreadable(
            "The file is a damaged or cut-off Office document or zip archive: save it again where it was made."
        ) from error
    if any(n.startswith("word/") and n.endswith(".xml") for n in names):
        return DOCX
    if "xl/workbook.bin" in names:
        raise Unreadable("The file is an Excel binary workbook (.xlsb): save it as .xlsx and add it again.")
    if any(n.startswith("xl/") for n in names):
        return XLSX
    if any(n.startswith("ppt/") for n in names):
        return PPTX
    if "META-INF/container.xml" in names:
        return EPUB
    # A package whose main part lies elsewhere is still a package; the parser tells.
    if "[Content_Types].xml" in names:
        return DOCX
    raise unsupported("a zip archive")


def _ole_refusal(data: bytes) -> Unreadable:
    # MS-OFFCRYPTO 2.3: an encrypted OOXML file is an OLE container with the stream "EncryptedPackage".
    if "EncryptedPackage".encode("utf-16-le") in data:
        return Unreadable("The file needs a password: save it without one and add it again.")
    return unsupported("an old Microsoft Office document (.doc, .xls, .ppt)")
