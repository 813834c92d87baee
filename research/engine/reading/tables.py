"""Find the tables of a text: rows with labels and figures, columns with their heads, the units they count in.

Two kinds: lines of a PDF's text, where a row is a label followed by figures and the columns are told by the years
and dates above; and rows joined by " | " (HTML, DOCX, CSV). Careful rather than complete: a row whose number of figures
does not fit the columns is left out, and so is a table most of whose rows do not fit.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from . import table_heads, table_piped, table_rows
from .table_heads import Column, Head, is_head
from .table_model import Measure, Row, Table, measure, period_of
from .table_rows import Cell, Line, Parts, parts_of_text

__all__ = [
    "Cell",
    "Column",
    "Measure",
    "Row",
    "Table",
    "find_tables",
    "is_head",
    "measure",
    "parts_of_text",
    "period_of",
]

_KEPT_TEXTS = 2_000  # passages come back in search after search
_PROSE_CHARS = 110
_PROSE_WORDS = 9
_MAX_LABEL_CHARS = 160
_CAPTION_CHARS = 120
# So many lines without a figure in a row are no group headings any more.
_MAX_HEADINGS = 3
_MAX_ABOVE = 14
_MIN_ROWS = 2
_INTRODUCES = re.compile(r"[.;]\s+([A-Z][^.;]*:)\Z")
_UNITS = re.compile(r"\s*\([^()]*\bin (?:thousand|million|billion)s?\b[^()]*\)", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_CLOSES_GROUP = re.compile(
    r"(?:sub)?totals?\b|net (?:income|loss|earnings|cash|change|revenues?|sales)\b|operating (?:income|loss|profit)\b|"
    r"(?:income|loss|earnings|profit)\b.{0,12}\bbefore\b|gross (?:profit|margin)\b|(?:comprehensive|consolidated)\b|"
    r"(?:cash|balance).{0,40}(?:beginning|end) of\b|provision for\b|effect of\b",
    re.IGNORECASE,
)
_FURNITURE = re.compile(r"table of contents\Z|page \d+|part [ivx]+\Z|item \d+[a-c]?\Z|\W*\d*\Z", re.IGNORECASE)


@functools.lru_cache(maxsize=_KEPT_TEXTS)
def find_tables(text: str) -> tuple[Table, ...]:
    """Return the tables of `text` in order. Offsets are code points into `text`."""
    found: list[Table] = []
    block = _Block()
    lines = table_rows.lines_of(text)
    piped: list[Line] = []
    for line in lines:
        if table_piped.SEPARATOR in f"{line.text} " or (piped and table_piped.is_rule(line.text)):
            piped.append(line)
            continue
        if piped:
            found += _piped(piped, block)
            piped, block = [], _Block()
        if line.text:
            block = _take(line, block, found)
    if piped:
        found += _piped(piped, block)
    found += block.table()
    return tuple(found)


class _Block:
    """A table as it is read, line by line."""

    def __init__(self, caption: Line | None = None) -> None:
        self.caption = caption
        self.above: list[Line] = []  # lines without figures since the last row or head
        self.head: list[Line] = []
        self.first: list[Line] = []  # what stood between the head and the first row
        self.unclear = False  # whether the last group's heading could not be read
        self.rows: list[tuple[Line, Parts, Line | None, int]] = []

    def table(self) -> list[Table]:
        """Return the table read so far, as a list of one, or none when its columns cannot be told."""
        if not self.head or not self.rows:
            return []
        # Units may stand beside the first group's heading ("Assets: (In thousands)").
        named = [line for line in self.first if table_heads.names_units(line.text)]
        head = table_heads.read([line.text for line in (*self.head, *named)])
        if not head.columns:
            return []
        return _assembled(self, head)


def _take(line: Line, block: _Block, found: list[Table]) -> _Block:
    """Read one line into `block`; return it, or the next block when the line ends it."""
    if table_heads.is_head_line(line.text):
        above = block.above
        if block.rows:
            found += block.table()
            block = _Block(_caption(above))
        elif not block.head:
            block.caption = _caption(above) or block.caption
        if not block.head and above and table_heads.names_units(above[-1].text):
            block.head.append(above[-1])  # "… was as follows ($ in millions):"
        block.above = []
        block.head.append(line)
        return block
    parts = table_rows.parts_of(line)
    if parts.cells and all(_YEAR.fullmatch(cell.raw) for cell in parts.cells):
        parts = Parts(line.text, ())  # the head of columns that are not only periods
    if parts.cells and len(parts.label) <= _MAX_LABEL_CHARS:
        _add_row(line, parts, block)
        return block
    # One long line may be a label broken over two; two are running text.
    ends = _is_prose(line.text) and bool(block.above and _is_prose(block.above[-1].text))
    block.above.append(line)
    headings = sum(1 for each in block.above if " " in each.text)
    if ends or headings > _MAX_HEADINGS or len(block.above) > _MAX_ABOVE:
        found += block.table()
        above = block.above
        block = _Block()
        block.above = above[-_MAX_ABOVE:]
    return block


def _add_row(line: Line, parts: Parts, block: _Block) -> None:
    if not block.rows:
        block.first = list(block.above)
    above = block.above
    start = line.start
    block.unclear = _words_alone(above) or (block.unclear and not above)
    if block.unclear and parts.label[:1].isupper() and " " not in parts.label:
        # Every word on a line of its own: whether they name this row or head its group cannot be told.
        block.above = []
        return
    # A label over several lines: what follows its first begins low.
    while above and parts.label[:1].islower() and not above[-1].text.endswith(":"):
        parts = Parts(f"{above[-1].text} {parts.label}", parts.cells)
        start = above.pop().start
    if _words_alone(above):
        above = []
    block.rows.append((line, parts, above[-1] if above else None, start))
    block.above = []


def _words_alone(above: Sequence[Line]) -> bool:
    return len(above) > 1 and all(" " not in line.text for line in above[-2:])


def _assembled(block: _Block, head: Head) -> list[Table]:
    rows: list[Row] = []
    parent: Line | None = None
    columns = _with_shares(block, head.columns)
    missed = 0
    for line, parts, heading, start in block.rows:
        if heading is not None:
            parent = heading if _heads_group(heading.text) else None
        if not table_rows.has_letters(parts.label):
            parent = None  # a sum without a name ends its group
            continue
        if heading is None and _CLOSES_GROUP.match(parts.label):
            parent = None
        fitted = _fitted(parts, columns)
        if fitted is None:
            missed += 1
            continue
        name = _UNITS.sub("", _folded(parent.text)).rstrip(":").strip() if parent else ""
        place = (parent.start, parent.end) if parent else (0, 0)
        rows.append(Row(_named(fitted.label), name, fitted.cells, start, line.end, *place))
    if len(rows) < max(1, missed) or _is_contents(rows, columns, head):
        return []
    signed = next((cell.currency for row in rows for cell in row.cells if cell.currency), None)
    return [
        Table(
            caption=_folded(block.caption.text).rstrip(":") if block.caption else "",
            caption_start=block.caption.start if block.caption else block.head[0].start,
            units=head.units,
            scale=head.scale,
            currency=head.currency or signed,
            columns=columns,
            rows=tuple(rows),
            head_start=block.head[0].start,
            head_end=block.head[-1].end,
        )
    ]


def _is_contents(rows: Sequence[Row], columns: Sequence[Column], head: Head) -> bool:
    """Tell whether the only figures are whole numbers that nothing measures: the pages of a list of contents."""
    cells = [cell for row in rows for cell in row.cells]
    measured = head.scale or any(cell.unit or cell.currency or "," in cell.raw or "." in cell.raw for cell in cells)
    return len(columns) == 1 and not measured


def _with_shares(block: _Block, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Return the columns with a share beside each period where most rows have figure and percentage in turn."""
    doubled = 2 * len(columns)
    pairs = sum(
        1
        for _, parts, _, _ in block.rows
        if len(parts.cells) == doubled
        and all(cell.unit == "percent" for cell in parts.cells[1::2])
        and not any(cell.unit for cell in parts.cells[::2])
    )
    single = sum(1 for _, parts, _, _ in block.rows if len(parts.cells) == len(columns))
    if pairs < _MIN_ROWS or single > pairs:
        return columns
    return tuple(each for column in columns for each in (column, Column(f"{column.head} (share)".strip(), "share")))


def _fitted(parts: Parts, columns: Sequence[Column]) -> Parts | None:
    """Return the parts with one cell a column, or None when their number does not fit.

    A footnote's mark may stand before the cells, and a row without changes has a cell for each period only.
    """
    for tried in (parts, table_rows.without_footnote(parts)):
        if len(tried.cells) == len(columns):
            return tried
    periods = [column for column in columns if column.kind == "period"]
    last = columns[len(periods) :]
    if len(parts.cells) == len(periods) and last and all(column.kind == "change" for column in last):
        end = parts.cells[-1].end
        blank = Cell("", None, None, None, end, end)
        return Parts(parts.label, (*parts.cells, *(blank for _ in last)))
    return None


def _piped(lines: list[Line], block: _Block) -> list[Table]:
    grid = table_piped.read(lines)
    if grid is None:
        return []
    caption = _caption(block.above)
    named = [line for line in block.above if table_heads.names_units(line.text)]
    units = table_heads.read([line.text for line in [*named, *grid.head]])
    rows = tuple(Row(label, "", cells, line.start, line.end) for line, label, cells in grid.rows)
    signed = next((cell.currency for row in rows for cell in row.cells if cell.currency), None)
    first = named[0] if named else grid.head[0] if grid.head else lines[0]
    last = grid.head[-1].end if grid.head else first.start
    return [
        Table(
            caption=_folded(caption.text).rstrip(":") if caption else "",
            caption_start=caption.start if caption else first.start,
            units=units.units,
            scale=units.scale,
            currency=units.currency or signed,
            columns=grid.columns,
            rows=rows,
            head_start=first.start,
            head_end=max(last, first.start),
        )
    ]


def _caption(above: Sequence[Line]) -> Line | None:
    """Return the line right above the heads that can stand as a caption: short, beginning with a capital."""
    kept = [line for line in above if not _FURNITURE.match(line.text)]
    if not kept:
        return None
    last = kept.pop()
    text, start = last.text, last.start
    introduces = _INTRODUCES.search(text)
    if introduces:  # "… by the customer. Revenue by region was as follows:"
        text, start = introduces.group(1), start + introduces.start(1)
    while kept and " " not in kept[-1].text and (" " not in last.text or text[:1].islower()):
        start = kept[-1].start
        text = f"{kept.pop().text} {text}"
    whole = text[:1].isupper() and len(text) <= _CAPTION_CHARS and not text.endswith((".", ",", ";"))
    return Line(text, start, last.end) if whole and table_rows.has_letters(text) else None


def _is_prose(text: str) -> bool:
    words = len(text.split())
    return len(text) > _PROSE_CHARS or (words > _PROSE_WORDS and text.endswith((".", ";")))


def _heads_group(text: str) -> bool:
    return text[:1].isupper() and not _is_prose(text) and ";" not in text and not text.endswith((".", ","))


def _named(label: str) -> str:
    """Return a label on one line without marks of footnotes at its end ("Acquisitions(1)")."""
    return re.sub(r"(?:\s?\(\d\))+\Z", "", _folded(label))


def _folded(text: str) -> str:
    return " ".join(text.split())
