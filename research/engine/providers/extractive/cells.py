"""What the tables of a page say in answer to a task: which rows, in which column, and the claim each gives.

A cell becomes a claim when its row's label (with its group's) or the table's caption names a measure that the task's
searches ask for. Its evidence are the row's words and, each a quote of its own, the lines above that give caption,
units and periods, and the heading of its group; from these quotes alone the table is read again when claims are made.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from research.engine.domain.claims import TypedValue
from research.engine.domain.evidence import EvidenceItem, SourceRef
from research.engine.domain.plans import PlanTask
from research.engine.domain.vertical import Vertical
from research.engine.reading import periods, tables

from . import cell_words, subjects
from .words import form_pattern, mentions

# A label that names the measure is worth more than a caption that does.
BY_LABEL, BY_CAPTION = 820, 740
_OTHER_FIRM = re.compile(r"\b(?:LLC|L\.L\.C\.|Inc\.?|Ltd\.?|L\.P\.|plc|GmbH)(?!\w)", re.IGNORECASE)
# Amounts that stand in full whatever the table counts in.
_IN_FULL = re.compile(r"\bper\b|\b(?:daily|room) rate\b|\bprice\b", re.IGNORECASE)
_LENGTH = {periods.Kind.YEAR: 12, periods.Kind.QUARTER: 3, periods.Kind.DATE: 0}


class Statement(NamedTuple):
    """A cell as a claim: its words and value, the table and row it stands in, how well it answers (0…1000)."""

    text: str
    value: TypedValue
    table: tables.Table
    row: tables.Row
    relevance: int


def asked_of(task: PlanTask, vertical: Vertical) -> frozenset[str]:
    """Return the names of the measures that the task's searches ask for."""
    said = " . ".join(query.replace("+", "") for query in task.queries)
    return frozenset(
        name
        for name, forms in vertical.metrics.items()
        if any(form_pattern(form).search(said) for form in (name, *forms))
    )


def statements(
    text: str, *, asked: frozenset[str], task: PlanTask, source: SourceRef, vertical: Vertical
) -> tuple[Statement, ...]:
    """Return what the tables of `text` (a page, or quotes of one) say of the measures asked, best first."""
    found = []
    for table in tables.find_tables(text):
        column = newest(table)
        if column is None or _is_of_another(table.caption, source):
            continue
        for row in table.rows:
            worth = _worth(table, row, asked, vertical)
            if worth and _is_about(task, vertical, table, row, source):
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
    period, owner = tables.period_of(head), owner_of(source, vertical)
    measure = tables.measure(table, row, cell)
    in_full = cell.currency is not None and _IN_FULL.search(f"{row.parent} {row.label}")
    if not cell.value or period is None or owner is None or (measure.scale is None and not in_full):
        return None
    group = f" ({row.parent})" if row.parent else ""
    title = cell_words.titled(table.caption, keep=owner)
    said = cell_words.said(cell, measure)
    when = cell_words.when(head.head, is_day=period.kind is periods.Kind.DATE)
    text = f"{owner} reported {row.label}{group} of {said} {when}{f' ({title})' if title else ''}."
    value = TypedValue(
        number=cell.value,
        scale=measure.scale or 1,
        unit=measure.unit,
        currency=measure.currency,
        period=period.name,
        entity=owner,
        metric=metric_of(row, vertical) or f"{row.label}{group}",
        geography=_place(f"{row.label} {row.parent} {title}", vertical),
        as_of=period.end if period.kind is periods.Kind.DATE else source.published_date,
    )
    return Statement(text, value, table, row, relevance)


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
        asked = asked_of(task, vertical)
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


def owner_of(source: SourceRef, vertical: Vertical) -> str | None:
    """Return whose figures a document's tables hold: its publisher, or the one company its title names, or None."""
    if source.publisher:
        return source.publisher
    named = subjects.named(source.title.replace("_", " "), vertical.competitors)
    return named[0] if len(named) == 1 else None


def metric_of(row: tables.Row, vertical: Vertical) -> str | None:
    """Return the measure that a row's label names, alone or with its group's heading, or None."""
    return _named(row.label, vertical) or (_named(f"{row.label} {row.parent}", vertical) if row.parent else None)


def _named(text: str, vertical: Vertical) -> str | None:
    """Return the measure with the longest form in `text`."""
    forms = ((form, name) for name, written in vertical.metrics.items() for form in (name, *written))
    return max(((len(form), name) for form, name in forms if form_pattern(form).search(text)), default=(0, None))[1]


def _worth(table: tables.Table, row: tables.Row, asked: frozenset[str], vertical: Vertical) -> int:
    metric = metric_of(row, vertical)
    if metric is not None:
        return BY_LABEL if metric in asked else 0
    return BY_CAPTION if _named(table.caption, vertical) in asked else 0


def _is_about(task: PlanTask, vertical: Vertical, table: tables.Table, row: tables.Row, source: SourceRef) -> bool:
    """Tell whether a row is about the task's subject; always where it has none."""
    if not task.subject:
        return True
    forms = subjects.forms_of(task.subject, vertical)
    if mentions(f"{row.label} {row.parent} {table.caption}", forms):
        return True
    return task.subject not in vertical.jurisdictions and mentions(owner_of(source, vertical) or "", forms)


def _is_of_another(caption: str, source: SourceRef) -> bool:
    """Tell whether a caption names a firm that the source's publisher is not (statements of an affiliate)."""
    if not _OTHER_FIRM.search(caption):
        return False
    words = {word.casefold().strip(".,") for word in f"{source.publisher or ''} {source.title}".split()}
    return caption.split(maxsplit=1)[0].casefold().strip(".,") not in words


def _place(text: str, vertical: Vertical) -> str | None:
    named = subjects.named(text, vertical.jurisdictions)
    return named[0] if len(named) == 1 else None


def _on_page(one: EvidenceItem, other: EvidenceItem) -> bool:
    return (one.quote.extracted_text_id, one.quote.page) == (other.quote.extracted_text_id, other.quote.page)


def same_cell(one: Statement, other: Statement) -> bool:
    """Tell whether two statements give the same figure of the same row, in two tables."""
    mine, theirs = one.value, other.value
    return (
        (mine.amount, mine.period, mine.entity, mine.metric)
        == (theirs.amount, theirs.period, theirs.entity, theirs.metric)
        and one.row.label.casefold() == other.row.label.casefold()
        and one.row.parent.casefold() == other.row.parent.casefold()
    )


def best_of(found: Iterable[Statement], *, limit: int) -> list[Statement]:
    """Return at most `limit` statements, each of another row or period; of the same figure the first."""
    kept: list[Statement] = []
    for each in found:
        if len(kept) < limit and not any(same_cell(each, other) for other in kept):
            kept.append(each)
    return kept
