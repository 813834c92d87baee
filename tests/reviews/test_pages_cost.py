"""What pages cost: a fixed number of queries, however much there is."""

from __future__ import annotations

import pytest
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from research.engine.domain.states import RunState
from tests.doubles import rows

pytestmark = pytest.mark.django_db
STATES = [RunState.PLAN_REVIEW, RunState.CLAIM_REVIEW, RunState.REGULATORY_REVIEW, RunState.SIGN_OFF]


def _queries(client, address) -> int:
    from django.db import connection

    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


def test_the_claims_page_costs_the_same_however_many_claims(people, as_person):
    """Five claims or a full page of 25: the same number of queries, at most 20."""
    client = as_person(people.reviewer)
    few, many = (rows.run_at(RunState.CLAIM_REVIEW, people, more_claims=more) for more in (0, 40))
    small, large = (_queries(client, reverse("reviews:claims", args=[run.pk])) for run in (few, many))
    assert small == large <= 20


def test_the_queue_costs_the_same_however_many_runs(people, as_person):
    """One run at each gate or four: the same number of queries, at most 20."""
    client = as_person(people.reviewer)
    for state in STATES:
        rows.run_at(state, people)
    one = _queries(client, reverse("reviews:queue"))
    for state in STATES * 3:
        rows.run_at(state, people)
    assert _queries(client, reverse("reviews:queue")) == one <= 20


@pytest.mark.parametrize("page", ["plan", "sections", "sign_off"])
def test_the_other_pages_are_cheap(people, as_person, page):
    """No page of a gate takes more than 20 queries."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    assert _queries(as_person(people.reviewer), reverse(f"reviews:{page}", args=[run.pk])) <= 20
