"""The queue: what waits, and what of it waits for me."""

from __future__ import annotations

import pytest
from django.urls import reverse

from research.engine.domain.states import RunState
from tests.doubles import rows

from .browsing import words
from .steps import claim_edit, plan_edit, section_edited, settle

pytestmark = pytest.mark.django_db
STATES = [RunState.PLAN_REVIEW, RunState.CLAIM_REVIEW, RunState.REGULATORY_REVIEW, RunState.SIGN_OFF]


def test_the_queue_shows_what_waits_and_what_of_it_is_mine(people, as_person):
    """Each waiting run with its gate; the number is what this person may decide, not what there is."""
    waiting = {state: rows.run_at(state, people) for state in STATES}
    claim = rows.claim_of(waiting[RunState.CLAIM_REVIEW])
    settle(claim.run, people.reviewer, "claim", claim, "edit", edit=claim_edit(claim.run, claim))
    section = rows.section_of(waiting[RunState.REGULATORY_REVIEW])
    settle(section.run, people.reviewer, "section", section, "approve")
    mine = _mine(as_person(people.reviewer))
    assert mine == {"plan": 1, "claims": 4, "regulatory": 1, "sign_off": 0}
    assert _mine(as_person(people.second_reviewer)) == {"plan": 1, "claims": 5, "regulatory": 2, "sign_off": 0}
    assert _mine(as_person(people.approver)) == {"plan": 1, "claims": 0, "regulatory": 0, "sign_off": 1}
    for person in (people.requester, people.auditor, people.superuser):
        assert set(_mine(as_person(person)).values()) == {0}


def _mine(client) -> dict[str, int]:
    page = client.get(reverse("reviews:queue")).context["page"]
    return {row.gate.value: row.mine for row in page}


def test_the_queue_never_promises_what_the_policy_refuses(people, as_person):
    """Editors of a plan, a section or a document see that it waits for somebody else."""
    plan_run = rows.run_at(RunState.PLAN_REVIEW, people)
    plan = rows.plan_of(plan_run)
    settle(plan_run, people.reviewer, "plan", plan, "edit", edit=plan_edit(plan_run, plan))
    both = rows.person("both", "reviewer", "approver", team=people.team)
    document_run = rows.run_at(RunState.SIGN_OFF, people)
    section_edited(document_run, None, both, people)
    assert _mine(as_person(people.reviewer))["plan"] == 0
    assert _mine(as_person(both))["sign_off"] == 0
    assert "You edited this" in words(as_person(both).get(reverse("reviews:queue")))


def test_the_queue_is_filtered_by_gate_and_by_me(people, as_person):
    """`?gate=` and `?mine=1` narrow it; a gate that is none shows nothing and breaks nothing."""
    for state in STATES:
        rows.run_at(state, people)
    client = as_person(people.approver)
    shown = lambda query: [row.gate.value for row in client.get(reverse("reviews:queue") + query).context["page"]]  # noqa: E731
    assert shown("?gate=claims") == ["claims"]
    assert sorted(shown("?mine=1")) == ["plan", "sign_off"]
    assert shown("?gate=claims&mine=1") == []
    assert shown("?gate=coffee") == []
    assert len(shown("?p=999")) == 4


@pytest.mark.parametrize("state", STATES)
def test_a_run_leads_to_the_page_of_its_gate(people, as_person, state):
    """The queue's link goes where the decision is made."""
    run = rows.run_at(state, people)
    response = as_person(people.reviewer).get(reverse("reviews:run", args=[run.pk]), follow=True)
    assert response.status_code == 200
    assert response.context["waits"]
