"""The actions on the admin's list of claims."""

from __future__ import annotations

import pytest
from django.urls import reverse

from research.engine.domain.states import ClaimStatus, RunState
from research.models import Claim, Decision
from tests.doubles import rows

from .browsing import words

pytestmark = pytest.mark.django_db
STATES = [RunState.PLAN_REVIEW, RunState.CLAIM_REVIEW, RunState.REGULATORY_REVIEW, RunState.SIGN_OFF]


def test_the_admins_action_shows_the_claims_before_it_decides(people, as_person):
    """Ticked claims are shown in full with their digests; nothing is decided before that is confirmed."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    claims = list(Claim.objects.filter(run=run).order_by("pk"))
    Claim.objects.filter(pk=claims[0].pk).update(status=ClaimStatus.ACCEPTED)
    client = as_person(people.reviewer)
    address = reverse("admin:research_claim_changelist")
    chosen = {"action": "reject_claims", "_selected_action": [claim.pk for claim in claims]}
    page = words(client.post(address, chosen))
    assert "1 of the ticked claims does not wait" in page
    for claim in claims[1:]:
        assert f'value="{claim.pk}:{claim.shown_digest}"' in page
    assert not Decision.objects.filter(run=run).exists()
    picks = [f"{claim.pk}:{claim.shown_digest}" for claim in claims[1:3]]
    silent = client.post(address, {**chosen, "confirmed": "1", "pick": picks, "comment": ""})
    assert silent.status_code == 403
    done = client.post(address, {**chosen, "confirmed": "1", "pick": picks, "comment": "not about us"}, follow=True)
    assert "2 of 2 claims rejected." in words(done)
    assert Decision.objects.filter(run=run, door="admin", verdict="reject").count() == 2


def test_the_admins_action_knows_no_other_teams_claims(people, as_person):
    """Claims of another team cannot be ticked, nor picked behind the page's back."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    others = rows.cast("elsewhere")
    foreign = rows.claim_of(rows.run_at(RunState.CLAIM_REVIEW, others))
    own = rows.claim_of(run)
    client = as_person(people.reviewer)
    address = reverse("admin:research_claim_changelist")
    ticked = {"action": "accept_claims", "_selected_action": [foreign.pk]}
    assert client.post(address, ticked).status_code == 404
    smuggled = {
        "action": "accept_claims", "_selected_action": [own.pk], "confirmed": "1",
        "pick": f"{foreign.pk}:{foreign.shown_digest}",
    }  # fmt: skip
    assert client.post(address, smuggled).status_code == 404
    assert not Decision.objects.exists()
