"""CSV and its kin (semicolons, tabs, bars): a line a row, cells joined by ` | `."""

from __future__ import annotations

import csv
from collections import Counter

from . import dialect as dialects
from .result import CSV, Extraction, Limits, clean_text, whole
from .rows import MAX_COLUMNS, Lines, line
from .text import decode

# A quote that is never closed swallows the rest of the file; no honest cell has so many lines.
_MAX_CELL_LINES = 200
_MOST_ROWS = 0.5
_MAX_CELL_CHARS = 1 << 20


def extract(data: bytes, *, limits: Limits) -> Extraction:
    """Return the rows of a delimited text, heads as the file has them. Notes name rows that do not fit the others.

    Raises `Unreadable` for too much text.
    """
    text = decode(data).replace("\0", "")
    dialect = dialects.detect(text)
    notes: list[str] = []
    try:
        rendered, widths = _lines(text, dialect, limits)
    except csv.Error:
        notes.append("A quotation mark is never closed: quotation marks were read as plain characters.")
        rendered, widths = _lines(text, dialect._replace(quote="", escape=""), limits)
    notes.extend(_odd_rows(widths))
    return whole(text=clean_text(rendered), media_type=CSV, notes=tuple(notes))


def _lines(text: str, dialect: dialects.Dialect, limits: Limits) -> tuple[str, list[int]]:
    """Return the text and the cells of each row (0: an empty row). Raises `csv.Error` for an unclosed quote."""
    lines = Lines(limits=limits)
    widths: list[int] = []
    before = csv.field_size_limit(_MAX_CELL_CHARS if dialect.quote else limits.max_chars)
    try:
        for row in dialects.rows_of(text, dialect):
            if any(cell.count("\n") > _MAX_CELL_LINES for cell in row):
                raise csv.Error("unclosed quote")
            rendered = line(row)
            widths.append(len(row) if rendered else 0)
            lines.add(rendered)
    finally:
        csv.field_size_limit(before)
    return lines.text(), widths


def _odd_rows(widths: list[int]) -> list[str]:
    notes: list[str] = []
    counted = Counter(width for width in widths if width)
    if not counted:
        return notes
    usual, count = counted.most_common(1)[0]
    # Lines above the first usual row are titles.
    first = widths.index(usual)
    odd = [number for number, width in enumerate(widths, 1) if number > first and width not in {0, usual}]
    if odd and count > sum(counted.values()) * _MOST_ROWS:
        rows = f"Row {odd[0]:,} has" if len(odd) == 1 else f"{len(odd):,} rows (the first is row {odd[0]:,}) have"
        notes.append(f"{rows} another number of cells than the {usual:,} of the others: look at them in the file.")
    if max(counted) > MAX_COLUMNS:
        notes.append(f"Of rows with more than {MAX_COLUMNS} cells the first {MAX_COLUMNS} were read.")
    return notes
