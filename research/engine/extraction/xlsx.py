"""XLSX by openpyxl: a page a sheet, its name as heading, a line a row; values as calculated, no macros, no links."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from typing import Any, NamedTuple

from research.engine.domain.errors import Unreadable

from . import archive, cell_format
from .result import XLSX, Extraction, Limits, clean_text, clean_title, current_extractor
from .rows import MAX_COLUMNS, Lines, line

_KIND = "Excel workbook"
# A formula without the value it gave: what programs write that do not calculate.
_UNCALCULATED = re.compile(
    rb"<(?:\w+:)?f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v(?:\s*/>|></(?:\w+:)?v>))?\s*</(?:\w+:)?c>"
)
_CHUNK_BYTES, _OVERLAP_BYTES = 1 << 20, 1 << 14
_NAMED_SHEETS = 5


class _Added(NamedTuple):
    """Where a sheet begins in the text, None for one without content, and whether it has more columns than are read."""

    start: int | None
    wide: bool


def extract(data: bytes, *, limits: Limits) -> Extraction:
    """Return the visible sheets of a workbook, each as a page of its own that begins with `# ` and its name.

    Hidden sheets are left out and named in `notes`, as are formulas that hold no calculated value. Macros, pictures
    and links to other workbooks are never looked at. published_date is None: a file's own date is when it was made.
    Raises `Unreadable`: damaged, a zip bomb, a password, or no cells.
    """
    archive.guard(data, kind=_KIND, limits=limits)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of what it does not keep: nothing here is written back
        return _read(data, limits)


def _read(data: bytes, limits: Limits) -> Extraction:
    try:
        workbook = _open(data)
        try:
            text, starts, notes = _sheets(workbook, limits)
            title = _title(workbook)
        finally:
            workbook.close()
    except (MemoryError, RecursionError, Unreadable):
        raise
    except Exception as error:  # openpyxl raises KeyError, ValueError, parse errors … on crafted packages
        raise archive.damaged(_KIND) from error
    if not starts:
        raise Unreadable(_why_empty(data))
    missing = _uncalculated(data)
    if missing:
        notes.append(
            f"{missing:,} formula cells hold no calculated value and were left empty: open the workbook in a "
            "spreadsheet program, save it and add it again."
        )
    extractor, version = current_extractor(XLSX)
    return Extraction(text, tuple(starts), title, None, extractor, version, XLSX, tuple(notes))


def _open(data: bytes) -> Any:
    import openpyxl

    return openpyxl.load_workbook(
        io.BytesIO(data), read_only=True, data_only=True, keep_links=False, keep_vba=False, rich_text=False
    )


def _sheets(workbook: Any, limits: Limits) -> tuple[str, list[int], list[str]]:
    lines = Lines(limits=limits)
    starts: list[int] = []
    notes: list[str] = []
    hidden: list[str] = []
    for sheet in workbook.worksheets:
        name = " ".join(clean_text(str(sheet.title)).split())
        if sheet.sheet_state != "visible":
            hidden.append(name)
            continue
        added = _sheet(sheet, name, lines)
        if added.start is not None:
            starts.append(added.start)
        if added.wide:
            notes.append(f"Of the sheet “{name}” the first {MAX_COLUMNS} columns were read.")
    if hidden:
        more = f" and {len(hidden) - _NAMED_SHEETS} more" if len(hidden) > _NAMED_SHEETS else ""
        names = ", ".join(f"“{name}”" for name in hidden[:_NAMED_SHEETS])
        notes.append(f"Hidden sheets were left out: {names}{more}.")
    return lines.text(), starts, notes


def _sheet(sheet: Any, name: str, lines: Lines) -> _Added:
    """Add a sheet's heading and rows, nothing for one without content."""
    sheet.reset_dimensions()  # what the file says of its size is often wrong, and a crafted one says anything
    start: int | None = None
    wide = False
    for row in sheet.iter_rows():
        wide = wide or any(cell.value is not None for cell in row[MAX_COLUMNS:])
        rendered = line([_shown(cell) for cell in row[:MAX_COLUMNS]])
        if rendered and start is None:
            lines.add("")
            start = lines.length
            lines.extend([f"# {name}", ""])
        if start is not None:
            lines.add(rendered)
    return _Added(start, wide)


def _shown(cell: Any) -> str:
    if cell.value is None:
        return ""
    try:
        number_format = cell.number_format
    except (KeyError, IndexError, AttributeError):  # a style the workbook does not have
        number_format = "General"
    return cell_format.shown(cell.value, number_format or "General")


def _why_empty(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        names = set(package.namelist())
        head = package.open("xl/workbook.xml").read(_CHUNK_BYTES) if "xl/workbook.xml" in names else b""
    if b"purl.oclc.org/ooxml" in head:  # ISO/IEC 29500 strict, whose names openpyxl does not know
        return "The Excel workbook is saved as Strict Open XML: save it as an ordinary .xlsx and add it again."
    return "The Excel workbook has no visible cells with content: add it again once it has."


def _uncalculated(data: bytes) -> int:
    """Return how many cells of all sheets hold a formula and no value."""
    count = 0
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for entry in package.infolist():
            if not re.fullmatch(r"xl/worksheets/[^/]+\.xml", entry.filename):
                continue
            with package.open(entry) as part:
                count += _count(part)
    return count


def _count(part: Any) -> int:
    count = 0
    rest = b""
    while chunk := part.read(_CHUNK_BYTES):
        block = rest + chunk
        last = 0
        for found in _UNCALCULATED.finditer(block):
            count += 1
            last = found.end()
        # A cell over the edge of two chunks is counted with the second.
        rest = block[max(last, len(block) - _OVERLAP_BYTES) :]
    return count


def _title(workbook: Any) -> str | None:
    try:
        return clean_title(workbook.properties.title)
    except Exception:  # noqa: BLE001 - properties are decoration: a broken part must not cost the cells
        return None
