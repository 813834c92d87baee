"""The sections of a Word document: sentences with numbered citations, charts, tables, gaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

from docx.document import Document as DocxDocument
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph

from research.engine.domain.documents import Gap, MarketModel
from research.engine.domain.mrd import Mrd, MrdCell, MrdClaim, MrdSection, MrdSentence, MrdTable, SignedMrd

from . import layout, model_table, svg
from . import text as words
from . import word_parts as parts
from .compose import SUMMARY_KEY

_UPRIGHT_MM, _ACROSS_MM = 166.0, 253.0
_LABEL_MM = 38.0


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What is needed while one document is written. drawn: charts with their pictures, by key. marks: bookmarks set."""

    document: DocxDocument
    signed: SignedMrd
    claims: dict[int, MrdClaim]
    drawn: dict[str, tuple[svg.Chart, bytes]]
    marks: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, *, document: DocxDocument, signed: SignedMrd, drawn: dict[str, tuple[svg.Chart, bytes]]) -> Self:
        claims = {claim.revision_id: claim for claim in signed.mrd.claims}
        return cls(document=document, signed=signed, claims=claims, drawn=drawn)

    @property
    def mrd(self) -> Mrd:
        return self.signed.mrd

    def heading(self, title: str, *, anchor: str, level: int = 1, new_page: bool = False) -> None:
        heading = self.document.add_heading(parts.plain(title), level)
        heading.paragraph_format.page_break_before = new_page or None
        self.mark(heading, anchor)

    def mark(self, paragraph: Paragraph, anchor: str) -> None:
        self.marks.append(anchor)
        parts.bookmark(paragraph, anchor, len(self.marks))

    def cite(self, paragraph: Paragraph, numbers: Iterable[int]) -> None:
        """Add the numbers of citations, each leading to its quote in the appendix."""
        for place, number in enumerate(numbers):
            if place:
                parts.write(paragraph, ",").font.superscript = True
            parts.inner_link(paragraph, str(number), f"citation-{number}", raised=True)

    def chart(self, key: str) -> None:
        """Add a chart under its title, with what it shows as text alternative."""
        one, png = self.drawn[key]
        parts.write(self.document.add_paragraph(style="Caption"), one.title)
        number = 1 + list(self.drawn).index(key)
        about = f"{one.title}. {one.description}"
        parts.picture(self.document, png, width_mm=_UPRIGHT_MM, about=about, number=number)


def section(sheet: Sheet, number: int, one: MrdSection) -> None:
    """Write a section: its sentences, market size, tables, and what was not found."""
    mrd = sheet.mrd
    opens = number == 1 or mrd.sections[number - 2].key == SUMMARY_KEY
    sheet.heading(f"{number}  {one.title}", anchor=f"section-{number}", new_page=opens)
    if one.regulatory or one.approved_by:
        given = "; ".join(f"{a.role} {a.actor}, decision {a.decision_id}" for a in one.approved_by)
        told = f"Approved by {given}" if given else "Not approved yet"
        kind = "Regulatory section. " if one.regulatory else ""
        parts.write(sheet.document.add_paragraph(), f"{kind}{told}.", size=8.5, colour=parts.SOFT)
    for sentence in one.sentences:
        _sentence(sheet, one, sentence)
    if one.model is not None:
        _model(sheet, one.model, key=layout.anchor(one.key))
    for table in one.tables:
        add_table(sheet, table)
    pairs = layout.contradictions_left(one, mrd)
    if pairs:
        sheet.document.add_heading("The sources disagree", 2)
    for pair in pairs:
        for side in (pair.first, pair.second):
            paragraph = sheet.document.add_paragraph(style="List Bullet")
            parts.write(paragraph, sheet.claims[side].text)
            sheet.cite(paragraph, sheet.claims[side].citations)
    gaps(sheet, layout.gaps_left(one, mrd))


def _sentence(sheet: Sheet, one: MrdSection, sentence: MrdSentence) -> None:
    if sentence.kind == "heading":
        heading = sheet.document.add_heading(parts.plain(sentence.text), 2)
        sheet.cite(heading, sentence.citations)
        return
    told = layout.told(sentence, one, sheet.mrd) if sentence.kind == "gap" else layout.Told(sentence.text, ())
    paragraph = sheet.document.add_paragraph()
    parts.write(paragraph, told.text, italic=sentence.kind == "gap")
    _see(paragraph, told)
    sheet.cite(paragraph, sentence.citations)
    for label in words.labels(sheet.claims[number] for number in sentence.claims):
        parts.write(paragraph, f"  [{label}]", size=8, colour=parts.WARN)
    _searches(sheet, told.searches)


def gaps(sheet: Sheet, found: Iterable[Gap]) -> None:
    """Write what was looked for and not found, each with its searches."""
    for gap in found:
        paragraph = sheet.document.add_paragraph()
        paragraph.paragraph_format.left_indent = Mm(4)
        paragraph.paragraph_format.keep_with_next = bool(gap.searches)
        told = layout.reason_of(gap, sheet.mrd)
        parts.write(paragraph, f"{gap.outcome.replace('_', ' ').capitalize()}: ", bold=True, size=9, colour=parts.SOFT)
        parts.write(paragraph, f"{gap.question} ", bold=True)
        parts.write(paragraph, told.text)
        _see(paragraph, told)
        _searches(sheet, told.searches)


def _see(paragraph: Paragraph, told: layout.Told) -> None:
    if told.noted:
        parts.write(paragraph, f" (see {layout.OPEN_TITLE})", size=9, colour=parts.SOFT)


def _searches(sheet: Sheet, searches: Sequence[str]) -> None:
    for search in searches:
        parts.write(sheet.document.add_paragraph(style="List Bullet"), f"searched: {search}", size=9, colour=parts.SOFT)


def facts(sheet: Sheet, caption: str, found: Sequence[tuple[str, str]]) -> None:
    """Write names and values as a table of two columns."""
    parts.write(sheet.document.add_paragraph(style="Caption"), caption)
    widths = (_LABEL_MM, _UPRIGHT_MM - _LABEL_MM)
    table = parts.grid(sheet.document, (), rows=len(found), widths=widths)
    for row, (name, value) in zip(table.rows, found, strict=True):
        parts.write(tight(row.cells[0].paragraphs[0]), name, size=8.5, colour=parts.SOFT)
        parts.write(tight(row.cells[1].paragraphs[0]), value, size=8.5)
    parts.set_widths(table, widths)


def add_table(sheet: Sheet, one: MrdTable) -> None:
    """Write a table: a grid, a grid on a sheet turned sideways, or rows stacked as records."""
    shape = layout.shape(one)
    if shape == "wide":
        _turn(sheet.document, across=True)
    parts.write(sheet.document.add_paragraph(style="Caption"), one.caption)
    if shape == "stacked":
        _records(sheet, one)
    else:
        _grid(sheet, one, _ACROSS_MM if shape == "wide" else _UPRIGHT_MM)
    if shape == "wide":
        _turn(sheet.document, across=False)
    else:
        sheet.document.add_paragraph()


def tight(paragraph: Paragraph) -> Paragraph:
    """Return the paragraph without space around it, as cells want it."""
    paragraph.paragraph_format.space_after = Pt(0)
    return paragraph


def _turn(document: DocxDocument, *, across: bool) -> None:
    page = document.add_section(WD_SECTION.NEW_PAGE)
    page.orientation = WD_ORIENT.LANDSCAPE if across else WD_ORIENT.PORTRAIT
    page.page_width, page.page_height = (Mm(297), Mm(210)) if across else (Mm(210), Mm(297))
    page.different_first_page_header_footer = False


def _grid(sheet: Sheet, one: MrdTable, width_mm: float) -> None:
    widths = [width_mm * share / 100 for share in layout.widths(one)]
    table = parts.grid(sheet.document, one.columns, rows=len(one.rows), widths=widths)
    for row, cells in zip(list(table.rows)[1:], map(layout.told_once, one.rows), strict=True):
        for place, (target, cell) in enumerate(zip(row.cells, cells, strict=True)):
            _cell(sheet, target.paragraphs[0], cell, bold=not place)
    parts.set_widths(table, widths)


def _records(sheet: Sheet, one: MrdTable) -> None:
    widths = (_LABEL_MM, _UPRIGHT_MM - _LABEL_MM)
    rows = [
        (name if place else "", cell)
        for record in map(layout.told_once, one.rows)
        for place, (name, cell) in enumerate(zip(one.columns, record, strict=True))
        if cell.text or not place
    ]
    table = parts.grid(sheet.document, (), rows=len(rows), widths=widths)
    for row, (name, cell) in zip(table.rows, rows, strict=True):
        left, right = row.cells
        if name:
            parts.write(tight(left.paragraphs[0]), name, size=8.5, colour=parts.SOFT)
            _cell(sheet, right.paragraphs[0], cell)
        else:
            whole = left.merge(right)
            parts.shade(whole, "EEF2F7")
            _cell(sheet, whole.paragraphs[0], cell, bold=True)
    parts.set_widths(table, widths)


def _cell(sheet: Sheet, paragraph: Paragraph, cell: MrdCell, *, bold: bool = False) -> None:
    parts.write(tight(paragraph), cell.text or "–", bold=bold, size=8.5)
    sheet.cite(paragraph, cell.citations)
    known = words.known_by(cell)
    if known:
        parts.write(paragraph, f"  [{known}]", size=7.5, colour=parts.SOFT)


def _model(sheet: Sheet, model: MarketModel, *, key: str) -> None:
    for name in sheet.drawn:
        if name.startswith((f"{key}-size-", f"{key}-swing-")) or name == f"{key}-graph":
            sheet.chart(name)
    if model.reconciliation:
        parts.write(sheet.document.add_paragraph(), model.reconciliation)
    for table in model_table.model_tables(model, claims=sheet.claims):
        add_table(sheet, table)
