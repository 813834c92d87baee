"""Decisions and what follows: digests, states, what an edit voids, where a rejection leads, many at once."""

from __future__ import annotations

import dataclasses
import json

import pytest

from research.engine.domain.errors import Conflict, InvalidInput, NotFound, Refused, StaleDigest, StaleState
from research.engine.domain.states import ClaimStatus, RunState, Verdict
from research.models import Claim, Decision, Event, Plan, SectionRevision
from research.models.record import Signature, SubjectKind
from research.services import recording, runs
from reviews.decide import decide, decide_many
from reviews.requests import DecisionRequest
from tests.doubles import rows

from . import doors
from .test_doors import _claim_edit, _plan_edit, _section_edit

pytestmark = pytest.mark.django_db


def request_on(run, kind, row, verdict, **more) -> DecisionRequest:
    digest = row.shown_digest if kind == "claim" else row.digest
    return DecisionRequest(
        run_id=run.pk,
        subject=SubjectKind(kind),
        subject_id=row.pk,
        digest=digest,
        verdict=Verdict(verdict),
        **{"comment": "because", **more},
    )


def settle(run, person, kind, row, verdict, **more) -> Decision:
    decision = decide(person=person, door="desk", request=request_on(run, kind, row, verdict, **more), now=rows.NOW)
    run.refresh_from_db()
    return decision


# ── plan ─────────────────────────────────────────────────────────────────────────────────────────


def test_an_approved_plan_begins_the_research(people):
    """Approval is bound to the plan's digest, is in the trail, and moves the run."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    plan = rows.plan_of(run)
    decision = settle(run, people.reviewer, "plan", plan, "approve")
    plan.refresh_from_db()
    assert run.state == RunState.RESEARCHING
    assert plan.approved_at == rows.NOW
    assert (decision.subject_digest, decision.gate, decision.slot) == (plan.digest, "plan", 1)
    kinds = list(Event.objects.filter(run=run).order_by("seq").values_list("kind", flat=True))
    assert kinds[-2:] == ["decision.made", "plan.approved"]


def test_an_edited_plan_needs_another_person(people):
    """The edit is a new revision; its author may not approve it, whoever wrote none of it may."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    first = rows.plan_of(run)
    settle(run, people.reviewer, "plan", first, "edit", edit=_plan_edit(run, first))
    second = rows.plan_of(run)
    assert (second.revision, second.author, run.state) == (2, people.reviewer, RunState.PLAN_REVIEW)
    with pytest.raises(StaleDigest):
        settle(run, people.second_reviewer, "plan", first, "approve")
    with pytest.raises(Refused):
        settle(run, people.reviewer, "plan", second, "approve")
    settle(run, people.second_reviewer, "plan", second, "approve")
    assert run.state == RunState.RESEARCHING


def test_an_early_editor_of_the_plan_stays_one(people):
    """Who edited any revision of the plan may not approve a later one either: their words may still be in it."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    for person in (people.reviewer, people.second_reviewer):
        plan = rows.plan_of(run)
        settle(run, person, "plan", plan, "edit", edit=_plan_edit(run, plan))
    for person in (people.reviewer, people.second_reviewer):
        with pytest.raises(Refused, match="You edited this"):
            settle(run, person, "plan", rows.plan_of(run), "approve")
    settle(run, people.third_reviewer, "plan", rows.plan_of(run), "approve")
    assert run.state == RunState.RESEARCHING


def test_a_rejected_plan_goes_back_to_the_planner_with_the_comment(people):
    """The planner is told why, in a new round."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    plan = rows.plan_of(run)
    settle(run, people.approver, "plan", plan, "reject", comment="Ontario is missing")
    plan.refresh_from_db()
    assert (run.state, run.generation, plan.decision_comment) == (RunState.PLANNING, 2, "Ontario is missing")


@pytest.mark.parametrize("state", [RunState.RESEARCHING, RunState.VALIDATING, RunState.CLAIM_REVIEW])
def test_editing_an_approved_plan_voids_the_approval(people, state):
    """The run goes back to the plan gate, the claims of the old plan are set aside, and the plan waits again."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    if state is not RunState.CLAIM_REVIEW:
        type(run).objects.filter(pk=run.pk).update(state=state)
    plan = rows.plan_of(run)
    settle(run, people.reviewer, "plan", plan, "edit", edit=_plan_edit(run, plan))
    assert run.state == RunState.PLAN_REVIEW
    assert rows.plan_of(run).approved_at is None
    assert not Claim.objects.filter(run=run).exclude(status__in=[ClaimStatus.SUPERSEDED, ClaimStatus.MERGED]).exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda body: body.update(tasks=[]), "no tasks"),
        (lambda body: body["tasks"][0].update(section="astrology"), "unknown section"),
        (lambda body: body["tasks"][0].update(tools=["crystal_ball"]), "unknown tool"),
        (lambda body: body["tasks"][0].update(depends_on=["law-nj"]), "circle"),
        (lambda body: body["tasks"][0].update(colour="red"), "not valid at"),
        (lambda body: body.update(prompt="Another prompt altogether"), "create a new run"),
        (lambda body: None, "Nothing in the plan was changed"),
    ],
    ids=["empty", "section", "tool", "circle", "field", "prompt", "same"],
)
def test_a_plan_edited_into_nonsense_changes_nothing(people, change, words):
    """Each says in a sentence what is wrong with it."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    plan = rows.plan_of(run)
    body = json.loads(json.dumps(plan.body))
    change(body)
    before = doors.snapshot(run)
    with pytest.raises(InvalidInput, match=words):
        settle(run, people.reviewer, "plan", plan, "edit", edit=body)
    assert doors.snapshot(run) == before


# ── claims ───────────────────────────────────────────────────────────────────────────────────────


def test_the_last_claim_lets_the_gate_pass(people):
    """The run drafts once no claim waits; rejected claims count as decided."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    waiting = list(Claim.objects.filter(run=run, status=ClaimStatus.QUEUED).order_by("pk"))
    for number, claim in enumerate(waiting):
        assert run.state == RunState.CLAIM_REVIEW
        settle(run, people.reviewer, "claim", claim, "reject" if number % 2 else "approve")
    assert run.state == RunState.DRAFTING


def test_an_edited_claim_waits_for_another_person_over_a_new_digest(people):
    """The old digest decides nothing any more, and the editor does not decide on their own words."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    claim = rows.claim_of(run)
    old = claim.shown_digest
    settle(run, people.reviewer, "claim", claim, "edit", edit=_claim_edit(run, claim))
    claim.refresh_from_db()
    assert claim.shown_digest != old
    assert (claim.status, claim.current.author) == (ClaimStatus.QUEUED, people.reviewer)
    assert any("another person" in reason for reason in claim.assessment.to_people)
    with pytest.raises(Refused):
        settle(run, people.reviewer, "claim", claim, "approve")
    settle(run, people.second_reviewer, "claim", claim, "approve")
    claim.refresh_from_db()
    assert claim.status == ClaimStatus.ACCEPTED


def test_editing_back_and_forth_never_passes_ones_own_words(people):
    """After two edits the second editor is out; the first may decide, for the words are the second's."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    claim = rows.claim_of(run)
    settle(run, people.reviewer, "claim", claim, "edit", edit=_claim_edit(run, claim))
    claim.refresh_from_db()
    settle(run, people.second_reviewer, "claim", claim, "edit", edit=_claim_edit(run, claim))
    claim.refresh_from_db()
    with pytest.raises(Refused):
        settle(run, people.second_reviewer, "claim", claim, "approve")
    settle(run, people.reviewer, "claim", claim, "approve")


@pytest.mark.parametrize("state", [RunState.REGULATORY_REVIEW, RunState.SIGN_OFF])
def test_editing_an_accepted_claim_opens_its_gate_again(people, state):
    """What was drafted from it is void, the composed document too, and the run waits at the claims gate."""
    run = rows.run_at(state, people)
    claim = rows.claim_of(run)
    settle(run, people.reviewer, "claim", claim, "edit", edit=_claim_edit(run, claim))
    claim.refresh_from_db()
    assert run.state == RunState.CLAIM_REVIEW
    assert claim.status == ClaimStatus.QUEUED
    assert SectionRevision.objects.get(run=run, key="competitors").status == "void"
    assert not run.documents.filter(status="composed").exists()
    settle(run, people.second_reviewer, "claim", claim, "approve")
    assert run.state == RunState.DRAFTING


def test_an_edit_runs_through_the_checks(people):
    """Evidence of another run, no evidence, and an empty text are refused; nothing is written."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    claim = rows.claim_of(run)
    good = _claim_edit(run, claim)
    before = doors.snapshot(run)
    for edit in (
        {**good, "evidence_ids": [999_999]},
        {**good, "evidence_ids": []},
        {**good, "text": " "},
        {**good, "kind": "rumour"},
        {**good, "colour": "red"},
        None,
        ["text"],
    ):
        with pytest.raises(InvalidInput):
            settle(run, people.reviewer, "claim", claim, "edit", edit=edit)
    assert doors.snapshot(run) == before


def test_many_are_decided_each_by_itself(people):
    """One refusal and one conflict among many stop nobody else, and each says what became of it."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people, more_claims=3)
    mine, stale, law, plain = (
        rows.claim_of(run, section="market_size"),
        rows.claim_of(run, section="responsible_gambling"),
        rows.claim_of(run, section="regulation"),
        rows.claim_of(run),
    )
    settle(run, people.reviewer, "claim", mine, "edit", edit=_claim_edit(run, mine))
    mine.refresh_from_db()
    wanted = [request_on(run, "claim", claim, "approve") for claim in (mine, stale, law, plain)]
    wanted[1] = dataclasses.replace(wanted[1], digest="0" * 64)
    outcomes = decide_many(person=people.reviewer, door="bulk", requests=wanted, now=rows.NOW)
    assert [type(one.error) for one in outcomes] == [Refused, StaleDigest, type(None), type(None)]
    assert [one.request.subject_id for one in outcomes] == [mine.pk, stale.pk, law.pk, plain.pk]
    assert Decision.objects.filter(run=run, door="bulk").count() == 2


# ── regulatory sections ──────────────────────────────────────────────────────────────────────────


def _approve_both(run, people, key):
    for person in (people.reviewer, people.second_reviewer):
        settle(run, person, "section", rows.section_of(run, key), "approve")


def test_two_people_approve_each_regulatory_section(people):
    """The gate passes with the last second approval, and the document is composed."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    _approve_both(run, people, "regulation")
    assert run.state == RunState.REGULATORY_REVIEW
    section = rows.section_of(run)
    assert (section.first_approver, section.second_approver) == (people.reviewer, people.second_reviewer)
    assert section.status == "approved"
    _approve_both(run, people, "responsible_gambling")
    assert run.state == RunState.SIGN_OFF
    assert run.documents.get().status == "composed"


def test_a_third_approval_comes_too_late(people):
    """A section approved by two waits for nobody."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    _approve_both(run, people, "regulation")
    with pytest.raises(StaleState):
        settle(run, people.third_reviewer, "section", rows.section_of(run), "approve")


def test_an_edited_section_loses_its_first_approval(people):
    """The new revision needs two people, neither of them its editor; the first approver may be one of them."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    first = rows.section_of(run)
    settle(run, people.reviewer, "section", first, "approve")
    settle(run, people.second_reviewer, "section", first, "edit", edit=_section_edit(run, first))
    first.refresh_from_db()
    second = rows.section_of(run)
    assert (first.status, second.revision, second.first_approver) == ("void", 2, None)
    with pytest.raises(StaleState):
        settle(run, people.third_reviewer, "section", first, "approve")
    with pytest.raises(Refused):
        settle(run, people.second_reviewer, "section", second, "approve")
    settle(run, people.reviewer, "section", second, "approve")
    settle(run, people.third_reviewer, "section", rows.section_of(run), "approve")
    assert rows.section_of(run).status == "approved"


def test_editing_a_regulatory_section_at_sign_off_opens_its_gate_again(people):
    """Both approvals are void, the composed document cannot be signed, and the run waits for two people again."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    document, section = rows.document_of(run), rows.section_of(run)
    settle(run, people.third_reviewer, "section", section, "edit", edit=_section_edit(run, section))
    assert run.state == RunState.REGULATORY_REVIEW
    section.refresh_from_db()
    document.refresh_from_db()
    assert (section.status, document.status) == ("void", "void")
    with pytest.raises(StaleState):
        _sign(run, people.approver, document)
    for person in (people.reviewer, people.second_reviewer):
        settle(run, person, "section", rows.section_of(run), "approve")
    assert run.state == RunState.SIGN_OFF
    assert rows.document_of(run).digest != document.digest


def test_editing_another_section_at_sign_off_composes_the_document_anew(people):
    """The digest changes, the old one cannot be signed, and no regulatory approval is lost."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    old, section = rows.document_of(run), rows.section_of(run, "competitors")
    settle(run, people.reviewer, "section", section, "edit", edit=_section_edit(run, section))
    assert run.state == RunState.SIGN_OFF
    new = rows.document_of(run)
    assert new.digest != old.digest
    with pytest.raises(StaleDigest):
        _sign(run, people.approver, old)
    _sign(run, people.approver, new)
    assert run.state == RunState.COMPLETED


def test_a_rejected_section_is_drafted_again(people):
    """Back to drafting: this section alone is drafted; what others approved stands."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    _approve_both(run, people, "responsible_gambling")
    settle(run, people.reviewer, "section", rows.section_of(run), "reject", comment="too vague")
    assert run.state == RunState.DRAFTING
    drafted = run.steps.filter(kind="draft", generation=run.generation).values_list("key", flat=True)
    assert list(drafted) == ["regulation"]
    assert rows.section_of(run, "responsible_gambling").status == "approved"


def test_a_section_sent_back_to_its_claims_puts_them_before_people(people):
    """The claims it cites wait again with the reason, over a new digest."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    claim = rows.claim_of(run, section="regulation")
    old = claim.shown_digest
    settle(
        run, people.reviewer, "section", rows.section_of(run), "reject", back_to=RunState.CLAIM_REVIEW, comment="doubt"
    )
    claim.refresh_from_db()
    assert (run.state, claim.status) == (RunState.CLAIM_REVIEW, ClaimStatus.QUEUED)
    assert claim.shown_digest != old
    settle(run, people.second_reviewer, "claim", claim, "approve")
    assert run.state == RunState.DRAFTING


def test_a_section_edited_into_a_loose_figure_changes_nothing(people):
    """No untraced numeral, no uncited sentence, no claim that is not accepted, no empty section, no non-edit."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    section = rows.section_of(run)
    sentence = section.body["sentences"][0]
    before = doors.snapshot(run)
    for bad in (
        [{**sentence, "text": "It costs $500 million."}],
        [{**sentence, "claims": []}],
        [{**sentence, "claims": [999_999]}],
        [],
        [sentence],
        [{"text": ""}],
        "words",
    ):
        with pytest.raises(InvalidInput):
            settle(run, people.reviewer, "section", section, "edit", edit=bad)
    with pytest.raises(InvalidInput):
        settle(run, people.reviewer, "section", section, "reject", back_to=RunState.COMPLETED)
    assert doors.snapshot(run) == before


# ── sign-off ─────────────────────────────────────────────────────────────────────────────────────


def _sign(run, person, document, **more):
    fields = {"meaning": "I approve this document for release.", "password": rows.PASSWORD, **more}
    return settle(run, person, "document", document, "approve", **fields)


def test_a_signature_holds_who_when_what_and_over_what(people):
    """Name, UTC time, meaning and digest are stored, and the run is completed."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    document = rows.document_of(run)
    decision = _sign(run, people.approver, document)
    signature = Signature.objects.get(run=run)
    assert (signature.signer_name, signature.signed_at) == ("Ada Prove", rows.NOW)
    assert (signature.meaning, signature.digest) == ("I approve this document for release.", document.digest)
    assert signature.decision == decision
    assert (run.state, run.completed_at) == (RunState.COMPLETED, rows.NOW)


def test_a_completed_run_takes_no_more_decisions(people):
    """Nothing of it can be decided, edited or signed again."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    document = rows.document_of(run)
    _sign(run, people.approver, document)
    before = doors.snapshot(run)
    plan, claim, section = rows.plan_of(run), rows.claim_of(run), rows.section_of(run)
    with pytest.raises(StaleState):
        _sign(run, people.approver, document)
    with pytest.raises(StaleState):
        settle(run, people.approver, "document", document, "reject")
    with pytest.raises(StaleState):
        settle(run, people.reviewer, "plan", plan, "edit", edit=_plan_edit(run, plan))
    with pytest.raises(StaleState):
        settle(run, people.reviewer, "claim", claim, "edit", edit=_claim_edit(run, claim))
    with pytest.raises(StaleState):
        settle(run, people.reviewer, "section", section, "edit", edit=_section_edit(run, section))
    assert doors.snapshot(run) == before


def test_a_rejected_document_is_drafted_again(people):
    """Every section is drafted in a new round."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    settle(run, people.approver, "document", rows.document_of(run), "reject", comment="wrong tone")
    assert run.state == RunState.DRAFTING
    assert run.steps.filter(kind="draft", generation=run.generation).count() > 10
    assert not SectionRevision.objects.filter(run=run, status__in=["drafted", "approved"]).exists()


def test_the_password_is_nowhere(people, caplog):
    """Neither a log line nor the request's own words hold it; a wrong one is noted without it."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    document = rows.document_of(run)
    request = request_on(run, "document", document, "approve", meaning="x", password="open-sesame")
    assert "open-sesame" not in repr(request)
    with caplog.at_level("DEBUG"), pytest.raises(Refused):
        decide(person=people.approver, door="desk", request=request, now=rows.NOW)
    assert "open-sesame" not in caplog.text
    assert "password not confirmed" in caplog.text


# ── states, doors, people ────────────────────────────────────────────────────────────────────────

WRONG_STATES = [
    ("claim", RunState.REGULATORY_REVIEW),
    ("claim", RunState.SIGN_OFF),
    ("section", RunState.SIGN_OFF),
    ("plan", RunState.CLAIM_REVIEW),
    ("plan", RunState.REGULATORY_REVIEW),
]


@pytest.mark.parametrize(("kind", "state"), WRONG_STATES)
def test_a_decision_in_the_wrong_state_is_a_conflict(people, kind, state):
    """Approving what does not wait in this state says so and changes nothing."""
    run = rows.run_at(state, people)
    row = {"plan": rows.plan_of, "claim": rows.claim_of, "section": rows.section_of}[kind](run)
    before = doors.snapshot(run)
    with pytest.raises(StaleState):
        settle(run, people.third_reviewer, kind, row, "approve")
    assert doors.snapshot(run) == before


@pytest.mark.parametrize("kind", ["plan", "claim", "section", "document"])
def test_a_cancelled_run_takes_no_decision(people, kind):
    """A run that was cancelled while somebody read it is not decided."""
    states = {
        "plan": RunState.PLAN_REVIEW,
        "claim": RunState.CLAIM_REVIEW,
        "section": RunState.REGULATORY_REVIEW,
        "document": RunState.SIGN_OFF,
    }
    run = rows.run_at(states[kind], people)
    row = {
        "plan": rows.plan_of,
        "claim": rows.claim_of,
        "section": rows.section_of,
        "document": rows.document_of,
    }[kind](run)
    runs.cancel(run_id=run.pk, actor=recording.ENGINE, reason="not needed", now=rows.NOW)
    person = people.approver if kind == "document" else people.reviewer
    with pytest.raises(StaleState):
        settle(run, person, kind, row, "approve", meaning="x", password=rows.PASSWORD)
    assert not Decision.objects.filter(run=run).exists()


def test_an_empty_digest_is_never_enough(people):
    """A claim not yet sealed has no digest, and an empty one decides nothing."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    claim = rows.claim_of(run)
    Claim.objects.filter(pk=claim.pk).update(shown_digest="")
    claim.refresh_from_db()
    with pytest.raises(StaleDigest):
        settle(run, people.reviewer, "claim", claim, "approve")


def test_demo_decisions_are_for_demo_runs_and_marked(people):
    """The demo's door decides a demo run, and no other."""
    demo = rows.run_at(RunState.PLAN_REVIEW, people, is_demo=True)
    request = request_on(demo, "plan", rows.plan_of(demo), "approve")
    assert decide(person=people.reviewer, door="demo", request=request, now=rows.NOW).is_demo
    real = rows.run_at(RunState.PLAN_REVIEW, people)
    request = request_on(real, "plan", rows.plan_of(real), "approve")
    with pytest.raises(Refused) as refused:
        decide(person=people.reviewer, door="demo", request=request, now=rows.NOW)
    assert refused.value.rule == "door"


def test_who_left_the_team_meanwhile_does_not_decide(people):
    """Membership and groups are asked when the decision is made, not when the session began."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    people.reviewer.groups.clear()
    with pytest.raises(Refused):
        settle(run, people.reviewer, "plan", rows.plan_of(run), "approve")
    people.team.members.remove(people.second_reviewer)
    with pytest.raises(NotFound):
        settle(run, people.second_reviewer, "plan", rows.plan_of(run), "approve")


@pytest.mark.parametrize("subject_id", [0, -1, 10**30])
def test_an_impossible_id_is_not_found(people, subject_id):
    """Ids that no database holds are simply not there."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    request = dataclasses.replace(request_on(run, "plan", rows.plan_of(run), "approve"), subject_id=subject_id)
    with pytest.raises(NotFound):
        decide(person=people.reviewer, door="api", request=request, now=rows.NOW)


def test_endless_words_are_refused(people):
    """A comment of a megabyte is an input error, not a row."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    with pytest.raises(InvalidInput, match="limit"):
        settle(run, people.reviewer, "plan", rows.plan_of(run), "reject", comment="x" * 1_000_000)


def test_a_late_row_of_the_record_is_a_conflict_in_words(people):
    """Should a decision get past the lock, the constraint's error reaches people as a sentence."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    plan = rows.plan_of(run)
    settle(run, people.reviewer, "plan", plan, "approve")
    Plan.objects.filter(pk=plan.pk).update(approved_at=None)
    type(run).objects.filter(pk=run.pk).update(state=RunState.PLAN_REVIEW)
    with pytest.raises(Conflict, match="a moment before you"):
        settle(run, people.second_reviewer, "plan", plan, "approve")
    assert Decision.objects.filter(run=run).count() == 1
