"""Read the text of a CSV file or a workbook back as tables of typed columns, each row at its place in the text.

The text has a line a row, cells joined by ` | ` (`extraction.rows`); a workbook's sheets are pages that begin with
`# ` and the sheet's name. Tables are parted by blank lines; lines above a head are its caption.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from .sheet_columns import Column, is_value, typed

SEPARATOR = " | "
_SHEET = "# "
# A head names at least this share of its columns.
_NAMED_SHARE = 0.6
# Heads over columns of years and quarters.
_PERIOD = re.compile(r"(?:FY|CY|Q[1-4]|H[12])?\s*'?(?:19|20)?\d\d(?:\s*(?:Q[1-4]|H[12]|[AEF]))?", re.IGNORECASE)
_HEAD_LINES = 12  # so many lines may stand above a head: titles, sources, units


class SheetRow(NamedTuple):
    """A row: its cells as they stand ("" for an empty one), and its line's place in the text (code points)."""

    cells: tuple[str, ...]
    start: int
    end: int
    page: int


class Sheet(NamedTuple):
    """A table. name: the sheet's, with " (2)" and so on for further tables of it, or "table", "table 2" … of a CSV.

    caption: the lines above the head, on one line, or "". columns: typed by their cells; a table without a head has
    columns named "column 1" and so on. head_start, head_end: the head's line in the text, equal without a head.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[SheetRow, ...]
    head_start: int
    head_end: int


class _Block(NamedTuple):
    sheet: str
    rows: tuple[SheetRow, ...]


class _Draft(NamedTuple):
    """A table before its columns are typed. head: None where there is none."""

    sheet: str
    caption: str
    head: SheetRow | None
    rows: tuple[SheetRow, ...]


def read(text: str, *, page_starts: Sequence[int]) -> tuple[Sheet, ...]:
    """Return the tables of `text` in order, none for a text without rows. page_starts: offset of each page."""
    drafts: list[_Draft] = []
    caption: list[str] = []
    sheet = ""
    for block in _blocks(text, page_starts):
        if block.sheet != sheet:
            sheet, caption = block.sheet, []
        draft = _draft(block)
        last = drafts[-1] if drafts else None
        if draft is None:  # titles, notes: a caption of what follows
            caption.extend(" ".join(filter(None, row.cells)) for row in block.rows)
        elif draft.head is None and last is not None and last.sheet == sheet and not caption and _fits(draft, last):
            drafts[-1] = last._replace(rows=last.rows + draft.rows)
        else:
            above = " ".join(filter(None, [*caption, draft.caption]))
            drafts.append(draft._replace(caption=above))
            caption = []
    return _named(drafts)


def _blocks(text: str, page_starts: Sequence[int]) -> list[_Block]:
    """Return the runs of lines between blank lines, by sheet."""
    blocks: list[_Block] = []
    bounds = [*page_starts, len(text)]
    for page in range(1, len(bounds)):
        at, end = bounds[page - 1], bounds[page]
        sheet = ""
        rows: list[SheetRow] = []
        for line in text[at:end].split("\n"):
            if line.startswith(_SHEET) and not rows and not sheet:
                sheet = line.removeprefix(_SHEET)
            elif line.strip():
                rows.append(SheetRow(tuple(cell.strip() for cell in line.split(SEPARATOR)), at, at + len(line), page))
            elif rows:
                blocks.append(_Block(sheet, tuple(rows)))
                rows = []
            at += len(line) + 1
        if rows:
            blocks.append(_Block(sheet, tuple(rows)))
    return blocks


def _draft(block: _Block) -> _Draft | None:
    """Return the table of a block, or None when it holds none (one column of words)."""
    widths = Counter(len(row.cells) for row in block.rows)
    width = max(widths, key=lambda each: (widths[each] * (each > 1), each))
    if width == 1:
        first = block.rows[0]
        values = any(is_value(row.cells[0]) for row in block.rows[1:])
        if not values:
            return None
        head = None if is_value(first.cells[0]) else first
        return _Draft(block.sheet, "", head, block.rows[1:] if head else block.rows)
    # One row of words is a title that a delimiter in it has parted.
    if widths[width] == 1 and not any(is_value(cell) for row in block.rows for cell in row.cells):
        return None
    for at, row in enumerate(block.rows[:_HEAD_LINES]):
        if _is_head(row, width):
            caption = " ".join(" ".join(filter(None, above.cells)) for above in block.rows[:at])
            return _Draft(block.sheet, caption, row, block.rows[at + 1 :])
        if len(row.cells) >= width and any(map(is_value, row.cells)):
            break
    return _Draft(block.sheet, "", None, block.rows)


def _is_head(row: SheetRow, width: int) -> bool:
    """Tell whether a row names columns: most of them, with words or periods, each differently."""
    named = [cell for cell in row.cells if cell]
    if len(named) < max(2, width * _NAMED_SHARE) or len(set(named)) < len(named):
        return False
    words = [cell for cell in named if not is_value(cell)]
    return all(not is_value(cell) or _PERIOD.fullmatch(cell) for cell in named) and bool(words)


def _fits(draft: _Draft, last: _Draft) -> bool:
    """Tell whether rows without a head go on with the table above: after a blank line, as many cells."""
    width = max(len(row.cells) for row in draft.rows)
    above = len(last.head.cells) if last.head else max((len(row.cells) for row in last.rows), default=0)
    return width == above


def _named(drafts: Sequence[_Draft]) -> tuple[Sheet, ...]:
    counts: Counter[str] = Counter()
    sheets = []
    for draft in drafts:
        counts[draft.sheet] += 1
        number = counts[draft.sheet]
        name = draft.sheet or "table"
        suffix = "" if number == 1 else f" ({number})" if draft.sheet else f" {number}"
        start, end = (draft.head.start, draft.head.end) if draft.head else (draft.rows[0].start,) * 2
        sheets.append(Sheet(name + suffix, draft.caption, _columns(draft), draft.rows, start, end))
    return tuple(sheets)


def _columns(draft: _Draft) -> tuple[Column, ...]:
    heads = draft.head.cells if draft.head else ()
    width = max([len(heads), *(len(row.cells) for row in draft.rows)])
    seen: Counter[str] = Counter()
    columns = []
    for at in range(width):
        name = (heads[at] if at < len(heads) else "") or f"column {at + 1}"
        seen[name.casefold()] += 1
        if seen[name.casefold()] > 1:
            name = f"{name} ({seen[name.casefold()]})"
        cells = [row.cells[at] if at < len(row.cells) else "" for row in draft.rows]
        columns.append(typed(name=name, position=at, cells=cells, caption=draft.caption))
    return tuple(columns)
