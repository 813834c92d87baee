"""Steps of many runs completed in one transaction: each gets its own answer, and each run moves on by itself."""

from __future__ import annotations

import datetime as dt

import pytest

from research.adapters.db import hop
from research.engine.domain.canonical import digest, sha256_hex
from research.engine.domain.errors import LostLease
from research.models import Event, Evidence, Run, Step
from research.services import audit, work
from tests.doubles import rows, world
from tests.research import play

NOW = play.NOW


@pytest.fixture
def runs(people) -> list[Run]:
    """Return three runs in research, whose two first tasks are ready and the third waits for both."""
    made = [rows.new_run(people) for _ in range(3)]
    play.drive(made[0])  # plans them all: whatever is ready is carried out
    for run in made:
        world.decide_all(run, people)
    return made


def done(step: Step) -> work.Done:
    return work.Done(step, sha256_hex(b"inputs"), play.result_of(step), NOW)


def complete(*entries: work.Done) -> list[LostLease | None]:
    return hop(work.complete_all, entries=list(entries))


def test_steps_of_several_runs_are_completed_together_and_each_run_goes_on(runs):
    """Their tasks' dependants become ready, every trail holds its own events, and the chains are whole."""
    steps = play.claim()
    assert len(steps) == 6
    assert complete(*map(done, steps)) == [None] * 6
    assert Evidence.objects.count() == 6
    assert set(Step.objects.filter(kind="investigate", key="third").values_list("state", flat=True)) == {"ready"}
    for run in runs:
        said = Event.objects.filter(run=run, kind="step.done").order_by("seq")
        assert [one.run_id for one in said][-2:] == [run.pk] * 2
    assert complete(*map(done, play.claim())) == [None] * 3
    assert {Run.objects.get(pk=run.pk).state for run in runs} == {"validating"}
    assert [problem for run in Run.objects.all() for problem in audit.problems_of(run)] == []


def test_a_lost_lease_in_a_group_harms_nobody_else(runs):
    """Nothing of the step that was lost is written; the others of its run and of other runs are done."""
    steps = play.claim()
    lost = steps[0]
    Step.objects.filter(pk=lost.pk).update(token=lost.token + 1)
    answers = complete(*map(done, steps))
    assert [type(one) for one in answers] == [LostLease, *[type(None)] * 5]
    assert Evidence.objects.filter(run_id=lost.run_id, task_key=lost.key).count() == 0
    assert Step.objects.filter(kind="investigate", state="done").count() == 5
    assert Step.objects.get(run_id=lost.run_id, kind="investigate", key="third").state == "blocked"


def test_a_group_completed_twice_is_completed_once(runs):
    """The answer to its commit was lost: the second time changes nothing and tells nobody that it failed."""
    entries = [done(step) for step in play.claim()]
    complete(*entries)
    before = Event.objects.count(), Evidence.objects.count()
    assert complete(*entries) == [None] * 6
    assert (Event.objects.count(), Evidence.objects.count()) == before


def test_what_steps_are_loaded_with_in_a_group_is_what_each_is_loaded_with_alone(runs):
    steps = play.claim()
    together = hop(work.load_all, entries=steps)
    assert together == [work.load(step) for step in steps]


def test_the_digest_of_inputs_is_that_of_their_whole_json(runs):
    """However it is put together: what was digested before stays the same."""
    [step, *_] = play.claim()
    inputs = work.load(step) | {"as_of": dt.date(2026, 3, 1)}
    plain = {
        name: value.isoformat() if isinstance(value, dt.date) else value.model_dump(mode="json")
        for name, value in inputs.items()
    }
    assert work.digest_of_inputs(inputs) == digest(plain)
