"""`manage.py library`: every file told on its own line, clear sentences for bad input, honest exit codes."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from research.models import Intake, Source, Team
from tests.doubles.library import CASINO, CLOUD, team, write


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.SNAPSHOT_DIR = tmp_path / "snapshots"
    settings.SEARCH_INDEX_DIR = tmp_path / "index"


@pytest.fixture
def docs(tmp_path):
    return write(tmp_path / "docs", casino_md=CASINO, cloud_md=CLOUD)


def command(*args) -> str:
    out = io.StringIO()
    call_command("library", *map(str, args), stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_adding_tells_every_file_every_refusal_and_the_sum(docs):
    team("alpha")
    write(docs, empty_pdf=b"", **{".hidden_md": "x"})
    said = command("add", docs, "--publisher", "Larkspur", "--published-date", "2023-02-01", "--reliability", "0.9")
    assert "Reading 3/3 files" in said
    assert "refused docs/empty.pdf: The file is empty" in said
    assert "skipped docs/.hidden.md: It is hidden" in said
    assert "│ 2     │ 0             │ 1       │ 1       │ 2     │" in said
    assert set(Source.objects.values_list("publisher", "reliability")) == {("Larkspur", 900)}
    assert "│ 0     │ 2 " in command("add", docs)


@pytest.mark.django_db
def test_a_file_that_goes_in_but_not_whole_is_told_with_what_is_missing(tmp_path):
    team("alpha")
    said = command("add", write(tmp_path / "odd", rows_csv="A,B\n1,2\n3,4\n5,6,7\n8,9\n"))
    assert "note on odd/rows.csv: Row 4 has another number of cells" in said
    assert "Row 4" in Intake.objects.get().message


@pytest.mark.django_db
def test_when_nothing_goes_in_the_exit_code_is_one(docs, tmp_path):
    team("alpha")
    with pytest.raises(SystemExit) as end:
        command("add", write(tmp_path / "bad", empty_pdf=b""))
    assert end.value.code == 1
    command("add", docs)
    command("add", docs, tmp_path / "bad")  # known is enough


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--reliability", "nan"], "The reliability must be a number from 0 to 1"),
        (["--reliability", "1.5"], "The reliability must be a number from 0 to 1"),
        (["--published-date", "March"], "The published date must be a day as YYYY-MM-DD"),
        (["--title", "Both"], "A title names one file, and these are 2"),
        (["--team", "nobody"], "There is no team “nobody”: the teams are alpha."),
        (["--workers", "0"], "invalid choice"),
    ],
)
def test_bad_input_is_one_sentence_and_changes_nothing(docs, more, sentence):
    team("alpha")
    with pytest.raises(CommandError, match=sentence):
        command("add", docs, *more)
    assert Source.objects.count() == Intake.objects.count() == 0


@pytest.mark.django_db
def test_paths_that_cannot_be_read_are_one_sentence_and_change_nothing(tmp_path):
    team("alpha")
    with pytest.raises(CommandError, match=r"Nothing could be read: .*missing: There is no such file or folder"):
        command("add", tmp_path / "missing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CommandError, match="There are no files in what was given"):
        command("add", tmp_path / "empty")
    assert Intake.objects.count() == 0


@pytest.mark.django_db
def test_the_team_must_be_named_unless_there_is_exactly_one(docs):
    with pytest.raises(CommandError, match="There is no team yet"):
        command("add", docs)
    team("alpha")
    team("beta")
    with pytest.raises(CommandError, match=r"There are several teams: name one with --team \(alpha, beta\)\."):
        command("add", docs)
    command("add", docs, "--team", "beta")
    assert set(Source.objects.values_list("team__slug", flat=True)) == {"beta"}
    Team.objects.get(slug="alpha").delete()
    assert "Quillmark Cloud" in command("list")


@pytest.mark.django_db(transaction=True)
def test_search_lists_passages_of_the_team_and_the_index_is_rebuilt_by_one_command(docs):
    team("alpha")
    command("add", docs)
    assert "1. Larkspur Gaming, p. 1" in command("search", "casino revenue", "--limit", "1")
    assert "rebuilt from 2 texts" in command("reindex")
    assert "1. Larkspur Gaming, p. 1" in command("search", "casino revenue")
    assert "No passage matches" in command("search", "unicorn")
    assert "0 read again, 2 current already" in command("reparse")


@pytest.mark.django_db
def test_markup_in_names_and_titles_is_shown_as_it_is(tmp_path):
    team("alpha")
    folder = write(tmp_path / "docs", **{"[bold]x_md": "# [red]Title[/red]\n\nWords of it.\n", "[x_pdf": b""})
    said = command("add", folder)
    assert "docs/[bold]x.md" in said
    assert "refused docs/[x.pdf" in said
    assert "[red]Title[/red]" in command("list")
