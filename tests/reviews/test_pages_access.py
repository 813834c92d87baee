"""Who sees which page of the desk, with which buttons."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from research.engine.domain.states import RunState
from research.models import Decision
from tests.doubles import rows

from .browsing import addresses, words

pytestmark = pytest.mark.django_db
STATES = [RunState.PLAN_REVIEW, RunState.CLAIM_REVIEW, RunState.REGULATORY_REVIEW, RunState.SIGN_OFF]


@pytest.mark.parametrize("state", STATES)
def test_every_page_opens_in_every_state(people, as_person, settings, state):
    """No page breaks, has an unknown variable, or holds an inline script or style, whoever of the team looks."""
    settings.TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = "!!unknown:%s!!"
    run = rows.run_at(state, people)
    for person, some in ((people.reviewer, None), (people.approver, 5), (people.auditor, 5), (people.superuser, 5)):
        client = as_person(person)
        for address in [reverse("reviews:queue"), *addresses(run)][:some]:
            response = client.get(address)
            html = response.content.decode()
            assert response.status_code == 200, address
            assert "!!unknown" not in html[html.index('<div class="rv">') :], address
            assert not re.search(r"<script(?![^>]*\ssrc=)", html), address
            assert not re.search(r"<style|\sstyle=|\son\w+=", html), address
            policy = response["Content-Security-Policy"]
            assert "default-src 'self'" in policy
            assert "unsafe" not in policy


@pytest.mark.parametrize("state", STATES)
def test_who_may_not_decide_gets_no_form(people, as_person, state):
    """Auditors, the requester and a superuser of no team see the page, why they may not, and no button to decide."""
    run = rows.run_at(state, people)
    page = {"plan_review": "plan", "claim_review": "claims", "sign_off": "sign_off"}.get(state)
    address = reverse(f"reviews:{page}", args=[run.pk]) if page else addresses(run)[-1]
    if page is None:
        address = reverse("reviews:section", args=[run.pk, rows.section_of(run).pk])
    for person in (people.auditor, people.requester, people.superuser):
        html = words(as_person(person).get(address))
        assert 'value="approve"' not in html
        assert 'value="reject"' not in html
        assert "rv-note" in html


def test_other_teams_pages_do_not_exist(people, as_person):
    """To an outsider every address of the run is a 404, and the queue is empty."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    client = as_person(people.outsider)
    for address in [*addresses(run), reverse("reviews:run", args=[run.pk])]:
        assert client.get(address).status_code == 404
    short = reverse("reviews:section", args=[rows.section_of(run).pk])
    assert client.get(short).status_code == 404
    assert str(run.pk) not in words(client.get(reverse("reviews:queue")))


def test_nobody_comes_in_unasked(people, as_person):
    """Strangers and people who are no staff are asked to sign in; staff of no group is refused."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    customer = rows.person("customer", "reviewer", team=people.team)
    customer.is_staff = False
    customer.save()
    nobody = rows.person("nobody", team=people.team)
    for address in [reverse("reviews:queue"), *addresses(run)]:
        assert "/admin/login/" in Client().get(address).url
        assert "/admin/login/" in as_person(customer).get(address).url
        assert as_person(nobody).get(address).status_code == 403


def test_a_form_without_its_token_is_refused(people):
    """The desk's forms are protected against being sent by another site."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.reviewer)
    plan = rows.plan_of(run)
    fields = {"subject_id": plan.pk, "digest": plan.digest, "verdict": "approve"}
    assert client.post(reverse("reviews:plan", args=[run.pk]), fields).status_code == 403
    assert not Decision.objects.exists()


def test_the_short_address_of_a_section_leads_to_its_page(people, as_person):
    """A section can be linked to by its number alone."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    section = rows.section_of(run)
    response = as_person(people.reviewer).get(reverse("reviews:section", args=[section.pk]))
    assert response.url == reverse("reviews:section", args=[run.pk, section.pk])
