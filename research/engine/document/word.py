"""The document as DOCX: styled headings, real tables, numbered evidence, page numbers, the same bytes each time."""

from __future__ import annotations

import io

import docx
from docx.document import Document as DocxDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph

from research.engine.domain.mrd import SignedMrd

from . import charts, charts_evidence, charts_graph, layout, pictures, svg, text_control, word_back, word_body
from . import text as words
from . import word_parts as parts
from .word_body import Sheet

_BODY, _HEADS = "Georgia", "Arial"


def to_docx(signed: SignedMrd) -> bytes:
    """Return the document for Word. An unsigned one says DRAFT at its head and in the head of every page.

    Raises `InvalidInput` (field format) when the libraries that draw its charts are missing. Not thread-safe.
    """
    document = docx.Document()
    _style(document)
    _properties(document, signed)
    _page(document, signed)
    sheet = Sheet.of(document=document, signed=signed, drawn=_drawn(signed))
    _cover(sheet)
    _contents(sheet)
    for number, section in enumerate(signed.mrd.sections, 1):
        word_body.section(sheet, number, section)
    word_back.back(sheet)
    out = io.BytesIO()
    document.save(out)
    return parts.packed(out.getvalue())


def _drawn(signed: SignedMrd) -> dict[str, tuple[svg.Chart, bytes]]:
    """Return every chart of the document with its picture, by key."""
    found: list[svg.Chart] = []
    for section in signed.mrd.sections:
        if section.model is not None:
            key = layout.anchor(section.key)
            graph = charts_graph.graph(section.model, key=f"{key}-graph")
            found += [*charts.market_charts(section.model, key=key), *([graph] if graph else [])]
    found += charts_evidence.evidence_charts(signed.mrd)
    return {one.key: (one, png) for one, png in zip(found, pictures.pictures(found), strict=True)}


def _style(document: DocxDocument) -> None:
    for name, font, size, colour, before, after in (
        ("Normal", _BODY, 10.5, None, 0, 6),
        ("Title", _HEADS, 28, None, 60, 12),
        ("Heading 1", _HEADS, 17, parts.ACCENT, 22, 8),
        ("Heading 2", _HEADS, 12, None, 12, 4),
        ("Caption", _HEADS, 9.5, None, 10, 4),
        ("List Bullet", _BODY, 9.5, None, 0, 2),
    ):
        style = document.styles[name]
        style.font.name, style.font.size = font, Pt(size)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for script in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{script}"), None)
        for script in ("hAnsi", "eastAsia", "cs"):
            fonts.set(qn(f"w:{script}"), font)
        style.font.color.rgb = colour
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    document.styles["Caption"].paragraph_format.keep_with_next = True
    document.styles["Caption"].font.bold = True
    defaults = document.styles.element.find(qn("w:docDefaults"))
    for language in defaults.iter(qn("w:lang")):
        language.set(qn("w:val"), "en-US")


def _properties(document: DocxDocument, signed: SignedMrd) -> None:
    mrd, core = signed.mrd, document.core_properties
    core.title = parts.plain(text_control.shortened(text_control.file_title(signed), 250))
    core.subject = "Market requirements document"
    core.author = parts.plain(text_control.shortened("; ".join(b.name for b in signed.signatures) or "MRD Desk", 250))
    core.last_modified_by = "MRD Desk"
    core.comments = f"Document digest {signed.digest}"
    core.keywords = signed.digest
    core.content_status = words.status(signed)
    core.language = "en-US"
    core.revision = mrd.revision
    core.created, core.modified = mrd.as_of, text_control.last_moment(signed)


def _page(document: DocxDocument, signed: SignedMrd) -> None:
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(22)
    page.top_margin = page.bottom_margin = Mm(24)
    page.different_first_page_header_footer = True
    mark = words.status(signed)
    head = page.header.paragraphs[0]
    parts.write(head, f"{text_control.shortened(signed.mrd.title, 90)}  ·  ", size=8, colour=parts.SOFT)
    parts.write(head, f"{mark}, revision {signed.mrd.revision}", bold=True, size=8, colour=parts.SOFT)
    if signed.status == "draft":
        parts.write(page.first_page_header.paragraphs[0], words.DRAFT_NOTICE, bold=True, size=9, colour=parts.WARN)
    foot = page.footer.paragraphs[0]
    parts.write(foot, f"{signed.digest[:16]}  ·  Page ", size=8, colour=parts.SOFT)
    parts.field(foot, "PAGE", "1", size=8)
    parts.write(foot, " of ", size=8, colour=parts.SOFT)
    parts.field(foot, "NUMPAGES", "1", size=8)
    foot.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _cover(sheet: Sheet) -> None:
    mrd, signed, document = sheet.mrd, sheet.signed, sheet.document
    parts.write(document.add_paragraph(), "MARKET REQUIREMENTS DOCUMENT", size=9.5, colour=parts.SOFT)
    parts.write(document.add_paragraph(style="Title"), mrd.title)
    if words.one_line(mrd.prompt) != words.one_line(mrd.title):
        parts.write(document.add_paragraph(), mrd.prompt, italic=True, size=12)
    parts.write(document.add_paragraph(), words.status(signed), bold=True, size=12, colour=parts.ACCENT)
    for told, is_so in ((words.DRAFT_NOTICE, signed.status == "draft"), (words.DEMO_NOTICE, mrd.is_demo)):
        if is_so:
            parts.write(document.add_paragraph(), told, bold=True, colour=parts.WARN)
    word_body.facts(sheet, "Document control", text_control.cover_facts(signed))
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)


def _contents(sheet: Sheet) -> None:
    """Write the contents as a field: with links at once, with page numbers when Word updates it."""
    sheet.heading("Contents", anchor="contents")
    titles = [
        *((f"section-{n}", f"{n}  {part.title}") for n, part in enumerate(sheet.mrd.sections, 1)),
        *word_back.parts_of(sheet.signed),
    ]
    lines: list[Paragraph] = []
    for name, title in titles:
        line = sheet.document.add_paragraph()
        parts.inner_link(line, title, name)
        lines.append(line)
    begin, code, split = (parts.element("r") for _ in range(3))
    begin.append(parts.element("fldChar", fldCharType="begin"))
    told = parts.element("instrText")
    told.text = ' TOC \\o "1-1" \\h \\z \\u '
    told.set(qn("xml:space"), "preserve")
    code.append(told)
    split.append(parts.element("fldChar", fldCharType="separate"))
    at = 1 if lines[0]._p.pPr is not None else 0  # noqa: SLF001
    for place, run in enumerate((begin, code, split)):
        lines[0]._p.insert(at + place, run)  # noqa: SLF001
    end = parts.element("r")
    end.append(parts.element("fldChar", fldCharType="end"))
    lines[-1]._p.append(end)  # noqa: SLF001
