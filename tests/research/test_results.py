"""What steps write: plans, evidence, claims, merges and assessments, each once and each where it belongs."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from research.engine.domain.claims import Assessment as Assessed
from research.engine.domain.claims import ClaimDraft, Contradiction, Part, Verification
from research.engine.domain.evidence import Investigation, SearchRecord
from research.engine.domain.states import RunState
from research.models import Assessment, Claim, ClaimEvidence, ClaimRevision, Evidence, Plan, Run, Task
from research.models import Contradiction as Pair
from research.services import audit, claims, results, runs, voiding, work
from tests.doubles import rows, world
from tests.research import play

NOW = play.NOW


@pytest.fixture
def people(db):
    return world.people("results")


@pytest.fixture
def run(people) -> Run:
    """Return a run that researches, its plan approved."""
    made = runs.create(
        team=people.team, requester=people.requester, prompt="A market with results", vertical="gambling",
        engine="extractive", now=NOW,
    )  # fmt: skip
    play.carry_to(RunState.PLAN_REVIEW, made, people)
    world.decide_all(made, people)
    return made


def task(run: Run, key: str = "first") -> Task:
    return Task.objects.get(plan__run=run, plan__voided_at__isnull=True, key=key)


def investigate(run: Run, key: str = "first") -> Evidence:
    found = Investigation(task_key=key, outcome="found", reason="found", findings=(play.finding(run, key),))
    rows.keep_investigation(run=run, task=task(run, key), found=found, now=NOW)
    return Evidence.objects.get(run=run, task_key=key)


def draft(run: Run, key: str = "first", text: str | None = None, **more) -> ClaimDraft:
    row = Evidence.objects.filter(run=run, task_key=key).first() or investigate(run, key)
    common = {"task_key": key, "section": "competitors", "text": text or row.exact, "evidence_ids": (row.pk,)}
    return ClaimDraft(**(common | more))


def propose(run: Run, *drafts: ClaimDraft) -> list[Claim]:
    return claims.propose(run=run, drafts=drafts, now=NOW)


def assessed(claim: Claim, confidence: int | None = 700, *, to_people=(), merged_into=None) -> Assessed:
    parts = (Part(name="quotes", score=1000, reason="1 pinned quote"),)
    return Assessed(
        key=claim.key, confidence=confidence, parts=parts, to_people=tuple(to_people), merged_into=merged_into
    )


def verify(run: Run, *all_assessed: Assessed, contradictions=()) -> None:
    verification = Verification(assessments=all_assessed, contradictions=tuple(contradictions))
    results.save_verification(run=run, step=None, verification=verification, now=NOW)


def test_a_second_plan_voids_the_first_and_has_the_next_number(run):
    second = results.save_plan(run=run, plan=play.plan_for(run), author=None, comment="", now=play.later(1))
    first = Plan.objects.get(run=run, revision=1)
    assert (second.revision, second.voided_at, first.voided_at) == (2, None, play.later(1))
    assert [each.position for each in second.tasks.order_by("position")] == [1, 2, 3]
    assert second.digest == play.plan_for(run).digest()


def test_a_quote_found_twice_by_one_task_is_one_piece_of_evidence(run):
    investigate(run)
    investigate(run)
    assert Evidence.objects.filter(run=run).count() == 1


def test_an_outcome_is_kept_with_the_searches_that_found_nothing(run):
    search = SearchRecord(tool="library_search", query="players", hits=0)
    nothing = Investigation(task_key="first", outcome="insufficient_data", reason="Nothing.", searches=(search,))
    rows.keep_investigation(run=run, task=task(run), found=nothing, now=NOW)
    row = task(run)
    assert (row.outcome, row.reason) == ("insufficient_data", "Nothing.")
    assert row.searches[0]["query"] == "players"
    assert task(run, "second").outcome == "pending"


def test_the_same_statement_proposed_twice_is_one_claim_of_one_revision(run):
    (first,) = propose(run, draft(run))
    (again,) = propose(run, draft(run))
    assert again.pk == first.pk
    assert ClaimRevision.objects.filter(claim=first).count() == 1


def test_a_claim_that_people_decided_on_is_not_proposed_again(run):
    (claim,) = propose(run, draft(run))
    for status in ("accepted", "rejected", "queued"):
        Claim.objects.filter(pk=claim.pk).update(status=status)
        assert propose(run, draft(run)) == []
        assert Claim.objects.get(pk=claim.pk).status == status


def test_evidence_of_another_run_does_not_get_under_a_claim(run, people):
    other = runs.create(
        team=people.team, requester=people.requester, prompt="Another market", vertical="gambling",
        engine="extractive", now=NOW,
    )  # fmt: skip
    theirs = investigate(run)
    theirs.pk, theirs.run = None, other
    theirs.save(force_insert=True)
    (claim,) = propose(run, draft(run, evidence_ids=(theirs.pk,)))
    assert not ClaimEvidence.objects.filter(revision=claim.current).exists()


@pytest.mark.parametrize(
    ("confidence", "to_people", "status"),
    [(600, (), "accepted"), (599, ("confidence 0.599 is below 0.6",), "queued"), (None, ("missing",), "queued"),
     (1000, ("regulatory section",), "queued")],
)  # fmt: skip
def test_a_claim_goes_where_its_assessment_sends_it(run, confidence, to_people, status):
    (claim,) = propose(run, draft(run))
    verify(run, assessed(claim, confidence, to_people=to_people))
    claim.refresh_from_db()
    assert (claim.status, claim.decided_by_rule) == (status, status == "accepted")
    assert claim.assessment.confidence == confidence
    assert len(claim.shown_digest) == 64


def test_a_confidence_beyond_a_thousand_is_refused_by_the_database(run):
    (claim,) = propose(run, draft(run))
    with pytest.raises(IntegrityError), transaction.atomic():
        Assessment.objects.create(revision=claim.current, confidence=1001, created_at=NOW)


@pytest.mark.parametrize("section", ["regulation", "competitors"])
def test_regulatory_claims_always_go_to_people(run, people, section):
    """Whatever their confidence: the engine's own verification over the rows."""
    (claim,) = propose(run, draft(run, section=section))
    hands = work.load(_verify_step(run))["claims"]
    from research.engine.verification.assess import verify as engine_verify

    (found,) = engine_verify(hands).assessments
    assert ("regulatory section" in found.to_people) == (section == "regulation")
    results.save_verification(run=run, step=None, verification=engine_verify(hands), now=NOW)
    claim.refresh_from_db()
    assert claim.status == "queued"


def _verify_step(run: Run):
    from research.models import Step

    return Step.objects.create(run=run, kind="verify", key="verify", generation=run.generation, created_at=NOW)


def test_claims_that_say_the_same_are_merged_with_the_evidence_of_all(run):
    kept, gone = propose(run, draft(run), draft(run, "second", text=play.WORDS["first"]))
    verify(run, assessed(kept), assessed(gone, merged_into=kept.key))
    kept.refresh_from_db()
    gone.refresh_from_db()
    assert (kept.status, gone.status, gone.merged_into) == ("accepted", "merged", kept)
    under = ClaimEvidence.objects.filter(revision=kept.current).values_list("evidence__task_key", flat=True)
    assert set(under) == {"first", "second"}
    assert kept.current.revision == 2


def test_a_merged_claim_comes_back_when_the_plan_it_was_merged_under_is_void(run):
    """What it was merged into may not be asked any more: found again, it stands on its own until it is verified."""
    kept, gone = propose(run, draft(run), draft(run, "second", text=play.WORDS["first"]))
    verify(run, assessed(kept), assessed(gone, merged_into=kept.key))
    voiding.supersede_claims(run, now=NOW)
    assert set(Claim.objects.filter(run=run).values_list("status", flat=True)) == {"superseded"}
    (again,) = propose(run, draft(run, "second", text=play.WORDS["first"]))
    again.refresh_from_db()
    assert (again.pk, again.status, again.merged_into) == (gone.pk, "proposed", None)


def test_a_contradiction_is_kept_once_and_in_order(run):
    one, two = propose(run, draft(run), draft(run, "second"))
    pair = Contradiction(first=two.key, second=one.key, reason="same period")
    for _ in range(2):
        verify(run, assessed(one, to_people=("contradicted",)), assessed(two, to_people=("x",)), contradictions=[pair])
    row = Pair.objects.get()
    assert (row.first_id, row.second_id) == tuple(sorted((one.pk, two.pk)))
    assert two.key in claims.shown(Claim.objects.get(pk=one.pk))["contradicts"]


@pytest.mark.parametrize("change", ["evidence", "assessment", "contradiction", "words"])
def test_what_a_reviewer_is_shown_has_another_digest_after_any_change(run, change):
    one, two = propose(run, draft(run), draft(run, "second"))
    verify(run, assessed(one), assessed(two))
    one.refresh_from_db()
    before = one.shown_digest
    match change:
        case "evidence":
            other = Evidence.objects.get(run=run, task_key="second")
            ClaimEvidence.objects.create(revision=one.current, evidence=other, stance="supports")
        case "assessment":
            claims.assess(claim=one, assessed=assessed(one), step=None, now=NOW)
        case "contradiction":
            Pair.objects.create(first=one, second=two, reason="")
        case "words":
            claims.add_revision(claim=one, draft=draft(run, text="Other words."), author=None, comment="", now=NOW)
    assert claims.seal(one) != before


def test_all_that_was_written_holds(run, people):
    play.carry_to(RunState.CLAIM_REVIEW, run, people)
    assert list(audit.problems_of(run)) == []


def test_what_rests_on_a_merged_claim_rests_on_the_one_it_merged_into(run):
    into, merged = propose(run, draft(run, "first"), draft(run, "second"))
    (item,) = propose(
        run,
        draft(run, "third", "Players want it.", kind="inferred", evidence_ids=(), premise_keys=(into.key, merged.key)),
    )
    before = item.current
    verify(run, assessed(into), assessed(merged, merged_into=into.key), assessed(item, None, to_people=["inferred"]))
    item.refresh_from_db()
    assert item.current.premise_keys == [into.key]
    assert (item.current.revision, before.premise_keys) == (2, [into.key, merged.key])
    assert item.assessment.revision == item.current


def test_a_plain_fact_takes_the_role_of_the_claim_that_merged_into_it(run):
    attributes = {"competitor": "DraftKings", "aspect": "offer", "cell_type": "measured"}
    into, merged = propose(run, draft(run, "first"), draft(run, "second", role="competitor", attributes=attributes))
    verify(run, assessed(into), assessed(merged, merged_into=into.key))
    into.refresh_from_db()
    assert (into.current.role, into.current.attributes) == ("competitor", attributes)
