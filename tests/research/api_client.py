"""A client of the API with a person's key, and what a refusal must look like."""

from __future__ import annotations

from typing import Any

from django.test import Client

from research.models import User
from research.services import tokens

PROBLEM = "application/problem+json"


def client_of(user: User | None = None, **defaults: Any) -> Client:
    """Return a client that sends the person's key, or none."""
    headers = {}
    if user is not None:
        headers["authorization"] = f"Bearer {tokens.create(user=user, name='test').key}"
    return Client(headers=headers, raise_request_exception=False, **defaults)


def assert_problem(response: Any, status: int, *, code: str | None = None, field: str | None = None) -> dict[str, Any]:
    """Assert that the response is RFC 9457 problem JSON with all its members. Return it."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == PROBLEM
    problem: dict[str, Any] = response.json()
    assert set(problem) >= {"type", "title", "status", "detail", "instance", "code", "errors"}
    assert problem["status"] == status
    assert problem["type"] == f"urn:mrd-desk:problem:{problem['code']}"
    assert problem["detail"]
    assert problem["instance"].startswith("/api/")
    assert "Traceback" not in response.content.decode()
    if code is not None:
        assert problem["code"] == code
    if field is not None:
        assert field in [one["field"] for one in problem["errors"]]
    return problem
