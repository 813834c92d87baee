"""What a table is, and how its cells count: scale, unit, currency, period."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from . import periods, table_heads
from .table_heads import Column
from .table_rows import Cell

# "Rooms" and "customers" name segments of revenue too: only with words that count them are they counts.
_NO_MONEY = re.compile(
    r"\bshares\b(?!holders)|\bnumber of\b|\bemployees\b(?!['’])|\bheadcount\b|\bsquare f(?:ee|oo)t|\bdays\b|"
    r"\boccupancy\b|\bawards\b.{0,12}\bexcluded\b|"
    r"\b(?:paid|paying|active|monthly|ending|average|available)\b.{0,20}"
    r"\b(?:members|memberships|subscribers|users|rooms|stores|customers|seats)\b|"
    r"\b(?:members|memberships|subscribers|users|stores|customers)\b.{0,12}\bat (?:the )?(?:end|beginning) of\b",
    re.IGNORECASE,
)
_SHARES = re.compile(
    r"\b(?:shares|awards)\b.{0,30}\b(?:used|outstanding|excluded)\b|\bweighted[\s-]average\b.{0,20}\bshares\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\b(shares|employees|members|memberships|subscribers|users|rooms|stores|customers)\b", re.IGNORECASE
)
# "(In millions, except per share amounts)": which rows are excepted is not always in their labels.
_EXCEPTS_SHARES = re.compile(r"except.*per[\s-]share", re.IGNORECASE)
_PERCENTAGE = re.compile(r"\bpercent(?:age)?s?\b|%", re.IGNORECASE)


class Row(NamedTuple):
    """A row. parent: the group heading above it or "". cells: one for each column, in order.

    start, end: the row's words in the text, code points, end exclusive. parent_start, parent_end: its parent's, or 0.
    """

    label: str
    parent: str
    cells: tuple[Cell, ...]
    start: int
    end: int
    parent_start: int = 0
    parent_end: int = 0


class Table(NamedTuple):
    """A table. caption: the heading above it or "". units: the words that name its units or "".

    scale: what its figures are to be multiplied with, None when no units are named. currency: ISO 4217 code or None.
    head_start, head_end: the lines above its rows that hold heads and units. caption_start: where the caption begins,
    or `head_start` without one.
    """

    caption: str
    caption_start: int
    units: str
    scale: Decimal | None
    currency: str | None
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    head_start: int
    head_end: int


class Measure(NamedTuple):
    """How a cell counts: the scale to multiply with (None: not named), its unit and currency or None."""

    scale: Decimal | None
    unit: str | None
    currency: str | None


def measure(table: Table, row: Row, cell: Cell) -> Measure:
    """Return how `cell` counts. Percentages and amounts per share are never scaled; shares and people are no money."""
    label = f"{row.parent} {row.label}"
    scale = table_heads.scale_in(row.label) or table.scale
    if "." in cell.raw and _EXCEPTS_SHARES.search(table.units) and not _has_decimals(table):
        scale = None
    if cell.unit is not None:
        return Measure(Decimal(1), cell.unit, None)
    signed = cell.currency or next((each.currency for each in row.cells if each.currency), None)
    if table_heads.is_per_share(label) and not _SHARES.search(label):
        return Measure(Decimal(1), None, signed or table.currency)
    if _PERCENTAGE.search(label) and not signed:
        return Measure(Decimal(1), "percent", None)
    if signed is None and _NO_MONEY.search(label):
        counted = _COUNTED.search(label)
        return Measure(scale, counted.group(1).lower() if counted else None, None)
    return Measure(scale, None, signed or table.currency)


def period_of(column: Column, *, fiscal: periods.FiscalCalendar = periods.CALENDAR_YEAR) -> periods.Period | None:
    """Return the period a column is of, under the firm's calendar; None for a change, a share, or no single period."""
    if column.kind not in {"period", "share"}:
        return None
    found = {each.period for each in periods.find(column.head, fiscal=fiscal)}
    return found.pop() if len(found) == 1 else None


def _has_decimals(table: Table) -> bool:
    """Tell whether the table gives its amounts with decimals, as most of its figures show."""
    figures = [cell.raw for row in table.rows for cell in row.cells if cell.value and cell.unit is None]
    return sum(1 for raw in figures if "." in raw) * 2 > len(figures)
