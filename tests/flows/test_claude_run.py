"""A whole run on the Claude engine: plan, search, fetch, quotes, conclusions, gates, document; every cent accounted."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from pydantic import SecretStr

from research.engine.domain.states import ClaimStatus, RunState
from research.engine.prompts import loader
from research.engine.providers.anthropic import blocks, pricing
from research.models import Call, Claim, DayBudget, Document, Evidence, Plan, Run, RunBudget, Snapshot, Step, Task
from research.services import audit
from tests.doubles import world
from tests.doubles.messages_server import MessagesServer
from tests.flows import claude, driving

pytestmark = pytest.mark.django_db(transaction=True)


class Whole(NamedTuple):
    run: Run
    server: MessagesServer
    desk: claude.Desk


@pytest.fixture
def whole(people: world.People, settings: Any) -> Iterator[Whole]:
    """Give a run that went to its end, and the server that answered it."""
    desk = claude.Desk(claude.TWELVE)
    with MessagesServer(desk) as server:
        changes = {"anthropic_base_url": server.url, "anthropic_api_key": SecretStr("sk-of-a-test")}
        settings.MRD = settings.MRD.model_copy(update=changes)
        driving.read_library(people)
        run = driving.new_run(people)
        driving.to_the_end(run, people)
        yield Whole(run, server, desk)


def test_a_run_of_twelve_tasks_ends_whole_and_every_cent_is_accounted_for(whole: Whole) -> None:
    """One run, looked at from all sides: a second one for each side would cost ten seconds and show nothing more."""
    assert whole.run.state == RunState.COMPLETED
    the_plan_was_carried_out(whole)
    sections_cite_accepted_claims(whole.run)
    evidence_leads_to_its_call(whole.run)
    pages_are_archived(whole.run)
    every_call_names_its_prompt(whole.run)
    the_ledger_says_what_the_server_says(whole)
    budgets_add_up(whole.run)
    assert list(audit.problems_of(whole.run)) == []


def the_plan_was_carried_out(whole: Whole) -> None:
    tasks = list(Task.objects.filter(plan=Plan.objects.get(run=whole.run)))
    assert {task.key for task in tasks} == set(claude.TWELVE)
    assert Counter(task.layer for task in tasks) == {"research": 9, "synthesis": 2, "requirements": 1}
    assert not Step.objects.filter(run=whole.run).exclude(state="done").exists()
    # Every task that searches was paused once, went on, and used tools on our side.
    assert whole.desk.continued == claude.SEARCHING
    asked = Counter(claude.role_of(seen.body) for seen in whole.server.requests)
    assert (asked["plan"], asked["synthesise"], asked["require"]) == (1, 2, 1)
    assert asked["extract"] == claude.SEARCHING
    assert asked["draft"] >= 6
    used = Counter(name for answer in answers(whole.run) for name in names_in(answer))
    assert {"web_search", "web_fetch", "library_search", "keep_quote", "report"} <= set(used)
    assert Call.objects.filter(run=whole.run, kind="tool", name="library_search", state="done").exists()
    concluded = Claim.objects.filter(run=whole.run, current__kind="inferred")
    assert {"value-synthesis", "personas-synthesis", "requirements-synthesis"} <= {each.task_key for each in concluded}


def answers(run: Run) -> Iterator[dict[str, Any]]:
    for call in Call.objects.filter(run=run, kind="model", state="done"):
        yield call.outcome["message"]


def names_in(answer: dict[str, Any]) -> list[str]:
    return [block["name"] for block in answer["content"] if block["type"] in ("tool_use", "server_tool_use")]


def sections_cite_accepted_claims(run: Run) -> None:
    accepted = set(Claim.objects.filter(run=run, status=ClaimStatus.ACCEPTED).values_list("current_id", flat=True))
    body = json.loads(Document.objects.get(run=run).body)
    written = [sentence for section in body["sections"] for sentence in section["sentences"] if sentence["claims"]]
    assert len(written) >= 12
    for sentence in written:
        assert set(sentence["claims"]) <= accepted, sentence


def evidence_leads_to_its_call(run: Run) -> None:
    """Each quote stands in its text at its offsets, and the call it names is the one that fetched or found that text.

    A page one task had fetched may be found by another task's search of the library.
    """
    by = Counter()
    calls = {call.key: call for call in Call.objects.filter(run=run, state="done")}
    for row in Evidence.objects.filter(run=run).select_related("extracted_text__snapshot__source"):
        text, source, call = row.extracted_text, row.extracted_text.snapshot.source, calls[row.call_key]
        assert text.text[row.start : row.end] == row.exact
        if call.kind == "model":
            assert source.kind == "web_page"
            assert source.uri in {fetch.url for fetch in blocks.fetches(call.outcome["message"])}
        else:
            assert text.pk in {hit["extracted_text_id"] for hit in call.outcome["hits"]}
        by[call.name, source.kind] += 1
    assert by["anthropic/claude-sonnet-5-5", "web_page"] >= claude.SEARCHING
    assert by["library_search", "upload"] >= claude.SEARCHING


def pages_are_archived(run: Run) -> None:
    keys = set(Call.objects.filter(run=run, kind="model", state="done").values_list("key", flat=True))
    pages = list(Snapshot.objects.filter(source__kind="web_page").select_related("source"))
    assert len(pages) == claude.SEARCHING
    for page in pages:
        assert page.call_key in keys
        assert page.source.team_id == run.team_id


def every_call_names_its_prompt(run: Run) -> None:
    known = [loader.load(name).named() for name in loader.names()]
    for call in Call.objects.filter(run=run, kind="model"):
        assert call.arguments["prompt"] in known
        assert all(call.arguments["prompt"][part] for part in ("id", "version", "digest"))


def the_ledger_says_what_the_server_says(whole: Whole) -> None:
    rows = list(Call.objects.filter(run=whole.run, kind="model"))
    assert {row.state for row in rows} == {"done"}
    assert len(rows) == whole.server.received == whole.server.whole == len(whole.server.bills)
    assert Counter(row.arguments["request"] for row in rows) == claude.times(whole.server)
    at = dt.datetime.now(dt.UTC)
    bills = [pricing.usage_of(bill, at=at) for bill in whole.server.bills]
    assert sum(row.tokens for row in rows) == sum(bill.tokens for bill in bills) > 0
    assert sum(row.searches for row in rows) == sum(bill.searches for bill in bills) == claude.SEARCHING
    assert sum((row.cost_usd for row in rows), Decimal(0)) == sum((bill.cost_usd for bill in bills), Decimal(0)) > 0


def budgets_add_up(run: Run) -> None:
    """What phases and days have used is what their calls used, and nothing is set aside any more."""
    every = Call.objects.filter(run=run)
    planning, research = RunBudget.objects.filter(run=run).order_by("phase")
    days = DayBudget.objects.filter(scope__in=[DayBudget.ALL, DayBudget.of_user(run.requester_id)])
    assert len(days) >= 2
    for row, calls in (
        (planning, every.filter(phase="planning")),
        (research, every.filter(phase="research")),
        *((day, every.filter(started_at__date=day.day)) for day in days),
    ):
        used = list(calls.values_list("searches", "tokens", "cost_usd"))
        held = (row.used_calls, row.used_searches, row.used_tokens, row.used_cost_usd)
        assert held == (len(used), *(sum(each[place] for each in used) for place in range(3))), row
        assert (row.reserved_calls, row.reserved_searches, row.reserved_tokens, row.reserved_cost_usd) == (0, 0, 0, 0)
        assert row.unpriced_calls == 0
