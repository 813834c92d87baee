"""The cost report, prepared: what the runs of one's teams came to, day by day, and the columns of its chart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models.query import QuerySet

from research import queries
from research.models import Run
from research.queries import Spent
from research.services import account

DAYS = 30
# Of the chart's view box. A column and the gap after it share one slot.
HEIGHT, SLOT, COLUMN = 120, 22, 16


class Column(NamedTuple):
    """One day of the chart. says: what the column stands for, in words."""

    x: int
    y: int
    width: int
    height: int
    says: str


class Chart(NamedTuple):
    """measure: "US$" or, where nothing has a price, "calls". most: the highest column, in words."""

    columns: tuple[Column, ...]
    width: int
    height: int
    measure: str
    most: str


class Row(NamedTuple):
    """What one line of a table came to."""

    head: str
    person: str
    cells: tuple[account.Cell, ...]


def page(runs: QuerySet[Run], *, today: dt.date) -> dict[str, Any]:
    """Return what the page shows of these runs: the last 30 days, today among them. Two queries."""
    first = today - dt.timedelta(days=DAYS - 1)
    found = queries.cost_report(runs, first=first, last=today)
    return {
        "first": first,
        "last": today,
        "chart": _chart(found.by_day),
        "days": [Row(one.day.isoformat(), one.person, account.cells_of(one.spent)) for one in found.days],
        "engines": [Row(name, "", account.cells_of(spent)) for name, spent in found.engines],
        "named": account.named_rows(found.by_name),
        "total": Row("In all", "", account.cells_of(found.total)),
    }


def _chart(by_day: Sequence[tuple[dt.date, Spent]]) -> Chart:
    priced = any(spent.cost_usd for _, spent in by_day)
    sizes = [spent.cost_usd if priced else Decimal(spent.calls) for _, spent in by_day]
    most = max(sizes, default=Decimal(0))
    columns = []
    for place, ((day, spent), size) in enumerate(zip(by_day, sizes, strict=True)):
        # What is not nothing is seen, however small beside the highest.
        height = max(int(size * HEIGHT / most), 1) if size else 0
        says = f"{day.day} {day:%B}: {account.spent_words(spent)}, {spent.calls:,} calls"
        columns.append(Column(place * SLOT, HEIGHT - height, COLUMN, height, says))
    return Chart(
        columns=tuple(columns),
        width=(len(columns) - 1) * SLOT + COLUMN,
        height=HEIGHT,
        measure="US$" if priced else "calls",
        most=account.dollars(most) if priced else f"{most:,f}",
    )
