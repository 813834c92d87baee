"""The admin's pages: shown to the team, to nobody else, never changed, and as cheap with many rows as with few."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from research import models
from tests.doubles import rows
from tests.research import admin_rows

SHOWN = [
    *("run", "plan", "task", "step", "call", "claim", "evidence"),
    *("event", "decision", "signature", "document", "sectionrevision"),
]
MACHINERY = ["driver", "breaker", "daybudget"]
PEOPLE = ["user", "team", "apitoken"]
# Nobody adds, changes or deletes these by the admin, whoever they are. (A run is added by its own form.)
RECORD = [name for name in SHOWN if name != "run"]


def model_of(name: str):
    return next(
        model
        for model in admin.site._registry
        if model._meta.model_name == name and model._meta.app_label == "research"
    )


def client_of(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def list_of(name: str) -> str:
    return reverse(f"admin:research_{name}_changelist")


def page_of(name: str, pk) -> str:
    return reverse(f"admin:research_{name}_change", args=[pk])


def first(name: str):
    return model_of(name).objects.order_by("pk")[0]


def assert_clean(page: str) -> None:
    """Assert that a page keeps to the strict policy: no inline script, style or handler of ours."""
    assert "<style" not in page
    assert not re.search(r"<script(?![^>]*\b(?:src|type=\"application/json\"|id=\"django-admin))", page)
    assert not re.search(r"\sstyle=", page)
    assert not re.search(r"\son(?:click|submit|load|change)=", page)


@pytest.mark.parametrize("name", SHOWN)
def test_an_auditor_reads_list_and_page_and_the_words_are_escaped(people, name):
    admin_rows.completed(people)
    client = client_of(people.auditor)
    for address in (list_of(name), page_of(name, first(name).pk)):
        response = client.get(address)
        assert response.status_code == 200
        page = response.content.decode()
        assert_clean(page)
        assert "<script>alert(1)" not in page


@pytest.mark.parametrize("name", SHOWN)
def test_another_team_sees_neither_rows_nor_pages(people, name):
    admin_rows.completed(people)
    client = client_of(people.outsider)
    assert re.search(r"\b0 \w+", client.get(list_of(name)).content.decode())
    assert 'id="result_list"' not in client.get(list_of(name)).content.decode()
    response = client.get(page_of(name, first(name).pk))
    assert response.status_code in (302, 404)
    if response.status_code == 302:
        assert response["Location"] == reverse("admin:index")


@pytest.mark.parametrize("name", [*SHOWN, *MACHINERY, *PEOPLE])
def test_a_person_in_no_group_and_one_who_is_not_staff_are_shut_out(people, name):
    admin_rows.completed(people)
    nobody = rows.person("nobody", team=people.team)
    assert client_of(nobody).get(list_of(name)).status_code == 403
    people.auditor.is_staff = False
    people.auditor.save()
    assert client_of(people.auditor).get(list_of(name)).status_code == 302


@pytest.mark.parametrize("name", ["user", "team"])
def test_people_and_teams_are_for_administrators_alone(people, name):
    admin_rows.completed(people)
    boss = rows.person("boss", "administrator", team=people.team)
    for user, status in ((people.requester, 403), (people.auditor, 403), (boss, 200)):
        assert client_of(user).get(list_of(name)).status_code == status
        assert client_of(user).get(page_of(name, first(name).pk)).status_code == status


@pytest.mark.parametrize("name", [*RECORD, *MACHINERY])
def test_nobody_adds_changes_or_deletes_what_is_recorded_superusers_included(people, name):
    admin_rows.completed(people)
    before = list(model_of(name).objects.order_by("pk").values())
    for user in (people.superuser, people.requester, rows.person("boss", "administrator", team=people.team)):
        client = client_of(user)
        pk = first(name).pk
        assert client.post(reverse(f"admin:research_{name}_add"), {}).status_code == 403
        assert client.post(reverse(f"admin:research_{name}_delete", args=[pk]), {"post": "yes"}).status_code == 403
        client.post(page_of(name, pk), {"kind": "x", "text": "changed", "verdict": "reject", "state": "done"})
        client.post(list_of(name), {"action": "delete_selected", "_selected_action": [str(pk)], "post": "yes"})
    assert list(model_of(name).objects.order_by("pk").values()) == before


def test_a_run_is_not_deleted_and_its_page_takes_no_post(people):
    run = admin_rows.completed(people)
    client = client_of(people.superuser)
    assert client.post(reverse("admin:research_run_delete", args=[run.pk]), {"post": "yes"}).status_code == 403
    client.post(page_of("run", run.pk), {"state": "cancelled"})
    run.refresh_from_db()
    assert run.state == "completed"


def queries_of(client: Client, address: str) -> int:
    client.get(address)  # content types and the like are cached by the first
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.fixture
def few_and_many(people):
    """Return a function that measures an address with 2 runs, adds 10 and measures it again."""

    def measure(user, *addresses: str) -> list[tuple[int, int]]:
        client = client_of(user)
        few = [queries_of(client, address) for address in addresses]
        for _ in range(10):
            admin_rows.completed(people)
        return list(zip(few, [queries_of(client, address) for address in addresses], strict=True))

    for _ in range(2):
        admin_rows.completed(people)
    return measure


def test_lists_take_as_many_queries_with_twelve_rows_as_with_two(people, few_and_many):
    boss = rows.person("boss", "administrator", team=people.team)
    names = [*SHOWN, *MACHINERY, *PEOPLE]
    measured = few_and_many(boss, *map(list_of, names))
    assert {name: pair for name, pair in zip(names, measured, strict=True) if pair[0] != pair[1]} == {}
    assert max(pair[0] for pair in measured) <= 20


@pytest.mark.parametrize("name", ["run", "claim", "plan", "sectionrevision"])
def test_heavy_pages_take_as_many_queries_with_twelve_rows_as_with_two(people, name):
    from research.engine.domain.states import RunState

    def measure(more: int) -> int:
        run = rows.run_at(RunState.REGULATORY_REVIEW, people, more_claims=more)
        subject = {
            "run": run,
            "claim": rows.claim_of(run),
            "plan": rows.plan_of(run),
            "sectionrevision": rows.section_of(run, "competitors"),
        }[name]
        step = models.Step.objects.filter(run=run)[0]
        models.Step.objects.bulk_create(
            models.Step(run=run, kind="draft", key=f"s{n}", generation=1, state="failed", created_at=rows.NOW)
            for n in range(more)
        )
        admin_rows.call_of(step)
        return queries_of(client_of(people.auditor), page_of(name, subject.pk))

    assert measure(2) == measure(12)


def test_a_claim_shows_its_quote_in_context_why_it_is_believed_and_what_contradicts_it(people):
    run = admin_rows.completed(people)
    claim = rows.claim_of(run, section="market_size")
    page = client_of(people.auditor).get(page_of("claim", claim.pk)).content.decode()
    link = models.ClaimEvidence.objects.filter(revision=claim.current).select_related("evidence")[0]
    assert f"<mark>{link.evidence.exact}</mark>" in page
    assert f"?evidence={link.evidence_id}#quote" in page
    for part in claim.assessment.parts:
        assert part["name"].replace("_", " ") in page
    assert "Contradicted by" in page
    assert page.count("<progress") >= len([part for part in claim.assessment.parts if part["score"] is not None])


@pytest.mark.parametrize("said", ["0", "x", "9" * 40, "../../etc"])
def test_a_claim_that_is_not_there_is_a_404(people, said):
    admin_rows.completed(people)
    assert client_of(people.auditor).get(list_of("claim") + f"{said}/change/").status_code == 404


def test_a_call_shows_its_outcome_and_that_it_may_be_a_duplicate(people):
    run = admin_rows.completed(people)
    call = models.Call.objects.get(run=run)
    page = client_of(people.auditor).get(page_of("call", call.pk)).content.decode()
    assert "possible duplicate" in page
    assert "&quot;hits&quot;: [" in page
    assert "unpriced" in page


def test_an_event_links_to_those_before_and_after_it(people):
    run = admin_rows.completed(people)
    second = models.Event.objects.get(run=run, seq=2)
    page = client_of(people.auditor).get(page_of("event", second.pk)).content.decode()
    for seq in (1, 3):
        assert page_of("event", models.Event.objects.get(run=run, seq=seq).pk) in page
    assert second.hash in page
