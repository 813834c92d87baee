"""What the runs of some teams came to: by person and day, by engine, by model or tool."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from django.db.models.functions import TruncDate
from django.db.models.query import QuerySet

from research.models import Call, Run, User

from .costs import SUMS, Named, Spent, named_of, spent_of, total


class DayCost(NamedTuple):
    """What the runs one person asked for came to in a day (UTC)."""

    day: dt.date
    person: str
    spent: Spent


class Report(NamedTuple):
    """What the runs of some teams came to. days: newest first, people by name. engines: by engine, the dearest first.

    by_day: every day from the first to the last, oldest first, so that a chart has no holes.
    """

    days: tuple[DayCost, ...]
    by_day: tuple[tuple[dt.date, Spent], ...]
    engines: tuple[tuple[str, Spent], ...]
    by_name: tuple[Named, ...]
    total: Spent


def cost_report(runs: QuerySet[Run], *, first: dt.date, last: dt.date) -> Report:
    """Return what the calls of these runs came to, begun from `first` to `last` (UTC, both included). Two queries."""
    begins = dt.datetime.combine(first, dt.time(), tzinfo=dt.UTC)
    ends = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), tzinfo=dt.UTC)
    # By a list of ids within, so that the teams' join multiplies no call.
    rows = (
        Call.objects.filter(run__in=runs.order_by().values("pk"), started_at__gte=begins, started_at__lt=ends)
        .order_by()
        .annotate(day=TruncDate("started_at", tzinfo=dt.UTC))
        .values("day", "run__requester", "run__engine", "kind", "name")
        .annotate(**SUMS)
    )
    days: dict[tuple[dt.date, int], list[Spent]] = {}
    engines: dict[str, list[Spent]] = {}
    by_name: dict[tuple[str, str], list[Spent]] = {}
    for row in rows:
        spent = spent_of(row)
        days.setdefault((row["day"], row["run__requester"]), []).append(spent)
        engines.setdefault(row["run__engine"], []).append(spent)
        by_name.setdefault((row["kind"], row["name"]), []).append(spent)
    people = {user.pk: user.display_name for user in User.objects.filter(pk__in={person for _, person in days})}
    each = [DayCost(day, people[person], total(some)) for (day, person), some in days.items()]
    each.sort(key=lambda one: (-one.day.toordinal(), one.person.casefold()))
    by_day: dict[dt.date, list[Spent]] = {
        first + dt.timedelta(days=number): [] for number in range((last - first).days + 1)
    }
    for one in each:
        by_day[one.day].append(one.spent)
    by_engine = ((name, total(some)) for name, some in engines.items())
    return Report(
        days=tuple(each),
        by_day=tuple((day, total(some)) for day, some in by_day.items()),
        engines=tuple(sorted(by_engine, key=lambda pair: (-pair[1].cost_usd, -pair[1].calls, pair[0]))),
        by_name=named_of(by_name),
        total=total(one.spent for one in each),
    )
