"""The database itself refuses to change the record, whoever asks and however."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction

from research.engine.domain.states import RunState
from research.models import Event, ExtractedText
from research.services import recording, runs
from tests.doubles import rows, world
from tests.research import play

# Each append-only table with a column that one would like to change.
TABLES = {
    "Event": "payload",
    "Decision": "comment",
    "Signature": "meaning",
    "Evidence": "exact",
    "ClaimRevision": "text",
    "Assessment": "to_people",
    "ExtractedText": "text",
}


@pytest.fixture
def record(db):
    """Return the run whose record fills every one of the tables."""
    people = world.people("record")
    run = runs.create(
        team=people.team, requester=people.requester, prompt="A market to be signed off", vertical="gambling",
        engine="extractive", now=play.NOW,
    )  # fmt: skip
    return play.carry_to(RunState.COMPLETED, run, people, section="regulation")


def refused(change):
    with pytest.raises(DatabaseError, match="append-only") as refusal, transaction.atomic():
        change()
    assert isinstance(refusal.value, IntegrityError)


def test_no_append_only_row_can_be_changed(record):
    """Refused: a saved object, a queryset's update, raw SQL on every single column; and nothing has changed after."""
    for name, column in TABLES.items():
        model = apps.get_model("research", name)
        row = model.objects.order_by("pk")[0]
        before = model.objects.filter(pk=row.pk).values().get()
        setattr(row, column, ["changed"] if column == "to_people" else "changed")
        refused(row.save)
        refused(lambda model=model, column=column: model.objects.update(**{column: "changed"}))
        for field in model._meta.concrete_fields:
            if (name, field.name) == ("ExtractedText", "feed_seq"):
                continue
            sql = f'UPDATE {model._meta.db_table} SET "{field.column}" = "{field.column}"'  # noqa: S608 - names of the models' own
            refused(lambda sql=sql: execute(sql))
        assert model.objects.filter(pk=row.pk).values().get() == before, name


def test_no_append_only_row_can_be_deleted_on_postgresql(record):
    """On SQLite a DELETE passes (the tests' own flush is one) and the chain finds it: test_audit.py."""
    if connection.vendor != "postgresql":
        pytest.skip("Only PostgreSQL refuses DELETE; the PostgreSQL run of this suite holds this test.")
    for name in TABLES:
        model = apps.get_model("research", name)
        count = model.objects.count()
        refused(lambda model=model: execute(f"DELETE FROM {model._meta.db_table}"))  # noqa: S608
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.order_by("pk")[0].delete()
        assert model.objects.count() == count > 0


def test_rows_are_added_and_the_place_in_the_search_feed_moves(people):
    """The one column of a text that is not part of the record."""
    run = rows.new_run(people)
    text = play.text_of(run)
    ExtractedText.objects.update(feed_seq=7)
    assert ExtractedText.objects.get(pk=text.pk).feed_seq == 7
    before = Event.objects.count()
    recording.append(run_id=run.pk, kind="export.made", actor="engine", data={}, now=play.NOW)
    assert Event.objects.count() == before + 1


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
