"""Roles, attributes, premises and tables as reviewers and administrators are shown them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from research.engine.domain.canonical import canonical_bytes
from research.engine.domain.claims import ClaimDraft
from research.engine.domain.documents import Cell, ModelNode, SectionDraft, Table
from research.engine.domain.errors import InvalidInput
from research.engine.domain.mrd import Mrd, MrdSection, MrdTable
from research.engine.domain.states import RunState
from research.models import Claim, Document
from research.services import claims, composing, editing
from tests.doubles import rows

from .browsing import words

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
NEED = {"id": "R-7", "moscow": "must", "persona": "Compliance officer", "acceptance": "Nobody gets in."}


def proposed(run) -> tuple[Claim, Claim]:
    """Return a claim of the run and a requirement that rests on it."""
    premise = rows.claim_of(run, section="market_size")
    draft = ClaimDraft(
        task_key=premise.task_key, section="requirements", kind="inferred", text="Let nobody in.",
        premise_keys=(premise.key,), role="requirement", attributes=NEED,
    )  # fmt: skip
    (item,) = claims.propose(run=run, drafts=[draft], now=NOW)
    claims.seal(item)
    return premise, item


def test_a_claim_shows_its_role_its_attributes_and_what_it_rests_on(people, as_person):
    """At the desk and in the admin."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    premise, item = proposed(run)
    edited = claims.draft_of(item, item.current, []).model_copy(update={"text": "Let nobody in at all."})
    claims.add_revision(claim=item, draft=edited, author=None, comment="", now=NOW)
    claims.seal(item)
    desk = words(as_person(people.reviewer).get(reverse("reviews:claim", args=[run.pk, item.pk])))
    for needed in ("requirement", "R-7", "Acceptance signal", "Nobody gets in.", f"claim {premise.pk}", "Rests on"):
        assert needed in desk, needed
    assert f"revision id {item.current_id}<" in desk, "what exports call the claim revision"
    assert item.current_id != item.pk
    admin = words(as_person(people.reviewer).get(reverse("admin:research_claim_change", args=[item.pk])))
    assert "R-7" in admin
    plain = words(as_person(people.reviewer).get(reverse("reviews:claim", args=[run.pk, premise.pk])))
    assert "Acceptance signal" not in plain.split("<form")[0]


def tabled(run):
    """Return the run's regulatory section, drafted anew with a table that cites its first claim."""
    section = rows.section_of(run)
    cited = section.draft.cited()[0]
    text = Claim.objects.get(current_id=cited).current.text
    row = (Cell(text="New Jersey"), Cell(text=text, claims=(cited,), kind="measured", as_of=dt.date(2026, 1, 31)))
    table = Table(key="t", caption="What law demands", columns=("Place", "Rule"), rows=(row,))
    draft = section.draft.model_copy(update={"tables": (table,)})
    return composing.save_section(run=run, draft=draft, author=None, comment="", now=NOW)


def test_a_section_shows_its_tables_with_the_claims_and_quotes_behind_them(people, as_person):
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    section = tabled(run)
    page = words(as_person(people.reviewer).get(reverse("reviews:section", args=[run.pk, section.pk])))
    table = page.split("<caption>What law demands</caption>")[1]
    for needed in ("Place", "New Jersey", "measured, 2026-01-31", "<mark>"):
        assert needed in table, needed


def test_an_edit_of_the_sentences_keeps_the_tables_and_checks_them_again(people):
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    section = tabled(run)
    (first, *_) = [one for one in section.draft.sentences if one.claims]
    said = {"author": people.reviewer, "comment": "shorter", "now": NOW}
    edited = editing.revise_section(section=section, sentences=[first, first], **said)
    assert edited.draft.tables == section.draft.tables
    other = Claim.objects.filter(run=run, status="accepted").exclude(current_id__in=first.claims).first()
    cites_other = first.model_copy(update={"text": other.current.text, "claims": (other.current_id,)})
    Claim.objects.filter(current_id__in=first.claims).update(status="rejected")
    with pytest.raises(InvalidInput, match="table"):
        editing.revise_section(section=edited, sentences=[cites_other], **said)


def test_who_signs_is_shown_the_tables_and_the_market_size_they_sign(people, as_person):
    """What the digest covers stands on the page, drawn and in figures."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    section = tabled(run)
    number = section.draft.cited()[0]
    node = ModelNode(
        claim=number, label="Players", kind="stated", node="TAM", approach="top-down", unit="players",
        low="10", base="20", high="30",
    )  # fmt: skip
    body = SectionDraft.model_validate({**section.body, "model": {"nodes": [node.model_dump()]}})
    mrd_section = MrdSection(
        key=body.key, title=body.title, regulatory=True, digest=body.digest(), model=body.model,
        tables=tuple(MrdTable.model_validate(table.model_dump()) for table in body.tables),
    )  # fmt: skip
    mrd = Mrd(
        run_id=str(run.pk), title="A document", prompt=run.prompt, vertical=run.vertical, engine=run.engine,
        plan_digest="d", as_of=NOW, sections=(mrd_section,),
    )  # fmt: skip
    stored = canonical_bytes(mrd).decode()
    Document.objects.create(run=run, revision=1, body=stored, digest=mrd.digest(), created_at=NOW)
    page = words(as_person(people.approver).get(reverse("reviews:sign_off", args=[run.pk])))
    for needed in ("What law demands", "measured, 2026-01-31", "TAM, top-down", "30 players", '<svg class="chart"'):
        assert needed in page, needed
