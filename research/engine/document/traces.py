"""Trace what is no sentence back to claims: table cells and the attributes of items.

Excepted by rule are the ids of items ("R-1") and ISO dates; page and section numbers are written at rendering alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from research.engine.domain.documents import Table
from research.engine.domain.items import ATTRIBUTES, Role
from research.engine.domain.mrd import MrdTable

from . import numerals

Figures = frozenset[tuple[Decimal, str]]
# Words a cell may hold without a claim: they say that nothing is known.
FIXED = frozenset({"", "not known", "none"})
_ISO_DATE = re.compile(r"\b(?:19|20)\d\d-\d\d-\d\d\b")


class Ground(NamedTuple):
    """A claim as tracing needs it. figures: those it bears out (`numerals.of_claim`); id: its attribute, or ""."""

    figures: Figures
    id: str = ""


def loose_attribute(role: Role, attributes: Mapping[str, str], *, kind: str, allowed: Figures) -> str:
    """Return the first figure in `attributes` that `allowed` does not hold, as written, or "".

    Dates and ids are excepted. An assumption answers for its own figures: it is labelled as one.
    """
    if kind == "assumption":
        return ""
    excepted = {attribute.name for attribute in ATTRIBUTES[role] if attribute.kind == "date"} | {"id"}
    for name, value in attributes.items():
        loose = () if name in excepted else numerals.untraced(_ISO_DATE.sub(" ", value), allowed=allowed)
        if loose:
            return loose[0]
    return ""


def table_fault(table: Table | MrdTable, grounds: Mapping[int, Ground]) -> str:
    """Return in a sentence's end what in `table` rests on no claim, or "" when all does. grounds: by revision id."""
    fault = heads_fault(table)
    rows = range(len(table.rows))
    return fault or next((found for row in rows if (found := row_fault(table, row, grounds))), "")


def heads_fault(table: Table | MrdTable) -> str:
    """Return what figure stands in the caption or a head of `table`, where no claim can bear it out, or ""."""
    for words in (table.caption, *table.columns):
        loose = numerals.untraced(words, allowed=())
        if loose:
            return f"the figure '{loose[0]}' stands in '{words}', where no claim is cited. Take it out."
    return ""


def row_fault(table: Table | MrdTable, row: int, grounds: Mapping[int, Ground]) -> str:
    """Return what in one row (from 0) rests on no claim, or "". Its first cell may name the row without a claim."""
    cells = table.rows[row]
    for column, cell in enumerate(cells):
        where = f"row {row + 1}, '{table.columns[column]}'"
        unknown = [number for number in cell.claims if number not in grounds]
        if unknown:
            return f"{where} cites claim {unknown[0]}, which is not accepted. Cite an accepted claim."
        if not cell.claims and column and cell.text not in FIXED:
            return f"{where} cites no claim. Cite one or leave the cell empty."
        if cell.text in {grounds[number].id for number in cell.claims}:
            continue
        allowed = frozenset[tuple[Decimal, str]]().union(*(grounds[number].figures for number in cell.claims))
        loose = numerals.untraced(_ISO_DATE.sub(" ", cell.text), allowed=allowed)
        if loose:
            return f"{where}: the figure '{loose[0]}' is not in the claims it cites. Use their figure."
    if not any(cell.claims for cell in cells):
        return f"row {row + 1} cites no claim. Take it out."
    return ""
