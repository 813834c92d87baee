"""The claims pages: filters, cards, ticked claims, edits."""

from __future__ import annotations

import pytest
from django.urls import reverse

from research.engine.domain.states import ClaimStatus, RunState
from research.models import Claim, Decision
from tests.doubles import rows

from . import doors
from .browsing import words

pytestmark = pytest.mark.django_db
STATES = [RunState.PLAN_REVIEW, RunState.CLAIM_REVIEW, RunState.REGULATORY_REVIEW, RunState.SIGN_OFF]


def test_claims_come_in_pages_by_section(people, as_person):
    """25 a page, in the document's order; the filters hold over the pages."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people, more_claims=30)
    client = as_person(people.reviewer)
    address = reverse("reviews:claims", args=[run.pk])
    first, second = (client.get(f"{address}?p={number}").context["cards"] for number in (1, 2))
    assert (len(first), len(second)) == (25, 10)
    assert first[0].section == "Market size"
    assert {card.section for card in second} >= {"Regulation and licensing", "Responsible gambling"}
    only = client.get(f"{address}?section=regulation").context["cards"]
    assert [card.section for card in only] == ["Regulation and licensing"]
    doubtful = client.get(f"{address}?order=doubt").context["cards"]
    assert [card.confidence for card in doubtful] == sorted(card.confidence for card in doubtful)
    assert client.get(f"{address}?status=coffee&order=tea&section=%00&p=x").status_code == 200
    assert client.get(f"{address}?status=rejected").context["cards"] == []


def test_a_claim_is_shown_with_all_it_rests_on(people, as_person):
    """Words, figure, confidence and its parts, why it is here, the quote in its context, what disagrees."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    page = words(as_person(people.reviewer).get(reverse("reviews:claims", args=[run.pk])))
    claim = rows.claim_of(run, section="market_size")
    evidence = claim.current.evidence_links.get().evidence
    for needed in (
        claim.current.text,
        "USD 1.92 billion",
        "0.855",
        "all figures (2) are in one quote",
        "contradicted by",
        f"<mark>{evidence.exact}</mark>",
        evidence.suffix,
        f"/read/?evidence={evidence.pk}#quote",
        "Division of Gaming Enforcement",
        "Skill gaming weekly, issue 14",
        f'value="{claim.shown_digest}"',
    ):
        assert needed in page, needed


def test_words_from_sources_cannot_become_markup(people, as_person):
    """A quote or prompt that holds markup is shown as words."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people, prompt="<script>alert(1)</script> a skill-gaming app")
    html = as_person(people.reviewer).get(reverse("reviews:claims", args=[run.pk])).content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


def test_ticked_claims_are_decided_together(people, as_person):
    """Each over its own digest; the desk says how many, and why one was not."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people, more_claims=5)
    claims = list(Claim.objects.filter(run=run, status=ClaimStatus.QUEUED, section="competitors"))
    picks = [f"{claim.pk}:{claim.shown_digest}" for claim in claims[:4]]
    picks[3] = f"{claims[3].pk}:{'0' * 64}"
    address = reverse("reviews:claims", args=[run.pk])
    client = as_person(people.reviewer)
    response = client.post(address, {"bulk": "approve", "pick": picks, "bulk_comment": ""}, follow=True)
    page = words(response)
    assert "3 of 4 claims accepted." in page
    assert f"Claim {claims[3].pk}: This has changed since" in page
    assert Decision.objects.filter(run=run, door="bulk", verdict="approve").count() == 3


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"bulk": "approve"}, 400, "No claim is ticked"),
        ({"bulk": "approve", "pick": "x:y"}, 400, "incomplete"),
        ({"bulk": "approve", "pick": "99999"}, 404, ""),
        ({"bulk": "perhaps", "pick": "1:2"}, 400, "Choose one of the buttons"),
        ({"subject_id": "x", "verdict": "approve"}, 400, "incomplete"),
        ({"verdict": "approve"}, 400, "incomplete"),
    ],
)
def test_a_garbled_form_is_answered_in_words(people, as_person, fields, status, says):
    """What no page of ours sends gets a sentence or a 404, and changes nothing."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    before = doors.snapshot(run)
    response = as_person(people.reviewer).post(reverse("reviews:claims", args=[run.pk]), fields)
    assert response.status_code == status
    assert says in words(response)
    assert doors.snapshot(run) == before


def test_a_refused_rejection_keeps_the_comment_field_at_its_claim(people, as_person):
    """The error stands in the card it belongs to, and the claim is still there."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    claim = rows.claim_of(run)
    response = as_person(people.reviewer).post(
        reverse("reviews:claims", args=[run.pk]),
        {"subject_id": claim.pk, "digest": claim.shown_digest, "verdict": "reject", "comment": ""},
    )
    assert response.status_code == 403
    assert response.context["tried"] == claim.pk
    assert "Say in a few words why" in words(response)


def test_ticks_and_comment_survive_an_error(people, as_person):
    """Who ticked twenty claims and forgot the comment does not tick them again."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    claims = list(Claim.objects.filter(run=run, status=ClaimStatus.QUEUED))
    picks = [f"{claim.pk}:{claim.shown_digest}" for claim in claims[:2]]
    response = as_person(people.reviewer).post(
        reverse("reviews:claims", args=[run.pk]), {"bulk": "reject", "pick": picks, "bulk_comment": " "}
    )
    assert response.status_code == 403
    page = words(response)
    assert [f'value="{pick}" checked' in page for pick in picks] == [True, True]
    assert page.count(" checked") == 2


def test_the_last_decision_says_where_the_run_went(people, as_person):
    """When nothing waits any more the desk leads back to the queue."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    claims = list(Claim.objects.filter(run=run, status=ClaimStatus.QUEUED))
    picks = [f"{claim.pk}:{claim.shown_digest}" for claim in claims]
    response = as_person(people.reviewer).post(
        reverse("reviews:claims", args=[run.pk]), {"bulk": "approve", "pick": picks}, follow=True
    )
    assert response.redirect_chain[-1][0] == reverse("reviews:queue")
    assert "The run is being drafted." in words(response)


def test_a_claim_is_edited_on_its_page(people, as_person):
    """Words, figure and evidence; a mistake keeps what was typed; afterwards the history shows both revisions."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    claim = rows.claim_of(run, section="market_size")
    client = as_person(people.reviewer)
    address = reverse("reviews:claim", args=[run.pk, claim.pk])
    evidence = claim.current.evidence_links.get().evidence_id
    fields = {
        "digest": claim.shown_digest, "verdict": "edit", "comment": "shorter", "text": "New Jersey won $1.92 billion.",
        "kind": "stated", "evidence": [evidence], "number": "many", "scale": "1000000000", "currency": "USD",
    }  # fmt: skip
    wrong = client.post(address, fields)
    assert wrong.status_code == 400
    assert "New Jersey won $1.92 billion." in words(wrong)
    assert "Enter a number." in words(wrong)
    right = client.post(address, fields | {"number": "1.92"}, follow=True)
    assert right.status_code == 200
    claim.refresh_from_db()
    assert claim.current.value["currency"] == "USD"
    page = words(client.get(address))
    assert "Edited by Vera Lind: shorter" in page
    assert "You edited this, so you may not approve it" in page
    assert 'name="verdict" value="approve"' not in page
