"""The account of a run in words and bars, for every page that shows it: what is used beside what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from research import queries
from research.engine.document.text import money
from research.engine.domain.usage import Usage
from research.models import Plan, Run, Task
from research.queries import Budget, Named, Spent

_CENT = Decimal("0.01")
_FINE = Decimal("0.0001")
NONE = "–"


class Cell(NamedTuple):
    """One measure of a row, in words; expected "" where nothing was."""

    name: str
    used: str
    expected: str


class Row(NamedTuple):
    """One question or sum. used_share, expected_share: of the longest bar of the table, in whole per cent.

    says: the bar in words, for those who do not see it.
    """

    key: str
    words: str
    cells: tuple[Cell, ...]
    used_share: int
    expected_share: int
    says: str


class NamedRow(NamedTuple):
    """One model or tool. cached: how many of its calls were answered from what an earlier one had brought."""

    kind: str
    name: str
    cells: tuple[Cell, ...]
    cached: str


class BudgetRow(NamedTuple):
    """One limit of a phase, in words. shares: in whole per cent of the limit; the first is part of the second."""

    phase: str
    name: str
    words: str
    used_share: int
    held_share: int


class Account(NamedTuple):
    """measure: what the bars show, "US$" or, where nothing has a price, "calls". expected: the plan said something."""

    rows: tuple[Row, ...]
    total: Row
    by_name: tuple[NamedRow, ...]
    measure: str
    expected: bool
    unpriced: int
    cached: int


def account_of(run: Run, plan: Plan | None, tasks: Sequence[Task]) -> Account:
    """Return the account of a run under the plan that stands, whose tasks these are in order. One query."""
    costs = queries.run_costs(run, plan, {task.key: task.question for task in tasks})
    priced = any(line.spent.cost_usd or (line.expected and line.expected.cost_usd) for line in costs.lines)
    measure = "US$" if priced else "calls"
    sizes = [(_size(line.spent, measure), _size(line.expected, measure)) for line in costs.lines]
    longest = max([amount for pair in sizes for amount in pair], default=Decimal(0))
    rows = tuple(
        _row(line.key, line.words, line.spent, line.expected, size, longest)
        for line, size in zip(costs.lines, sizes, strict=True)
    )
    whole = (_size(costs.spent, measure), _size(costs.expected, measure))
    return Account(
        rows=rows,
        total=_row("", "In all", costs.spent, costs.expected, whole, max(whole)),
        by_name=named_rows(costs.by_name),
        measure=measure,
        expected=costs.expected is not None,
        unpriced=costs.spent.unpriced,
        cached=costs.spent.cached,
    )


def named_rows(named: Sequence[Named]) -> tuple[NamedRow, ...]:
    return tuple(NamedRow(one.kind, one.name, cells_of(one.spent), f"{one.spent.cached:,}") for one in named)


def budget_rows(budgets: Sequence[Budget]) -> tuple[BudgetRow, ...]:
    """Return a row for each limit above zero, and one for calls without a price where a phase has some."""
    found = []
    for budget in budgets:
        for amount in budget.amounts:
            if amount.limit:
                name = "cost" if amount.name == "cost_usd" else amount.name
                words = f"{_amount(name, amount.used)} of {_amount(name, amount.limit)}"
                if amount.reserved:
                    words += f", {_amount(name, amount.reserved)} reserved"
                if name == "cost" and budget.unpriced_calls:
                    words += f", {budget.unpriced_calls:,} calls unpriced"
                found.append(BudgetRow(budget.phase, name, words, amount.used_share, amount.share))
    return tuple(found)


def _amount(name: str, amount: Decimal) -> str:
    return dollars(amount) if name == "cost" else f"{amount:,.0f}"


def dollars(cost_usd: Decimal | None) -> str:
    """Return a cost for a table: cents, finer below one cent; None as "unpriced"."""
    if cost_usd is None or not cost_usd:
        return money(cost_usd)
    step = _CENT if cost_usd >= _CENT else _FINE
    rounded = cost_usd.quantize(step)
    return money(rounded) if rounded else f"under US${_FINE}"


def spent_words(spent: Spent) -> str:
    """Return what calls cost. Calls without a price are told beside it, and nothing unpriced reads as zero."""
    if not spent.calls:
        return NONE
    if not spent.unpriced:
        return dollars(spent.cost_usd)
    apart = f"{spent.unpriced:,} unpriced"
    return f"{dollars(spent.cost_usd)} + {apart}" if spent.cost_usd else apart


def cells_of(spent: Spent, expected: Usage | None = None) -> tuple[Cell, ...]:
    """Return calls, searches, tokens and cost in words."""
    counted = tuple(
        Cell(
            name,
            f"{getattr(spent, name):,}",
            "" if expected is None else f"{getattr(expected, name):,}",
        )
        for name in ("calls", "searches", "tokens")
    )
    return (*counted, Cell("cost", spent_words(spent), "" if expected is None else dollars(expected.cost_usd)))


def _row(
    key: str,
    words: str,
    spent: Spent,
    expected: Usage | None,
    size: tuple[Decimal, Decimal],
    longest: Decimal,
) -> Row:
    cells = cells_of(spent, expected)
    cost, calls = cells[3], cells[0]
    says = f"used {cost.used}, {calls.used} calls"
    if expected is not None:
        says += f"; expected {cost.expected}, {calls.expected} calls"
    used_share, expected_share = (int(amount * 100 / longest) if longest else 0 for amount in size)
    return Row(key, words, cells, used_share, expected_share, says)


def _size(of: Spent | Usage | None, measure: str) -> Decimal:
    if of is None:
        return Decimal(0)
    return (of.cost_usd or Decimal(0)) if measure == "US$" else Decimal(of.calls)
