"""The pieces of a Word document that python-docx does not have: links, bookmarks, fields, shaded and repeated rows."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from docx.document import Document as DocxDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from . import text as words

ACCENT, SOFT, WARN = RGBColor(0x16, 0x45, 0x7A), RGBColor(0x55, 0x60, 0x6F), RGBColor(0x8A, 0x53, 0x00)
_TABLE_ORDER = ("tblStyle", "tblW", "jc", "tblBorders", "tblLayout", "tblCellMar", "tblLook")
# Unicode's last two code points of each plane are no characters, and XML refuses the first plane's.
_NO_CHARACTER = 0xFFFE
# The earliest moment a zip file can name: the same bytes each time.
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def plain(text: str) -> str:
    """Return `text` on one line, with what XML cannot hold shown as U+FFFD; a space at either end stays."""
    line = "".join("\ufffd" if ord(char) & _NO_CHARACTER == _NO_CHARACTER else char for char in words.one_line(text))
    before = " " if text[:1].isspace() else ""
    return f"{before}{line}{' ' if line and text[-1:].isspace() else ''}"


def write(paragraph: Paragraph, text: str, *, bold: bool = False, italic: bool = False, size: float | None = None,
          colour: RGBColor | None = None) -> Run:  # fmt: skip
    """Add `text` to the paragraph as plain words. size: points, None for the style's."""
    run = paragraph.add_run(plain(text))
    run.bold, run.italic = bold or None, italic or None
    if size is not None:
        run.font.size = Pt(size)
    if colour is not None:
        run.font.color.rgb = colour
    return run


def element(tag: str, /, **attributes: str) -> Any:
    """Return an element of the word processing namespace; the attributes are of the same."""
    made = OxmlElement(f"w:{tag}")
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def bookmark(paragraph: Paragraph, name: str, number: int) -> None:
    """Mark the paragraph as a place to link to. number: unique in the document."""
    held = paragraph._p  # noqa: SLF001
    held.insert(0 if held.pPr is None else 1, element("bookmarkStart", id=str(number), name=_anchor(name)))
    held.append(element("bookmarkEnd", id=str(number)))


def inner_link(
    paragraph: Paragraph, text: str, anchor: str, *, raised: bool = False, colour: RGBColor = ACCENT
) -> None:
    """Add words that lead to a bookmark."""
    run = write(paragraph, text, colour=colour)
    run.font.superscript = raised or None
    made = element("hyperlink", anchor=_anchor(anchor), history="1")
    made.append(run._r)  # noqa: SLF001
    paragraph._p.append(made)  # noqa: SLF001


def outer_link(paragraph: Paragraph, text: str, url: str | None, *, bold: bool = False) -> None:
    """Add words that lead to an http(s) address; bare words where there is none."""
    run = write(paragraph, text, bold=bold)
    safe = words.safe_url(url)
    if safe is None:
        return
    run.font.color.rgb = ACCENT
    made = OxmlElement("w:hyperlink")
    made.set(qn("r:id"), paragraph.part.relate_to(safe, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    made.append(run._r)  # noqa: SLF001
    paragraph._p.append(made)  # noqa: SLF001


def field(paragraph: Paragraph, instruction: str, shown: str, *, size: float | None = None) -> None:
    """Add a field (PAGE, NUMPAGES) that Word fills in. shown: until then."""
    for kind in ("begin", "separate", "end"):
        run = write(paragraph, "", size=size)
        if kind == "separate":
            code = element("instrText")
            code.set(qn("xml:space"), "preserve")
            code.text = f" {instruction} "
            run._r.append(code)  # noqa: SLF001
            run = write(paragraph, "", size=size)
        run._r.append(element("fldChar", fldCharType=kind))  # noqa: SLF001
        if kind == "separate":
            write(paragraph, shown, size=size)


def shade(cell: _Cell, fill: str) -> None:
    """Fill a cell's background. fill: six hex digits."""
    cell._tc.get_or_add_tcPr().append(element("shd", val="clear", color="auto", fill=fill))  # noqa: SLF001


def grid(document: DocxDocument, heads: Sequence[str], *, rows: int, widths: Sequence[float]) -> Table:
    """Add a table with a head row that is repeated on every page, and rows that stay whole. widths: millimetres."""
    table: Table = document.add_table(rows=rows + (1 if heads else 0), cols=len(widths))
    table.autofit = False
    _rule(table)
    for place, width in enumerate(widths):
        table.columns[place].width = Mm(width)
    for row in table.rows:
        row._tr.get_or_add_trPr().append(element("cantSplit"))  # noqa: SLF001
    if heads:
        first = table.rows[0]
        first._tr.get_or_add_trPr().append(element("tblHeader"))  # noqa: SLF001
        for cell, name in zip(first.cells, heads, strict=True):
            shade(cell, "EEF2F7")
            write(cell.paragraphs[0], name, bold=True, size=8)
    return table


def set_widths(table: Table, widths: Sequence[float]) -> None:
    """Give every cell its column's width, which readers other than Word ask for. widths: millimetres."""
    for row in table.rows:
        # A merged cell stands once for each column it covers.
        covered: dict[_Cell, float] = {}
        for cell, width in zip(row.cells, widths, strict=True):
            covered[cell] = covered.get(cell, 0.0) + width
        for cell, width in covered.items():
            cell.width = Mm(width)


def _rule(table: Table) -> None:
    borders = element("tblBorders")
    for side in ("top", "bottom", "insideH"):
        borders.append(element(side, val="single", sz="4", space="0", color="C9CED6"))
    properties = table._tbl.tblPr  # noqa: SLF001
    properties.append(borders)
    margins = element("tblCellMar")
    for side, width in (("top", "40"), ("left", "60"), ("bottom", "40"), ("right", "60")):
        margins.append(element(side, w=width, type="dxa"))
    properties.append(margins)
    # Word reads the properties of a table in this order alone.
    properties[:] = sorted(properties, key=lambda one: _TABLE_ORDER.index(one.tag.rpartition("}")[2]))


def picture(document: DocxDocument, png: bytes, *, width_mm: float, about: str, number: int) -> None:
    """Add a picture with its text alternative. number: unique among the pictures."""
    shape = document.add_picture(io.BytesIO(png), width=Mm(width_mm))
    named = shape._inline.docPr  # noqa: SLF001
    named.set("descr", plain(about))
    named.set("name", f"Chart {number}")
    named.set("id", str(number))


def packed(content: bytes) -> bytes:
    """Return a Word file with fixed dates inside, so that the same document gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in _in_order(given.namelist()):
            info = zipfile.ZipInfo(name, _ZIP_EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system, info.external_attr = 3, 0o600 << 16
            made.writestr(info, given.read(name))
    return out.getvalue()


def _anchor(name: str) -> str:
    # Word's bookmarks have letters, digits and low lines.
    return name.replace("-", "_")


def _in_order(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (name != "[Content_Types].xml", name))
