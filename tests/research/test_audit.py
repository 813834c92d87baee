"""The audit: whatever is changed, cut off, put in or moved in a run's record is found and named."""

from __future__ import annotations

import contextlib
import io
import json
import uuid
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from research.adapters import snapshots
from research.engine.domain.states import RunState
from research.models import (
    Claim,
    ClaimRevision,
    Decision,
    Document,
    Event,
    Evidence,
    ExtractedText,
    Plan,
    Run,
    SectionRevision,
    Signature,
    Source,
    Step,
    Task,
    Trail,
)
from research.services import audit, recording, runs
from tests.doubles import world
from tests.research import play

# pytest-django makes a database only where a marked test asks for one; the fixture below is none.
pytestmark = pytest.mark.django_db
NOW = play.NOW
GUARDED = ("event", "decision", "signature", "evidence", "extractedtext", "claimrevision", "assessment")


@pytest.fixture(scope="module")
def record(django_db_setup, django_db_blocker) -> Iterator[Run]:
    """Yield a signed run whose record holds, with the database's own guards taken away; undone in the end."""
    with django_db_blocker.unblock(), undone():
        people = world.people("audited")
        run = runs.create(
            team=people.team, requester=people.requester, prompt="A market to be audited", vertical="gambling",
            engine="extractive", now=NOW,
        )  # fmt: skip
        play.carry_to(RunState.COMPLETED, run, people, section="regulation")
        with connection.cursor() as cursor:
            for name in GUARDED:
                on = f" ON research_{name}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER research_{name}_append_only{on}")
        yield run


@pytest.fixture
def signed(record, django_db_blocker) -> Iterator[Run]:
    """Yield the run for one test, which may do anything to its record."""
    with django_db_blocker.unblock(), undone():
        assert list(audit.problems_of(record)) == []
        yield record


@contextlib.contextmanager
def undone() -> Iterator[None]:
    """Undo in the end what was done to the record, so that the next can be done to it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def problems(run: Run) -> list[str]:
    """Return what is wrong, after seeing that the command says the same and exits with 1."""
    found = list(audit.problems_of(run))
    out = io.StringIO()
    if not found:
        call_command("verify_audit", str(run.pk), stdout=out)
        assert "holds" in out.getvalue()
        return found
    with pytest.raises(CommandError, match="1 run") as refusal:
        call_command("verify_audit", str(run.pk), stdout=out)
    assert refusal.value.returncode == 1
    for problem in found:
        assert problem in out.getvalue()
    return found


def event(run: Run, seq: int = 4):
    return Event.objects.filter(run=run, seq=seq)


def test_a_record_that_was_left_alone_holds(signed):
    assert problems(signed) == []


def test_each_column_of_an_event_that_is_changed_is_found(signed):
    """In the middle, where the next link breaks, and at the end, where only the trail's head tells."""
    changes = (
        ("seq", 400), ("kind", "run.created"), ("actor", "engine2"), ("at", play.later(1)), ("payload", "{}"),
        ("payload", "not JSON"), ("payload", "[]"), ("previous", "0" * 64), ("hash", "0" * 64),
    )  # fmt: skip
    for seq in (4, Trail.objects.get(run=signed).length):
        for column, value in changes:
            with undone():
                event(signed, seq).update(**{column: value})
                assert any("event" in problem for problem in problems(signed)), (seq, column)
    assert problems(signed) == []


def test_an_event_moved_to_another_run_is_missed_here_and_too_many_there(signed):
    people = world.people("other")
    other = runs.create(
        team=people.team, requester=people.requester, prompt="Another market", vertical="gambling",
        engine="extractive", now=NOW,
    )  # fmt: skip
    event(signed).update(run=other)
    assert any("event 4 is missing" in problem for problem in problems(signed))
    assert problems(other)


def test_a_payload_whose_hash_was_made_anew_breaks_the_next_link(signed):
    row = event(signed).get()
    changed = row.payload.replace('"engine"', '"rule"')
    assert changed != row.payload
    event(signed).update(payload=changed, actor="rule", hash=recording.link(row.previous, changed))
    assert problems(signed) == ["event 5 is not chained to the one before it"]


def test_events_that_were_cut_off_or_taken_out_are_found(signed):
    for seq, says in ((Trail.objects.get(run=signed).length, "cut off"), (4, "event 4 is missing")):
        with undone():
            event(signed, seq).delete()
            assert any(says in problem for problem in problems(signed))


def test_a_trail_shortened_with_its_head_still_misses_what_was_decided(signed):
    """Who cuts the end off and mends the head has to lose the signature's event: its row tells."""
    rows = list(Event.objects.filter(run=signed).order_by("seq"))
    cut = next(row.seq for row in rows if row.kind == "signature.made")
    Event.objects.filter(run=signed, seq__gte=cut).delete()
    Trail.objects.filter(run=signed).update(length=cut - 1, head=rows[cut - 2].hash)
    assert any("signature" in problem for problem in problems(signed))


def test_events_that_changed_places_are_found(signed):
    event(signed, 4).update(seq=9_000)
    event(signed, 5).update(seq=4)
    event(signed, 9_000).update(seq=5)
    assert len(problems(signed)) >= 2


def test_an_event_that_was_added_past_the_trail_is_found(signed):
    trail = Trail.objects.get(run=signed)
    payload = json.dumps({"run": str(signed.pk)})
    Event.objects.create(
        run=signed, seq=trail.length + 1, kind="export.made", actor="engine", at=NOW, payload=payload,
        previous=trail.head, hash=recording.link(trail.head, payload),
    )  # fmt: skip
    assert any("head" in problem for problem in problems(signed))


def test_a_head_that_was_changed_or_lost_is_found(signed):
    trail = Trail.objects.filter(run=signed)
    for change in (lambda: trail.update(length=1), lambda: trail.update(head="0" * 64), trail.delete):
        with undone():
            change()
            assert any("head" in problem for problem in problems(signed))


def test_a_decision_that_was_changed_is_found(signed):
    """Its verdict, the digest it was over, who took it, what about, in which place."""
    row = Decision.objects.filter(run=signed, slot=2).order_by("pk")
    number = row[0].pk
    changes = (
        {"verdict": "reject", "comment": "x"}, {"subject_digest": "0" * 64}, {"subject_id": 987_654},
        {"slot": 1, "subject_digest": "1" * 64}, {"person": world.people("else").reviewer},
    )  # fmt: skip
    for change in changes:
        with undone():
            Decision.objects.filter(pk=number).update(**change)
            assert any(f"decision {number}" in problem for problem in problems(signed)), change


def test_a_decision_nobody_took_is_found(signed):
    row = Decision.objects.filter(run=signed, subject_kind="claim").order_by("pk")[0]
    row.pk, row.subject_digest = None, "0" * 64
    row.save(force_insert=True)
    assert any(f"decision {row.pk}" in problem for problem in problems(signed))


def test_a_decision_that_was_taken_away_is_found(signed):
    row = Decision.objects.filter(run=signed, subject_kind="claim").order_by("pk")[0]
    Decision.objects.filter(pk=row.pk).delete()
    found = problems(signed)
    assert f"the trail tells of a decision {row.pk} that is not there" in found
    assert any("nobody decided so" in problem for problem in found)


def test_a_signature_that_was_changed_is_found(signed):
    for change in ({"digest": "0" * 64}, {"signer": world.people("else").approver}):
        with undone():
            Signature.objects.filter(run=signed).update(**change)
            assert any("signature" in problem for problem in problems(signed)), change


def test_what_people_saw_or_quotes_say_that_was_changed_is_found(signed):
    changes = (
        (Plan, {"body": {"tasks": []}}, "plan revision 1"),
        (Plan, {"digest": "0" * 64}, "plan revision 1"),
        (SectionRevision, {"body": {"sentences": []}}, "section"),
        (Document, {"body": "{}"}, "document revision 1"),
        (Document, {"digest": "0" * 64}, "document revision 1"),
        (Claim, {"shown_digest": "0" * 64}, "not what reviewers were shown"),
        (Evidence, {"exact": "Words that nobody wrote."}, "evidence"),
        (Evidence, {"start": 1}, "evidence"),
    )
    for model, change, says in changes:
        with undone():
            model.objects.filter(run=signed).update(**change)
            assert any(says in problem for problem in problems(signed)), (model, change)


def test_a_text_that_was_changed_under_its_quotes_is_found(signed):
    ExtractedText.objects.update(text="Other words altogether.")
    found = problems(signed)
    assert any("evidence" in problem for problem in found)
    assert any("extracted text" in problem for problem in found)


def test_archived_bytes_that_are_changed_or_gone_are_found(signed):
    sha = ExtractedText.objects.get().snapshot.sha256
    path = snapshots.local()._path(signed.team_id, sha)
    kept = path.read_bytes()
    path.chmod(0o600)
    for spoil in (path.unlink, lambda: path.write_bytes(b"other bytes")):
        spoil()
        try:
            assert any(problem.startswith(f"snapshot {sha[:12]}") for problem in problems(signed))
        finally:
            path.write_bytes(kept)
    assert problems(signed) == []


# ── the command ──────────────────────────────────────────────────────────────────────────────────


def test_the_command_checks_all_runs_and_counts_those_that_do_not_hold(signed):
    people = world.people("second")
    for n in range(2):
        runs.create(
            team=people.team, requester=people.requester, prompt=f"Another market {n}", vertical="gambling",
            engine="extractive", now=NOW,
        )  # fmt: skip
    out = io.StringIO()
    call_command("verify_audit", stdout=out)
    assert len([line for line in out.getvalue().splitlines() if line.endswith("holds")]) == 3
    event(signed).update(actor="engine2")
    with pytest.raises(CommandError, match=r"^1 run\(s\) do not hold"):
        call_command("verify_audit", stdout=io.StringIO())


@pytest.mark.parametrize(
    ("name", "says"), [("not-a-uuid", "UUID"), (str(uuid.UUID(int=7)), "does not exist"), ("", "UUID")]
)
def test_the_command_refuses_a_run_that_cannot_be_or_is_not_there(signed, name, says):
    with pytest.raises(CommandError, match=says):
        call_command("verify_audit", name, stdout=io.StringIO())


@pytest.mark.parametrize(
    ("rows", "change"),
    [
        (lambda run: Run.objects.filter(pk=run.pk), {"state": "sign_off"}),
        (lambda run: Run.objects.filter(pk=run.pk), {"prompt": "A market nobody asked for"}),
        (lambda run: Run.objects.filter(pk=run.pk), {"is_demo": True}),
        (lambda run: Plan.objects.filter(run=run), {"approved_at": None}),
        (lambda run: Claim.objects.filter(run=run, status="accepted"), {"status": "queued"}),
        (lambda run: Claim.objects.filter(run=run, status="accepted"), {"status": "rejected"}),
        (lambda run: Claim.objects.filter(run=run, decided_by_rule=False), {"decided_by_rule": True}),
        (lambda run: ClaimRevision.objects.filter(claim__run=run), {"text": "Every regulator has said yes."}),
        (
            lambda run: SectionRevision.objects.filter(run=run, regulatory=True),
            {"second_approver": None, "status": "void"},
        ),
        (lambda run: Document.objects.filter(run=run), {"status": "composed"}),
        (lambda run: Signature.objects.filter(run=run), {"meaning": "I have not read it."}),
        (lambda run: Signature.objects.filter(run=run), {"signer_name": "Somebody Else"}),
        (lambda run: Decision.objects.filter(run=run), {"comment": "Said later."}),
        (lambda run: Decision.objects.filter(run=run), {"door": "cli"}),
        (lambda run: Evidence.objects.filter(run=run), {"prefix": "not said "}),
    ],
)
def test_what_stands_must_follow_from_what_was_decided(signed, rows, change):
    """Whoever writes to the tables behind everybody's back is found, each change alone."""
    assert rows(signed).exists()
    rows(signed).update(**change)
    assert problems(Run.objects.get(pk=signed.pk)) != []


@pytest.mark.parametrize(
    ("model", "of", "change", "says"),
    [
        (Claim, "run", {"section": "users"}, "its section 'users'"),
        (Claim, "run", {"task_key": "second"}, "not named by its task"),
        (SectionRevision, "run", {"title": "Another title"}, "column 'title'"),
        (SectionRevision, "run", {"key": "made_up"}, "column 'key'"),
        (SectionRevision, "run", {"regulatory": False}, "'regulatory' is not what the document or"),
        (SectionRevision, "run", {"position": 99}, "column 'position'"),
        (Task, "plan__run", {"question": "What was never asked?"}, "'question' is not what its plan says"),
        (Task, "plan__run", {"section": "users"}, "'section' is not what its plan says"),
        (Task, "plan__run", {"tools": ["another"]}, "'tools' is not what its plan says"),
        (Task, "plan__run", {"queries": ["else"]}, "'queries' is not what its plan says"),
        (Task, "plan__run", {"position": 7}, "'position' is not what its plan says"),
        (Task, "plan__run", {"outcome": "insufficient_data"}, "'outcome' is not what its investigation gave"),
        (Task, "plan__run", {"searches": []}, "'searches' is not what its investigation gave"),
        (Task, "plan__run", {"reason": "Said later."}, "'reason' is not what its investigation gave"),
        (Step, "run", {"output": {"items": []}}, "the output of step"),
        (Source, "team__runs", {"publisher": "Somebody else"}, "its publisher"),
        (Source, "team__runs", {"reliability": 999}, "its reliability"),
        (Source, "team__runs", {"published_date": "2020-01-01"}, "its published_date"),
    ],
)  # fmt: skip
def test_a_column_beside_digested_words_that_was_changed_is_found(signed, model, of, change, says):
    """What is shown from a column is what the plan, the section, the step or the document says there."""
    chosen = model.objects.filter(**{of: signed}).order_by("pk")
    number = (chosen.filter(regulatory=True) if model is SectionRevision else chosen)[0].pk
    model.objects.filter(pk=number).update(**change)
    found = problems(Run.objects.get(pk=signed.pk))
    assert any(says in problem for problem in found), found


def test_a_task_that_was_taken_out_of_the_plan_is_missed(signed):
    Task.objects.filter(plan__run=signed, key="third").delete()
    assert any("task third of plan revision 1 is missing" in problem for problem in problems(signed))


def test_what_the_document_prints_of_a_source_is_compared_where_no_step_tells_of_it(signed):
    """A source that only a person quoted has no finding: the citation in the newest document tells."""
    from research.services import audit_columns

    document = audit_columns._newest(signed)
    assert list(audit_columns._sources(signed, [], document)) == []
    Source.objects.filter(team=signed.team).update(publisher="Somebody else")
    (problem,) = audit_columns._sources(signed, [], document)
    assert "its publisher is not what it was in the document" in problem


def test_places_of_sections_are_those_of_the_document_and_before_there_is_one_of_the_vertical(signed):
    """A release that orders a vertical anew does not make the record of older runs look changed."""
    from research.services import audit_columns

    document = audit_columns._newest(signed)
    moved = document.model_copy(update={"sections": document.sections[::-1]})
    assert list(audit_columns._sections(signed, document)) == list(audit_columns._sections(signed, None)) == []
    assert any("column 'position'" in problem for problem in audit_columns._sections(signed, moved))


def test_a_section_whose_body_and_digest_were_changed_together_is_found(signed):
    """One that no decision names: only the event that wrote it tells."""
    row = SectionRevision.objects.filter(run=signed, regulatory=False, status="drafted").order_by("pk")[0]
    draft = row.draft.model_copy(update={"sentences": (*row.draft.sentences, *row.draft.sentences)})
    SectionRevision.objects.filter(pk=row.pk).update(body=draft.model_dump(mode="json"), digest=draft.digest())
    assert problems(signed) == [f"section {row.key} revision 1: its digest is not the one its event tells"]
