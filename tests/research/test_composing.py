"""Sections and the document: only accepted claims, only standing sections, the gaps said, the bytes kept."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.db import IntegrityError, transaction

from research.engine.domain.canonical import sha256_hex
from research.engine.domain.documents import SectionDraft, Sentence
from research.engine.domain.errors import MrdError
from research.engine.domain.states import RunState
from research.models import Call, Claim, Document, Event, Run, SectionRevision, Source, Step, Task
from research.services import audit, composing, gates, runs
from tests.doubles import world
from tests.research import play

NOW = play.NOW


@pytest.fixture
def people(db):
    return world.people("composing")


@pytest.fixture
def run(people) -> Run:
    return runs.create(
        team=people.team, requester=people.requester, prompt="A market to be written down", vertical="gambling",
        engine="extractive", now=NOW,
    )  # fmt: skip


def body(run: Run) -> dict:
    return json.loads(Document.objects.get(run=run, status="composed").body)


def accept_all(run: Run) -> None:
    Claim.objects.filter(run=run).update(status="accepted")


@pytest.mark.parametrize("status", ["proposed", "queued", "rejected", "merged", "superseded"])
def test_only_accepted_claims_reach_a_section(run, people, status):
    play.carry_to(RunState.CLAIM_REVIEW, run, people)
    accept_all(run)
    assert len(composing.accepted_claims(run)) == 3
    out = Claim.objects.get(run=run, task_key="second")
    Claim.objects.filter(pk=out.pk).update(status=status)
    assert out.key not in {claim.key for claim in composing.accepted_claims(run)}
    assert out.key not in {claim.key for claim in composing.bundle(run, "competitors").claims}


def test_a_section_gets_its_own_claims_and_gaps_alone(run, people):
    play.carry_to(RunState.CLAIM_REVIEW, run, people)
    accept_all(run)
    search = {"tool": "library_search", "query": "players", "hits": 0}
    Task.objects.filter(plan__run=run, key="first").update(
        outcome="insufficient_data", reason="Nothing.", searches=[search]
    )
    mine, other = composing.bundle(run, "competitors"), composing.bundle(run, "regulation")
    assert len(mine.claims) == 3
    assert [(gap.task_key, gap.searches) for gap in mine.brief.gaps] == [("first", ("library_search: players",))]
    assert (other.claims, other.brief.gaps, other.brief.regulatory) == ((), (), True)


def test_accepted_claims_that_disagree_name_one_another_and_a_rejected_one_is_not_named(run, people):
    from research.models import Contradiction

    play.carry_to(RunState.CLAIM_REVIEW, run, people)
    accept_all(run)
    one, two, three = Claim.objects.filter(run=run).order_by("pk")
    Contradiction.objects.create(first=one, second=two, reason="")
    Contradiction.objects.create(first=one, second=three, reason="")
    Claim.objects.filter(pk=three.pk).update(status="rejected")
    against = {claim.key: claim.contradicts for claim in composing.accepted_claims(run)}
    assert against == {one.key: (two.key,), two.key: (one.key,)}


def test_a_synthesis_gets_the_proposed_claims_of_the_tasks_it_rests_on(run, people):
    play.carry_to(RunState.CLAIM_REVIEW, run, people)
    third = Task.objects.get(plan__run=run, key="third")
    Claim.objects.filter(run=run).update(status="proposed")
    assert {claim.task_key for claim in composing.premises(run, third)} == {"first", "second"}
    Claim.objects.filter(run=run, task_key="first").update(status="superseded")
    assert {claim.task_key for claim in composing.premises(run, third)} == {"second"}


def test_a_section_written_anew_takes_the_place_of_the_one_that_stood(run, people):
    play.carry_to(RunState.REGULATORY_REVIEW, run, people)
    standing = SectionRevision.objects.get(run=run, key="competitors")
    draft = SectionDraft(key="competitors", title="Anew", sentences=(Sentence(text="Nothing.", kind="gap"),))
    row = composing.save_section(run=run, draft=draft, author=None, comment="", now=NOW)
    standing.refresh_from_db()
    assert (row.revision, row.status, standing.status) == (2, "drafted", "void")
    assert row.position == standing.position


def test_two_revisions_of_a_section_cannot_stand(run, people):
    play.carry_to(RunState.REGULATORY_REVIEW, run, people)
    row = SectionRevision.objects.get(run=run, key="competitors")
    row.pk, row.revision = None, 2
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_only_sections_without_a_standing_revision_are_drafted(run, people):
    play.carry_to(RunState.REGULATORY_REVIEW, run, people)
    assert composing.sections_to_draft(run) == []
    SectionRevision.objects.filter(run=run, key="competitors").update(status="rejected")
    assert composing.sections_to_draft(run) == ["competitors"]


def test_the_document_is_kept_as_the_bytes_that_were_hashed(run, people):
    play.carry_to(RunState.REGULATORY_REVIEW, run, people)
    decide_sections(run, people)
    document = Document.objects.get(run=run)
    assert sha256_hex(document.body.encode()) == document.digest
    told = Event.objects.get(run=run, kind="document.composed")
    assert json.loads(told.payload)["data"] == {"revision": 1, "digest": document.digest}


@pytest.mark.parametrize(
    ("costs", "said"),
    [(["0.7", "0.712"], "1.412"), (["0.1"] * 3, "0.3"), (["0.000001", "12"], "12.000001"), (["60", "40"], "100")],
)
def test_the_document_says_the_exact_sum_of_the_costs(run, people, costs, said):
    """In plain digits, on a database that adds decimals as floats too."""
    play.carry_to(RunState.REGULATORY_REVIEW, run, people)
    step = Step.objects.filter(run=run).first()
    for place, cost in enumerate(costs):
        Call.objects.create(
            run=run, step=step, phase="research", kind="model", name="m", token=1, arguments={}, started_at=NOW,
            finished_at=NOW, state="done", key=str(place), cost_usd=cost,
        )  # fmt: skip
    decide_sections(run, people)
    assert body(run)["costs"]["cost_usd"] == said


def decide_sections(run: Run, people) -> None:
    """Let two people approve every section that waits, and leave the document unsigned."""
    for section in SectionRevision.objects.filter(run=run, regulatory=True, status="drafted").order_by("position"):
        for person in (people.reviewer, people.second_reviewer):
            with transaction.atomic():
                gates.approve_section(
                    run=gates.hold(run.pk), section=section, digest=section.digest, by=world.by(person)
                )
    run.refresh_from_db()
    assert run.state == "sign_off"


def test_every_sentence_of_the_document_leads_to_archived_bytes(run, people):
    """Claim, quote, place in its text, digest of the snapshot; and the two decisions on each regulatory section."""
    play.carry_to(RunState.REGULATORY_REVIEW, run, people, section="regulation")
    decide_sections(run, people)
    mrd = body(run)
    text = json.dumps(mrd)
    snapshot = play.text_of(run).snapshot.sha256
    for claim in composing.accepted_claims(run):
        assert json.dumps(claim.text)[1:-1] in text
        assert claim.evidence
    assert snapshot in text
    assert str(people.reviewer.actor_id) in text
    assert str(people.second_reviewer.actor_id) in text
    assert people.reviewer.username not in text


@pytest.mark.parametrize("kind", ["upload", "web_page", "record", "lead"])
def test_a_source_that_was_retrieved_says_when_and_an_upload_does_not(run, people, kind):
    play.carry_to(RunState.REGULATORY_REVIEW, run, people, section="regulation")
    snapshot = play.text_of(run).snapshot
    Source.objects.filter(pk=snapshot.source_id).update(kind=kind)
    decide_sections(run, people)
    said = {citation.get("retrieved_at") for citation in body(run)["citations"]}
    assert {moment and dt.datetime.fromisoformat(moment) for moment in said} == {
        None if kind == "upload" else snapshot.captured_at
    }


def test_a_document_composed_anew_voids_the_one_before(run, people):
    play.carry_to(RunState.REGULATORY_REVIEW, run, people)
    decide_sections(run, people)
    composing.compose(run, now=NOW)
    assert dict(Document.objects.filter(run=run).values_list("revision", "status")) == {1: "void", 2: "composed"}


def test_costs_are_summed_and_an_unknown_price_is_said_and_not_zero(run, people):
    play.carry_to(RunState.REGULATORY_REVIEW, run, people)
    step = Step.objects.filter(run=run).first()
    common = {
        "run": run, "step": step, "phase": "research", "kind": "model", "name": "m", "token": 1, "arguments": {},
        "started_at": NOW, "finished_at": NOW, "state": "done",
    }  # fmt: skip
    Call.objects.create(**common, key="a", cost_usd="0.25", searches=2)
    Call.objects.create(**common, key="b", cost_usd="0.50", searches=1)
    decide_sections(run, people)
    assert body(run)["costs"]["searches"] == 3
    assert body(run)["costs"]["cost_usd"] == "0.75"
    Call.objects.create(**common, key="c", cost_usd=None)
    composing.compose(run, now=NOW)
    assert body(run)["costs"]["cost_usd"] is None
    assert body(run)["costs"]["calls"] == 3


def test_a_section_that_cites_what_is_not_accepted_does_not_leave(run, people):
    """A claim that was rejected behind the section's back stops the document, in a sentence."""
    play.carry_to(RunState.REGULATORY_REVIEW, run, people)
    Claim.objects.filter(run=run, task_key="first").update(status="rejected")
    with pytest.raises(MrdError, match="not accepted"), transaction.atomic():
        composing.compose(run, now=NOW)
    assert not Document.objects.filter(run=run).exists()


def test_the_record_of_it_all_holds(run, people):
    play.carry_to(RunState.REGULATORY_REVIEW, run, people)
    decide_sections(run, people)
    assert list(audit.problems_of(run)) == []
