"""Uploads: announced with their row, parsed once however often they are delivered, refused with one sentence."""

from __future__ import annotations

import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django_q.models import OrmQ

from research import tasks
from research.models import ExtractedText, Intake, Source
from research.services import library
from research.services.library import uploads
from tests.doubles.library import CASINO, TWO_PAGES, person, team, write


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.SNAPSHOT_DIR = tmp_path / "snapshots"
    settings.UPLOAD_DIR = tmp_path / "uploads"


@pytest.fixture
def adder(db):
    return person("rita", teams=(team("alpha"),), group="requester")


def receive(adder, content: str | bytes = CASINO, name: str = "casino.md", **said) -> Intake:
    data = content if isinstance(content, bytes) else content.encode()
    upload = SimpleUploadedFile("placeholder", data)
    upload._name = name  # as a hostile client could send it, past Django's own cleaning
    return library.receive_upload(team=team("alpha"), upload=upload, about=library.about(**said), added_by=adder)


def waiting_files(settings) -> list[str]:
    return sorted(path.name for path in settings.UPLOAD_DIR.iterdir())


@pytest.mark.django_db
def test_an_upload_waits_and_is_announced_and_then_goes_in(adder, settings):
    intake = receive(adder, title="Annual report", reliability="0.8")
    assert intake.state == "waiting"
    [bell] = OrmQ.objects.all()
    assert (bell.task["func"], bell.task["args"]) == ("research.tasks.ingest", (intake.pk,))
    tasks.ingest(intake.pk)
    intake.refresh_from_db()
    source = Source.objects.get()
    assert (intake.state, intake.source, intake.message) == ("added", source, "")
    assert (source.title, source.reliability, source.added_by) == ("Annual report", 800, adder)
    assert waiting_files(settings) == []


@pytest.mark.django_db
def test_a_second_delivery_finds_nothing_to_do(adder):
    intake = receive(adder)
    for _ in range(3):
        tasks.ingest(intake.pk)
    intake.refresh_from_db()
    assert intake.state == "added"
    assert Source.objects.count() == ExtractedText.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_deliveries_at_once_add_once(adder):
    intake = receive(adder)
    both = threading.Barrier(2)

    def deliver() -> None:
        try:
            both.wait(20)
            tasks.ingest(intake.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=deliver) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    intake.refresh_from_db()
    assert intake.state == "added"
    assert Source.objects.count() == ExtractedText.objects.count() == 1


@pytest.mark.django_db
def test_the_bell_is_rolled_back_with_the_row(adder):
    with transaction.atomic():
        receive(adder)
        transaction.set_rollback(True)
    assert (Intake.objects.count(), OrmQ.objects.count()) == (0, 0)
    tasks.ingest(12345)  # a bell for a row that never was is nothing to do


@pytest.mark.django_db
def test_the_same_upload_again_is_returned_as_it_is_and_not_announced(adder, settings):
    intake = receive(adder)
    tasks.ingest(intake.pk)
    again = receive(adder)
    assert (again.pk, again.state) == (intake.pk, "added")
    assert OrmQ.objects.count() == 1
    assert waiting_files(settings) == []


@pytest.mark.django_db
def test_an_upload_the_team_has_already_is_known(adder, tmp_path):
    library.add_files(team=team("alpha"), paths=[write(tmp_path / "docs", a_md=CASINO)], workers=1)
    intake = receive(adder)
    tasks.ingest(intake.pk)
    intake.refresh_from_db()
    assert (intake.state, intake.source) == ("known", Source.objects.get())


@pytest.mark.django_db
def test_what_another_team_has_is_new_here(adder, tmp_path):
    library.add_files(team=team("beta"), paths=[write(tmp_path / "docs", a_md=CASINO)], workers=1)
    intake = receive(adder)
    tasks.ingest(intake.pk)
    intake.refresh_from_db()
    assert intake.state == "added"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "empty.pdf", "empty"),
        (TWO_PAGES[:40], "torn.pdf", "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "x.png", "PNG"),
    ],
)
def test_a_file_without_text_is_refused_with_one_sentence_and_not_kept(adder, settings, content, name, words):
    intake = receive(adder, content, name)
    tasks.ingest(intake.pk)
    intake.refresh_from_db()
    assert intake.state == "refused"
    assert words in intake.message
    assert Source.objects.count() == 0
    assert waiting_files(settings) == []
    assert not settings.SNAPSHOT_DIR.exists()


@pytest.mark.django_db
def test_a_refused_upload_sent_again_is_tried_again(adder):
    intake = receive(adder, b"", "empty.pdf")
    tasks.ingest(intake.pk)
    again = receive(adder, b"", "empty.pdf")
    assert (again.pk, again.state, again.message) == (intake.pk, "waiting", "")
    assert OrmQ.objects.count() == 2


@pytest.mark.django_db
def test_an_upload_over_the_limit_is_refused_at_the_door(adder, settings):
    settings.MRD = settings.MRD.model_copy(update={"upload_max_mb": 1})
    intake = receive(adder, b"x" * (1024 * 1024 + 1), "large.txt")
    assert intake.state == "refused"
    assert "the limit is 1 MB" in intake.message
    assert OrmQ.objects.count() == 0
    assert not settings.UPLOAD_DIR.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    ["../../../etc/x.md", "/etc/passwd.md", "a" * 500 + ".md", "x" * 900 + ".md", "a\x00\x1b[2J\n.md", "C:\\x.md", ""],
)
def test_a_hostile_name_is_only_ever_shown_and_leads_nowhere(adder, settings, tmp_path, name):
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    intake = receive(adder, name=name)
    assert len(intake.name) <= 500
    assert intake.name.isprintable()
    assert waiting_files(settings) == [f"intake-{intake.pk}"]
    tasks.ingest(intake.pk)
    intake.refresh_from_db()
    assert intake.state == "added"
    new = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()} - before
    assert [path.parts[0] for path in new] == ["snapshots"]
    assert len(Source.objects.get().snapshots.get().file_name) <= 255


@pytest.mark.django_db
@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_bytes_lost_or_changed_while_they_waited_are_said(adder, damage):
    intake = receive(adder)
    path = uploads.path_of(intake.pk)
    if damage == "gone":
        path.unlink()
    else:
        path.write_text("something else")
    tasks.ingest(intake.pk)
    intake.refresh_from_db()
    assert intake.state == "refused"
    assert intake.message.endswith("pload the file again.")


@pytest.mark.django_db
def test_only_what_still_waits_is_announced_again(adder):
    first, second = receive(adder), receive(adder, "Other words here.", "other.txt")
    tasks.ingest(first.pk)
    OrmQ.objects.all().delete()
    assert library.ring_again(intake_ids=[first.pk, second.pk, 10**9]) == 1
    assert [bell.task["args"] for bell in OrmQ.objects.all()] == [(second.pk,)]
