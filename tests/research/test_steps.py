"""Steps: counted before they start, held under a rising token, given up, taken back, quarantined, retried."""

from __future__ import annotations

import threading
import uuid

import pytest
from django.db import connection, transaction

from research.engine.domain.errors import LostLease, NotFound, StaleState
from research.engine.domain.states import STEP_STATE, RunState, StepKind
from research.models import Call, Event, Run, Step
from research.services import flow, recording, steps, sweeping, work
from tests.doubles import rows, world
from tests.research import play

NOW = play.NOW
DRIVER = uuid.UUID(int=1)


def new_run(people) -> Run:
    """Return a run whose plan step is ready."""
    return rows.new_run(people)


def fresh(step: Step) -> Step:
    return Step.objects.get(pk=step.pk)


def claimed(people, **more) -> Step:
    new_run(people)
    return play.claim(driver=DRIVER, **more)[0]


def test_a_claim_counts_the_attempt_raises_the_token_and_names_who_holds_it(people):
    """All before anything is executed: a worker that dies at once has used up an attempt all the same."""
    step = claimed(people)
    row = fresh(step)
    assert (row.state, row.attempts, row.token, row.lease_owner) == ("running", 1, 1, DRIVER)
    assert row.lease_until == play.later(play.LEASE_S)
    assert (step.attempts, step.token) == (1, 1)


def test_what_is_held_is_not_claimed_again(people):
    claimed(people)
    assert play.claim() == []


def test_no_more_than_the_limit_is_claimed(people):
    for _ in range(3):
        new_run(people)
    assert len(play.claim(limit=2)) == 2
    assert len(play.claim(limit=2)) == 1


def test_a_step_waits_until_its_time(people):
    step = claimed(people)
    steps.defer(step_id=step.pk, token=1, not_before=play.later(60), error="Try later.")
    assert play.claim(now=play.later(59.9)) == []
    again = play.claim(now=play.later(60))
    assert [one.pk for one in again] == [step.pk]
    assert (again[0].attempts, again[0].token, again[0].error) == (2, 2, "")


@pytest.mark.parametrize("kind", list(StepKind))
def test_a_step_is_claimed_only_while_its_run_is_in_its_state(people, kind):
    """Paused, failed, waiting for people, ended or elsewhere at work: nothing of the run starts."""
    run = new_run(people)
    Step.objects.filter(run=run).delete()
    Step.objects.create(run=run, kind=kind, key="one", generation=1, created_at=NOW)
    for state in RunState:
        aside = state in (RunState.PAUSED, RunState.FAILED)
        Run.objects.filter(pk=run.pk).update(state=state, resume_to="planning" if aside else "")
        assert steps.claimable(now=NOW).exists() == (state == STEP_STATE[kind]), state


@pytest.mark.parametrize("state", ["blocked", "running", "done", "failed", "quarantined", "superseded"])
def test_only_a_ready_step_is_claimed(people, state):
    run = new_run(people)
    Step.objects.filter(run=run).update(state=state, lease_owner=DRIVER, lease_until=NOW)
    assert play.claim() == []


def test_a_claim_takes_one_of_each_run_before_a_second_of_any(people):
    many, few = new_run(people), new_run(people)
    for n in range(20):
        Step.objects.create(run=many, kind="plan", key=f"more-{n}", generation=1, created_at=NOW)
    third = new_run(people)
    assert {step.run_id for step in play.claim(limit=3)} == {many.pk, few.pk, third.pk}


def test_a_run_that_has_much_running_waits_behind_one_that_has_nothing(people):
    """Even a driver that takes one step at a time, and behind many older runs with long queues, serves the newcomer."""
    for _ in range(6):
        run = new_run(people)
        for n in range(5):
            Step.objects.create(run=run, kind="plan", key=f"more-{n}", generation=1, created_at=NOW)
    assert len({step.run_id for step in play.claim(limit=6)}) == 6
    newcomer = new_run(people)
    assert [step.run_id for step in play.claim(limit=1)] == [newcomer.pk]


@pytest.mark.django_db(transaction=True)
def test_who_claims_while_another_is_choosing_does_not_take_what_comes_last(people):
    """Of 60 ready steps a driver may take ten. What the other holds just now is no sign that there is room for all."""
    if connection.vendor != "postgresql":
        pytest.skip("On SQLite they choose one after the other; the PostgreSQL run of this suite holds this test.")
    large = new_run(people)
    small = [new_run(people) for _ in range(39)]
    Run.objects.update(state="researching")
    Step.objects.all().delete()
    for run, count in ((large, 21), *((run, 1) for run in small)):
        for n in range(count):
            Step.objects.create(run=run, kind="investigate", key=str(n), generation=1, created_at=NOW)
    chosen, over = threading.Event(), threading.Event()

    def choose() -> None:
        try:
            with transaction.atomic():
                steps.claim(driver_id=uuid.UUID(int=2), limit=10, lease_s=30, now=NOW)
                chosen.set()
                over.wait(30)
        finally:
            connection.close()

    other = threading.Thread(target=choose)
    other.start()
    assert chosen.wait(30)
    with transaction.atomic():
        mine = steps.claim(driver_id=DRIVER, limit=10, lease_s=30, now=NOW)
    over.set()
    other.join()
    assert sum(step.run_id == large.pk for step in mine) <= 1


@pytest.mark.django_db(transaction=True)
def test_two_drivers_that_claim_at_once_share_no_step(people):
    for _ in range(8):
        new_run(people)
    together = threading.Barrier(4)
    taken: list[int] = []

    def take():
        try:
            together.wait()
            # What another one holds at that moment is passed over, so a claim may come back with fewer.
            while Step.objects.filter(state="ready").exists():
                taken.extend(step.pk for step in play.claim(limit=2))
        finally:
            connection.close()

    in_threads([take] * 4)
    assert sorted(taken) == sorted(Step.objects.values_list("pk", flat=True))
    assert set(Step.objects.values_list("attempts", "token")) == {(1, 1)}


@pytest.mark.parametrize("verb", ["finish", "defer", "fail", "release", "fence", "complete"])
def test_who_has_lost_the_lease_writes_nothing(people, verb):
    """The lease runs out, the sweep takes the step back: the old holder's every verb is refused, before and after
    the next holder took it."""
    step = claimed(people)
    assert [one.pk for one in steps.sweep(now=play.later(play.LEASE_S + 1), max_crashes=3)] == [step.pk]
    for again in (False, True):
        if again:
            play.claim(now=play.later(60))
        before = Step.objects.filter(pk=step.pk).values().get()
        events = Event.objects.count()
        with pytest.raises(LostLease), transaction.atomic():
            end(verb, step)
        assert Step.objects.filter(pk=step.pk).values().get() == before
        assert Event.objects.count() == events
        assert not Run.objects.get(pk=step.run_id).plans.exists()


def end(verb: str, step: Step) -> None:
    held = {"step_id": step.pk, "token": step.token}
    match verb:
        case "finish":
            steps.finish(**held, input_digest="", output={}, now=NOW)
        case "defer":
            steps.defer(**held, not_before=NOW, error="")
        case "fail":
            steps.fail(**held, error="", now=NOW)
        case "release":
            steps.release(**held)
        case "fence":
            steps.fence(**held)
        case "complete":
            play.complete(step)


@pytest.mark.parametrize("verb", ["finish", "defer", "fail", "release"])
def test_who_holds_the_step_ends_it_and_the_lease_with_it(people, verb):
    step = claimed(people)
    end(verb, step)
    row = fresh(step)
    ends = {"finish": ("done", 1), "defer": ("ready", 1), "fail": ("failed", 1), "release": ("ready", 0)}
    assert (row.state, row.attempts) == ends[verb]
    assert (row.lease_owner, row.lease_until) == (None, None)


def test_a_lease_that_is_extended_is_not_swept(people):
    step = claimed(people)
    assert steps.extend(driver_id=DRIVER, lease_s=30, now=play.later(20)) == 1
    assert steps.extend(driver_id=uuid.UUID(int=2), lease_s=999, now=play.later(20)) == 0
    assert steps.sweep(now=play.later(49), max_crashes=3) == []
    assert [one.pk for one in steps.sweep(now=play.later(51), max_crashes=3)] == [step.pk]


def test_the_sweep_raises_the_token_and_counts_the_crash(people):
    step = claimed(people)
    (swept,) = steps.sweep(now=play.later(31), max_crashes=3)
    assert (swept.state, swept.crashes, swept.token, swept.lease_owner) == ("ready", 1, 2, None)
    assert play.claim(now=play.later(31))[0].token == 3
    assert step.token == 1


def test_a_step_that_kills_its_worker_too_often_is_quarantined_and_its_run_fails(people):
    """After three crashes nobody starts it again; the trail and the run say so; other runs go on."""
    run, now = new_run(people), NOW
    for crash in (1, 2, 3):
        (step,) = play.claim(now=now)
        assert step.attempts == crash
        now = play.later(100 * crash)
        with transaction.atomic():
            assert sweeping.sweep(now=now) == 1
    row = fresh(step)
    assert (row.state, row.crashes) == ("quarantined", 3)
    assert "3 times" in row.error
    run.refresh_from_db()
    assert (run.state, run.resume_to) == ("failed", "planning")
    assert Event.objects.filter(run=run, kind="step.quarantined").count() == 1
    other = new_run(people)
    assert [one.run_id for one in play.claim(now=now)] == [other.pk]


@pytest.mark.parametrize("state", ["failed", "quarantined"])
def test_one_click_puts_a_stuck_step_back_and_the_run_goes_on(people, state):
    run = new_run(people)
    (step,) = play.claim()
    if state == "failed":
        steps.fail(step_id=step.pk, token=step.token, error="No.", now=NOW)
    else:
        steps.sweep(now=play.later(31), max_crashes=1)
    flow.advance(run_id=run.pk, now=NOW)
    assert Run.objects.get(pk=run.pk).state == "failed"
    flow.retry_step(step_id=step.pk, actor="someone", now=play.later(40))
    row = fresh(step)
    assert (row.state, row.attempts, row.crashes, row.error, row.not_before) == ("ready", 0, 0, "", None)
    told = Event.objects.filter(run=run).order_by("-seq")[:2]
    assert [(event.kind, event.actor) for event in told] == [("run.retried", "someone"), ("step.retried", "someone")]
    assert play.drive(run, now=play.later(50)).state == "plan_review"


@pytest.mark.parametrize("state", ["blocked", "ready", "running", "done", "superseded"])
def test_only_a_stuck_step_can_be_retried(people, state):
    run = new_run(people)
    Step.objects.filter(run=run).update(state=state, lease_owner=DRIVER, lease_until=NOW)
    step = Step.objects.get(run=run)
    with pytest.raises(StaleState, match=state):
        flow.retry_step(step_id=step.pk, actor="someone", now=NOW)
    assert not Event.objects.filter(run=run, kind="step.retried").exists()


def test_a_step_that_is_not_there_is_not_found(db):
    with pytest.raises(NotFound):
        flow.retry_step(step_id=987_654, actor="someone", now=NOW)


def test_a_retry_lets_calls_of_unknown_outcome_be_made_once_more(people):
    run = new_run(people)
    (step,) = play.claim()
    common = {
        "run": run, "step": step, "phase": "planning", "kind": "model", "name": "m", "key": "k", "token": 1,
        "arguments": {}, "started_at": NOW, "finished_at": NOW,
    }  # fmt: skip
    unknown = Call.objects.create(**common, state="unknown", repeat=0)
    failed = Call.objects.create(**common, state="failed", repeat=1)
    steps.fail(step_id=step.pk, token=1, error="", now=NOW)
    steps.retry(step_id=step.pk, actor="someone", now=NOW)
    assert Call.objects.get(pk=unknown.pk).written_off
    assert not Call.objects.get(pk=failed.pk).written_off


def test_a_superseded_step_takes_no_result(people):
    """The plan is rejected while a step of the round runs: what that brings is refused."""
    step = claimed(people)
    Step.objects.filter(pk=step.pk).update(state="superseded", lease_owner=None, lease_until=None)
    with pytest.raises(LostLease), transaction.atomic():
        play.complete(step)
    with pytest.raises(StaleState):
        steps.retry(step_id=step.pk, actor="someone", now=NOW)


def test_a_step_is_added_once_a_round(people):
    run = new_run(people)
    assert not steps.add(run=run, kind=StepKind.PLAN, key="plan", now=NOW)
    run.generation = 2
    assert steps.add(run=run, kind=StepKind.PLAN, key="plan", now=NOW)


@pytest.fixture
def researching(db):
    """Return a run whose three tasks have begun: two ready, the third waits for both."""
    people = world.people("layers")
    from research.services import runs

    run = runs.create(
        team=people.team, requester=people.requester, prompt="A market in two layers", vertical="gambling",
        engine="extractive", now=NOW,
    )  # fmt: skip
    return play.carry_to(RunState.PLAN_REVIEW, run, people), people


def test_a_step_waits_for_the_steps_its_task_depends_on(researching):
    """First and second are claimed, third only when both are done; the same again for the claims."""
    run, people = researching
    world.decide_all(run, people)
    for kind, after in (("investigate", "validating"), ("extract", "validating")):
        first, second = play.claim()
        assert {first.key, second.key} == {"first", "second"}
        assert {first.kind, second.kind} == {kind}
        play.complete(second)
        assert play.claim() == []
        assert Step.objects.get(run=run, kind=kind, key="third").state == "blocked"
        play.complete(first)
        (third,) = play.claim()
        assert (third.kind, third.key) == (kind, "third")
        play.complete(third)
        assert Run.objects.get(pk=run.pk).state == after
    assert Step.objects.get(run=run, kind="verify").state == "ready"


def test_a_step_behind_one_that_failed_stays_blocked_and_the_run_fails_when_the_rest_is_done(researching):
    run, people = researching
    world.decide_all(run, people)
    first, second = play.claim()
    steps.fail(step_id=first.pk, token=first.token, error="No.", now=NOW)
    flow.advance(run_id=run.pk, now=NOW)
    assert Run.objects.get(pk=run.pk).state == "researching"
    play.complete(second)
    run.refresh_from_db()
    assert (run.state, run.resume_to) == ("failed", "researching")
    assert "1 step" in run.state_reason
    flow.retry_step(step_id=first.pk, actor="someone", now=NOW)
    play.drive(run)
    assert run.state == "claim_review"


@pytest.mark.django_db(transaction=True)
def test_two_last_steps_that_end_at_once_move_the_run_on_once(transactional_db):
    """Neither both (two moves) nor none (each thinks the other is still running)."""
    people = world.people("last")
    from research.services import runs

    for attempt in range(3):
        run = runs.create(
            team=people.team, requester=people.requester, prompt="A market of two last steps", vertical="gambling",
            engine="extractive", now=NOW,
        )  # fmt: skip
        play.carry_to(RunState.PLAN_REVIEW, run, people)
        world.decide_all(run, people)
        while (claimed := play.claim()) and claimed[0].key != "third":
            last, results = claimed, [play.result_of(step) for step in claimed]
            together = threading.Barrier(len(claimed))

            def finish(step, result, together=together):
                try:
                    together.wait()
                    play.complete(step, result=result)
                finally:
                    connection.close()

            in_threads([lambda s=step, r=result: finish(s, r) for step, result in zip(last, results, strict=True)])
        assert [step.key for step in claimed] == ["third"], attempt
        play.complete(claimed[0])
        assert Run.objects.get(pk=run.pk).state == "validating"
        assert Event.objects.filter(run=run, kind="run.researched").count() == 1
        runs.cancel(run_id=run.pk, actor="someone", reason="done with it", now=NOW)


def test_a_result_delivered_twice_is_written_once(people):
    """The answer to the commit was lost, the same completion comes again: nothing is written and nothing raised."""
    run = new_run(people)
    (step,) = play.claim()
    result = play.result_of(step)
    play.complete(step, result=result)
    before = (Event.objects.count(), Run.objects.filter(pk=run.pk).values().get(), run.plans.count())
    play.complete(step, result=result)
    assert (Event.objects.count(), Run.objects.filter(pk=run.pk).values().get(), run.plans.count()) == before


def test_another_result_for_a_step_that_is_done_is_refused(people):
    new_run(people)
    (step,) = play.claim()
    result = play.result_of(step)
    play.complete(step, result=result)
    other = result.model_copy(update={"tasks": result.tasks[:1]})
    with pytest.raises(LostLease), transaction.atomic():
        play.complete(step, result=other)
    assert Run.objects.get(pk=step.run_id).plans.count() == 1


def test_done_keeps_what_it_was_made_from_and_what_it_gave(people):
    run = new_run(people)
    (step,) = play.claim()
    inputs = work.load(step)
    given = work.digest_of_inputs(inputs)
    with transaction.atomic():
        work.complete(step=step, input_digest=given, result=play.result_of(step), now=NOW)
    row = fresh(step)
    assert row.input_digest == given
    assert row.output["tasks"][0]["key"] == "first"
    event = Event.objects.get(run=run, kind="step.done")
    assert given in event.payload
    assert event.actor == recording.ENGINE


def in_threads(work_of_each) -> None:
    threads = [threading.Thread(target=one) for one in work_of_each]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
