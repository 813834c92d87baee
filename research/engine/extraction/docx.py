"""DOCX by python-docx: paragraphs and tables in document order, then foot- and endnotes."""

from __future__ import annotations

import io
import re
from typing import Any

from research.engine.domain.errors import Unreadable

from . import archive
from .result import DOCX, Extraction, Limits, clean_title, whole

# Properties hold `tab` elements that are no tabs; AlternateContent holds the same words twice, here the second time.
_SKIP = frozenset(("pPr", "rPr", "tblPr", "trPr", "tcPr", "sectPr", "Fallback"))


def extract(data: bytes, *, limits: Limits) -> Extraction:
    """Return the text of a Word document.

    published_date is None: a template's creation date is carried into every document made from it.
    Raises `Unreadable`: damaged, a zip bomb, or no text.
    """
    archive.guard(data, kind="DOCX", limits=limits)
    document = _open(data)
    parts = [_text(document.element.body)]
    parts.extend(
        _notes(relation.target_part)
        for relation in document.part.rels.values()
        if relation.reltype.endswith(("/footnotes", "/endnotes")) and not relation.is_external
    )
    text = "\n".join(part for part in parts if part.strip())
    if not text.strip():
        raise Unreadable("The DOCX has no text: if it holds pictures of pages, run text recognition (OCR) first.")
    return whole(text=text, media_type=DOCX, title=_title(document))


def _open(data: bytes) -> Any:
    import docx

    try:
        document = docx.Document(io.BytesIO(data))
    except MemoryError:
        raise
    except Exception as error:  # python-docx raises KeyError, ValueError, lxml errors … on crafted packages
        raise archive.damaged("DOCX") from error
    if document.element.body is None:
        raise archive.damaged("DOCX")
    return document


def _text(body: Any) -> str:
    """Return the text under `body`: a line a paragraph, a line a table row with cells joined by ` | `."""
    from lxml import etree

    out: list[str] = []
    row_depth = 0
    walker = etree.iterwalk(body, events=("start", "end"))
    for event, node in walker:
        tag = etree.QName(node).localname if isinstance(node.tag, str) else ""
        if event == "start":
            if tag in _SKIP:
                walker.skip_subtree()
            row_depth += tag == "tr"
            mark = _run(tag, node)
            out.append(" " if row_depth and mark == "\n" else mark)
        elif tag == "p":
            out.append(" " if row_depth else "\n")
        elif tag == "tc":
            out.append("\x01")
        elif tag == "tr":
            row_depth -= 1
            out.append("\n" if row_depth == 0 else " ")
    return _tidy("".join(out))


def _run(tag: str, node: Any) -> str:
    if tag == "t":
        return node.text or ""
    return {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}.get(tag, "")


def _tidy(text: str) -> str:
    lines: list[str] = []
    for line in text.split("\n"):
        if "\x01" in line:
            cells = [" ".join(cell.split()) for cell in line.split("\x01")]
            lines.append(" | ".join(cell for cell in cells if cell))
        else:
            lines.append(line.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


def _notes(part: Any) -> str:
    from docx.oxml import parse_xml

    try:
        return _text(parse_xml(part.blob))
    except MemoryError:
        raise
    except Exception as error:
        raise archive.damaged("DOCX") from error


def _title(document: Any) -> str | None:
    try:
        return clean_title(document.core_properties.title)
    except Exception:  # noqa: BLE001 - properties are decoration: a broken part must not cost the text
        return None
