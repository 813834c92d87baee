"""Read a table whose rows are lines of cells joined by " | ", as HTML, DOCX and CSV are kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from . import table_heads, table_rows
from .table_heads import Column
from .table_rows import Cell, Line

SEPARATOR = " | "
_RULE = re.compile(r"[\s|:+-]*\Z")
_PERIOD = re.compile(r"(?:19|20)\d\d|\bQ[1-4]\b", re.IGNORECASE)
_CHANGE = re.compile(r"change|growth|increase|vs\.", re.IGNORECASE)


def is_rule(text: str) -> bool:
    """Tell whether a line is the rule under a table's head ("|---|---|"), as articles taken from HTML have it."""
    return "|" in text and _RULE.match(text) is not None


class Grid(NamedTuple):
    """The head lines, the columns behind the label, and each row as its line, label and cells."""

    head: tuple[Line, ...]
    columns: tuple[Column, ...]
    rows: tuple[tuple[Line, str, tuple[Cell, ...]], ...]


def read(lines: Sequence[Line]) -> Grid | None:
    """Return what the lines hold, or None without a head, or when no row has as many cells as its columns."""
    rows_of = [line for line in lines if not _RULE.match(line.text)]
    # Markdown frames every row with bars; elsewhere a bar at an end leaves an empty cell there.
    framed = all(line.text.startswith("|") and line.text.endswith("|") and len(line.text) > 1 for line in rows_of)
    split = [(line, _cells(line, framed=framed)) for line in rows_of]
    if len(split) < 2:  # noqa: PLR2004 - a head and a row
        return None
    width = Counter(len(cells) for _, cells in split).most_common(1)[0][0]
    head: list[tuple[Line, list[tuple[str, int]]]] = []
    for line, cells in split:
        if not _is_head(cells) and not _is_title(cells, head):
            break
        head.append((line, cells))
    if not any(_is_head(cells) for _, cells in head):
        return None
    columns = _columns([[text for text, _ in cells] for _, cells in head], width)
    rows = [
        (line, cells[0][0], tuple(_read(text, at) for text, at in cells[1:]))
        for line, cells in split[len(head) :]
        if len(cells) == width and table_rows.has_letters(cells[0][0])
    ]
    if not columns or not rows:
        return None
    return Grid(tuple(line for line, _ in head), columns, tuple(rows))


def _cells(line: Line, *, framed: bool) -> list[tuple[str, int]]:
    """Return the cells of a line with where each begins; bars that frame it are no cells."""
    text = line.text
    begin, end = (1, len(text) - 1) if framed else (0, len(text))
    found = []
    at = begin
    for part in text[begin:end].split("|"):
        found.append((part.strip(), line.start + at + len(part) - len(part.lstrip())))
        at += len(part) + 1
    return found


def _is_head(cells: Sequence[tuple[str, int]]) -> bool:
    """Tell whether a row heads columns: behind its first cell no figure but years and dates."""
    said = [text for text, _ in cells[1:] if text]
    return bool(said) and all(
        _PERIOD.search(text) or (table_rows.has_letters(text) and not _figure(text)) for text in said
    )


def _is_title(cells: Sequence[tuple[str, int]], head: Sequence[object]) -> bool:
    """Tell whether a row above the heads names only what the table is of, or its units, in its first cell."""
    return not head and bool(cells[0][0]) and not any(text for text, _ in cells[1:])


def _figure(text: str) -> bool:
    cells = table_rows.parts_of(Line(text, 0, len(text)))
    return bool(cells.cells) and not cells.label


def _columns(head: Sequence[Sequence[str]], width: int) -> tuple[Column, ...]:
    """Return the columns behind the label; a head over two rows is joined, an emptier upper one dealt to the right."""
    if not head or len(head[-1]) != width:
        return ()
    uppers = [row for row in head[:-1] if len(row) == width]
    columns = []
    for at in range(1, width):
        words = [next((row[i] for i in range(at, 0, -1) if row[i]), "") for row in uppers]
        name = " ".join(dict.fromkeys(word for word in [*words, head[-1][at]] if word))
        kind: table_heads.Kind = "change" if _CHANGE.search(name) else "period" if _PERIOD.search(name) else "other"
        columns.append(Column(name, kind))
    return tuple(columns)


def _read(text: str, at: int) -> Cell:
    parts = table_rows.parts_of(Line(text, at, at + len(text)))
    if len(parts.cells) == 1 and not parts.label:
        return parts.cells[0]._replace(raw=text)
    return Cell(text, None, None, None, at, at + len(text))
