"""What each kind of failure does to a step and its run, and that nothing of it is lost or told too loudly."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import pytest
from django.db import OperationalError, transaction

from research.adapters.ledger_entries import Settle
from research.adapters.runtime import Runtime
from research.engine.domain.errors import (
    BudgetExceeded,
    InvalidInput,
    OutcomeUnknown,
    Permanent,
    ProviderDown,
    Transient,
    Waiting,
)
from research.engine.domain.usage import Usage
from research.engine.ports import CallOutcome, CallRequest
from research.models import Call, Event, Run, Step
from research.services import execution, flow, runs, steps, sweeping
from research.services.execution import Setback, setback_of
from tests.doubles import rows, world
from tests.doubles.engine import FakeClock
from tests.research import erring_engine, play
from tests.research.here_bridge import HereBridge

NOW = play.NOW
SECRET = "sk-live-0123456789"


@pytest.fixture
def erring(settings):
    """Return the script of the engine of every run that is made here."""
    engines = {"erring": "tests.research.erring_engine.build", "extractive": settings.MRD.engines["extractive"]}
    settings.MRD = settings.MRD.model_copy(update={"engines": engines, "step_max_attempts": 3})
    erring_engine.SCRIPT.clear()
    yield erring_engine.SCRIPT
    erring_engine.SCRIPT.clear()


@pytest.fixture
def run(people, erring) -> Run:
    return runs.create(
        team=people.team, requester=people.requester, prompt=rows.PROMPT, vertical="gambling", engine="erring", now=NOW
    )


def execute(step: Step, *, at: float = 0) -> Step:
    runtime = Runtime(bridge=HereBridge(), clock=FakeClock(at=play.later(at)))
    asyncio.run(execution.execute(runtime=runtime, step=step))
    return Step.objects.get(pk=step.pk)


def claim_and_execute(*, at: float = 0) -> Step:
    (step,) = play.claim(now=play.later(at))
    return execute(step, at=at)


# ── what an error means ──────────────────────────────────────────────────────────────────────────


def test_a_passing_trouble_waits_twice_as_long_each_time(erring):
    waits = [setback_of(Transient("Busy."), attempts=n).wait_s for n in range(1, 12)]
    assert waits[:4] == [2, 4, 8, 16]
    assert waits == sorted(waits)
    assert max(waits) == 300


def test_the_wait_the_other_side_names_is_kept_when_it_is_longer(erring):
    assert setback_of(Transient("Busy.", retry_after_s=120), attempts=1).wait_s == 120
    assert setback_of(Transient("Busy.", retry_after_s=0.1), attempts=1).wait_s == 2


def test_a_passing_trouble_pauses_the_run_only_when_the_attempts_are_used_up(erring):
    assert [setback_of(Transient("Busy."), attempts=n).pauses for n in (1, 2, 3, 4)] == [False, False, True, True]


@pytest.mark.parametrize("error", [Permanent("No."), InvalidInput("No."), OutcomeUnknown("No.")])
def test_what_will_not_pass_is_not_tried_again(erring, error):
    assert setback_of(error, attempts=1) == Setback("No.", wait_s=None, pauses=False)


def test_an_exceeded_budget_waits_for_a_person(erring):
    assert setback_of(BudgetExceeded("Raise it."), attempts=1) == Setback("Raise it.", wait_s=None, pauses=True)


def test_a_provider_that_is_away_pauses_the_run_until_the_time_it_named(erring):
    named, unnamed = (setback_of(ProviderDown("Away.", retry_after_s=wait_s), attempts=1) for wait_s in (90, None))
    assert named == Setback("Away.", wait_s=90, pauses=True)
    assert (unnamed.wait_s, unnamed.pauses) == (2, True)


def test_an_answer_that_is_being_made_elsewhere_is_waited_for_without_counting_as_an_attempt(erring):
    waits = setback_of(Waiting("In a batch.", wait_s=300), attempts=4)
    assert waits == Setback("In a batch.", wait_s=300, pauses=False, counts=False)


def test_the_unforeseen_is_tried_again_and_tells_people_its_kind_alone(erring):
    first, last = (setback_of(RuntimeError(SECRET), attempts=n) for n in (1, 3))
    assert (first.wait_s, first.pauses, last.wait_s, last.pauses) == (2, False, None, False)
    assert SECRET not in first.sentence
    assert "RuntimeError" in first.sentence


# ── what it does ─────────────────────────────────────────────────────────────────────────────────


def test_a_step_that_goes_well_is_done_and_the_run_moves_on(run):
    step = claim_and_execute()
    assert (step.state, step.attempts) == ("done", 1)
    assert len(step.input_digest) == 64
    run.refresh_from_db()
    assert run.state == "plan_review"


def test_a_passing_trouble_defers_the_step_and_the_run_works_on(run, erring):
    erring.append(Transient("The provider is busy.", retry_after_s=30))
    step = claim_and_execute()
    assert (step.state, step.attempts, step.not_before) == ("ready", 1, play.later(30))
    assert step.error == "The provider is busy."
    assert Run.objects.get(pk=run.pk).state == "planning"
    assert play.claim(now=play.later(29)) == []
    assert claim_and_execute(at=30).state == "done"


def test_a_provider_that_stays_down_pauses_the_run_until_it_may_be_tried_again(run, erring):
    """The run waits with the reason and the time; the sweep resumes it when that has come, and it goes on."""
    erring += [Transient("The provider is down.")] * 2 + [Transient("The provider is down.", retry_after_s=600)]
    at = 0
    for wait in (2, 4, None):
        step = claim_and_execute(at=at)
        at += wait or 0
    run.refresh_from_db()
    assert (run.state, run.resume_to) == ("paused", "planning")
    assert run.state_reason == "The provider is down."
    assert run.not_before == play.later(at + 600)
    assert (step.state, step.attempts) == ("ready", 2)
    sweep(at + 599)
    assert Run.objects.get(pk=run.pk).state == "paused"
    sweep(at + 600)
    run.refresh_from_db()
    assert (run.state, run.not_before, run.state_reason) == ("planning", None, "")
    assert Event.objects.filter(run=run, kind="run.resumed").get().actor == "clock"
    assert claim_and_execute(at=at + 600).state == "done"


def sweep(at: float) -> None:
    with transaction.atomic():
        sweeping.sweep(now=play.later(at))


def test_an_exceeded_budget_pauses_the_run_for_a_person_and_no_clock_resumes_it(run, erring):
    erring.append(BudgetExceeded("The next call would pass the limit."))
    step = claim_and_execute()
    run.refresh_from_db()
    assert (run.state, run.state_reason, run.not_before) == ("paused", "The next call would pass the limit.", None)
    assert (step.state, step.attempts) == ("ready", 0)
    sweep(10**6)
    assert Run.objects.get(pk=run.pk).state == "paused"
    runs.resume(run_id=run.pk, actor="someone", now=play.later(60))
    assert claim_and_execute(at=60).state == "done"


def test_the_unforeseen_is_tried_again_and_then_fails_without_a_secret(run, erring, caplog):
    """People read its kind; the log has the whole of it."""
    erring += [RuntimeError(f"key {SECRET} refused")] * 3
    with caplog.at_level(logging.ERROR):
        at = 0
        for attempt in (1, 2, 3):
            step = claim_and_execute(at=at)
            assert step.attempts == attempt
            at += 10
    run.refresh_from_db()
    assert (step.state, run.state, run.resume_to) == ("failed", "failed", "planning")
    assert "RuntimeError" in step.error
    told = [step.error, run.state_reason, *Event.objects.filter(run=run).values_list("payload", flat=True)]
    assert not [one for one in told if SECRET in one]
    assert [record for record in caplog.records if record.exc_info and "unexpectedly" in record.getMessage()]


def test_what_cannot_be_mended_by_trying_fails_at_once_with_its_sentence(run, erring):
    erring.append(Permanent("The key is not valid: set another."))
    step = claim_and_execute()
    run.refresh_from_db()
    assert (step.state, step.attempts, step.error) == ("failed", 1, "The key is not valid: set another.")
    assert run.state == "failed"
    kinds = list(Event.objects.filter(run=run).order_by("seq").values_list("kind", flat=True))
    assert kinds[-2:] == ["step.failed", "run.failed"]
    flow.retry_step(step_id=step.pk, actor="someone", now=NOW)
    assert claim_and_execute().state == "done"


def test_an_engine_that_is_gone_from_the_settings_fails_with_a_sentence(run, settings):
    engines = {"extractive": settings.MRD.engines["extractive"]}
    settings.MRD = settings.MRD.model_copy(update={"engines": engines})
    step = claim_and_execute()
    assert step.state == "failed"
    assert "There is no engine called 'erring'" in step.error


def test_who_lost_the_lease_meanwhile_writes_neither_result_nor_failure(run, erring):
    for trouble in (None, Transient("Busy."), Permanent("No.")):
        (step,) = play.claim()
        with transaction.atomic():
            steps.sweep(now=play.later(31), max_crashes=99)
        before = Step.objects.filter(pk=step.pk).values().get()
        erring += [trouble] if trouble else []
        execute(step)
        assert Step.objects.filter(pk=step.pk).values().get() == before
    assert not run.plans.exists()
    assert Run.objects.get(pk=run.pk).state == "planning"


def test_a_step_that_is_cancelled_is_given_back_and_the_start_does_not_count(run, erring):
    """The driver's slice is over: another takes the step at once."""
    (step,) = play.claim()
    begun = asyncio.Event()

    async def hang(_context) -> None:
        begun.set()
        await asyncio.Event().wait()

    erring.append(hang)
    runtime = Runtime(bridge=HereBridge(), clock=FakeClock(at=NOW))

    async def begin_and_cancel() -> None:
        task = asyncio.create_task(execution.execute(runtime=runtime, step=step))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(begin_and_cancel())
    row = Step.objects.get(pk=step.pk)
    assert (row.state, row.attempts, row.lease_owner) == ("ready", 0, None)
    assert claim_and_execute().state == "done"


@pytest.mark.parametrize("error", [Transient("Busy."), Permanent("No."), asyncio.CancelledError()])
def test_what_a_step_was_told_is_written_before_anybody_else_can_have_it(run, erring, error):
    """The step ends right after its call: whoever takes it up again replays the answer and buys nothing."""
    bought = []

    async def perform(key: str) -> CallOutcome:
        bought.append(key)
        return CallOutcome(payload={"said": 1})

    async def call_and_end(context) -> None:
        request = CallRequest(kind="model", name="m", arguments={}, estimate=Usage())
        assert (await context.calls.make(request, perform, timeout_s=5)).payload == {"said": 1}
        if erring:
            raise error

    erring += [call_and_end, call_and_end]
    (step,) = play.claim()
    with contextlib.suppress(asyncio.CancelledError):
        execute(step)
    assert Call.objects.get().state == "done"
    if isinstance(error, Permanent):
        flow.retry_step(step_id=step.pk, actor="someone", now=NOW)
    assert claim_and_execute(at=60).state == "done"
    assert len(bought) == 1


class StalledBridge(HereBridge):
    """Groups with an outcome wait for `go`, then are written or fail. stalled: one waits."""

    def __init__(self, *, error: Exception | None = None) -> None:
        super().__init__()
        self.error = error
        self.stalled, self.go = asyncio.Event(), asyncio.Event()

    async def run(self, fn, /, *args, **kwargs):
        if any(isinstance(entry, Settle) for entry in kwargs.get("entries", ())):
            self.stalled.set()
            await self.go.wait()
            if self.error is not None:
                raise self.error
        return await super().run(fn, *args, **kwargs)


@pytest.mark.parametrize("error", [None, OperationalError("the connection is lost")])
def test_a_step_that_is_cancelled_is_given_back_when_its_outcome_is_written_and_not_before(run, erring, error):
    """However often it is cancelled meanwhile. Where that fails for good, the start does not count all the same."""

    async def perform(_key: str) -> CallOutcome:
        return CallOutcome(payload={"said": 1})

    async def call(context) -> None:
        await context.calls.make(
            CallRequest(kind="model", name="m", arguments={}, estimate=Usage()), perform, timeout_s=5
        )

    erring.append(call)
    (step,) = play.claim()
    bridge, here = StalledBridge(error=error), HereBridge()

    async def cancel_twice() -> str:
        task = asyncio.create_task(
            execution.execute(runtime=Runtime(bridge=bridge, clock=FakeClock(at=NOW)), step=step)
        )
        await bridge.stalled.wait()
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0.01)
        state = await here.run(lambda: Step.objects.get(pk=step.pk).state)
        bridge.go.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        return state

    assert asyncio.run(cancel_twice()) == "running"
    row = Step.objects.get(pk=step.pk)
    assert (row.state, row.attempts) == ("ready", 0)
    assert Call.objects.get().state == ("intent" if error else "done")


@pytest.mark.parametrize("error", [BudgetExceeded("Raise it."), Transient("Busy."), Permanent("No.")])
def test_a_failure_in_a_run_that_was_paused_meanwhile_is_written_and_the_pause_stays(run, erring, error):
    (step,) = play.claim()
    runs.pause(run_id=run.pk, actor="someone", reason="Lunch", now=NOW)
    erring.append(error)
    step = execute(step)
    run.refresh_from_db()
    assert (run.state, run.state_reason) == ("paused", "Lunch")
    assert step.state == ("failed" if isinstance(error, Permanent) else "ready")


def test_what_was_found_stays_when_another_question_cannot_be_answered(people, erring):
    """One investigation fails for good: the run fails, the other's evidence and outcome are kept."""
    mine = world.people("kept")
    run = runs.create(
        team=mine.team, requester=mine.requester, prompt=rows.PROMPT, vertical="gambling", engine="erring", now=NOW
    )
    play.carry_to("plan_review", run, mine)
    world.decide_all(run, mine)
    first, second = play.claim()
    play.complete(first)
    erring.append(Permanent("This source is closed to us."))
    assert execute(second).state == "failed"
    run.refresh_from_db()
    assert run.state == "failed"
    assert [row.task_key for row in run.evidence.all()] == ["first"]
