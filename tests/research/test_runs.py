"""What people ask of a run: created whole or not at all, paused, resumed, cancelled, given more."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from django.conf import settings as django_settings
from django_q.models import OrmQ

from research.engine.domain.errors import InvalidInput, MrdError, StaleState
from research.engine.domain.states import RunState
from research.engine.domain.usage import Limits
from research.models import Event, Run, RunBudget, Step, Trail
from research.services import audit, runs
from tests.doubles import rows
from tests.research import play

NOW = play.NOW
GOOD = {"prompt": rows.PROMPT, "vertical": "gambling", "engine": "extractive"}


def create(people, **changes) -> Run:
    asked = {"team": people.team, "requester": people.requester, "now": NOW} | GOOD | changes
    return runs.create(**asked)


def test_a_new_run_plans_under_its_small_cap_and_has_its_trail(people, settings):
    run = create(people, correlation_id="request-1")
    assert (run.state, run.generation, run.correlation_id) == ("planning", 1, "request-1")
    assert list(Step.objects.filter(run=run).values_list("kind", "state")) == [("plan", "ready")]
    budgets = {row.phase: row for row in run.budgets.all()}
    conf = settings.MRD
    planning, research = budgets["planning"], budgets["research"]
    assert (planning.max_calls, planning.max_searches) == (conf.planning_max_calls, 0)
    assert (research.max_calls, research.max_searches) == (conf.max_calls, conf.max_searches)
    assert (planning.max_tokens, research.max_tokens) == (conf.planning_max_tokens, conf.max_tokens)
    assert (planning.max_cost_usd, research.max_cost_usd) == (conf.planning_max_cost_usd, conf.max_cost_usd)
    told = Event.objects.filter(run=run).order_by("seq").values_list("kind", "actor")
    assert list(told) == [(kind, str(people.requester.actor_id)) for kind in ("run.created", "run.started")]
    assert OrmQ.objects.count() == 1
    assert list(audit.problems_of(run)) == []


def test_the_limits_named_are_the_limits_given(people):
    run = create(people, limits=Limits(calls=7, searches=3, tokens=9000, cost_usd=Decimal("1.50")))
    row = RunBudget.objects.get(run=run, phase="research")
    assert (row.max_calls, row.max_searches, row.max_tokens, row.max_cost_usd) == (7, 3, 9000, Decimal("1.50"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"prompt": ""}, "prompt"), ({"prompt": " \n "}, "prompt"), ({"prompt": None}, "prompt"),
        ({"prompt": 12}, "prompt"), ({"prompt": "too short"}, "prompt"), ({"prompt": "x" * 100_000}, "prompt"),
        ({"prompt": "A market\x00 for tests"}, "prompt"), ({"prompt": "A market \udfff for tests"}, "prompt"),
        ({"vertical": "astrology"}, "vertical"), ({"vertical": ""}, "vertical"), ({"vertical": "../saas"}, "vertical"),
        ({"engine": "oracle"}, "engine"), ({"engine": ""}, "engine"), ({"priority": "urgent"}, "priority"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_a_sentence_and_leaves_no_row(people, changes, field):
    with pytest.raises(InvalidInput) as refusal:
        create(people, **changes)
    assert refusal.value.field == field
    assert refusal.value.detail.endswith(".")
    assert len(refusal.value.detail) < 300
    nothing_left()


def test_who_is_not_a_member_of_the_team_cannot_ask_for_it(people):
    for person in (people.outsider, people.superuser):
        with pytest.raises(InvalidInput) as refusal:
            create(people, requester=person)
        assert refusal.value.field == "team"
    nothing_left()


def nothing_left() -> None:
    for model in (Run, Trail, Event, RunBudget, Step, OrmQ):
        assert not model.objects.exists(), model


def test_a_pause_keeps_its_reason_and_a_resume_goes_back(people):
    run = create(people)
    paused = runs.pause(run_id=run.pk, actor="someone", reason="  The budget is asked for. ", now=NOW)
    assert (paused.state, paused.resume_to, paused.state_reason) == ("paused", "planning", "The budget is asked for.")
    resumed = runs.resume(run_id=run.pk, actor="someone", now=NOW)
    assert (resumed.state, resumed.state_reason) == ("planning", "")
    assert [step.kind for step in play.claim()] == ["plan"]


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
@pytest.mark.parametrize("verb", [runs.pause, runs.cancel])
def test_without_a_reason_nothing_is_stopped(people, verb, reason):
    run = create(people)
    with pytest.raises(InvalidInput) as refusal:
        verb(run_id=run.pk, actor="someone", reason=reason, now=NOW)
    assert refusal.value.field == "reason"
    assert Run.objects.get(pk=run.pk).state == "planning"


@pytest.mark.parametrize("state", [RunState.PLAN_REVIEW, RunState.SIGN_OFF])
def test_a_run_that_waits_for_people_cannot_be_paused_nor_resumed(run_factory, state):
    run = run_factory(state)
    with pytest.raises(StaleState):
        runs.pause(run_id=run.pk, actor="someone", reason="Lunch", now=NOW)
    with pytest.raises(StaleState):
        runs.resume(run_id=run.pk, actor="someone", now=NOW)


def test_a_run_is_paused_once_and_resumed_once(people):
    run = create(people)
    runs.pause(run_id=run.pk, actor="someone", reason="Lunch", now=NOW)
    with pytest.raises(StaleState):
        runs.pause(run_id=run.pk, actor="someone", reason="Lunch", now=NOW)
    runs.resume(run_id=run.pk, actor="someone", now=NOW)
    with pytest.raises(StaleState):
        runs.resume(run_id=run.pk, actor="someone", now=NOW)


@pytest.mark.parametrize("state", [RunState.PLAN_REVIEW, RunState.CLAIM_REVIEW, RunState.SIGN_OFF])
def test_a_cancelled_run_is_over_and_keeps_what_it_found(run_factory, state):
    run = run_factory(state)
    before = (run.plans.count(), run.claims.count(), run.evidence.count())
    cancelled = runs.cancel(run_id=run.pk, actor="someone", reason="Not needed", now=NOW)
    assert (cancelled.state, cancelled.state_reason, cancelled.resume_to) == ("cancelled", "Not needed", "")
    assert (run.plans.count(), run.claims.count(), run.evidence.count()) == before
    for verb in (runs.cancel, runs.pause):
        with pytest.raises(StaleState):
            verb(run_id=run.pk, actor="someone", reason="again", now=NOW)


def test_a_paused_and_a_failed_run_can_be_cancelled(people):
    for state in ("paused", "failed"):
        run = create(people)
        Run.objects.filter(pk=run.pk).update(state=state, resume_to="planning")
        assert runs.cancel(run_id=run.pk, actor="someone", reason="Enough", now=NOW).state == "cancelled"
    assert play.claim() == []


def limits(**changes) -> Limits:
    return Limits(**({"calls": 10, "searches": 5, "tokens": 1000, "cost_usd": Decimal(2)} | changes))


def test_a_budget_can_be_raised_and_the_trail_says_by_whom(people):
    run = create(people, limits=limits())
    more = limits(calls=20, tokens=5000, cost_usd=Decimal("2.5"))
    runs.raise_budget(run_id=run.pk, limits=more, actor="someone", now=NOW)
    row = RunBudget.objects.get(run=run, phase="research")
    assert (row.max_calls, row.max_searches, row.max_tokens, row.max_cost_usd) == (20, 5, 5000, Decimal("2.5"))
    event = Event.objects.get(run=run, kind="run.budget_raised")
    assert event.actor == "someone"
    assert '"cost_usd":"2.5"' in event.payload
    assert RunBudget.objects.get(run=run, phase="planning").max_searches == 0


@pytest.mark.parametrize("less", [{"calls": 9}, {"searches": 4}, {"tokens": 999}, {"cost_usd": Decimal("1.99")}])
def test_a_budget_cannot_be_lowered_in_any_part(people, less):
    run = create(people, limits=limits())
    with pytest.raises(InvalidInput) as refusal:
        runs.raise_budget(run_id=run.pk, limits=limits(**({"calls": 99} | less)), actor="someone", now=NOW)
    assert refusal.value.field == "limits"
    assert RunBudget.objects.get(run=run, phase="research").max_calls == 10
    assert not Event.objects.filter(run=run, kind="run.budget_raised").exists()


@pytest.mark.parametrize("state", ["completed", "cancelled"])
def test_the_budget_of_a_run_that_has_ended_is_not_changed(people, state):
    run = create(people, limits=limits())
    Run.objects.filter(pk=run.pk).update(state=state)
    with pytest.raises(StaleState, match="ended"):
        runs.raise_budget(run_id=run.pk, limits=limits(calls=99), actor="someone", now=NOW)
    assert RunBudget.objects.get(run=run, phase="research").max_calls == 10


def test_limits_below_zero_are_no_limits():
    for wrong in ({"calls": -1}, {"searches": -1}, {"tokens": -1}, {"cost_usd": Decimal("-0.01")}):
        with pytest.raises(ValueError, match="greater than or equal"):
            limits(**wrong)


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel", "raise_budget"])
def test_a_run_that_is_not_there_changes_nothing(people, verb):
    more = {"reason": "x"} if verb in ("pause", "cancel") else {}
    more |= {"limits": limits()} if verb == "raise_budget" else {}
    with pytest.raises((Run.DoesNotExist, MrdError)):
        getattr(runs, verb)(run_id=uuid.uuid4(), actor="someone", now=NOW, **more)


def test_raising_the_budget_of_a_run_that_is_still_planning_gives_its_planning_once_more(people):
    """Else a run whose provider was away while it planned could neither go on nor be finished."""
    run = create(people)
    RunBudget.objects.filter(run=run, phase="planning").update(used_calls=40)
    runs.pause(run_id=run.pk, actor="someone", reason="The provider is away.", now=NOW)
    runs.raise_budget(run_id=run.pk, limits=runs.default_limits(), actor="someone", now=NOW)
    assert RunBudget.objects.get(run=run, phase="planning").max_calls == 40 + django_settings.MRD.planning_max_calls
    assert Event.objects.filter(run=run).latest("seq").kind == "run.budget_raised"
