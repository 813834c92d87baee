"""What runs came to: sums by task, tool and day; unpriced apart from nothing; each team's own at every door."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from research import queries
from research.engine.domain.states import RunState
from research.engine.domain.usage import Usage
from research.models import Call, DayBudget, Plan, Run, RunBudget, Step, Task
from research.queries import Spent
from research.services import account
from tests.doubles import rows
from tests.research import api_client
from tests.research.test_admin_pages import assert_clean, client_of, page_of

_number = itertools.count(1)
COSTS = reverse("admin:research_run_costs")


def call(run: Run, task: str | None = None, *, phase: str = "research", state: str = "done", **more) -> Call:
    """Write a call of the run: of a task where one is named, else of drafting or planning."""
    row = Task.objects.filter(plan__run=run, key=task).order_by("-pk").first() if task else None
    kind = "investigate" if task else "plan" if phase == "planning" else "draft"
    step, _ = Step.objects.get_or_create(
        run=run, kind=kind, key=task or kind, generation=1, defaults={"task": row, "created_at": rows.NOW}
    )
    at = more.pop("at", timezone.now())
    given = {"kind": "model", "name": "anthropic/one", "cost_usd": Decimal("0.25"), "tokens": 100, "searches": 1}
    return Call.objects.create(
        run=run, step=step, phase=phase, key=f"{next(_number):064x}", token=1, arguments={}, state=state,
        started_at=at, finished_at=None if state == "intent" else at, **(given | more),
    )  # fmt: skip


def costs_of(run: Run) -> queries.RunCosts:
    plan = queries.current_plan(run)
    return queries.run_costs(run, plan, {task.key: task.question for task in queries.tasks_in_order(plan)})


def estimated(run: Run, **usages: Usage) -> None:
    """Let the plan say what it expects; `rest` stands for what belongs to no task."""
    told = {
        ("" if key == "rest" else key.replace("_", "-")): usage.model_dump(mode="json") for key, usage in usages.items()
    }
    Plan.objects.filter(run=run).update(estimate=told)


@pytest.fixture
def run(people):
    return rows.run_at(RunState.CLAIM_REVIEW, people)


def test_calls_are_summed_by_task_and_by_name_and_the_sums_agree(run):
    call(run, "rivals")
    call(run, "rivals", cost_usd=Decimal("0.10"), tokens=7, searches=0)
    call(run, "law-nj", kind="tool", name="searxng", cost_usd=Decimal(0), tokens=0)
    call(run)
    call(run, phase="planning", cost_usd=Decimal("0.05"))
    found = costs_of(run)
    by_key = {line.key: line.spent for line in found.lines if line.key}
    assert by_key["rivals"] == Spent(calls=2, searches=1, tokens=107, cost_usd=Decimal("0.35"))
    assert by_key["protection"] == Spent()
    assert [(line.words, line.spent.cost_usd) for line in found.lines if not line.key] == [
        ("Checking and drafting", Decimal("0.25")),
        ("Planning", Decimal("0.05")),
    ]
    assert found.spent == queries.total(one.spent for one in found.by_name)
    assert found.spent.cost_usd == Decimal("0.65")
    assert [one.name for one in found.by_name] == ["anthropic/one", "searxng"]


def test_lines_stand_in_the_plans_order_and_what_an_earlier_plan_asked_is_not_lost(run):
    call(run, "rivals")
    Task.objects.filter(plan__run=run, key="rivals").update(key="gone")
    found = costs_of(run)
    in_order = list(Task.objects.filter(plan__run=run).order_by("position").values_list("key", flat=True))
    assert [line.key for line in found.lines if line.key] == in_order
    Plan.objects.filter(run=run).update(voided_at=rows.NOW)
    assert [(line.words, line.spent.calls) for line in costs_of(run).lines] == [("Questions of earlier plans", 1)]


def test_a_call_without_a_price_is_counted_apart_and_one_in_flight_is_neither(run):
    call(run, "rivals", cost_usd=None)
    call(run, "rivals", state="failed", cost_usd=None)
    call(run, "rivals", state="intent", cost_usd=None, tokens=0, searches=0)
    call(run, "rivals", cost_usd=Decimal(0), cached_from="f" * 64)
    spent = costs_of(run).spent
    assert (spent.calls, spent.unpriced, spent.in_flight, spent.cached, spent.cost_usd) == (4, 2, 1, 1, 0)


def test_the_estimate_stands_beside_and_its_sum_is_unpriced_when_a_part_is(run):
    estimated(run, rivals=Usage(calls=8, searches=5, tokens=900, cost_usd=Decimal("0.57")), rest=Usage(calls=3))
    found = costs_of(run)
    assert {line.key: line.expected for line in found.lines}["rivals"].calls == 8
    assert found.expected == Usage(calls=11, searches=5, tokens=900, cost_usd=Decimal("0.57"))
    estimated(run, rivals=Usage(cost_usd=Decimal("0.57")), rest=Usage(cost_usd=None))
    assert costs_of(run).expected.cost_usd is None
    Plan.objects.filter(run=run).update(estimate=None)
    assert costs_of(run).expected is None


@pytest.mark.parametrize(
    ("spent", "says"),
    [
        (Spent(), "–"),
        (Spent(calls=1), "US$0.00"),
        (Spent(calls=1, unpriced=1), "1 unpriced"),
        (Spent(calls=9, unpriced=2, cost_usd=Decimal("1.239")), "US$1.24 + 2 unpriced"),
        (Spent(calls=1, cost_usd=Decimal("0.0042")), "US$0.0042"),
        (Spent(calls=1, cost_usd=Decimal("0.000001")), "under US$0.0001"),
        (Spent(calls=1, cost_usd=Decimal("1234.5")), "US$1234.50"),
    ],
)
def test_nothing_unpriced_and_nothing_small_reads_as_zero(spent, says):
    assert account.spent_words(spent) == says


def test_bars_show_dollars_where_there_are_prices_and_calls_where_there_are_none(run):
    tasks = queries.tasks_in_order(queries.current_plan(run))

    def shown() -> account.Account:
        return account.account_of(run, queries.current_plan(run), tasks)

    estimated(run, rivals=Usage(calls=8, cost_usd=Decimal(0)))
    call(run, "rivals", cost_usd=Decimal(0))
    assert shown().measure == "calls"
    assert {row.key: (row.used_share, row.expected_share) for row in shown().rows}["rivals"] == (12, 100)
    call(run, "rivals", cost_usd=Decimal(2))
    estimated(run, rivals=Usage(calls=8, cost_usd=Decimal(1)))
    assert shown().measure == "US$"
    assert {row.key: (row.used_share, row.expected_share) for row in shown().rows}["rivals"] == (100, 50)
    assert all(0 <= row.used_share <= 100 for row in shown().rows)


# ── pages ────────────────────────────────────────────────────────────────────────────────────────


def test_the_runs_page_shows_what_was_used_beside_what_was_expected(run, people):
    estimated(run, rivals=Usage(calls=8, searches=5, tokens=232_400, cost_usd=Decimal("0.57")))
    call(run, "rivals", cost_usd=None, tokens=12_345)
    page = client_of(people.auditor).get(page_of("run", run.pk)).content.decode()
    assert_clean(page)
    for words in ("of about 232,400", "of about US$0.57", "12,345", "1 unpriced", "anthropic/one"):
        assert words in page
    assert "US$0.00 <small>of about US$0.57" not in page


def test_the_runs_page_shows_its_budget_with_what_is_reserved(run, people):
    RunBudget.objects.filter(run=run, phase="research").update(
        max_tokens=1_000_000, used_tokens=250_000, reserved_tokens=250_000, unpriced_calls=3
    )
    page = client_of(people.auditor).get(page_of("run", run.pk)).content.decode()
    assert "250,000 of 1,000,000, 250,000 reserved" in page
    assert '<rect class="held" width="50"' in page
    assert '<rect class="used" width="25"' in page
    assert "3 calls unpriced" in page


def test_the_plan_page_says_what_it_is_expected_to_use_before_anybody_approves(people):
    waiting = rows.run_at(RunState.PLAN_REVIEW, people)
    address = reverse("reviews:plan", args=[waiting.pk])
    estimated(waiting, rivals=Usage(calls=8, searches=5, tokens=900, cost_usd=None), rest=Usage(calls=2))
    page = client_of(people.reviewer).get(address).content.decode()
    assert_clean(page)
    assert "about 10 calls, 6 searches" not in page
    assert "about 10 calls, 5 searches, 900 tokens, unpriced" in page
    Plan.objects.filter(run=waiting).update(estimate=None)
    assert "expected to use" not in client_of(people.reviewer).get(address).content.decode()


def test_the_report_counts_ones_own_teams_alone(run, people):
    others = rows.cast()
    theirs = rows.run_at(RunState.CLAIM_REVIEW, others)
    call(run, "rivals", cost_usd=Decimal("1.11"))
    call(theirs, "rivals", cost_usd=Decimal("2.22"), name="anthropic/theirs")
    page = client_of(people.auditor).get(COSTS).content.decode()
    assert_clean(page)
    assert "US$1.11" in page
    assert "2.22" not in page
    assert "anthropic/theirs" not in page
    everything = client_of(people.superuser).get(COSTS).content.decode()
    assert "US$3.33" in everything
    # Of a team whose runs called nothing.
    assert "No run called anything" in client_of(people.outsider).get(COSTS).content.decode()


def test_a_person_of_two_teams_sees_each_call_once(run, people):
    second = rows.cast().team
    second.members.add(people.auditor, people.requester)
    call(run, "rivals", cost_usd=Decimal("1.11"))
    assert "In all" in (page := client_of(people.auditor).get(COSTS).content.decode())
    assert "US$2.22" not in page


def test_who_may_look_at_no_runs_gets_no_report(people):
    nobody = rows.person("nobody", team=people.team)
    assert client_of(nobody).get(COSTS).status_code == 403


def test_the_report_has_thirty_days_and_every_day_its_column(run):
    today = dt.date(2026, 5, 30)
    for at in ((2026, 4, 30, 23, 59), (2026, 5, 1, 0, 0), (2026, 5, 30, 23, 59), (2026, 5, 31, 0, 0)):
        call(run, "rivals", at=dt.datetime(*at, tzinfo=dt.UTC), cost_usd=Decimal(1))
    found = queries.cost_report(Run.objects.all(), first=dt.date(2026, 5, 1), last=today)
    assert len(found.by_day) == 30
    assert [(one.day, one.spent.cost_usd) for one in found.days] == [(today, 1), (dt.date(2026, 5, 1), 1)]
    assert found.total.calls == 2


def test_the_report_takes_as_many_queries_for_many_calls_as_for_few(run, people):
    client = client_of(people.auditor)

    def measured() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(COSTS).status_code == 200
        return len(captured)

    call(run, "rivals")
    few = (measured(), measured())[1]
    for task in ("rivals", "law-nj", "protection"):
        for number in range(5):
            call(run, task, name=f"anthropic/{number}", at=timezone.now() - dt.timedelta(days=number))
    assert measured() == few


# ── calls and days in the admin ──────────────────────────────────────────────────────────────────


def test_a_call_tells_its_model_its_prompt_and_where_a_kept_answer_came_from(run, people):
    told = {"role": "draft", "prompt": {"id": "draft", "version": "3", "digest": "d" * 64}}
    first = call(run, "rivals", cost_usd=None)
    again = call(run, "law-nj", cost_usd=Decimal(0), cached_from=first.key)
    Call.objects.filter(pk=first.pk).update(arguments=told)
    page = client_of(people.auditor).get(page_of("call", first.pk)).content.decode()
    for words in ("one, as draft", "draft, version 3", "d" * 64, "unpriced", "afresh"):
        assert words in page
    page = client_of(people.auditor).get(page_of("call", again.pk)).content.decode()
    assert page_of("call", first.pk) in page
    assert "US$0.00" in page
    lists = reverse("admin:research_call_changelist")
    for query, number in (("price=unpriced", 1), ("price=free", 1), ("answered=again", 1), ("answered=afresh", 1)):
        shown = client_of(people.auditor).get(f"{lists}?{query}").context["cl"]
        assert shown.result_count == number, query


def test_a_call_whose_reservation_is_held_says_so_in_list_and_page(run, people):
    ordered = call(run, "rivals", held=True, reserved_tokens=7000, cost_usd=Decimal(0))
    client = client_of(people.auditor)
    assert "held until the batch" in client.get(page_of("call", ordered.pk)).content.decode()
    lists = client.get(f"{reverse('admin:research_call_changelist')}?held__exact=1")
    assert "reservation held" in lists.content.decode()
    assert lists.context["cl"].result_count == 1


def test_a_kept_answer_of_another_team_is_not_led_to(run, people):
    theirs = call(rows.run_at(RunState.CLAIM_REVIEW, rows.cast()), "rivals")
    again = call(run, "rivals", cached_from=theirs.key)
    page = client_of(people.auditor).get(page_of("call", again.pk)).content.decode()
    assert str(theirs.pk) not in page
    assert "not here any more" in page


def test_days_are_shown_to_administrators_and_ones_own_to_oneself(people):
    today = timezone.now().date()
    for scope, cost in ((DayBudget.ALL, 9), (DayBudget.of_user(people.requester.pk), 5), ("user:999999", 4)):
        DayBudget.objects.create(scope=scope, day=today, used_calls=3, used_cost_usd=cost, unpriced_calls=2)
    lists = reverse("admin:research_daybudget_changelist")
    own = client_of(people.requester).get(lists).content.decode()
    assert "US$5.00 + 2 unpriced" in own
    assert people.requester.display_name in own
    assert "US$9.00" not in own
    assert "US$4.00" not in own
    boss = client_of(rows.person("boss", "administrator")).get(lists).content.decode()
    for words in ("everybody", "US$9.00 + 2 unpriced", people.requester.display_name, "user:999999"):
        assert words in boss
    row = DayBudget.objects.get(scope=DayBudget.ALL)
    assert client_of(people.requester).get(page_of("daybudget", row.pk)).status_code == 302


# ── the API ──────────────────────────────────────────────────────────────────────────────────────


def test_the_api_tells_costs_by_task_and_name_and_null_where_no_price_is_known(run, people):
    estimated(run, rivals=Usage(calls=8, searches=5, tokens=900, cost_usd=Decimal("0.57")), rest=Usage(cost_usd=None))
    call(run, "rivals", cost_usd=None)
    call(run, "law-nj", cost_usd=Decimal("0.125"))
    out = api_client.client_of(people.auditor).get(f"/api/v1/runs/{run.pk}/costs/").json()
    tasks = {task["key"]: task for task in out["tasks"]}
    assert tasks["rivals"]["spent"]["cost_usd"] is None
    assert tasks["rivals"]["spent"]["unpriced_calls"] == 1
    assert tasks["rivals"]["estimate"]["cost_usd"] == "0.570000"
    assert tasks["protection"]["estimate"] is None
    assert tasks["protection"]["spent"]["cost_usd"] == "0.000000"
    assert (out["spent"]["cost_usd"], out["spent"]["unpriced_calls"]) == ("0.125000", 1)
    assert out["estimate"]["cost_usd"] is None
    assert [(one["kind"], one["name"], one["spent"]["calls"]) for one in out["by_name"]] == [
        ("model", "anthropic/one", 2)
    ]


def test_another_teams_costs_are_a_404(run, people):
    response = api_client.client_of(people.outsider).get(f"/api/v1/runs/{run.pk}/costs/")
    api_client.assert_problem(response, 404)


def test_a_run_without_a_plan_has_costs_too(people):
    out = api_client.client_of(people.auditor).get(f"/api/v1/runs/{rows.new_run(people).pk}/costs/").json()
    assert (out["tasks"], out["estimate"], out["spent"]["calls"]) == ([], None, 0)


def test_the_plan_over_the_api_holds_its_estimate(run, people):
    estimated(run, rivals=Usage(calls=8, cost_usd=None))
    out = api_client.client_of(people.auditor).get(f"/api/v1/runs/{run.pk}/plan/").json()
    assert out["estimate"] == {"rivals": {"calls": 8, "searches": 0, "tokens": 0, "cost_usd": None}}
