"""What the calls of a run came to, beside what its plan expected: by task, and by model or tool."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, Q, Sum

from research.engine.domain.usage import Usage, exact_usd
from research.models import Call, Plan, Run
from research.models.calls import CallState
from research.models.runs import Phase

# The key of what belongs to no one question: drafting, judging; so in `Plan.estimate` too.
REST = ""


class Spent(NamedTuple):
    """What calls came to.

    cost_usd: of those that have a price. unpriced: how many ended and have none, which is not zero. cached: answered
    from what an earlier call had brought. in_flight: begun and not ended.
    """

    calls: int = 0
    searches: int = 0
    tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    unpriced: int = 0
    cached: int = 0
    in_flight: int = 0


class Line(NamedTuple):
    """One question, or the rest of the run. expected: None where no plan said. key: of the task, `REST` otherwise."""

    key: str
    words: str
    expected: Usage | None
    spent: Spent


class Named(NamedTuple):
    """One model or tool. kind: "model" or "tool"."""

    kind: str
    name: str
    spent: Spent


class RunCosts(NamedTuple):
    """The account of a run. lines: the standing plan's tasks in order, then what belongs to none.

    expected: the sum of what the standing plan expected, None where it says nothing; its cost is None when a part of
    it has no price. by_name: models and tools, the dearest first.
    """

    lines: tuple[Line, ...]
    by_name: tuple[Named, ...]
    expected: Usage | None
    spent: Spent


# Annotations of grouped calls: one for each field of `Spent`, named apart from the columns they are made of.
SUMS: dict[str, Any] = {
    "sum_calls": Count("pk"),
    "sum_searches": Sum("searches", default=0),
    "sum_tokens": Sum("tokens", default=0),
    "sum_cost_usd": Sum("cost_usd", default=Decimal(0)),
    "sum_unpriced": Count("pk", filter=Q(cost_usd__isnull=True) & ~Q(state=CallState.INTENT)),
    "sum_cached": Count("pk", filter=~Q(cached_from="")),
    "sum_in_flight": Count("pk", filter=Q(state=CallState.INTENT)),
}


def total(spent: Iterable[Spent]) -> Spent:
    """Return the sum."""
    return Spent(*(sum(column) for column in zip(Spent(), *spent, strict=True)))


def expected_of(plan: Plan | None) -> dict[str, Usage]:
    """Return what carrying out each task of the plan was expected to use, by key, with `REST` for what is left.

    Empty for a plan made before plans were estimated.
    """
    return {key: Usage.model_validate(usage) for key, usage in ((plan.estimate if plan else None) or {}).items()}


def expected_total(usages: Iterable[Usage]) -> Usage | None:
    """Return the sum, None of nothing. Its cost is None (unpriced) when one part has no price."""
    found = list(usages)
    if not found:
        return None
    costs = [usage.cost_usd for usage in found]
    return Usage(
        calls=sum(usage.calls for usage in found),
        searches=sum(usage.searches for usage in found),
        tokens=sum(usage.tokens for usage in found),
        cost_usd=None if None in costs else sum((cost for cost in costs if cost is not None), Decimal(0)),
    )


def run_costs(run: Run, plan: Plan | None, questions: Mapping[str, str]) -> RunCosts:
    """Return the account of a run. One query.

    plan: the one that stands, None before the first. questions: of its tasks, by key, in order.
    """
    rows = Call.objects.filter(run=run).order_by().values("phase", "step__task__key", "kind", "name").annotate(**SUMS)
    by_key: dict[str, list[Spent]] = {}
    by_name: dict[tuple[str, str], list[Spent]] = {}
    planning: list[Spent] = []
    for row in rows:
        spent = spent_of(row)
        by_name.setdefault((row["kind"], row["name"]), []).append(spent)
        if row["phase"] == Phase.PLANNING:
            planning.append(spent)
        else:
            by_key.setdefault(row["step__task__key"] or REST, []).append(spent)
    expected = expected_of(plan)
    lines = [Line(key, words, expected.get(key), total(by_key.pop(key, ()))) for key, words in questions.items()]
    rest = Line(REST, "Checking and drafting", expected.get(REST), total(by_key.pop(REST, ())))
    if rest.spent.calls or rest.expected:
        lines.append(rest)
    # What questions of earlier plans used is paid too.
    if by_key:
        lines.append(
            Line(REST, "Questions of earlier plans", None, total(one for some in by_key.values() for one in some))
        )
    if planning:
        lines.append(Line(REST, "Planning", None, total(planning)))
    return RunCosts(
        lines=tuple(lines),
        by_name=named_of(by_name),
        expected=expected_total(expected.values()),
        spent=total(line.spent for line in lines),
    )


def calls_by_state() -> list[tuple[str, str, str, Spent]]:
    """Return all calls there are by kind, name and state, with what they came to. One query."""
    fields = ("kind", "name", "state")
    rows = Call.objects.order_by(*fields).values(*fields).annotate(**SUMS)
    return [(row["kind"], row["name"], row["state"], spent_of(row)) for row in rows]


def spent_of(row: Mapping[str, Any]) -> Spent:
    """Return what a row annotated with `SUMS` came to."""
    spent = Spent(**{name: row[f"sum_{name}"] for name in Spent._fields})
    return spent._replace(cost_usd=exact_usd(spent.cost_usd))


def named_of(rows: Mapping[tuple[str, str], list[Spent]]) -> tuple[Named, ...]:
    """Return models and tools (by kind and name) with their sums, the dearest first."""
    found = (Named(kind, name, total(some)) for (kind, name), some in rows.items())
    return tuple(sorted(found, key=lambda one: (-one.spent.cost_usd, -one.spent.calls, one.name)))
