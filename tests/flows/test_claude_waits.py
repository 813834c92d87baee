"""Claude runs that have to wait: for a batch, for the provider to come back, for somebody to raise the budget."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from pydantic import SecretStr

from research.engine.domain.states import RunState, TaskOutcome
from research.engine.domain.usage import Limits
from research.engine.providers.anthropic import pricing
from research.models import Call, Document, Driver, Run, RunBudget, Step, Task
from research.services import audit, runs, sweeping
from tests.doubles import world
from tests.doubles.messages_answers import Answer
from tests.doubles.messages_server import BATCHES, MessagesServer
from tests.flows import claude, driving

pytestmark = pytest.mark.django_db(transaction=True)
POLL_S = 10.0


@pytest.fixture
def at(settings: Any) -> Callable[[MessagesServer], None]:
    """Return `at(server)`, which makes it the one that is asked."""

    def use(server: MessagesServer) -> None:
        changes = {
            "anthropic_base_url": server.url,
            "anthropic_api_key": SecretStr("sk-of-a-test"),
            "anthropic": {"batch_poll_s": POLL_S},
            "lease_s": 86_400.0,
        }
        settings.MRD = settings.MRD.model_copy(update=changes)

    return use


@pytest.fixture
def desk() -> claude.Desk:
    return claude.Desk(claude.FOUR)


@pytest.fixture
def library(people: world.People) -> world.People:
    driving.read_library(people)
    return people


# ── batches ──────────────────────────────────────────────────────────────────────────────────────


def test_a_run_by_batches_waits_without_a_worker_and_pays_half(library: world.People, desk: claude.Desk, at) -> None:
    """Each step waits by its `not_before`, each look at a batch is a call of the ledger, nothing is ordered twice."""
    with MessagesServer(desk, polls=2) as server:
        at(server)
        run = driving.new_run(library, priority="batch")
        # The engine's time begins half a day ago, so that what people decide comes after what it is on.
        slow = driving.FastClock(1, begin=driving.now() - dt.timedelta(hours=12))
        driving.drive(clock=slow, linger_s=0)
        waits_for_its_batch(run, server, before=slow.now())
        # Another driver, which knows of the batch only what stands in the ledger.
        driving.to_the_end(run, library, clock=driving.FastClock(400, begin=slow.now()))
    assert run.state == RunState.COMPLETED
    assert server.received == 0, "a message was asked for outside of batches"
    assert set(claude.times(server).values()) == {1}
    every_look_is_a_call(run, server)
    tokens_cost_half(run, server)
    for budget in RunBudget.objects.filter(run=run):
        assert (budget.reserved_calls, budget.reserved_tokens, budget.reserved_cost_usd) == (0, 0, 0)
    assert list(audit.problems_of(run)) == []


def waits_for_its_batch(run: Run, server: MessagesServer, *, before: dt.datetime) -> None:
    step = Step.objects.get(run=run)
    assert (step.state, step.lease_owner, step.attempts) == ("ready", None, 0)
    assert step.not_before is not None
    assert before < step.not_before <= before + dt.timedelta(seconds=POLL_S)
    assert "batch" in step.error
    assert not Driver.objects.exists()
    assert [seen.method for seen in server.requests] == ["POST", "GET"]
    assert server.bills == []


def every_look_is_a_call(run: Run, server: MessagesServer) -> None:
    seen = Counter(seen.path for seen in server.requests if seen.method == "GET" and not seen.path.endswith("/results"))
    told = Counter(
        f"{BATCHES}/{call.arguments['batch']}" for call in Call.objects.filter(run=run, name="anthropic/batches")
    )
    assert told == seen
    assert set(seen.values()) == {3}
    assert len(server.requests) == Call.objects.filter(run=run, kind="model", state="done").count()


def tokens_cost_half(run: Run, server: MessagesServer) -> None:
    """A batch's tokens are billed at half their price, its searches at the whole."""
    when = driving.now()
    batched = [pricing.usage_of(bill, at=when) for bill in server.bills]
    full = [
        pricing.usage_of({**bill, "usage": {**bill["usage"], "service_tier": None}}, at=when) for bill in server.bills
    ]
    searches = sum(each.searches for each in full)
    price_of_searches = searches * Decimal("0.01")  # ten dollars a thousand
    told = sum((call.cost_usd or Decimal(0) for call in Call.objects.filter(run=run)), Decimal(0))
    assert searches == 4
    assert told == sum((each.cost_usd for each in batched), Decimal(0))
    whole = sum((each.cost_usd for each in full), Decimal(0))
    assert told - price_of_searches == (whole - price_of_searches) / 2


# ── the provider is away ─────────────────────────────────────────────────────────────────────────


def test_a_run_whose_provider_is_away_pauses_and_goes_on_by_itself(
    library: world.People, desk: claude.Desk, at
) -> None:
    """Nobody listens at the provider's port: the run is PAUSED with the time of its next try, and why."""
    with MessagesServer(desk) as server:
        at(server)
        run = driving.new_run(library)
        driving.drive()
        run.refresh_from_db()
        world.decide_all(run, library)
        port = int(server.url.rpartition(":")[2])
    clock = driving.FastClock(50)
    driving.drive(clock=clock)
    run.refresh_from_db()
    assert run.state == RunState.PAUSED
    assert run.not_before is not None
    assert run.not_before > run.state_since
    assert "Messages API" in run.state_reason
    assert not Step.objects.filter(run=run, state__in=["running", "failed", "quarantined"]).exists()
    assert set(Call.objects.filter(run=run, phase="research").values_list("state", flat=True)) == {"failed"}
    sweep_at(run.not_before - dt.timedelta(seconds=1))
    run.refresh_from_db()
    assert run.state == RunState.PAUSED
    with MessagesServer(desk, port=port) as back:
        for _ in range(3):
            # A breaker lets one call through to see whether the provider is back; steps beside it wait once more.
            clock = driving.FastClock(1, begin=max(clock.now(), run.not_before + dt.timedelta(seconds=1)))
            sweep_at(clock.now())
            run.refresh_from_db()
            assert run.state == RunState.RESEARCHING
            driving.drive(clock=clock)
            run.refresh_from_db()
            if run.state != RunState.PAUSED:
                break
        driving.to_the_end(run, library, clock=clock)
    assert run.state == RunState.COMPLETED
    assert set(claude.times(back).values()) == {1}


def sweep_at(when: dt.datetime) -> None:
    with transaction.atomic():
        sweeping.sweep(now=when)


# ── the budget ───────────────────────────────────────────────────────────────────────────────────

# A turn of an investigation sets about 90 cents aside: what all its searches and fetches might bring to read. Three
# tasks are ready at once.
TINY = Limits(calls=500, searches=500, tokens=40_000_000, cost_usd=Decimal(2))


class Watch:
    """Looks all the time at what a run has used and set aside together, from a thread of its own."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._stop = threading.Event()
        self.most = Decimal(0)
        self.looks = 0

    @contextlib.contextmanager
    def looking(self) -> Iterator[None]:
        thread = threading.Thread(target=self._look)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _look(self) -> None:
        try:
            while not self._stop.wait(0.005):
                row = RunBudget.objects.get(run=self._run, phase="research")
                self.most = max(self.most, row.used_cost_usd + row.reserved_cost_usd)
                self.looks += 1
        finally:
            connection.close()


@pytest.fixture
def paused(library: world.People, desk: claude.Desk, at) -> Iterator[tuple[Run, MessagesServer]]:
    """Give a run that stopped at its budget in the middle of the research."""

    def slowly(request: dict[str, Any], number: int) -> Answer:
        # So that the three tasks' first turns are in flight together.
        first = claude.role_of(request) == "investigate" and len(request["messages"]) == 1
        return Answer(message=desk.answer(request, number), delay_s=0.5 if first else 0)

    with MessagesServer(slowly) as server:
        at(server)
        run = driving.new_run(library, limits=TINY)
        driving.drive()
        run.refresh_from_db()
        world.decide_all(run, library)
        watch = Watch(run)
        with watch.looking():
            driving.drive()
        run.refresh_from_db()
        # Tasks asked side by side: what they set aside and used together never passed the limit.
        assert watch.looks > 10
        assert Decimal(1) < watch.most <= TINY.cost_usd
        assert run.state == RunState.PAUSED
        yield run, server


def test_a_run_at_its_budget_pauses_and_goes_on_when_it_is_raised(library: world.People, paused) -> None:
    run, server = paused
    assert run.not_before is None
    assert "would pass this run's limit of US$2.00 for research: raise the budget, or finish" in run.state_reason
    assert "set aside for calls in flight, and it may take US$" in run.state_reason
    assert run.state_reason.endswith("When those in flight end for less, resuming may be enough.")
    actor = str(library.requester.actor_id)
    runs.raise_budget(
        run_id=run.pk, limits=TINY.model_copy(update={"cost_usd": Decimal(200)}), actor=actor, now=driving.now()
    )
    run = runs.resume(run_id=run.pk, actor=actor, now=driving.now())
    driving.to_the_end(run, library)
    assert set(claude.times(server).values()) == {1}
    assert server.received == Call.objects.filter(run=run, kind="model").count()
    assert list(audit.problems_of(run)) == []


def test_a_run_finished_with_what_there_is_buys_nothing_more(library: world.People, paused) -> None:
    """It ends as a signed document that says what was not researched; the server hears nothing of it any more."""
    run, server = paused
    received = server.received
    actor = str(library.requester.actor_id)
    run = runs.finish(run_id=run.pk, actor=actor, reason="the budget is spent", now=driving.now())
    driving.to_the_end(run, library)
    assert run.state == RunState.COMPLETED
    assert server.received == received
    left = Task.objects.filter(plan__run=run, outcome=TaskOutcome.INSUFFICIENT)
    assert left.exists()
    document = json.dumps(json.loads(Document.objects.get(run=run).body), ensure_ascii=False)
    for task in left:
        assert "the budget is spent" in task.reason
        assert task.question in document
    assert "the budget is spent" in document
    assert list(audit.problems_of(run)) == []
