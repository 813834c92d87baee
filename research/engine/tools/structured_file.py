"""Filter, sort and sum the rows of a table file (CSV, XLSX) by typed conditions: no code, no query language.

Every row that is returned is a hit at its line of the extracted text, so it can be pinned as evidence as it stands.
"""

from __future__ import annotations

import asyncio
import operator
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from research.engine.domain.canonical import Frozen
from research.engine.domain.errors import Permanent
from research.engine.domain.evidence import Hit, SourceText
from research.engine.domain.usage import Usage
from research.engine.ports import Library, Tool, ToolContext, ToolResult
from research.engine.reading import sheet_columns, sheets
from research.engine.reading.sheet_columns import NUMERIC, Column, Value
from research.engine.reading.sheets import Sheet, SheetRow

NAME = "structured_file"
# Spelled out: what a file is parsed by is the extraction's business, a sibling layer below no tool may lean on.
TABLE_TYPES = frozenset(("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))
_NAMED = 30  # columns or sheets a sentence names
_ODD_NAMED = 3  # cells that a note quotes
_HEADING_CHARS = 600
# The first cell of a row that adds up the others.
_TOTAL = re.compile(r"(?:(?:grand|sub|overall)[\s-]?)?totals?|sums?|all|overall", re.IGNORECASE)
_TEXT_OPS = frozenset(("eq", "ne", "contains", "in"))
_BOOLEAN_OPS = frozenset(("eq", "ne"))
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge", "contains")
}

Op = Literal["eq", "ne", "lt", "le", "gt", "ge", "contains", "in"]
Operation = Literal["count", "sum", "min", "max", "mean"]


def _words(value: Any) -> Any:
    """Take 5, 2.5 and true for "5", "2.5" and "true": a value's type is its column's."""
    return str(value) if isinstance(value, (bool, int, float, Decimal)) else value


Written = Annotated[str, BeforeValidator(_words), Field(max_length=200)]
Name = Annotated[str, Field(min_length=1, max_length=300)]


class Filter(Frozen):
    """A condition on a column. value: as written in the file, in the column's unit and scale ("1,200", "2024-03-31").

    values: for `in` alone. An empty cell, or one that is not of the column's kind, meets no condition.
    """

    column: Name
    op: Op
    value: Written = ""
    values: tuple[Written, ...] = Field(default=(), max_length=100)


class Aggregate(Frozen):
    """A figure over all rows that meet the filters. column "" only for `count`."""

    operation: Operation
    column: str = Field(default="", max_length=300)


class Arguments(Frozen):
    """source: id of a source of the library. table: a sheet's name, "" where there is one table alone.

    columns: shown with each row, all when empty. filters: all must hold. sort: a column, "" for the file's order.
    limit: rows wanted, 1…200; aggregates are over all that meet the filters.
    """

    source: int = Field(ge=1)
    table: str = Field(default="", max_length=300)
    columns: tuple[Name, ...] = Field(default=(), max_length=60)
    filters: tuple[Filter, ...] = Field(default=(), max_length=20)
    sort: str = Field(default="", max_length=300)
    descending: bool = False
    limit: int = Field(default=20, ge=1, le=200)
    aggregates: tuple[Aggregate, ...] = Field(default=(), max_length=10)


class StructuredFile:
    """Answer typed questions about one table of the team's library."""

    name = NAME
    capability = "table_rows"
    says = "Filter, sort and sum the rows of a CSV or Excel file of the team's library by typed conditions."
    arguments: type[BaseModel] = Arguments
    timeout_s = 30.0
    ttl_s = 0.0  # the library is at hand
    rate: float | None = None
    estimate = Usage(calls=1, searches=1)

    def __init__(self, *, library: Library) -> None:
        self._library = library

    async def run(self, arguments: Arguments) -> ToolResult:
        """Return the rows as hits, and in the note how many there are and the figures asked for.

        Raises `Permanent`, naming what there is, for a source, table, column or value that does not fit.
        """
        document = await self._library.text(arguments.source)
        if document is None:
            raise Permanent(f"The library has no source {arguments.source}: take its id from the list of sources.")
        if document.media_type not in TABLE_TYPES:
            raise Permanent(f"“{document.source.title}” is no table file: ask for a CSV or Excel file.")
        # Reading a large table is work for the processor: other runs' steps go on meanwhile.
        return await asyncio.to_thread(answer, document, arguments)


def answer(document: SourceText, arguments: Arguments) -> ToolResult:
    """Return what `arguments` ask of the document. Raises `Permanent` for what does not fit it."""
    sheet = _sheet(document, arguments.table)
    shown = [_column(sheet, name) for name in arguments.columns] or list(sheet.columns)
    conditions = [(_column(sheet, each.column), each) for each in arguments.filters]
    wanted = [(column, each, _wanted(column, each)) for column, each in conditions]
    rows = [row for row in sheet.rows if all(_meets(row, column, each.op, want) for column, each, want in wanted)]
    parts, totals = _without_totals(rows)
    figures = [_figure(sheet, each, rows if each.operation == "count" else parts) for each in arguments.aggregates]
    if totals and any(each.operation != "count" for each in arguments.aggregates):
        named = _list([*dict.fromkeys(map(_first, totals))])
        figures.append(f"{_counted(len(totals), 'row')} left out of the figures as adding up others: {named}.")
    used = dict.fromkeys([*(column for column, _ in conditions), *(c for c in shown if arguments.columns)])
    used |= dict.fromkeys(_column(sheet, each.column) for each in arguments.aggregates if each.column)
    if arguments.sort:
        by = _column(sheet, arguments.sort)
        rows, used = _sorted(rows, by, descending=arguments.descending), {**used, by: None}
    odd = [_odd(sheet, column) for column in used if column.odd]
    count = f"{len(rows):,} of {len(sheet.rows):,} rows of “{sheet.name}” meet the conditions."
    if len(rows) > arguments.limit:
        count += f" The first {arguments.limit:,} are given."
    hits = tuple(_hit(document, sheet, row, shown) for row in rows[: arguments.limit])
    return ToolResult(hits=hits, note=" ".join([count, *figures, *odd]), usage=StructuredFile.estimate)


def _sheet(document: SourceText, name: str) -> Sheet:
    found = sheets.read(document.text, page_starts=document.page_starts)
    if not found:
        raise Permanent(f"“{document.source.title}” holds no table with rows: read it by search.")
    if not name and len(found) == 1:
        return found[0]
    same = [sheet for sheet in found if sheet.name.casefold() == name.strip().casefold()]
    if same:
        return same[0]
    there = _list([sheet.name for sheet in found])
    which = f"has no table “{name}”" if name else f"has {len(found)} tables: name one"
    raise Permanent(f"“{document.source.title}” {which}; there are {there}.")


def _column(sheet: Sheet, name: str) -> Column:
    same = [column for column in sheet.columns if column.name.casefold() == name.strip().casefold()]
    if same:
        return same[0]
    there = _list([f"{column.name} ({column.kind})" for column in sheet.columns])
    raise Permanent(f"The table “{sheet.name}” has no column “{name}”; there are {there}.")


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(f"“{name}”" for name in names[:_NAMED]) + more


def _wanted(column: Column, condition: Filter) -> tuple[Value, ...]:
    """Return the values of a condition, typed as the column is. Raises `Permanent` where that cannot be."""
    ops = _BOOLEAN_OPS if column.kind == "boolean" else _TEXT_OPS if column.kind == "text" else None
    if (ops is not None and condition.op not in ops) or (ops is None and condition.op == "contains"):
        can = ", ".join(sorted(ops)) if ops else "eq, ge, gt, in, le, lt, ne"
        raise Permanent(f"“{column.name}” is a column of kind {column.kind}, which takes {can}, not {condition.op}.")
    written = condition.values if condition.op == "in" else (condition.value,)
    if not written:
        raise Permanent(f"The condition “in” on “{column.name}” needs `values`: give one or more.")
    return tuple(_typed(column, text) for text in written)


def _typed(column: Column, text: str) -> Value:
    value = sheet_columns.iso_date(text) if column.kind == "date" else sheet_columns.value(column, text)
    if value is None and column.kind in NUMERIC:  # 2.5 in a column that writes 2,5
        plain = sheet_columns.number(text)
        value = plain.value if plain else None
    if value is None or (column.kind == "boolean" and text.casefold() not in {"true", "false", "yes", "no"}):
        raise Permanent(f"“{text}” is no {column.kind}, as the column “{column.name}” is: give {_example(column)}.")
    return value.casefold() if isinstance(value, str) else value


def _example(column: Column) -> str:
    return {"date": "a day as YYYY-MM-DD", "boolean": "true or false"}.get(column.kind, "a number such as 1200.5")


def _without_totals(rows: Sequence[SheetRow]) -> tuple[list[SheetRow], list[SheetRow]]:
    """Return the rows that do not add up others, and those that do; where all do, they were asked for and stay."""
    totals = [row for row in rows if _TOTAL.fullmatch(_first(row).rstrip(" :."))]
    places = {row.start for row in totals}
    return ([row for row in rows if row.start not in places], totals) if len(totals) < len(rows) else ([*rows], [])


def _first(row: SheetRow) -> str:
    return next((cell.strip() for cell in row.cells if cell.strip()), "")


def _odd(sheet: Sheet, column: Column) -> str:
    cells = [row.cells[column.position] for row in sheet.rows if column.position < len(row.cells)]
    named = _list(list(dict.fromkeys(sheet_columns.odd_cells(column, cells)))[:_ODD_NAMED])
    return f"{_counted(column.odd, 'cell')} of “{column.name}” ({named}) read as no {column.kind} and left out."


def _counted(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count:,} {noun}s"


def _value(row: SheetRow, column: Column) -> Value | None:
    return sheet_columns.value(column, row.cells[column.position]) if column.position < len(row.cells) else None


def _meets(row: SheetRow, column: Column, op: Op, wanted: tuple[Value, ...]) -> bool:
    value: Any = _value(row, column)
    if value is None:
        return False
    if isinstance(value, str):
        value = value.casefold()
    if op == "in":
        return value in wanted
    return bool(_COMPARED[op](value, wanted[0]))


def _sorted(rows: Sequence[SheetRow], column: Column, *, descending: bool) -> list[SheetRow]:
    """Return the rows by a column, in the file's order where equal; rows without a value come last."""
    keyed: list[tuple[Any, SheetRow]] = []
    for row in rows:
        value = _value(row, column)
        if value is not None:
            keyed.append((value.casefold() if isinstance(value, str) else value, row))
    keyed.sort(key=lambda pair: pair[0], reverse=descending)
    return [row for _, row in keyed] + [row for row in rows if _value(row, column) is None]


def _figure(sheet: Sheet, asked: Aggregate, rows: Sequence[SheetRow]) -> str:
    """Return an aggregate as a sentence with its unit. Raises `Permanent` where the column's kind has none."""
    if asked.operation == "count" and not asked.column:
        return f"Count: {len(rows):,}."
    column = _column(sheet, asked.column)
    values = [value for row in rows if (value := _value(row, column)) is not None]
    if asked.operation == "count":
        return f"Count of “{column.name}”: {len(values):,}."
    if column.kind not in NUMERIC and not (column.kind == "date" and asked.operation in {"min", "max"}):
        raise Permanent(f"“{column.name}” is a column of kind {column.kind}, which has no {asked.operation}: count it.")
    if not values:
        return f"No row has a value in “{column.name}”: it has no {asked.operation}."
    result = _calculated(asked.operation, values)
    return f"{asked.operation.capitalize()} of “{column.name}”: {result}{_unit(column)} over {len(values):,} rows."


def _calculated(operation: Operation, values: Sequence[Any]) -> str:
    if operation in {"min", "max"}:
        found = min(values) if operation == "min" else max(values)
        return f"{found:,f}" if isinstance(found, Decimal) else str(found)
    total: Decimal = sum(values, Decimal(0))
    if operation == "sum":
        return f"{total:,f}"
    mean = (total / len(values)).quantize(Decimal("1.000000"))
    return f"{mean:,f}".rstrip("0").rstrip(".")


def _unit(column: Column) -> str:
    """Return what a figure of the column counts, as " (USD, in units of 1,000,000)", or ""."""
    parts = [column.currency, column.unit if column.kind != "currency" else ""]
    parts.append(f"in units of {column.scale:,}" if column.scale != 1 else "")
    said = ", ".join(part for part in parts if part)
    return f" ({said})" if said else ""


def _hit(document: SourceText, sheet: Sheet, row: SheetRow, shown: Sequence[Column]) -> Hit:
    cells = [(c.name, row.cells[c.position]) for c in shown if c.position < len(row.cells) and row.cells[c.position]]
    start = row.start + len(line := document.text[row.start : row.end]) - len(line.lstrip())
    return Hit(
        # A row is no passage: its own number, below zero, tells it from passages and from other rows.
        passage_id=-(document.extracted_text_id << 25 | start) - 1,
        extracted_text_id=document.extracted_text_id,
        source=document.source,
        page=row.page,
        start=start,
        end=row.start + len(line.rstrip()),
        text=line.strip(),
        heading=f"{sheet.name}: " + "; ".join(f"{name} = {cell}" for name, cell in cells)[:_HEADING_CHARS],
        score=0.0,
    )


def build(context: ToolContext) -> Tool:
    """Return the tool over the team's library."""
    return StructuredFile(library=context.library)
