"""Many rows, each with its own values, written together: the same on both databases."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from research.adapters import bulk
from research.adapters.compiled import CompiledQuery
from research.models import Breaker, DayBudget

pytestmark = pytest.mark.django_db
DAY, NEXT = dt.date(2026, 5, 4), dt.date(2026, 5, 5)


@CompiledQuery
def all_days(scopes):
    return DayBudget.objects.select_for_update().filter(scope__in=scopes).order_by("pk").values_list("pk")


def sent(fill) -> None:
    with transaction.atomic():
        writes = bulk.Writes()
        fill(writes)
        writes.send()


def days() -> dict[tuple[str, dt.date], tuple[int, Decimal]]:
    rows = DayBudget.objects.values_list("scope", "day", "used_calls", "used_cost_usd")
    return {(scope, day): (calls, cost) for scope, day, calls, cost in rows}


def open_days(writes: bulk.Writes) -> None:
    rows = [DayBudget(scope=scope, day=DAY, used_calls=1) for scope in ("a", "it's; --\\")]
    writes.insert(rows, ignore_conflicts=True)


def test_what_is_there_already_is_left_as_it_is():
    DayBudget.objects.create(scope="a", day=DAY, used_calls=7)
    sent(open_days)
    sent(open_days)
    assert days() == {("a", DAY): (7, 0), ("it's; --\\", DAY): (1, 0)}
    with pytest.raises(IntegrityError):
        sent(lambda writes: writes.insert([DayBudget(scope="a", day=DAY)]))


def test_several_writes_are_made_in_their_order():
    """The rows that are added to are made by the same sending; a name is a value, whatever it says."""

    def fill(writes: bulk.Writes) -> None:
        open_days(writes)
        writes.lock(all_days(scopes=["a", "it's; --\\"]))
        more = {"used_calls": 2, "used_cost_usd": Decimal("0.125")}
        writes.add(DayBudget, [(("it's; --\\", DAY), more), (("a", NEXT), more)], by=["scope", "day"])
        writes.insert([Breaker(name="%s", failures=3)])

    sent(fill)
    assert days() == {("a", DAY): (1, 0), ("it's; --\\", DAY): (3, Decimal("0.125"))}
    assert Breaker.objects.get().name == "%s"


def test_dollars_are_added_as_decimals_and_come_back_to_nothing():
    """0.1 + 0.2 - 0.3 is nothing, and a limit is compared with what is stored."""
    DayBudget.objects.create(scope="a", day=DAY)
    for cents in ("0.1", "0.2", "-0.3"):
        more = {"used_calls": 1, "reserved_cost_usd": Decimal(cents)}
        sent(lambda writes, more=more: writes.add(DayBudget, [(("a", DAY), more)], by=["scope", "day"]))
    assert DayBudget.objects.filter(used_calls=3, reserved_cost_usd=0).exists()
    assert str(DayBudget.objects.get().reserved_cost_usd) == "0.000000"


def test_each_row_gets_its_own_values_and_one_that_does_not_hold_what_it_must_stops_them_all():
    at = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
    Breaker.objects.bulk_create(Breaker(name=name, failures=n) for n, name in enumerate("abc"))
    new = [("a", {"failures": 5, "opened_at": at}), ("b", {"failures": 6, "opened_at": None})]
    bulk.change(Breaker, new)
    assert dict(Breaker.objects.values_list("name", "failures")) == {"a": 5, "b": 6, "c": 2}
    assert Breaker.objects.get(name="a").opened_at == at
    with pytest.raises(RuntimeError, match="1 of 2"):
        sent(lambda writes: writes.change(Breaker, [(name, {"failures": 0}) for name in "ab"], only={"failures": 5}))
    assert dict(Breaker.objects.values_list("name", "failures")) == {"a": 5, "b": 6, "c": 2}


def test_nothing_to_write_is_nothing_sent(django_assert_num_queries):
    with django_assert_num_queries(0):
        bulk.insert([])
        bulk.change(Breaker, [])
        writes = bulk.Writes()
        writes.add(DayBudget, [], by=["scope"])
        writes.send()
