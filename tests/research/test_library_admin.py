"""The library in the admin: own teams alone, read-only, files taken from those who may add, texts escaped."""

from __future__ import annotations

import html
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from research.models import Evidence, ExtractedText, Intake, Passage, Run, Snapshot, Source
from research.services import library
from tests.doubles.library import CASINO, CLOUD, TWO_PAGES, person, team, write

pytestmark = pytest.mark.django_db

MODELS = (Source, Snapshot, ExtractedText, Passage, Intake)
NAMES = [model._meta.model_name for model in MODELS]
SCRIPT = "# <script>alert(1)</script>\n\nRevenue was <b>$3 million</b> & rising in 2022.\n"


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.SNAPSHOT_DIR = tmp_path / "snapshots"
    settings.UPLOAD_DIR = tmp_path / "uploads"
    settings.STATIC_ROOT = tmp_path


@pytest.fixture
def fill(tmp_path):
    """Add files to a team's library."""

    def run(slug: str, **files: str | bytes) -> None:
        library.add_files(team=team(slug), paths=[write(tmp_path / slug, **files)], workers=1)

    return run


def sign_in(client, group: str = "requester", **more):
    user = person(f"{group or 'staff'}-{more.get('staff', True)}", group=group, **{"teams": (team("alpha"),), **more})
    client.force_login(user)
    return user


def page(client, name: str, *args, **query):
    return client.get(reverse(f"admin:research_{name}", args=args), query)


def post_files(client, *files: SimpleUploadedFile, slug: str = "alpha", **said):
    return client.post(
        reverse("admin:research_intake_add"), {"team": team(slug).pk, "documents": list(files), **said}, follow=True
    )


def a_file(name: str = "casino.md", content: str | bytes = CASINO) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())


# ── who sees what ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", NAMES)
def test_lists_and_pages_show_the_users_teams_alone(client, fill, name):
    fill("alpha", casino_md=CASINO)
    fill("beta", cloud_md=CLOUD)
    sign_in(client)
    [model] = [m for m in MODELS if m._meta.model_name == name]
    listed = page(client, f"{name}_changelist")
    assert listed.context["cl"].result_count == model.objects.count() // 2
    assert "Quillmark" not in listed.content.decode()
    own, foreign = model.objects.order_by("pk").first(), model.objects.order_by("pk").last()
    assert page(client, f"{name}_change", own.pk).status_code == 200
    hidden = page(client, f"{name}_change", foreign.pk)
    assert hidden.status_code == 302
    assert hidden.url == reverse("admin:index")


@pytest.mark.parametrize("name", NAMES)
def test_a_superuser_sees_every_team(client, fill, name):
    fill("alpha", casino_md=CASINO)
    fill("beta", cloud_md=CLOUD)
    sign_in(client, "", root=True, teams=())
    [model] = [m for m in MODELS if m._meta.model_name == name]
    assert page(client, f"{name}_changelist").context["cl"].result_count == model.objects.count() >= 2


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("staff", [False, None])
def test_nobody_but_staff_gets_in(client, fill, name, staff):
    fill("alpha", casino_md=CASINO)
    if staff is not None:
        sign_in(client, staff=staff)
    response = page(client, f"{name}_changelist")
    assert response.status_code == 302
    assert "/login/" in response.url


def test_bytes_and_text_of_another_team_are_not_found(client, fill):
    fill("beta", cloud_md=CLOUD)
    sign_in(client)
    assert page(client, "snapshot_download", Snapshot.objects.get().pk).status_code == 404
    assert page(client, "extractedtext_read", ExtractedText.objects.get().pk).status_code == 404
    assert page(client, "extractedtext_read", 10**9).status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_changed_or_deleted_here(client, fill, name):
    fill("alpha", casino_md=CASINO)
    sign_in(client, "administrator")
    [model] = [m for m in MODELS if m._meta.model_name == name]
    row = model.objects.get()
    for view in ("change", "delete"):
        url = reverse(f"admin:research_{name}_{view}", args=[row.pk])
        assert client.post(url, {"post": "yes", "title": "changed"}).status_code == 403
    if name != "intake":
        assert page(client, f"{name}_add").status_code == 403
    assert model.objects.filter(pk=row.pk).exists()
    assert "delete_selected" not in page(client, f"{name}_changelist").content.decode()


# ── adding ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("group", "allowed"),
    [
        ("requester", True),
        ("reviewer", True),
        ("administrator", True),
        ("approver", False),
        ("auditor", False),
        ("regulatory reviewer", False),
        ("", False),
    ],
)
def test_only_requesters_reviewers_and_administrators_add(client, group, allowed):
    sign_in(client, group)
    form = page(client, "intake_add")
    answer = post_files(client, a_file())
    expected = 200 if allowed else 403
    assert (form.status_code, answer.status_code) == (expected, expected)
    assert Intake.objects.count() == OrmQ.objects.count() == int(allowed)


def test_several_files_each_get_a_row_and_a_bell_with_what_was_said_of_them(client):
    user = sign_in(client)
    said = {"publisher": "Larkspur", "published_date": "2023-02-01", "reliability": "0.9"}
    answer = post_files(client, a_file(), a_file("empty.txt", b""), **said)
    assert "2 waiting to be read" in answer.content.decode()
    assert OrmQ.objects.count() == 2
    for intake in Intake.objects.all():
        assert (intake.state, intake.team, intake.added_by) == ("waiting", team("alpha"), user)
        assert intake.about == {"publisher": "Larkspur", "published_date": "2023-02-01", "reliability": 900}


def test_a_file_over_the_limit_is_shown_refused_and_its_neighbour_waits(client, settings):
    settings.MRD = settings.MRD.model_copy(update={"upload_max_mb": 1})
    sign_in(client)
    text = post_files(client, a_file(), a_file("large.txt", b"x" * 1_100_000)).content.decode()
    assert "1 waiting to be read" in text
    assert "lib-badge-refused" in text
    assert "lib-badge-waiting" in text
    assert "the limit is 1 MB" in text


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"reliability": "nan"}, "reliability"),
        ({"reliability": "2"}, "reliability"),
        ({"published_date": "31.3.2024"}, "published_date"),
        ({"publisher": "x" * 201}, "publisher"),
        ({"title": "One title for two"}, "title"),
        ({"documents": []}, "documents"),
    ],
)
def test_bad_input_is_said_at_its_field_and_changes_nothing(client, said, field):
    sign_in(client)
    data = {"team": team("alpha").pk, "documents": [a_file(), a_file("b.md", CLOUD)], **said}
    answer = client.post(reverse("admin:research_intake_add"), data)
    assert list(answer.context["form"].errors) == [field]
    assert Intake.objects.count() == OrmQ.objects.count() == 0


def test_a_file_cannot_be_given_to_a_team_one_is_not_in(client):
    sign_in(client)
    answer = post_files(client, a_file(), slug="beta")
    assert list(answer.context["form"].errors) == ["team"]
    assert "Beta" not in page(client, "intake_add").content.decode()
    assert Intake.objects.count() == 0


def test_waiting_files_are_announced_again_by_those_who_may_add(client):
    sign_in(client)
    post_files(client, a_file())
    data = {"action": "ring_again", "_selected_action": [Intake.objects.get().pk]}
    url = reverse("admin:research_intake_changelist")
    client.post(url, data)
    assert OrmQ.objects.count() == 2
    sign_in(client, "auditor")
    client.post(url, data)
    assert OrmQ.objects.count() == 2


# ── bytes and text ───────────────────────────────────────────────────────────────────────────────


def test_bytes_are_sent_as_a_file_to_keep_never_as_a_page(client, fill):
    fill("alpha", page_html="<html><body><p>Words of a page that is long enough.</p><script>x</script></body></html>")
    sign_in(client)
    answer = page(client, "snapshot_download", Snapshot.objects.get().pk)
    assert answer.content.startswith(b"<html>")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == 'attachment; filename="page.html"'
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_bytes_changed_on_disk_are_not_sent(client, fill, settings):
    fill("alpha", casino_md=CASINO)
    [path] = [p for p in settings.SNAPSHOT_DIR.rglob("*") if p.is_file()]
    path.write_bytes(b"changed")
    sign_in(client)
    answer = client.get(reverse("admin:research_snapshot_download", args=[Snapshot.objects.get().pk]), follow=True)
    assert "were changed" in answer.content.decode()


def test_a_text_is_shown_escaped_and_without_inline_code(client, fill):
    fill("alpha", script_md=SCRIPT)
    sign_in(client)
    body = page(client, "extractedtext_read", ExtractedText.objects.get().pk).content.decode()
    assert "<script>alert" not in body
    assert "&amp; rising in 2022" in body
    assert not re.search(r"\sstyle=|\son\w+=|<style", body)
    for name in ("source", "extractedtext", "intake", "passage"):
        assert "<script>alert" not in page(client, f"{name}_changelist").content.decode()


def marked(body: str) -> list[str]:
    return [html.unescape(found) for found in re.findall(r"<mark[^>]*>(.*?)</mark>", body, re.DOTALL)]


def test_a_quote_is_marked_in_its_context_by_place(client, fill):
    fill("alpha", casino_md=CASINO)
    sign_in(client)
    text = ExtractedText.objects.get()
    start = text.text.index("casino revenue")
    words = "casino revenue of $13.4 million"
    place = {"start": start, "end": start + len(words)}
    for query in (place, {**place, "text": words}):
        assert marked(page(client, "extractedtext_read", text.pk, **query).content.decode()) == [words]


@pytest.mark.django_db
def test_what_of_a_file_was_not_read_is_said_with_its_source_and_its_row(client, fill):
    fill("alpha", rows_csv="A,B\n1,2\n3,4\n5,6,7\n8,9\n")
    sign_in(client)
    said = "Row 4 has another number of cells than the 2 of the others"
    source = Source.objects.get()
    assert said in page(client, "source_change", source.pk).content.decode()
    assert said in page(client, "intake_changelist").content.decode()
    assert "CSV" in page(client, "snapshot_changelist").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"start": 0, "end": 5, "text": "other"},
        {"start": 5, "end": 5},
        {"start": 0, "end": 10**9},
        {"start": "x", "end": "9" * 40},
        {"start": "-1", "end": "²"},
    ],
)
def test_a_place_that_does_not_hold_the_words_is_said_and_nothing_is_marked(client, fill, query):
    fill("alpha", casino_md=CASINO)
    sign_in(client)
    body = page(client, "extractedtext_read", ExtractedText.objects.get().pk, **query).content.decode()
    assert marked(body) == []
    assert 'role="alert"' in body


def test_a_quote_over_two_pages_is_marked_on_both_and_pages_can_be_turned(client, fill):
    fill("alpha", pages_pdf=TWO_PAGES)
    sign_in(client)
    text = ExtractedText.objects.get()
    first = page(client, "extractedtext_read", text.pk).content.decode()
    assert "First page" in first
    assert "Second page" not in first
    assert "Second page" in page(client, "extractedtext_read", text.pk, page=2).content.decode()
    for odd in ("99", "x", "0"):
        assert page(client, "extractedtext_read", text.pk, page=odd).status_code == 200
    both = page(client, "extractedtext_read", text.pk, start=6, end=len(text.text) - 2).content.decode()
    assert "".join(marked(both)) == text.text[6 : len(text.text) - 2]


def make_evidence(text: ExtractedText, slug: str) -> Evidence:
    run = Run.objects.filter(team=team(slug)).first() or make_run(slug)
    start = text.text.index("casino revenue")
    return Evidence.objects.create(
        run=run,
        task_key="t",
        extracted_text=text,
        key="k",
        page=1,
        start=start,
        end=start + 14,
        exact="casino revenue",
        created_at=timezone.now(),
    )


def make_run(slug: str) -> Run:
    now = timezone.now()
    return Run.objects.create(
        team=team(slug),
        requester=person(f"asker-{slug}"),
        prompt="p",
        vertical="gambling",
        engine="extractive",
        created_at=now,
        state_since=now,
    )


def test_evidence_is_marked_by_its_id_and_only_in_its_own_text_and_team(client, fill):
    fill("alpha", casino_md=CASINO, cloud_md=CLOUD)
    sign_in(client)
    text = ExtractedText.objects.get(text__contains="casino revenue")
    evidence = make_evidence(text, "alpha")
    assert marked(page(client, "extractedtext_read", text.pk, evidence=evidence.pk).content.decode()) == [
        evidence.exact
    ]
    other = ExtractedText.objects.exclude(pk=text.pk).get()
    assert page(client, "extractedtext_read", other.pk, evidence=evidence.pk).status_code == 404
    foreign = make_evidence(text, "beta")
    assert page(client, "extractedtext_read", text.pk, evidence=foreign.pk).status_code == 404
    assert page(client, "extractedtext_read", text.pk, evidence="1; DROP").status_code == 404


def test_a_source_leads_to_its_text_and_its_bytes(client, fill):
    fill("alpha", casino_md=CASINO)
    sign_in(client)
    body = page(client, "source_change", Source.objects.get().pk).content.decode()
    assert reverse("admin:research_extractedtext_read", args=[ExtractedText.objects.get().pk]) in body
    assert reverse("admin:research_snapshot_download", args=[Snapshot.objects.get().pk]) in body


# ── cost ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", NAMES)
def test_a_list_costs_as_many_queries_for_five_rows_as_for_one(client, fill, name):
    fill("alpha", a_md=CASINO)
    user = sign_in(client)
    Intake.objects.update(added_by=user)
    costs = []
    for files in ({}, {f"f{n}_md": f"{CASINO} Number {n}." for n in range(4)}):
        if files:
            fill("alpha", **files)
            Intake.objects.update(added_by=user)
        with CaptureQueriesContext(connection) as queries:
            listed = page(client, f"{name}_changelist")
        costs.append(len(queries))
    assert listed.context["cl"].result_count >= 5
    assert costs[0] == costs[1]
    if name in {"extractedtext", "passage"}:
        assert not [q for q in queries if '"research_extractedtext"."text"' in q["sql"]]
