"""What the tables of a page say in answer to a task: which rows, in which column, and the claim each gives.

A cell becomes a claim when its row's label (with its group's) or the table's caption names a measure that the task's
searches ask for. Its evidence are the row's words and, each a quote of its own, the lines above that give caption,
units and periods, and the heading of its group; from these quotes alone the table is read again when claims are made.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from research.engine.domain.claims import TypedValue
from research.engine.domain.evidence import EvidenceItem, SourceRef
from research.engine.domain.plans import PlanTask
from research.engine.domain.vertical import Vertical
from research.engine.reading import periods, tables

from . import cell_measures, cell_words

# Amounts that stand in full whatever the table counts in.
_IN_FULL = re.compile(r"\bper\b|\b(?:daily|room) rate\b|\bprice\b", re.IGNORECASE)
# A row that is a share of the row above it says nothing alone.
_SHARE = re.compile(r"^(?:as a )?(?:percent(?:age)?|%|share) of\b", re.IGNORECASE)
_LENGTH = {periods.Kind.YEAR: 12, periods.Kind.QUARTER: 3, periods.Kind.DATE: 0}


class Statement(NamedTuple):
    """A cell as a claim: its words and value, the table and row it stands in, how well it answers (0…1000).

    measure: the measure asked for that it gives, by the vertical's name.
    """

    text: str
    value: TypedValue
    table: tables.Table
    row: tables.Row
    relevance: int
    measure: str = ""


def statements(
    text: str, *, asked: tuple[cell_measures.Asked, ...], task: PlanTask, source: SourceRef, vertical: Vertical
) -> tuple[Statement, ...]:
    """Return what the tables of `text` (a page, or quotes of one) say of the measures asked, best first."""
    found = []
    for table in tables.find_tables(text):
        column = newest(table)
        if column is None or cell_measures.is_of_another(table.caption, source):
            continue
        for row in table.rows:
            if _SHARE.match(row.label):
                continue
            worth = cell_measures.worth(table, row, asked, vertical)
            if worth and cell_measures.is_about(task, vertical, table, row, source):
                made = state(table, row, column, source=source, vertical=vertical, relevance=worth)
                if made:
                    found.append(made)
    return tuple(sorted(found, key=lambda each: -each.relevance))


def newest(table: tables.Table) -> int | None:
    """Return the place of the column of the latest period, of equals the longest; None without a readable one."""
    best: tuple[tuple[object, int], int] | None = None
    for at, column in enumerate(table.columns):
        period = tables.period_of(column) if column.kind == "period" else None
        if period is None:
            continue
        rank = (periods.end_of(period), period.months or _LENGTH.get(period.kind, 0))
        if best is None or rank > best[0]:
            best = rank, at
    return best[1] if best else None


def state(
    table: tables.Table, row: tables.Row, column: int, *, source: SourceRef, vertical: Vertical, relevance: int = 0
) -> Statement | None:
    """Return the cell of `row` in `column` as a claim, or None when its value, scale, period or owner is in doubt."""
    cell, head = row.cells[column], table.columns[column]
    period, owner = tables.period_of(head), cell_measures.owner_of(source, vertical)
    measure = tables.measure(table, row, cell)
    in_full = cell.currency is not None and _IN_FULL.search(f"{row.parent} {row.label}")
    if not cell.value or period is None or owner is None or (measure.scale is None and not in_full):
        return None
    if not table.caption and (not row.parent or cell_measures.STATEMENT.search(row.parent)):
        return None  # "Cost of revenue" of what? Of pay in shares, in a table of the notes
    group = f" ({row.parent})" if row.parent else ""
    title = cell_words.titled(table.caption, keep=owner)
    said = cell_words.said(cell, measure)
    when = cell_words.when(head.head, is_day=period.kind is periods.Kind.DATE)
    text = f"{owner} reported {row.label}{group} of {said} {when}{f' ({title})' if title else ''}."
    metric = cell_measures.typed_metric(row, vertical)
    value = TypedValue(
        number=cell.value,
        scale=measure.scale or 1,
        unit=measure.unit,
        currency=measure.currency,
        period=period.name,
        entity=cell_measures.typed_entity(owner, table, row, metric),
        metric=metric,
        geography=cell_measures.place_of(f"{row.label} {row.parent} {title}", vertical),
        as_of=period.end if period.kind is periods.Kind.DATE else source.published_date,
    )
    said_of = cell_measures.metric_of(row, vertical) or cell_measures.named(table.caption, vertical) or ""
    return Statement(text, value, table, row, relevance, said_of)


def read_back(
    evidence: Sequence[EvidenceItem], *, task: PlanTask, vertical: Vertical
) -> tuple[list[tuple[Statement, tuple[EvidenceItem, ...]]], frozenset[int]]:
    """Return the statements that quoted rows give with their evidence, and the ids of all evidence that is tables'.

    A row is read with the quotes of its page that stand before it: caption and heads, and the heading of its group.
    """
    rows = [item for item in evidence if is_row(item.quote.exact)]
    above = [item for item in evidence if is_above(item.quote.exact)]
    found: list[tuple[Statement, tuple[EvidenceItem, ...]]] = []
    used = {item.id for item in (*rows, *above)}
    for row in sorted(rows, key=lambda each: (-each.relevance, each.id)):
        heads = [each for each in above if _on_page(each, row) and each.quote.end <= row.quote.start]
        if not heads:
            continue
        head = max(heads, key=lambda each: each.quote.start)
        groups = [
            each
            for each in evidence
            if _on_page(each, row)
            and head.quote.end <= each.quote.start
            and each.quote.end <= row.quote.start
            and each is not row
            and not is_row(each.quote.exact)
        ]
        # Of several headings between, the last is the row's own.
        parts = [head, *sorted(groups, key=lambda each: each.quote.start)[-1:], row]
        text = "\n".join(each.quote.exact for each in parts)
        asked = cell_measures.asked_of(task, vertical)
        made = statements(text, asked=asked, task=task, source=row.source, vertical=vertical)
        if len(made) == 1:
            found.append((made[0]._replace(relevance=row.relevance), tuple(parts)))
            used |= {each.id for each in parts}
    return found, frozenset(used)


def is_row(exact: str) -> bool:
    """Tell whether a quote is a table's row: words and behind them nothing but figures."""
    parts = tables.parts_of_text(exact)
    return bool(parts.cells) and bool(parts.label)


def is_above(exact: str) -> bool:
    """Tell whether a quote is what stands above a table's rows."""
    return tables.is_head(exact)


def _on_page(one: EvidenceItem, other: EvidenceItem) -> bool:
    return (one.quote.extracted_text_id, one.quote.page) == (other.quote.extracted_text_id, other.quote.page)


def confuses(one: Statement, other: Statement) -> bool:
    """Tell whether two statements of a page, quoted together, would read back otherwise than each alone.

    A row under no group and the quoted heading of a group above it: nothing would say that the group had ended.
    """
    pairs = ((one, other), (other, one)) if one.table.head_start == other.table.head_start else ()
    return any(
        grouped.row.parent and not bare.row.parent and grouped.row.parent_start < bare.row.start
        for grouped, bare in pairs
    )


def same_cell(one: Statement, other: Statement) -> bool:
    """Tell whether two statements give the same figure of the same measure, in two tables."""
    mine, theirs = one.value, other.value
    return (mine.amount, mine.period, mine.entity, mine.metric) == (
        theirs.amount,
        theirs.period,
        theirs.entity,
        theirs.metric,
    )
