"""The API's schema and its page; errors nobody meant; throttles."""

from __future__ import annotations

import logging

import pytest
from django.core.management import call_command

from research.api import base, runs
from tests.doubles import rows
from tests.research.api_client import assert_problem, client_of


def test_the_schema_is_made_without_a_warning(tmp_path):
    call_command("spectacular", "--fail-on-warn", "--validate", "--file", str(tmp_path / "schema.yml"))


@pytest.mark.django_db
def test_the_schema_and_its_page_are_served_to_everybody(client):
    schema = client.get("/api/schema/", {"format": "json"}).json()
    assert "post" in schema["paths"]["/api/v1/runs/"]
    responses = schema["paths"]["/api/v1/runs/"]["post"]["responses"]
    assert "application/problem+json" in responses["422"]["content"]
    assert {"key": []} in schema["paths"]["/api/v1/runs/"]["post"]["security"]


@pytest.mark.django_db
def test_the_page_of_the_schema_has_no_inline_script_or_style(client):
    page = client.get("/api/docs/").content.decode()
    assert "<style" not in page
    assert "style=" not in page
    assert page.count("<script") == page.count("<script src=") == 3
    script = client.get("/api/docs/", {"script": ""})
    assert script["Content-Type"].startswith("application/javascript")
    assert "SwaggerUIBundle" in script.content.decode()


def test_an_error_nobody_meant_is_a_500_without_internals_and_is_logged(db, monkeypatch, caplog):
    people = rows.cast()

    def broken(self):
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(runs.RunsView, "get_queryset", broken)
    with caplog.at_level(logging.ERROR):
        response = client_of(people.auditor).get("/api/v1/runs/")
    problem = assert_problem(response, 500, code="unexpected")
    assert "swordfish" not in response.content.decode()
    assert "written down" in problem["detail"]
    assert any(record.exc_info and "swordfish" in str(record.exc_info[1]) for record in caplog.records)


def test_too_many_requests_are_a_429_with_a_time_to_come_back(db, monkeypatch):
    people = rows.cast()
    monkeypatch.setattr(base.ReadThrottle, "rate", "2/min")
    client = client_of(people.auditor)
    assert [client.get("/api/v1/runs/").status_code for _ in range(2)] == [200, 200]
    response = client.get("/api/v1/runs/")
    assert_problem(response, 429)
    assert int(response["Retry-After"]) >= 1
