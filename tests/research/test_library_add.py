"""Files from paths: each goes in once a team, whatever its neighbours are, and every refusal is said."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import os
import threading
from pathlib import Path

import pytest
from django.db import connection

from research.adapters import snapshots
from research.engine.domain.canonical import sha256_hex
from research.engine.domain.errors import InvalidInput
from research.engine.extraction.result import whole
from research.models import ExtractedText, Intake, LibraryFeed, Passage, Snapshot, Source
from research.services import library
from research.services.library import adding, rows
from research.services.library.collect import clean_name
from tests.doubles.library import CASINO, CLOUD, TWO_PAGES, team, write

PROJECT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("MRD_DATA_DIR") or PROJECT.parent / "shared" / "data")
TABLES = (Source, Snapshot, ExtractedText, Passage, Intake)


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.SNAPSHOT_DIR = tmp_path / "snapshots"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write(tmp_path / "docs", casino_md=CASINO, cloud_txt=CLOUD, pages_pdf=TWO_PAGES)


def counts() -> list[int]:
    return [model.objects.count() for model in TABLES]


def add(paths, *, to="alpha", **more) -> library.Report:
    return library.add_files(team=team(to), paths=[paths] if isinstance(paths, Path) else paths, **more)


@pytest.mark.django_db
def test_a_folder_goes_in_with_pages_hashes_and_true_offsets(docs):
    report = add(docs)
    assert sorted(report.added) == ["docs/casino.md", "docs/cloud.txt", "docs/pages.pdf"]
    assert (report.known, report.refused, report.skipped, report.unreadable) == ((), (), (), ())
    assert report.pages == 4
    assert {t.extractor: len(t.page_starts) for t in ExtractedText.objects.all()}["pypdfium2"] == 2
    for text in ExtractedText.objects.select_related("snapshot__source"):
        assert text.sha256 == sha256_hex(text.text.encode())
        assert text.passages.exists()
        snapshot = text.snapshot
        data = snapshots.local().read(team_id=snapshot.source.team_id, sha256=snapshot.sha256)
        assert snapshot.source.uri == f"sha256:{sha256_hex(data)}"
        assert snapshot.size == len(data)
    assert LibraryFeed.objects.get(pk=1).last_seq == 3
    assert sorted(ExtractedText.objects.values_list("feed_seq", flat=True)) == [1, 2, 3]


@pytest.mark.django_db
def test_every_passage_is_the_text_at_its_offsets_on_its_page(docs):
    add(docs)
    for passage in Passage.objects.select_related("extracted_text"):
        text = passage.extracted_text
        assert passage.text == text.text[passage.start : passage.end]
        bounds = [*text.page_starts, len(text.text)]
        assert bounds[passage.page - 1] <= passage.start < passage.end <= bounds[passage.page]


@pytest.mark.django_db
def test_the_second_time_everything_is_known_and_nothing_is_made(docs):
    add(docs)
    before = counts()
    report = add(docs)
    assert sorted(report.known) == ["docs/casino.md", "docs/cloud.txt", "docs/pages.pdf"]
    assert report.added == ()
    assert counts() == before
    assert set(Intake.objects.values_list("state", flat=True)) == {"added"}


@pytest.mark.django_db
def test_the_same_bytes_under_another_name_are_known_to_the_team(docs):
    add(docs / "casino.md")
    (docs / "copy.md").write_text(CASINO)
    report = add(docs / "copy.md")
    assert report.known == ("copy.md",)
    assert Source.objects.count() == 1
    assert Intake.objects.get(name="copy.md").source == Source.objects.get()


@pytest.mark.django_db
def test_two_copies_in_one_folder_become_one_source(docs):
    (docs / "another.md").write_text(CASINO)
    report = add(docs)
    assert len(report.added) == 3
    assert len(report.known) == 1
    assert Source.objects.count() == 3


@pytest.mark.django_db
def test_a_team_never_learns_that_another_team_has_the_file(docs):
    first = add(docs / "casino.md", to="alpha")
    second = add(docs / "casino.md", to="beta")
    assert first.added == second.added == ("casino.md",)
    assert second.known == ()
    assert Source.objects.filter(team=team("alpha")).count() == Source.objects.filter(team=team("beta")).count() == 1
    assert set(Passage.objects.values_list("team__slug", flat=True)) == {"alpha", "beta"}
    assert set(Intake.objects.values_list("state", flat=True)) == {"added"}


@pytest.mark.django_db
def test_hostile_neighbours_are_refused_with_a_sentence_and_the_others_go_in(docs, settings):
    settings.MRD = settings.MRD.model_copy(update={"upload_max_mb": 1})
    write(docs, empty_pdf=b"", torn_pdf=TWO_PAGES[:40], picture_pdf=b"\x89PNG\r\n\x1a\n", bomb_docx=b"PK\x03\x04zz")
    with (docs / "gigantic.pdf").open("wb") as file:
        file.truncate(3 * 1024 * 1024)
    os.mkfifo(docs / "pipe.txt")
    report = add(docs)
    assert len(report.added) == 3
    assert {said.name for said in report.refused} == {
        f"docs/{name}" for name in ("empty.pdf", "torn.pdf", "picture.pdf", "bomb.docx", "gigantic.pdf", "pipe.txt")
    }
    for name, sentence in report.refused:
        row = Intake.objects.get(name=name)
        assert (row.state, row.message, row.source) == ("refused", sentence, None)
        assert "\n" not in sentence
        assert sentence != adding.FAULT
        assert sentence.endswith(".")
    assert Source.objects.count() == 3


@pytest.mark.django_db
def test_a_refused_file_that_is_mended_goes_in_under_its_name(docs):
    (docs / "later.md").write_text("")
    assert add(docs / "later.md").refused
    (docs / "later.md").write_text(CLOUD + "More.")
    assert add(docs / "later.md").added == ("later.md",)
    assert sorted(Intake.objects.values_list("state", flat=True)) == ["added", "refused"]
    again = add(docs / "later.md")
    assert again.known == ("later.md",)


@pytest.mark.django_db
def test_hidden_files_and_links_out_of_the_tree_are_left_and_said(docs, tmp_path):
    outside = write(tmp_path / "outside", secret_txt="Not to be read by way of a link.")
    write(docs / ".git", config_txt="hidden")
    write(docs, **{".env_txt": "hidden"})
    (docs / "out.txt").symlink_to(outside / "secret.txt")
    (docs / "out").symlink_to(outside)
    (docs / "loop").symlink_to(docs)
    (docs / "nowhere.txt").symlink_to(tmp_path / "missing")
    (docs / "in.md").symlink_to(docs / "casino.md")
    report = add(docs)
    said = dict(report.skipped)
    assert set(said) == {f"docs/{n}" for n in (".git", ".env.txt", "out.txt", "out", "loop", "nowhere.txt")}
    assert "out of the folder" in said["docs/out.txt"]
    assert "hidden" in said["docs/.git"]
    assert len(report.added) == 3
    assert len(report.known) == 1  # in.md is casino.md by another name
    assert not Passage.objects.filter(text__icontains="Not to be read").exists()


@pytest.mark.django_db
def test_a_path_that_is_not_there_is_said_and_leaves_no_row(docs):
    report = add([docs / "casino.md", docs / "missing.pdf"])
    assert report.added == ("casino.md",)
    assert [said.sentence for said in report.unreadable] == ["There is no such file or folder: check the path."]
    assert Intake.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused_and_its_neighbours_go_in(docs):
    (docs / "locked.txt").write_text("locked")
    (docs / "locked.txt").chmod(0)
    report = add(docs)
    assert len(report.added) == 3
    assert report.refused[0].sentence == "It may not be read by this user: change its permissions."


@pytest.mark.django_db
def test_what_the_manifest_says_is_kept_and_what_the_adder_says_goes_over_it(docs):
    entries = [
        {"file": "casino.md", "title": "Annual report", "publisher": "Larkspur", "published_date": "2023-02-01",
         "reliability": 0.9},
        {"file": "cloud.txt", "publisher": "Quillmark"},
    ]  # fmt: skip
    (docs / "manifest.json").write_text(json.dumps(entries))
    report = add(docs, about=library.about(publisher="Archive"))
    assert len(report.added) == 3
    casino = Source.objects.get(title="Annual report")
    assert casino.publisher == "Archive"
    assert casino.published_date == dt.date(2023, 2, 1)
    assert casino.reliability == 900
    assert set(Source.objects.exclude(pk=casino.pk).values_list("reliability", flat=True)) == {600}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "kept"), [(0.9, 900), (1, 1000), (1.0, 1000), (0, 0), (950, 950), (1000, 1000), ("0.5", 500)]
)
def test_a_manifest_gives_reliability_from_0_to_1_or_in_thousandths(docs, said, kept):
    (docs / "manifest.json").write_text(json.dumps([{"file": "casino.md", "reliability": said}]))
    add(docs / "casino.md")
    assert Source.objects.get().reliability == kept


@pytest.mark.django_db
@pytest.mark.parametrize("vertical", ["gambling", "saas"])
def test_the_bundled_samples_go_in_with_what_their_manifest_says(vertical):
    samples = PROJECT / "research" / "samples" / vertical
    entries = json.loads((samples / "manifest.json").read_text())
    report = add(samples)
    assert (len(report.added), report.refused, report.skipped) == (len(entries), (), ())
    wanted = {
        (e["title"], e["publisher"], dt.date.fromisoformat(e["published_date"]), e["reliability"]) for e in entries
    }
    assert set(Source.objects.values_list("title", "publisher", "published_date", "reliability")) == wanted


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [{"published_date": "soon"}, {"reliability": 1001}, {"reliability": 1.5}, {"reliability": True}, {"title": ["a"]}],
)
def test_a_wrong_manifest_entry_is_refused_before_anything_is_added(docs, wrong):
    (docs / "manifest.json").write_text(json.dumps([{"file": "casino.md", **wrong}]))
    with pytest.raises(InvalidInput, match=r"manifest\.json, entry “casino\.md”"):
        add(docs)
    assert counts() == [0] * len(TABLES)


@pytest.mark.django_db
@pytest.mark.parametrize("content", ['{"name": "a web app"}', "[1]", "{", "[" * 100_000, "[{}]"])
def test_a_manifest_of_something_else_is_left_and_said(docs, content):
    (docs / "manifest.json").write_text(content)
    report = add(docs)
    assert [said.name for said in report.skipped] == ["docs/manifest.json"]
    assert len(report.added) == 3


@pytest.mark.django_db
def test_a_title_over_several_files_is_refused_before_anything_is_added(docs):
    with pytest.raises(InvalidInput, match="A title names one file, and these are 3"):
        add(docs, about=library.about(title="All of them"))
    assert counts() == [0] * len(TABLES)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("reliability", value) for value in ("NaN", "-0.01", "1.01", "inf", "much", True, "0.5%", float("nan"))),
        *(("published_date", value) for value in ("31.3.2024", "2024-02-30", "2024-3-1", "yesterday", "٢٠٢٤-٠١-٠١")),
        ("title", "x" * 501),
        ("publisher", "x" * 201),
    ],
)
def test_metadata_out_of_bounds_is_refused_by_its_field(field, value):
    with pytest.raises(InvalidInput) as refusal:
        library.about(**{field: value})
    assert refusal.value.field == field


@pytest.mark.parametrize(("said", "kept"), [("0", 0), ("1", 1000), (0.6, 600), ("0.8005", 800), ("", None)])
def test_reliability_is_kept_in_thousandths(said, kept):
    assert library.about(reliability=said).reliability == kept


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\x00b\n\x1b[31mc.pdf", "a b [31mc.pdf"),
        ("\u202efdp.exe", "fdp.exe"),
        ("\udcff.txt", "\ufffd.txt"),
        ("   ", "unnamed file"),
        ("x" * 600 + ".pdf", None),
    ],
)
def test_names_are_shown_on_one_line_within_500_characters(name, shown):
    clean = clean_name(name)
    assert len(clean) <= 500
    assert clean.isprintable()
    assert shown is None or clean == shown
    assert shown is not None or clean.endswith(".pdf")


@pytest.mark.django_db
def test_progress_counts_every_file_to_the_end(docs):
    (docs / "empty.txt").write_text("")
    steps: list[library.Progress] = []
    add(docs, progress=steps.append)
    assert [step.done for step in steps] == [0, 1, 2, 3, 4]
    assert {step.total for step in steps} == {4}
    assert steps[-1].pages == 4


@pytest.mark.django_db(transaction=True)
def test_two_adders_of_one_file_at_once_make_one_source(docs):
    reports: list[library.Report] = []
    both = threading.Barrier(2)
    owner = team("alpha")

    def work() -> None:
        try:
            both.wait(20)
            reports.append(library.add_files(team=owner, paths=[docs], workers=1))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    added = list(itertools.chain.from_iterable(report.added for report in reports))
    known = list(itertools.chain.from_iterable(report.known for report in reports))
    assert sorted(added) == sorted(known) == ["docs/casino.md", "docs/cloud.txt", "docs/pages.pdf"]
    assert Source.objects.count() == ExtractedText.objects.count() == 3


def add_rows(content: str, **changes) -> bool:
    """Write the rows of a Markdown file whose extraction differs from the honest one by `changes`."""
    data = content.encode()
    return rows.add(
        team=team("alpha"),
        incoming=rows.Incoming("casino.md", data, sha256_hex(data), library.NOTHING),
        extraction=whole(text=content, media_type="text/markdown")._replace(**changes),
        snapshots=snapshots.local(),
        added_by=None,
        now=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    )


@pytest.mark.django_db
def test_who_comes_second_to_the_rows_is_told_known_and_writes_nothing():
    assert add_rows(CASINO)
    before = counts()
    assert not add_rows(CASINO)
    assert counts() == before
    assert LibraryFeed.objects.get(pk=1).last_seq == 1


@pytest.mark.django_db
def test_a_file_that_fails_halfway_leaves_no_rows():
    with pytest.raises(TypeError):
        add_rows(CASINO, page_starts=None)
    assert counts() == [0] * len(TABLES)


@pytest.mark.django_db
def test_a_newer_extractor_puts_its_text_beside_the_old():
    add_rows(CASINO, extractor_version="r0")
    old = ExtractedText.objects.get()
    result = library.reparse(team=team("alpha"))
    assert (result.renewed, result.current, result.refused) == (1, 0, ())
    new = ExtractedText.objects.get(snapshot=old.snapshot, pk__gt=old.pk)
    assert new.extractor_version != "r0"
    assert new.feed_seq == old.feed_seq + 1
    assert ExtractedText.objects.get(pk=old.pk).text == CASINO
    assert library.reparse(team=team("alpha")) == (0, 1, ())
    assert library.reparse(team=team("beta")) == (0, 0, ())


@pytest.mark.django_db
def test_a_snapshot_whose_bytes_were_changed_keeps_its_old_text(settings):
    add_rows(CASINO, extractor_version="r0")
    [path] = [p for p in settings.SNAPSHOT_DIR.rglob("*") if p.is_file()]
    path.write_bytes(b"changed on disk")
    result = library.reparse(team=team("alpha"))
    assert result.renewed == 0
    assert "were changed" in result.refused[0].sentence
    assert ExtractedText.objects.count() == 1


@pytest.mark.realdata
@pytest.mark.django_db
def test_the_twelve_filings_go_in_with_no_error():
    pdfs = DATA / "financebench" / "pdfs"
    if not pdfs.is_dir():
        pytest.skip(f"no filings at {pdfs}: set MRD_DATA_DIR to the folder of real data")
    report = add(pdfs)
    assert (len(report.added), report.refused, report.unreadable) == (12, (), ())
    assert report.pages == 830
    for passage in Passage.objects.select_related("extracted_text").order_by("pk")[:200]:
        assert passage.text == passage.extracted_text.text[passage.start : passage.end]
