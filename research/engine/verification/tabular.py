"""A claim whose evidence is a table: its figure must stand in the row of its metric and the column of its period."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from research.engine.domain.claims import Part
from research.engine.domain.evidence import EvidenceItem
from research.engine.reading import periods, table_model, tables

from .numerals import SCALES, Figure, same_currency
from .units import amounts, place_of
from .words import content_stems, excerpt, fold

NAME = "figures"
# "$5,734 (in thousands)", as restated cells say it.
_SCALE_AFTER = re.compile(r"\s*%?\s*\(in (thousand|million|billion)s\b", re.IGNORECASE)
_MINUS_BEFORE = re.compile(r"(?:minus|negative)\s+\Z", re.IGNORECASE)
_RATES = {"percent": "percent", "points": "percentage point", "bps": "basis point"}
# A row that shares less with the claim than the best row, by more than this, is another row (Dice, 0…1).
_AS_GOOD = 0.05


class Said(NamedTuple):
    """A figure as the claim says it. amount: in full. quantum: what one step of its last place is worth."""

    figure: Figure
    amount: Decimal
    quantum: Decimal
    scaled: bool


class Place(NamedTuple):
    """A cell: its table, row and column, and how it counts."""

    table: table_model.Table
    row: table_model.Row
    column: int


def check(claim: str, evidence: Sequence[EvidenceItem]) -> Part | None:
    """Score 1000 when each figure of the claim is the cell of its row and column, 0 when one is another cell's or none.

    None when the evidence holds no table, or the claim no figure that could be a cell: the other checks decide.
    """
    text = fold(claim)
    wanted = [_said(text, figure) for figure in amounts(text) if not figure.text.isalpha()]
    places = [place for one in _texts(evidence) for table in tables.find_tables(one) for place in _places(table)]
    if not wanted or not places:
        return None
    fits = _row_fits(text, places)
    named = {found.period for found in periods.find(text)}
    # What the label or the head itself says in figures ("6.75% senior notes") is no cell.
    labels = {f.amount for place in places for f in amounts(fold(f"{place.row.parent} {place.row.label}"))}
    reasons = []
    for said in wanted:
        same = [place for place in places if _is_cell(said, place)]
        if not same:
            if said.figure.amount in labels:
                continue
            return Part(name=NAME, score=0, reason=f"“{said.figure.text}” stands in no cell as the claim counts it")
        in_row = [place for place in same if fits[id(place.row)] >= max(fits.values()) - _AS_GOOD]
        if not in_row:
            other = same[0].row.label
            return Part(name=NAME, score=0, reason=f"“{said.figure.text}” is the figure of “{excerpt(other)}”")
        in_column = [place for place in in_row if _is_of(place, named)]
        if not in_column:
            head = in_row[0].table.columns[in_row[0].column].head
            return Part(name=NAME, score=0, reason=f"“{said.figure.text}” is the figure of {head}")
        reasons.append(f"“{excerpt(in_column[0].row.label)}”, {in_column[0].table.columns[in_column[0].column].head}")
    return Part(name=NAME, score=1000, reason=f"in its row and column: {'; '.join(reasons)}") if reasons else None


def _texts(evidence: Sequence[EvidenceItem]) -> Iterator[str]:
    """Yield the quotes of each page together, in the page's order: heads, group and row may be quotes of their own."""
    row = sorted({item.quote for item in evidence}, key=lambda q: (q.extracted_text_id, q.page, q.start, q.end))
    for _, quotes in groupby(row, key=lambda q: (q.extracted_text_id, q.page)):
        yield "\n".join(quote.exact for quote in quotes)


def _places(table: table_model.Table) -> Iterator[Place]:
    for row in table.rows:
        for column, cell in enumerate(row.cells):
            if cell.value is not None and column < len(table.columns):
                yield Place(table, row, column)


def _said(claim: str, figure: Figure) -> Said:
    at = place_of(figure, claim)
    after = _SCALE_AFTER.match(claim, at + len(figure.text))
    scale = Decimal(SCALES[after[1].casefold()]) if after else Decimal(1)
    sign = -1 if _MINUS_BEFORE.search(claim[:at].rstrip("$€£ ") + " ") else 1
    return Said(figure, sign * figure.amount * scale, figure.quantum * scale, figure.scaled or after is not None)


def _is_cell(said: Said, place: Place) -> bool:
    cell = place.row.cells[place.column]
    measure = table_model.measure(place.table, place.row, cell)
    if cell.value is None or not _same_unit(said.figure, measure):
        return False
    scale = measure.scale or Decimal(1)
    amount = cell.value * scale
    # A cell in brackets may be said without its sign (money spent); a minus must be the cell's own.
    if said.amount == amount or (said.amount > 0 and said.amount == -amount):
        return True
    exponent = cell.value.as_tuple().exponent
    coarser = said.quantum > Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0) * scale
    return coarser and abs(abs(said.amount) - abs(amount)) * 2 <= said.quantum


def _same_unit(figure: Figure, measure: table_model.Measure) -> bool:
    unit = _RATES.get(measure.unit or "")
    if unit or figure.unit in _RATES.values():
        return figure.unit == unit or (figure.unit is None and figure.currency is None and unit is None)
    # A claim without a currency may leave it to the table; one it names the table must show.
    return figure.currency is None or same_currency(figure.currency, measure.currency)


def _row_fits(claim: str, places: Sequence[Place]) -> dict[int, float]:
    """Return for each row how well its words (label and group) fit the claim's, among the words of all rows: Dice."""
    labels = {id(place.row): content_stems(fold(f"{place.row.parent} {place.row.label}")) for place in places}
    said = content_stems(claim) & frozenset().union(*labels.values())
    return {
        key: 2 * len(label & said) / (len(label) + len(said)) if label or said else 1.0 for key, label in labels.items()
    }


def _is_of(place: Place, named: set[periods.Period]) -> bool:
    column = place.table.columns[place.column]
    period = table_model.period_of(column)
    if period is None or not named:
        return True
    return any(periods.agree(one, period) or (one.kind is period.kind and one.name == period.name) for one in named)
