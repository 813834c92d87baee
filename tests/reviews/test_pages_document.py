"""The pages of sections and of the document."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from research.engine.domain.mrd import Mrd
from research.engine.domain.states import RunState
from research.models import Decision
from tests.doubles import rows

from . import doors
from .browsing import words
from .steps import settle

pytestmark = pytest.mark.django_db
STATES = [RunState.PLAN_REVIEW, RunState.CLAIM_REVIEW, RunState.REGULATORY_REVIEW, RunState.SIGN_OFF]


def test_a_section_shows_each_sentence_with_its_evidence_and_who_approved(people, as_person):
    """The second reviewer sees the first one's name, and every quote in context."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    section = rows.section_of(run)
    settle(run, people.reviewer, "section", section, "approve")
    page = words(as_person(people.second_reviewer).get(reverse("reviews:section", args=[run.pk, section.pk])))
    for needed in ("<b>Vera Lind</b> approved", section.body["sentences"][0]["text"], "<mark>", section.digest):
        assert needed in page, needed


def test_a_section_edit_with_a_mistake_keeps_what_was_typed(people, as_person):
    """An untraced figure is named, the words stay in the form, nothing is changed."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    section = rows.section_of(run)
    sentences = [{"text": "The licence costs $5 million.", "claims": section.body["sentences"][0]["claims"]}]
    fields = {"digest": section.digest, "verdict": "edit", "comment": "x", **doors.sentence_fields(sentences)}
    before = doors.snapshot(run)
    client = as_person(people.reviewer)
    response = client.post(reverse("reviews:section", args=[run.pk, section.pk]), fields)
    assert response.status_code == 400
    assert "is not in the claims it cites" in words(response)
    assert "The licence costs $5 million." in words(response)
    sentences[0]["claims"] = ["one"]
    fields |= doors.sentence_fields(sentences)
    assert client.post(reverse("reviews:section", args=[run.pk, section.pk]), fields).status_code == 400
    assert doors.snapshot(run) == before


def test_the_document_is_shown_whole_with_its_digest(people, as_person):
    """Every sentence, every citation with its way to the source, and the digest that is signed."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    document = rows.document_of(run)
    response = as_person(people.approver).get(reverse("reviews:sign_off", args=[run.pk]))
    page = words(response)
    mrd = response.context["mrd"]
    for section in mrd.sections:
        for sentence in section.sentences:
            assert sentence.text in page
    for citation in mrd.citations:
        assert f'id="citation-{citation.number}"' in page
        assert f"?evidence={citation.evidence_id}#quote" in page
    assert document.digest in page
    assert 'type="password"' in page


def test_a_wrong_password_keeps_the_meaning_and_never_comes_back(people, as_person):
    """The page asks again; what was typed as password is nowhere on it."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    document = rows.document_of(run)
    fields = {
        "subject_id": document.pk, "digest": document.digest, "verdict": "approve", "meaning": "I release it.",
        "password": "open-sesame",
    }  # fmt: skip
    response = as_person(people.approver).post(reverse("reviews:sign_off", args=[run.pk]), fields)
    assert response.status_code == 403
    assert "I release it." in words(response)
    assert "open-sesame" not in words(response)


def test_guessing_passwords_at_the_signature_is_locked_out(people, as_person, settings):
    """Wrong passwords at the signature count like those at sign-in: after eight the right one is refused too."""
    settings.AXES_ENABLED = True
    run = rows.run_at(RunState.SIGN_OFF, people)
    document = rows.document_of(run)
    fields = {"subject_id": document.pk, "digest": document.digest, "verdict": "approve", "meaning": "x"}
    client = as_person(people.approver)
    address = reverse("reviews:sign_off", args=[run.pk])
    for number in range(settings.AXES_FAILURE_LIMIT):
        client.post(address, {**fields, "password": f"guess-{number}"})
    assert client.post(address, {**fields, "password": rows.PASSWORD}).status_code in (403, 429)
    assert not Decision.objects.filter(run=run).exists()


def test_a_signed_document_shows_its_signature(people, as_person):
    """Who, meaning what, when."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    document = rows.document_of(run)
    fields = {
        "subject_id": document.pk, "digest": document.digest, "verdict": "approve", "meaning": "I release it.",
        "password": rows.PASSWORD,
    }  # fmt: skip
    page = words(as_person(people.approver).post(reverse("reviews:sign_off", args=[run.pk]), fields, follow=True))
    assert "Ada Prove" in page
    assert "“I release it.”" in page
    assert "The run is completed." in page


def test_the_sign_off_page_says_which_sentences_no_quote_states_and_which_are_disputed(people, as_person):
    """The same labels as the exports, at the sentence; a stated one that nobody disputes has none."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    document = rows.document_of(run)
    mrd = Mrd.model_validate_json(document.body)
    cited = [one for section in mrd.sections for one in section.sentences if one.claims]
    first, last = cited[0], next(one for one in cited if one.claims != cited[0].claims)
    changed = {"kind": "assumption", "contradicts": (last.claims[0],)}
    claims = [
        one.model_copy(update=changed if one.revision_id in first.claims else {"kind": "stated", "contradicts": ()})
        for one in mrd.claims
    ]
    body = mrd.model_copy(update={"claims": tuple(claims)}).model_dump_json()
    type(document).objects.filter(pk=document.pk).update(body=body)
    page = words(as_person(people.approver).get(reverse("reviews:sign_off", args=[run.pk])))
    said = page.split(first.text, 1)[1].split("</p>")[0]
    assert "rv-told-assumption" in said
    assert "rv-told-disputed" in said
    assert "rv-told" not in page.split(last.text, 1)[1].split("</p>")[0]


def test_the_sign_off_page_leads_to_the_document_as_it_will_look_and_to_its_exports(people, as_person):
    """In every format while it stands; of one that was sent back nothing is exported."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    document = rows.document_of(run)
    client, address = as_person(people.approver), reverse("reviews:sign_off", args=[run.pk])
    page = words(client.get(address))
    assert f'{reverse("admin:research_document_read", args=[document.pk])}" target="_blank"' in page
    exports = [
        reverse("admin:research_run_export", args=[run.pk, form]) for form in ("json", "md", "html", "pdf", "docx")
    ]
    assert all(f'"{one}"' in page for one in exports)
    assert client.get(reverse("admin:research_document_read", args=[document.pk])).status_code == 200
    type(document).objects.filter(pk=document.pk).update(status="rejected")
    page = words(client.get(address))
    assert not any(f'"{one}"' in page for one in exports)


def test_the_pages_of_sections_and_queue_stack_their_tables_on_a_narrow_screen(people, as_person):
    """Each cell carries its column's name, and the style sheet stacks such a table under 40 rem."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    client = as_person(people.reviewer)
    for address in (reverse("reviews:queue"), reverse("reviews:sections", args=[run.pk])):
        page = words(client.get(address))
        assert page.count("<table") == page.count('<table class="rv-table rv-stack"') > 0
        assert page.count("data-name=") >= 3
    section = words(client.get(reverse("reviews:section", args=[run.pk, rows.section_of(run).pk])))
    assert '<table class="rv-table rv-stack rv-lines"' in section, "the form that edits a section, when it is opened"
    style = Path(finders.find("mrd/reviews.css")).read_text()
    narrow = style.split("@media (max-width: 40rem)")[1].split("\n}")[0]
    assert ":is(.rv-tasks, .rv-stack) :is(tbody, tr, td, th) { display: block" in narrow
    assert ".rv-stack thead { display: none" in narrow
