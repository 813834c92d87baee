"""Exports: from the newest document, never from one that somebody changed, each an event of the trail."""

from __future__ import annotations

import datetime as dt
import io
import json
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from research.engine.domain.canonical import canonical_bytes
from research.engine.domain.errors import Conflict, InvalidInput
from research.engine.domain.states import RunState
from research.models import Document, Event
from research.services import exports, gates
from tests.doubles import rows

NOW = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)


@pytest.fixture
def people(db):
    return rows.cast()


@pytest.fixture
def run(people):
    return rows.run_at(RunState.SIGN_OFF, people)


def made(run, form):
    return exports.export(run=run, format=form, actor="operator:test", now=NOW)


def sign(run, people):
    document = rows.document_of(run)
    by = gates.By(person=people.approver, door="admin", comment="", now=NOW)
    with transaction.atomic():
        held = gates.hold(run.pk)
        gates.sign(run=held, document=document, digest=document.digest, meaning="I approve this MRD.", by=by)
    run.refresh_from_db()


@pytest.mark.parametrize(("form", "media"), list(exports.MEDIA_TYPES.items()))
def test_an_unsigned_document_leaves_as_a_draft(run, form, media):
    export = made(run, form)
    assert export.media_type == media
    assert export.file_name == f"mrd-{str(run.pk)[:8]}-r1-draft.{form}"
    if form in exports.TEXT_FORMATS:
        assert b"raft" in export.content or b"RAFT" in export.content
    else:
        assert export.content.startswith({"pdf": b"%PDF-1.7", "docx": b"PK"}[form])


def test_a_signed_document_leaves_with_its_signature_and_the_digest_signed(run, people):
    sign(run, people)
    export = made(run, "json")
    out = json.loads(export.content)
    assert out["status"] == "signed"
    assert out["digest"] == rows.document_of(run).digest
    assert out["signatures"][0] | {"signed_at": ""} == {
        "name": "Ada Prove",
        "role": "approver",
        "meaning": "I approve this MRD.",
        "digest": out["digest"],
        "signed_at": "",
    }
    assert export.file_name == f"mrd-{str(run.pk)[:8]}-r1.json"
    assert "Ada Prove" in made(run, "md").content.decode()
    assert "Ada Prove" in made(run, "html").content.decode()


def test_the_same_document_gives_the_same_bytes(run):
    assert made(run, "html").content == made(run, "html").content


def test_each_export_is_an_event_with_format_and_digest(run):
    before = Event.objects.filter(run=run).count()
    made(run, "md")
    event = Event.objects.filter(run=run).order_by("-seq")[0]
    assert Event.objects.filter(run=run).count() == before + 1
    data = json.loads(event.payload)["data"]
    assert event.kind == "export.made"
    assert data["format"] == "md"
    assert data["digest"] == rows.document_of(run).digest


def refused(run, form, error):
    before = Event.objects.filter(run=run).count()
    with pytest.raises(error) as raised:
        made(run, form)
    assert Event.objects.filter(run=run).count() == before, "a refusal must not be recorded as an export"
    return raised.value


def test_an_unknown_format_is_refused_by_name(run):
    error = refused(run, "rtf", InvalidInput)
    assert error.field == "format"
    assert "json, md, html, pdf, docx" in error.detail


def test_when_others_are_being_set_a_document_waits_and_is_then_refused_in_a_sentence(run, monkeypatch):
    monkeypatch.setattr(exports, "_PRESSES", threading.BoundedSemaphore(1))
    monkeypatch.setattr(exports, "_PRESS_WAIT_S", 0.01)
    with exports._PRESSES:
        assert "again in a minute" in refused(run, "docx", Conflict).detail


def test_the_command_writes_no_pages_to_standard_output(run, tmp_path):
    before = Event.objects.filter(run=run).count()
    with pytest.raises(CommandError, match="say with --output"):
        call_command("export", str(run.pk), "--format", "pdf")
    assert Event.objects.filter(run=run).count() == before


def test_a_changed_body_is_refused(run):
    document = rows.document_of(run)
    Document.objects.filter(pk=document.pk).update(body=document.body.replace("New Jersey", "New Jersex", 1))
    assert "not what its digest says" in refused(run, "json", Conflict).detail


def test_a_signed_document_whose_body_and_digest_were_both_changed_is_refused(run, people):
    sign(run, people)
    document = rows.document_of(run)
    body = document.body.replace("New Jersey", "New Jersex", 1)
    Document.objects.filter(pk=document.pk).update(body=body, digest=exports.sha256_hex(body.encode()))
    assert "signature" in refused(run, "json", Conflict).detail


@pytest.mark.parametrize("form", list(exports.MEDIA_TYPES))
def test_a_document_with_a_figure_that_no_claim_has_leaves_in_no_format(run, form):
    document = rows.document_of(run)
    body = json.loads(document.body)
    told = (one for section in body["sections"] for one in section["sentences"])
    sentence = next(one for one in told if one["kind"] == "claim")
    sentence["text"] = "It grew by 77.7%."
    planted = canonical_bytes(body).decode()
    Document.objects.filter(pk=document.pk).update(body=planted, digest=exports.sha256_hex(planted.encode()))
    assert "77.7%" in refused(run, form, Conflict).detail


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RunState.PLAN_REVIEW, "the plan gate"),
        (RunState.CLAIM_REVIEW, "the claims gate"),
        (RunState.REGULATORY_REVIEW, "the regulatory gate"),
    ],
)
def test_without_a_document_the_sentence_names_the_gate_the_run_waits_at(people, state, words):
    assert words in refused(rows.run_at(state, people), "json", Conflict).detail


def test_without_a_document_a_working_run_says_what_it_does(people):
    assert "planning" in refused(rows.new_run(people), "json", Conflict).detail


def test_a_voided_document_is_not_given_out(run):
    Document.objects.filter(run=run).update(status="void")
    assert "sign-off gate" in refused(run, "json", Conflict).detail


def test_the_command_writes_a_file(run, tmp_path):
    out = io.StringIO()
    call_command("export", str(run.pk), "--format", "json", "--output", str(tmp_path), stdout=out)
    file = tmp_path / f"mrd-{str(run.pk)[:8]}-r1-draft.json"
    assert json.loads(file.read_text())["status"] == "draft"
    assert file.name in out.getvalue()


def test_the_command_takes_the_beginning_of_an_id_and_prints_markdown(run):
    out = io.StringIO()
    call_command("export", str(run.pk)[:8], stdout=out)
    assert out.getvalue().startswith("# ")


@pytest.mark.parametrize("said", ["nonsense", "", "00000000-0000-0000-0000-000000000000"])
def test_the_command_refuses_an_unknown_run(run, said):
    with pytest.raises(CommandError, match="There is no run"):
        call_command("export", said)


def test_the_command_refuses_a_folder_that_is_not_there_before_it_exports(run, tmp_path):
    before = Event.objects.filter(run=run).count()
    with pytest.raises(CommandError, match="does not exist"):
        call_command("export", str(run.pk), "--output", str(tmp_path / "no" / "file.md"))
    assert Event.objects.filter(run=run).count() == before


def test_the_command_makes_no_file_in_the_name_of_a_folder_that_is_not_there(run, tmp_path):
    before = Event.objects.filter(run=run).count()
    with pytest.raises(CommandError, match="does not exist: make it, or name a file"):
        call_command("export", str(run.pk), "--output", f"{tmp_path / 'no'}/")
    assert not list(tmp_path.iterdir())
    assert Event.objects.filter(run=run).count() == before
    call_command("export", str(run.pk), "--output", f"{tmp_path}/", stdout=io.StringIO())
    assert len(list(tmp_path.iterdir())) == 1


def test_the_command_says_the_services_sentence(people):
    with pytest.raises(CommandError, match="claims gate"):
        call_command("export", str(rows.run_at(RunState.CLAIM_REVIEW, people).pk))
