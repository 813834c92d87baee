"""People's edits run through every check again, and another person decides on what an edit makes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import transaction

from research.engine.domain.claims import TypedValue
from research.engine.domain.documents import Sentence
from research.engine.domain.errors import InvalidInput, PlanInvalid
from research.engine.domain.states import RunState
from research.models import Assessment, Claim, ClaimRevision, Event, Evidence, SectionRevision
from research.models import Plan as PlanRow
from research.services import audit, claim_edits, claims, composing, editing
from reviews.requests import claim_edit
from tests.doubles import rows

NOW = rows.NOW


@pytest.fixture
def waiting(run_factory):
    """Return a run at the claims gate."""
    return run_factory(RunState.CLAIM_REVIEW)


# ── plans ────────────────────────────────────────────────────────────────────────────────────────


def plan_edit(run, **changes) -> object:
    plan = rows.plan_of(run)
    return editing.checked_plan(run=run, plan=plan, data=plan.body | changes)


def test_a_changed_plan_that_can_be_carried_out_passes(run_factory):
    run = run_factory(RunState.PLAN_REVIEW)
    new = plan_edit(run, tasks=rows.plan_of(run).body["tasks"][:1])
    assert [task.key for task in new.tasks] == ["market-revenue"]
    # Checked is not written: that is the gate's.
    assert PlanRow.objects.filter(run=run).count() == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "Nothing in the plan was changed"),
        ({"prompt": "Another market altogether"}, "cannot be edited"),
        ({"vertical": "saas"}, "cannot be edited"),
        ({"tasks": []}, "no tasks"),
        ({"tasks": [{"key": "x"}]}, "not valid: task 1, question: it is missing"),
        ({"surprise": 1}, "not valid: surprise: there is no such field"),
    ],
)
def test_a_plan_edit_that_changes_nothing_too_much_or_makes_no_plan_is_refused(run_factory, changes, says):
    run = run_factory(RunState.PLAN_REVIEW)
    with pytest.raises(PlanInvalid, match=says):
        plan_edit(run, **changes)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"section": "gossip"}, "section"), ({"tools": ["oracle"]}, "tools"), ({"depends_on": ["nobody"]}, "depends_on")],
)
def test_a_plan_edit_that_cannot_be_carried_out_is_refused(run_factory, change, field):
    run = run_factory(RunState.PLAN_REVIEW)
    first, *rest = rows.plan_of(run).body["tasks"]
    with pytest.raises(PlanInvalid) as refusal:
        plan_edit(run, tasks=[first | change, *rest])
    assert refusal.value.field == field


@pytest.mark.parametrize("data", [None, "tasks", [], 7])
def test_what_is_no_plan_at_all_is_refused(run_factory, data):
    run = run_factory(RunState.PLAN_REVIEW)
    with pytest.raises(PlanInvalid):
        editing.checked_plan(run=run, plan=rows.plan_of(run), data=data)


# ── claims ───────────────────────────────────────────────────────────────────────────────────────


def revise(claim: Claim, people, **changes) -> Claim:
    """Revise a claim as the reviewer, with its own words and evidence unless `changes` says otherwise."""
    current = claim.current
    common = {
        "text": current.text,
        "kind": current.kind,
        "value": TypedValue.model_validate(current.value) if current.value else None,
        "evidence_ids": tuple(current.evidence_links.values_list("evidence_id", flat=True)),
    }
    with transaction.atomic():
        edit = claim_edit(common | changes)
        claim_edits.revise(claim=claim, edit=edit, author=people.reviewer, comment="clearer", now=NOW)
    return Claim.objects.get(pk=claim.pk)


@pytest.mark.parametrize("section", ["competitors", "regulation", "market_size"])
def test_an_edited_claim_is_assessed_anew_and_waits_for_another_person(waiting, people, section):
    """Whatever its confidence, and in a revision of its own; the one before stays as it was."""
    claim = rows.claim_of(waiting, section=section)
    before, old_shown = claim.current, claim.shown_digest
    after = revise(claim, people, text=before.text.rstrip(".") + ", the report says.")
    assert (after.status, after.decided_by_rule) == ("queued", False)
    assert claim_edits.ANOTHER_PERSON in after.assessment.to_people
    assert after.assessment.revision_id == after.current_id != before.pk
    assert (after.current.revision, after.current.author, after.current.comment) == (2, people.reviewer, "clearer")
    assert ClaimRevision.objects.get(pk=before.pk).text == before.text
    assert after.shown_digest not in ("", old_shown)
    assert claims.seal(after) == after.shown_digest
    event = Event.objects.filter(run=waiting, kind="claim.revised").get()
    assert event.actor == str(people.reviewer.actor_id)
    assert "report says" not in event.payload
    # These rows came to this state without decisions or archived bytes; what an edit touches holds.
    assert [problem for problem in audit.problems_of(waiting) if "claim" in problem] == []


def test_a_figure_that_no_quote_holds_costs_the_edit_its_confidence(waiting, people):
    claim = rows.claim_of(waiting, section="market_size")
    assert "1.92" in claim.current.text
    wrong = TypedValue.model_validate(claim.current.value).model_copy(update={"number": Decimal("9.99")})
    after = revise(claim, people, text=claim.current.text.replace("1.92", "9.99"), value=wrong)
    assert after.assessment.confidence < 600
    figures = next(part for part in after.assessment.parts if part["name"] == "figures")
    assert figures["score"] < 1000


def test_an_edit_that_turns_the_meaning_round_loses_its_support(waiting, people):
    claim = rows.claim_of(waiting, section="competitors")
    assert "offers" in claim.current.text
    after = revise(claim, people, text=claim.current.text.replace("offers", "does not offer"))
    support = next(part for part in after.assessment.parts if part["name"] == "support")
    assert support["score"] < 600
    assert after.assessment.confidence < 600


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"evidence_ids": ()}, "evidence", "needs evidence"),
        ({"evidence_ids": (987_654,)}, "evidence", "does not have"),
        ({"text": ""}, "text", "no letter or digit"),
        ({"text": "  a "}, "text", "at least 3"),
        ({"text": "x" * 2001}, "text", "at most 2,000"),
        ({"kind": "guessed"}, "kind", "'stated'"),
        ({"kind": "computed"}, "formula", "needs its formula"),
        ({"kind": "inferred"}, "premises", "needs the claims it rests on"),
        ({"role": "requirement"}, "attributes", "needs 'id'"),
    ],
)
def test_a_claim_edit_without_words_or_grounds_is_refused_and_writes_nothing(waiting, people, changes, field, says):
    claim = rows.claim_of(waiting)
    before = (ClaimRevision.objects.count(), Assessment.objects.count(), Event.objects.count())
    with pytest.raises(InvalidInput, match=says) as refusal:
        revise(claim, people, **changes)
    assert refusal.value.field == field
    assert (ClaimRevision.objects.count(), Assessment.objects.count(), Event.objects.count()) == before
    assert Claim.objects.get(pk=claim.pk).current_id == claim.current_id


def test_evidence_of_another_run_is_refused(waiting, run_factory, people):
    theirs = Evidence.objects.filter(run=run_factory(RunState.CLAIM_REVIEW)).first()
    with pytest.raises(InvalidInput, match="does not have"):
        revise(rows.claim_of(waiting), people, evidence_ids=(theirs.pk,))


def test_an_assumption_needs_no_evidence_and_goes_to_people(waiting, people):
    after = revise(rows.claim_of(waiting), people, kind="assumption", evidence_ids=())
    assert after.current.kind == "assumption"
    assert {"assumption", claim_edits.ANOTHER_PERSON} <= set(after.assessment.to_people)


def test_white_space_in_an_edit_is_evened_out(waiting, people):
    after = revise(rows.claim_of(waiting), people, text="  DraftKings\n offers \t contests. ")
    assert after.current.text == "DraftKings offers contests."


# ── sections ─────────────────────────────────────────────────────────────────────────────────────


def revise_section(section: SectionRevision, people, *sentences: Sentence) -> SectionRevision:
    with transaction.atomic():
        return editing.revise_section(
            section=section, sentences=sentences, author=people.reviewer, comment="clearer", now=NOW
        )


def cited(run, section: str = "regulation") -> int:
    return next(claim.revision_id for claim in composing.accepted_claims(run) if claim.section == section)


@pytest.fixture
def reviewing(run_factory):
    """Return a run at the regulatory gate."""
    return run_factory(RunState.REGULATORY_REVIEW)


def test_an_edited_section_is_a_new_revision_without_approvals(reviewing, people):
    section = rows.section_of(reviewing)
    SectionRevision.objects.filter(pk=section.pk).update(first_approver=people.second_reviewer)
    number = cited(reviewing)
    new = revise_section(section, people, Sentence(text="An operator needs a licence first.", claims=(number,)))
    section.refresh_from_db()
    assert (new.revision, new.status, new.author, section.status) == (2, "drafted", people.reviewer, "void")
    assert (new.first_approver, new.second_approver) == (None, None)
    assert new.digest != section.digest


def test_a_section_edit_that_changes_nothing_is_refused(reviewing, people):
    section = rows.section_of(reviewing)
    same = [Sentence.model_validate(one) for one in section.body["sentences"]]
    with pytest.raises(InvalidInput, match="Nothing in the section"):
        revise_section(section, people, *same)


@pytest.mark.parametrize(
    ("sentence", "says"),
    [
        (None, "at least one sentence"),
        ({"text": "Licences are dear.", "claims": ()}, "cites no claim"),
        ({"text": "Licences are dear.", "claims": (987_654,)}, "not accepted"),
        ({"text": "A licence costs $5 million.", "claims": "own"}, "figure"),
        ({"text": "Licences are dear.", "claims": "own", "kind": "sermon"}, "unknown"),
        ({"text": "Seventy-two searches found nothing in 2031.", "kind": "gap"}, "figure"),
        ({"text": "H" * 121, "kind": "heading"}, "heading"),
        ({"text": "No rival is left", "kind": "heading"}, "cites no claim"),
        ({"text": "Every regulator has said yes.", "kind": "gap"}, "cites no claim"),
    ],
)
def test_a_section_edit_that_leads_back_to_nothing_is_refused_and_writes_nothing(reviewing, people, sentence, says):
    """No sentence without an accepted claim, no figure that its claims do not hold."""
    section = rows.section_of(reviewing)
    if sentence and sentence.get("claims") == "own":
        sentence = sentence | {"claims": (cited(reviewing),)}
    with pytest.raises(InvalidInput, match=says):
        revise_section(section, people, *([Sentence(**sentence)] if sentence else []))
    assert SectionRevision.objects.filter(run=reviewing, key=section.key).count() == 1
    assert SectionRevision.objects.get(pk=section.pk).status == "drafted"


def test_a_section_edit_may_not_cite_a_claim_that_was_rejected(reviewing, people):
    number = cited(reviewing)
    Claim.objects.filter(current_id=number).update(status="rejected")
    with pytest.raises(InvalidInput, match="not accepted"):
        revise_section(rows.section_of(reviewing), people, Sentence(text="Licences are needed.", claims=(number,)))
