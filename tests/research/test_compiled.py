"""Queries compiled once give what Django gives for the same query, on both databases."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from research.adapters.compiled import CompiledQuery, read
from research.engine.domain.states import RunState
from research.models import Breaker, DayBudget, Plan, Task
from tests.doubles import rows, world

pytestmark = pytest.mark.django_db
DAY, NEXT = dt.date(2026, 5, 4), dt.date(2026, 5, 5)
ODD = "it's; --\\ %s"


@CompiledQuery
def locked_days(scopes):
    found = DayBudget.objects.select_for_update().filter(scope__in=scopes).order_by("pk")
    return found.values_list("scope", "used_calls", "used_cost_usd")


@CompiledQuery
def days_until(day):
    return DayBudget.objects.filter(day__lte=day).order_by("pk").values_list("scope", "day")


@CompiledQuery
def days_of(scope):
    return DayBudget.objects.filter(scope=scope).values_list("day")


@CompiledQuery
def opened(least):
    return Breaker.objects.filter(failures__gte=least, name__contains="%").values_list("name", "failures")


@CompiledQuery
def plans(run_ids):
    return Plan.objects.filter(run__in=run_ids).values_list("run_id", "body", "created_at", "comment")


@CompiledQuery
def tasks(run_id):
    found = Task.objects.filter(plan__run=run_id).order_by("position")
    return found.values_list("key", "tools", "queries", "critical")


@pytest.fixture
def days():
    for scope, day in (("a", DAY), (ODD, DAY), ("b", NEXT)):
        DayBudget.objects.create(scope=scope, day=day, used_calls=1)


def test_several_are_answered_each_with_its_own_rows_whatever_stands_in_them(days):
    """One that finds nothing, or cannot, leaves the others theirs."""
    Breaker.objects.create(name="100 %s; --", failures=3)
    Breaker.objects.create(name="calm", failures=3)
    with transaction.atomic():
        first, never, until, open_, nothing = read(
            locked_days(scopes={"a", ODD}), locked_days(scopes=[]), days_until(day=DAY), opened(least=3),
            opened(least=4),
        )  # fmt: skip
    assert first == [("a", 1, Decimal(0)), (ODD, 1, Decimal(0))]
    assert (never, until) == ([], [("a", DAY), (ODD, DAY)])
    assert (open_, nothing) == ([("100 %s; --", 3)], [])
    assert read() == []


def test_one_query_is_asked_with_ever_other_values_and_other_numbers_of_them(days):
    with transaction.atomic():
        for scopes in (["b"], [], ["a", "b", ODD], ["a", "a"], [ODD], ("nobody",), {"a": 1}.keys()):
            [found] = read(locked_days(scopes=scopes))
            assert [scope for scope, *_ in found] == [scope for scope in ("a", ODD, "b") if scope in scopes]
    assert [len(found) for found in read(days_until(day=DAY), days_until(day=NEXT))] == [2, 3]
    assert read(days_of(scope=ODD), days_of(scope="nobody"), days_of(scope="b")) == [[(DAY,)], [], [(NEXT,)]]


def test_json_ids_and_times_are_what_django_makes_of_them():
    people = world.people("compiled")
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    wanted = [list(plans.build([run.pk])), list(tasks.build(run.pk))]
    assert wanted[0]
    assert wanted[1]
    assert read(plans(run_ids=[run.pk, uuid.uuid4()]), tasks(run_id=run.pk)) == wanted
    assert isinstance(read(plans(run_ids=[run.pk]))[0][0][1], dict)


@pytest.mark.parametrize("given", [{}, {"scope": "a"}, {"scopes": ["a"], "day": DAY}])
def test_other_parameters_than_the_function_has_are_refused(given):
    with pytest.raises(TypeError, match="The query takes scopes"):
        locked_days(**given)


@pytest.mark.django_db(transaction=True)
def test_locking_outside_a_transaction_is_refused_however_often_it_was_compiled():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite locks no rows; the PostgreSQL run of this suite holds this test.")
    with transaction.atomic():
        read(locked_days(scopes=["a"]))
    with pytest.raises(TransactionManagementError):
        read(locked_days(scopes=["a"]))


def test_what_is_kept_keeps_no_connection_of_the_thread_that_compiled_it(days):
    """Nobody could close it when that thread is gone, and it would stay open for as long as the process lives."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite compiles each time; the PostgreSQL run of this suite holds this test.")
    with transaction.atomic():
        read(locked_days(scopes=["a"]))
    assert locked_days.compiled().compiler.connection is None


def test_compiling_asks_the_database_nothing(django_assert_num_queries):
    @CompiledQuery
    def never_asked(scopes):
        return DayBudget.objects.select_for_update().filter(scope__in=scopes).values_list("pk")

    with django_assert_num_queries(0):
        CompiledQuery.compile_all()
    if connection.vendor == "postgresql":
        never_asked.build = None  # it is not needed any more
        assert read(never_asked(scopes=["a"])) == [[]]
