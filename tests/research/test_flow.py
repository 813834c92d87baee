"""What follows from what: steps of a state, empty gates by their own event, voided work taken up again."""

from __future__ import annotations

import json

import pytest
from django.db import transaction
from django_q.models import OrmQ

from research.engine.domain.errors import StaleState
from research.engine.domain.states import RunEvent, RunState, Verdict
from research.models import Claim, Document, Event, Plan, Run, SectionRevision, Step, Task
from research.services import audit, doorbell, flow, gates, recording, runs, steps
from tests.doubles import world
from tests.research import play

NOW = play.NOW


@pytest.fixture
def people(db):
    return world.people("flow")


@pytest.fixture
def run(people) -> Run:
    return runs.create(
        team=people.team, requester=people.requester, prompt="A market to be carried through", vertical="gambling",
        engine="extractive", now=NOW,
    )  # fmt: skip


def kinds(run: Run) -> list[str]:
    return list(Event.objects.filter(run=run).order_by("seq").values_list("kind", flat=True))


def edit_plan(run: Run, people, *, section: str = "competitors") -> None:
    """Have a reviewer put another revision in the plan's place: the third task is gone."""
    with transaction.atomic():
        held = gates.hold(run.pk)
        plan = Plan.objects.get(run=run, voided_at__isnull=True)
        new = play.plan_for(run, section=section)
        new = new.model_copy(update={"tasks": new.tasks[:2]})
        gates.edit_plan(run=held, plan=plan, digest=plan.digest, new=new, by=world.by(people.reviewer, "Two will do."))


def test_a_run_goes_through_every_state_to_its_signature(run, people):
    play.carry_to(RunState.COMPLETED, run, people, section="regulation")
    moves = [kind for kind in kinds(run) if kind in {event.value for event in RunEvent}]
    assert moves == [
        "run.started", "plan.ready", "plan.approved", "run.researched", "run.validated", "claims.passed",
        "run.drafted", "regulatory.passed", "document.signed",
    ]  # fmt: skip
    assert list(audit.problems_of(run)) == []
    assert not Step.objects.filter(run=run).exclude(state="done").exists()
    assert Document.objects.get(run=run).status == "signed"


def test_a_completed_run_takes_nothing_more(run, people):
    play.carry_to(RunState.COMPLETED, run, people)
    for event in RunEvent:
        with pytest.raises(StaleState), transaction.atomic():
            flow.fire(run_id=run.pk, event=event, actor="engine", now=NOW)


def test_before_the_plan_is_approved_there_is_nothing_to_do_but_plan(run, people):
    play.carry_to(RunState.PLAN_REVIEW, run, people)
    assert list(Step.objects.filter(run=run).values_list("kind", flat=True)) == ["plan"]
    assert flow.approved_tasks(run) == []
    world.decide_all(run, people)
    assert [task.key for task in flow.approved_tasks(run)] == ["first", "second", "third"]
    assert Step.objects.filter(run=run, kind="investigate").count() == 3


def test_claims_that_rule_accepts_leave_an_empty_gate_that_says_so(run, people):
    """No claim waits for a person: the gate passes by an event of its own, of the rule, not in silence."""
    play.carry_to(RunState.PLAN_REVIEW, run, people)
    world.decide_all(run, people)
    while (claimed := play.claim()) and claimed[0].kind != "verify":
        for step in claimed:
            play.complete(step)
    verification = play.result_of(claimed[0])
    passed = tuple(
        one.model_copy(update={"confidence": 900, "to_people": ()}) if one.merged_into is None else one
        for one in verification.assessments
    )
    play.complete(claimed[0], result=verification.model_copy(update={"assessments": passed, "contradictions": ()}))
    event = Event.objects.get(run=run, kind="claims.nothing_to_decide")
    assert event.actor == recording.RULE
    assert json.loads(event.payload)["data"]["why"] == "nothing to decide"
    assert "claims.passed" not in kinds(run)
    assert Run.objects.get(pk=run.pk).state == "drafting"
    standing = Claim.objects.filter(run=run).exclude(status="merged")
    assert set(standing.values_list("status", "decided_by_rule")) == {("accepted", True)}


def test_without_a_regulatory_section_that_waits_the_gate_passes_by_its_own_event(people):
    """In a vertical whose sections are none of them regulatory, or all approved before."""
    run = runs.create(
        team=people.team, requester=people.requester, prompt="A market without rules", vertical="gambling",
        engine="extractive", now=NOW,
    )  # fmt: skip
    play.carry_to(RunState.CLAIM_REVIEW, run, people)
    world_sections = SectionRevision.objects.filter(run=run)
    for claim in Claim.objects.filter(run=run, status="queued"):
        with transaction.atomic():
            gates.decide_claim(
                run=gates.hold(run.pk), claim=claim, digest=claim.shown_digest, verdict=Verdict.APPROVE,
                by=world.by(people.reviewer),
            )  # fmt: skip
    claimed = play.claim()
    for step in claimed:
        drafted = play.result_of(step)
        play.complete(step, result=drafted.model_copy(update={"regulatory": False}))
    event = Event.objects.get(run=run, kind="regulatory.nothing_to_decide")
    assert (event.actor, json.loads(event.payload)["data"]["why"]) == ("rule", "nothing to decide")
    assert not world_sections.filter(regulatory=True).exists()
    assert Run.objects.get(pk=run.pk).state == "sign_off"


def test_a_gate_at_which_something_waits_does_not_pass_by_itself(run, people):
    play.carry_to(RunState.CLAIM_REVIEW, run, people, section="regulation")
    with transaction.atomic():
        flow.pass_claims_if_decided(run, now=NOW, event=RunEvent.CLAIMS_EMPTY)
    play.carry_to(RunState.REGULATORY_REVIEW, run, people)
    with transaction.atomic():
        flow.pass_regulatory_if_decided(run, now=NOW, event=RunEvent.REGULATORY_EMPTY)
    assert Run.objects.get(pk=run.pk).state == "regulatory_review"
    assert not [kind for kind in kinds(run) if kind.endswith("nothing_to_decide")]


def test_the_planner_that_fails_takes_the_run_down_and_a_retry_puts_it_back(run, people):
    (step,) = play.claim()
    steps.fail(step_id=step.pk, token=step.token, error="No plan.", now=NOW)
    flow.advance(run_id=run.pk, now=NOW)
    run.refresh_from_db()
    assert (run.state, run.resume_to) == ("failed", "planning")
    assert "retry" in run.state_reason
    assert play.claim() == []
    flow.retry_step(step_id=step.pk, actor="someone", now=NOW)
    assert play.drive(run).state == "plan_review"


def test_what_was_found_before_a_failure_is_kept(run, people):
    """One question cannot be answered and the step fails: the evidence of the others stays and is used on resume."""
    play.carry_to(RunState.PLAN_REVIEW, run, people)
    world.decide_all(run, people)
    first, second = play.claim()
    play.complete(first)
    steps.fail(step_id=second.pk, token=second.token, error="No.", now=NOW)
    flow.advance(run_id=run.pk, now=NOW)
    run.refresh_from_db()
    assert run.state == "failed"
    assert run.evidence.filter(task_key="first").count() == 1
    assert Task.objects.get(plan__run=run, key="first").outcome == "found"
    flow.retry_step(step_id=second.pk, actor="someone", now=NOW)
    play.drive(run)
    assert Step.objects.get(pk=first.pk).token == first.token
    assert run.state == "claim_review"


def test_an_edited_plan_voids_the_approval_and_sets_the_claims_aside(run, people):
    play.carry_to(RunState.CLAIM_REVIEW, run, people)
    before = {claim.key: claim.pk for claim in Claim.objects.filter(run=run)}
    edit_plan(run, people)
    run.refresh_from_db()
    assert (run.state, run.generation) == ("plan_review", 2)
    assert flow.approved_tasks(run) == []
    assert set(Claim.objects.filter(run=run).values_list("status", flat=True)) == {"superseded"}
    assert len(before) == 3


def test_a_claim_found_again_under_the_new_plan_is_taken_up_and_not_doubled(run, people):
    """The same rows wait again; what the new plan no longer asks stays set aside."""
    play.carry_to(RunState.CLAIM_REVIEW, run, people)
    before = dict(Claim.objects.filter(run=run).values_list("key", "pk"))
    edit_plan(run, people)
    world.decide_all(run, people)
    with transaction.atomic():
        claimed = play.claim()
    assert {step.generation for step in claimed} == {2}
    for step in claimed:
        play.complete(step, result=play.result_of(step))
    play.drive(run)
    assert run.state == "claim_review"
    assert dict(Claim.objects.filter(run=run).values_list("key", "pk")) == before
    statuses = dict(Claim.objects.filter(run=run).values_list("task_key", "status"))
    assert statuses == {"first": "queued", "second": "queued", "third": "superseded"}


def test_a_claim_decided_under_the_voided_plan_can_be_decided_again(run, people):
    """What was decided then was decided under another plan: the claim waits again, and a person can decide again."""
    play.carry_to(RunState.CLAIM_REVIEW, run, people)
    claim = Claim.objects.get(run=run, task_key="first")
    with transaction.atomic():
        gates.decide_claim(
            run=gates.hold(run.pk), claim=claim, digest=claim.shown_digest, verdict=Verdict.APPROVE,
            by=world.by(people.reviewer),
        )  # fmt: skip
    edit_plan(run, people)
    world.decide_all(run, people)
    play.drive(run)
    assert Claim.objects.get(pk=claim.pk).status == "queued"
    world.decide_all(run, people)
    run.refresh_from_db()
    assert run.state == "drafting"
    assert list(audit.problems_of(run)) == []


def test_a_result_of_the_round_before_is_refused_after_the_plan_was_voided(run, people):
    play.carry_to(RunState.PLAN_REVIEW, run, people)
    world.decide_all(run, people)
    late = play.claim()
    edit_plan(run, people)
    for step in late:
        with pytest.raises(Exception, match="Another worker"), transaction.atomic():
            play.complete(step)
    assert not run.evidence.exists()


def test_a_rejected_plan_is_made_anew_and_told_why(run, people):
    from research.services import work

    play.carry_to(RunState.PLAN_REVIEW, run, people)
    plan = Plan.objects.get(run=run)
    with transaction.atomic():
        gates.reject_plan(
            run=gates.hold(run.pk), plan=plan, digest=plan.digest, by=world.by(people.reviewer, "Ontario is missing.")
        )
    (step,) = play.claim()
    assert (step.kind, step.generation) == ("plan", 2)
    assert work.load(step)["brief"].rejections == ("Ontario is missing.",)
    play.complete(step)
    assert Plan.objects.filter(run=run).count() == 2
    assert Plan.objects.get(run=run, voided_at__isnull=True).revision == 2


def test_a_pause_lets_what_runs_end_and_starts_nothing(run, people):
    """A step that ends while the run is paused is written; the run goes on from there when it is resumed."""
    play.carry_to(RunState.PLAN_REVIEW, run, people)
    world.decide_all(run, people)
    first, second = play.claim()
    runs.pause(run_id=run.pk, actor="someone", reason="Lunch", now=NOW)
    play.complete(first)
    play.complete(second)
    assert play.claim() == []
    assert Run.objects.get(pk=run.pk).state == "paused"
    runs.resume(run_id=run.pk, actor="someone", now=NOW)
    assert [step.key for step in play.claim()] == ["third"]


def test_steps_that_still_wait_for_others_keep_the_run_where_it_is(run, people):
    """Blocked is not done: the run does not move on over a question nobody has begun to answer."""
    play.carry_to(RunState.PLAN_REVIEW, run, people)
    world.decide_all(run, people)
    Step.objects.filter(run=run, kind="investigate").exclude(key="third").update(state="done")
    flow.advance(run_id=run.pk, now=NOW)
    assert Step.objects.get(run=run, key="third").state == "blocked"
    assert Run.objects.get(pk=run.pk).state == "researching"


def test_a_run_whose_last_step_ended_while_it_was_paused_goes_on_when_resumed(run):
    (step,) = play.claim()
    runs.pause(run_id=run.pk, actor="someone", reason="Lunch", now=NOW)
    play.complete(step)
    runs.resume(run_id=run.pk, actor="someone", now=NOW)
    assert Run.objects.get(pk=run.pk).state == "plan_review"


def test_the_doorbell_rings_in_the_transaction_that_makes_the_work(people):
    OrmQ.objects.all().delete()
    with transaction.atomic():
        doorbell.ring()
        transaction.set_rollback(True)
    assert OrmQ.objects.count() == 0
    runs.create(
        team=people.team, requester=people.requester, prompt="A market that rings", vertical="saas",
        engine="extractive", now=NOW,
    )  # fmt: skip
    assert [task.func() for task in OrmQ.objects.all()] == [doorbell.DRIVE]


def test_waiting_for_people_rings_nobody(run, people):
    play.carry_to(RunState.PLAN_REVIEW, run, people)
    OrmQ.objects.all().delete()
    with transaction.atomic():
        flow.advance(run_id=run.pk, now=NOW)
    assert OrmQ.objects.count() == 0
    assert not steps.claimable(now=NOW).exists()


def test_a_state_whose_steps_are_done_already_when_it_is_entered_is_left_at_once(run, people):
    """Steps that stand from an earlier visit of the same round are not taken for new ones."""
    play.carry_to(RunState.PLAN_REVIEW, run, people)
    world.decide_all(run, people)
    for step in Step.objects.filter(run=run, kind="investigate"):
        Step.objects.create(
            run=run,
            kind="extract",
            key=step.key,
            generation=step.generation,
            task=step.task,
            state="done",
            created_at=NOW,
        )
    Step.objects.filter(run=run, kind="investigate").update(state="done")
    assert flow.advance(run_id=run.pk, now=NOW).state == RunState.VALIDATING
    assert Step.objects.get(run=run, kind="verify").state == "ready"
