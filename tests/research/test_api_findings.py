"""What a run found and wrote, over the API: for its team alone, with every quote at its place."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from research.engine.domain.states import RunState
from research.models import Call, Claim, Document, Event, ExtractedText, Step
from tests.doubles import rows
from tests.research.api_client import assert_problem, client_of

ALL = [
    *("", "plan/", "claims/", "sections/", "document/", "events/", "calls/"),
    *("exports/json/", "exports/md/", "exports/html/"),
]


@pytest.fixture
def people(db):
    return rows.cast()


@pytest.fixture
def run(people):
    return rows.run_at(RunState.SIGN_OFF, people)


@pytest.fixture
def get(people, run):
    client = client_of(people.auditor)
    return lambda rest="", **query: client.get(f"/api/v1/runs/{run.pk}/{rest}", query)


@pytest.mark.parametrize("rest", ALL)
def test_the_team_reads_and_nobody_else_does(people, run, rest):
    path = f"/api/v1/runs/{run.pk}/{rest}"
    assert client_of(people.auditor).get(path).status_code == 200
    assert_problem(client_of(people.outsider).get(path), 404, code="not_found")
    assert_problem(client_of().get(path), 401)


@pytest.mark.parametrize("rest", ["plan/", "document/", "events/", "exports/json/"])
def test_what_is_read_is_not_written(people, run, rest):
    assert_problem(client_of(people.requester).post(f"/api/v1/runs/{run.pk}/{rest}", "{}", "application/json"), 405)


def test_the_plan_has_its_digest_and_its_tasks_in_order(get, run):
    out = get("plan/").json()
    assert out["digest"] == rows.plan_of(run).digest
    assert [task["key"] for task in out["tasks"]] == [task.key for task in rows.TASKS]
    assert out["tasks"][2]["depends_on"] == ["market-revenue"]


def test_a_run_without_a_plan_says_so(people):
    run = rows.new_run(people)
    problem = assert_problem(client_of(people.auditor).get(f"/api/v1/runs/{run.pk}/plan/"), 404)
    assert "planned" in problem["detail"]


def test_every_quote_of_every_claim_is_found_at_its_offsets(get):
    claims = get("claims/").json()["results"]
    assert len(claims) >= 5
    for claim in claims:
        assert claim["evidence"], claim
        for quote in claim["evidence"]:
            text = ExtractedText.objects.get(sha256=quote["extracted_text_sha256"]).text
            assert text[quote["start"] : quote["end"]] == quote["exact"]
            assert len(quote["snapshot_sha256"]) == 64
            assert quote["source"]["title"]
            assert quote["stance"] == "supports"


def test_claims_are_filtered_by_status_and_section_and_paged(get):
    assert {claim["section"] for claim in get("claims/", section="regulation").json()["results"]} == {"regulation"}
    assert get("claims/", status="rejected").json()["results"] == []
    first = get("claims/", page_size=2).json()
    assert len(first["results"]) == 2
    assert first["next"]
    assert_problem(get("claims/", status="true"), 400, field="status")


def test_contradicting_claims_name_one_another(get):
    claims = get("claims/", section="market_size").json()["results"]
    by_key = {claim["key"]: claim for claim in claims}
    revisions = dict(Claim.objects.filter(key__in=by_key).values_list("key", "current_id"))
    assert {key: claim["revision_id"] for key, claim in by_key.items()} == revisions
    disputed = [claim for claim in claims if claim["contradicts"]]
    assert disputed
    for claim in disputed:
        for other in claim["contradicts"]:
            assert claim["key"] in by_key[other]["contradicts"]


def test_evidence_is_read_by_id_and_only_under_its_run(get, people):
    quote = get("claims/").json()["results"][0]["evidence"][0]
    assert get(f"evidence/{quote['id']}/").json()["exact"] == quote["exact"]
    other = rows.run_at(RunState.SIGN_OFF, people)
    path = f"/api/v1/runs/{other.pk}/evidence/{quote['id']}/"
    assert_problem(client_of(people.auditor).get(path), 404)


@pytest.mark.parametrize("said", ["0", "-1", "x", "9" * 30, "٣"])
def test_evidence_that_is_not_there_is_a_404(get, said):
    assert_problem(get(f"evidence/{said}/"), 404)


def test_sections_stand_in_the_documents_order(get):
    out = get("sections/").json()["results"]
    assert [section["position"] for section in out] == sorted(section["position"] for section in out)
    assert {section["status"] for section in out} <= {"drafted", "approved"}
    regulatory = next(section for section in out if section["regulatory"])
    assert (regulatory["first_approver"]["name"], regulatory["second_approver"]["name"]) == ("Vera Lind", "Otto Berg")


def test_the_document_is_that_of_its_digest(get, run):
    out = get("document/").json()
    canonical = json.dumps(out["body"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert hashlib.sha256(canonical).hexdigest() == out["digest"]
    assert (out["status"], out["signatures"]) == ("composed", [])


def test_a_changed_document_is_neither_shown_nor_exported(get, run):
    document = rows.document_of(run)
    Document.objects.filter(pk=document.pk).update(body=document.body.replace("New Jersey", "New Jersex", 1))
    for rest in ("document/", "exports/html/"):
        assert "digest" in assert_problem(get(rest), 409)["detail"]


def test_the_trail_can_be_checked_by_who_reads_it(get, run):
    events = get("events/", page_size=200).json()["results"]
    previous = events[0]["previous"]
    for event in events:
        assert event["previous"] == previous
        previous = hashlib.sha256((previous + event["payload"]).encode()).hexdigest()
        assert event["hash"] == previous
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


def test_calls_are_listed_with_possible_duplicates_and_unknown_prices_shown(get, run):
    step = Step.objects.filter(run=run)[0]
    Call.objects.create(
        run=run, step=step, phase="research", kind="tool", name="library_search", key="k" * 64, possible_duplicate=True,
        token=1, arguments={"query": "x"}, state="done", outcome={"payload": {"secret": "s"}}, started_at=rows.NOW,
        finished_at=rows.NOW,
    )  # fmt: skip
    call = get("calls/").json()["results"][0]
    assert (call["possible_duplicate"], call["cost_usd"], call["step"]) == (True, None, step.key)
    assert "outcome" not in call


@pytest.mark.parametrize(
    ("form", "begins"), [("json", b"{"), ("md", b"# "), ("html", b"<!doctype html>"), ("docx", b"PK")]
)
def test_an_export_comes_as_a_file_that_runs_nothing(get, run, form, begins):
    before = Event.objects.filter(run=run, kind="export.made").count()
    response = get(f"exports/{form}/")
    assert response.content.startswith(begins)
    assert response["Content-Disposition"].startswith("attachment")
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert Event.objects.filter(run=run, kind="export.made").count() == before + 1


def test_an_unknown_format_and_a_run_without_a_document_are_refused(get, people):
    assert_problem(get("exports/rtf/"), 400, field="format")
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    problem = assert_problem(client_of(people.auditor).get(f"/api/v1/runs/{run.pk}/exports/md/"), 409)
    assert "claims gate" in problem["detail"]


@pytest.mark.parametrize("rest", ["", "claims/", "events/", "sections/"])
def test_the_number_of_queries_does_not_grow_with_the_rows(people, rest):
    def count(more: int) -> int:
        run = rows.run_at(RunState.CLAIM_REVIEW if rest != "sections/" else RunState.SIGN_OFF, people, more_claims=more)
        client = client_of(people.auditor)
        client.get(f"/api/v1/runs/{run.pk}/{rest}")  # the key's last use is written down by the first request
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/api/v1/runs/{run.pk}/{rest}", {"page_size": 100}).status_code == 200
        return len(queries)

    assert count(0) == count(10)
