"""The back of a Word document: what is open, evidence, claims, method, signatures."""

from __future__ import annotations

from docx.shared import Mm

from research.engine.domain.mrd import SignedMrd

from . import charts_evidence, layout, paper_back, text_control, word_body
from . import text as words
from . import word_parts as parts
from .word_body import Sheet

_CLAIM_WIDTHS = (16.0, 90.0, 22.0, 22.0, 16.0)
_SOURCE_WIDTHS = (80.0, 66.0, 20.0)


def parts_of(signed: SignedMrd) -> tuple[tuple[str, str], ...]:
    """Return anchor and title of each part after the sections: those of the pages on paper."""
    return paper_back.parts(signed)


def back(sheet: Sheet) -> None:
    """Write everything behind the sections. Every part begins on a page of its own."""
    written = {"open": _open, "evidence": _evidence, "claims": _claims, "method": _method, "signatures": _signatures}
    for name, title in parts_of(sheet.signed):
        sheet.heading(title, anchor=name, new_page=True)
        written[name](sheet)


def _open(sheet: Sheet) -> None:
    table = layout.open_points(sheet.mrd)
    if table is not None:
        word_body.add_table(sheet, table)
    word_body.gaps(sheet, layout.gaps_elsewhere(sheet.mrd))
    for note in layout.gap_notes(sheet.mrd):
        parts.write(sheet.document.add_paragraph(), note, size=9, colour=parts.SOFT)


def _evidence(sheet: Sheet) -> None:
    for citation in sheet.mrd.citations:
        source = sheet.document.add_paragraph()
        source.paragraph_format.left_indent, source.paragraph_format.first_line_indent = Mm(9), Mm(-9)
        source.paragraph_format.keep_with_next = True
        word_body.tight(source)
        parts.write(source, str(citation.number), bold=True, colour=parts.ACCENT).add_tab()
        parts.outer_link(source, citation.source_title, citation.url, bold=True)
        parts.write(source, f" · {words.origin(citation)}", size=8.5, colour=parts.SOFT)
        sheet.mark(source, f"citation-{citation.number}")
        quote = sheet.document.add_paragraph()
        quote.paragraph_format.left_indent = Mm(9)
        before, after = citation.prefix.strip(), citation.suffix.strip()
        parts.write(quote, f"…{before} " if before else "", size=9, colour=parts.SOFT)
        parts.write(quote, citation.quote, size=9, bold=True)
        parts.write(quote, f" {after}…" if after else "", size=9, colour=parts.SOFT)
        where = f"  ({words.place(citation)}; text {citation.extracted_text_sha256[:16]})"
        parts.write(quote, where, size=8, colour=parts.SOFT)


def _claims(sheet: Sheet) -> None:
    heads = ("Claim revision", "Statement", "Confidence", "Accepted", "Cited")
    parts.write(sheet.document.add_paragraph(style="Caption"), "Every claim this document rests on")
    table = parts.grid(sheet.document, heads, rows=len(sheet.mrd.claims), widths=_CLAIM_WIDTHS)
    # python-docx finds a table's cells anew each time it is asked: rows are asked for once.
    for row, claim in zip(list(table.rows)[1:], sheet.mrd.claims, strict=True):
        cells = row.cells
        kind = "" if claim.kind == "stated" else f" [{claim.kind}]"
        figure = words.figure(claim.value)
        texts = (str(claim.revision_id), f"{claim.text}{kind}", words.percent(claim.confidence), claim.decided)
        for cell, text in zip(cells, texts, strict=False):
            parts.write(word_body.tight(cell.paragraphs[0]), text, size=8)
        if figure:
            parts.write(word_body.tight(cells[1].add_paragraph()), figure, size=7.5, colour=parts.SOFT)
        sheet.cite(word_body.tight(cells[4].paragraphs[0]), claim.citations)
    parts.set_widths(table, _CLAIM_WIDTHS)


def _method(sheet: Sheet) -> None:
    for line in text_control.method(sheet.mrd):
        parts.write(sheet.document.add_paragraph(), line)
    for one in charts_evidence.evidence_charts(sheet.mrd):
        sheet.chart(one.key)
    word_body.facts(sheet, "Record", text_control.record(sheet.signed))
    found = words.sources(sheet.mrd)
    if not found:
        return
    parts.write(sheet.document.add_paragraph(style="Caption"), "Sources, in order of first citation")
    heads = ("Source", "Snapshot (SHA-256)", "Cited")
    table = parts.grid(sheet.document, heads, rows=len(found), widths=_SOURCE_WIDTHS)
    for row, (citation, numbers) in zip(list(table.rows)[1:], found, strict=True):
        title, snapshot, cited = (word_body.tight(cell.paragraphs[0]) for cell in row.cells)
        parts.write(title, f"{citation.source_title} · {words.origin(citation)}", size=8)
        parts.write(snapshot, citation.snapshot_sha256, size=7)
        parts.write(cited, text_control.ranges(numbers), size=8)
    parts.set_widths(table, _SOURCE_WIDTHS)


def _signatures(sheet: Sheet) -> None:
    if not sheet.signed.signatures:
        parts.write(sheet.document.add_paragraph(), words.DRAFT_NOTICE, bold=True, colour=parts.WARN)
    for block in sheet.signed.signatures:
        parts.write(sheet.document.add_paragraph(), block.name, bold=True, italic=True, size=16)
        told = (
            ("Role", block.role),
            ("Meaning", block.meaning),
            ("Signed", words.moment(block.signed_at)),
            ("Over document digest", block.digest),
        )
        word_body.facts(sheet, "Signature", told)
