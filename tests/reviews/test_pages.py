"""The desk's pages: what they show, whom they let in, how they take forms, how many queries they cost."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from research.engine.domain.states import ClaimStatus, RunState
from research.models import Claim, Decision, Plan
from tests.doubles import rows

from . import doors
from .steps import section_edited
from .test_decide import settle
from .test_doors import _claim_edit, _plan_edit

pytestmark = pytest.mark.django_db
STATES = [RunState.PLAN_REVIEW, RunState.CLAIM_REVIEW, RunState.REGULATORY_REVIEW, RunState.SIGN_OFF]


@pytest.fixture
def as_person():
    """Return `as_person(user)`: a browser signed in as that user."""

    def sign_in(person) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return sign_in


def addresses(run) -> list[str]:
    """Return every address of the desk that has something of this run."""
    found = [reverse(f"reviews:{name}", args=[run.pk]) for name in ("plan", "claims", "sections", "sign_off")]
    found += [reverse("reviews:claim", args=[run.pk, pk]) for pk in run.claims.values_list("pk", flat=True)[:2]]
    found += [reverse("reviews:section", args=[run.pk, pk]) for pk in run.sections.values_list("pk", flat=True)[:8]]
    return found


def words(response) -> str:
    """Return the page's text as it is read."""
    html = response.content.decode()
    return html.replace("&#x27;", "'").replace("&quot;", '"').replace("&amp;", "&")


# ── who sees what ────────────────────────────────────────────────────────────────────────────────


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


# ── queue ────────────────────────────────────────────────────────────────────────────────────────


def test_the_queue_shows_what_waits_and_what_of_it_is_mine(people, as_person):
    """Each waiting run with its gate; the number is what this person may decide, not what there is."""
    waiting = {state: rows.run_at(state, people) for state in STATES}
    claim = rows.claim_of(waiting[RunState.CLAIM_REVIEW])
    settle(claim.run, people.reviewer, "claim", claim, "edit", edit=_claim_edit(claim.run, claim))
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
    settle(plan_run, people.reviewer, "plan", plan, "edit", edit=_plan_edit(plan_run, plan))
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


# ── cost ─────────────────────────────────────────────────────────────────────────────────────────


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


# ── plan ─────────────────────────────────────────────────────────────────────────────────────────


def plan_fields(client, run) -> dict[str, object]:
    """Return the edit form of the plan as the page gives it, filled in and unchanged."""
    context = client.get(reverse("reviews:plan", args=[run.pk])).context
    plan = context["plan"]
    fields: dict[str, object] = {
        "subject_id": plan.pk, "digest": plan.digest, "verdict": "edit", "as": "form", "comment": "better",
    }  # fmt: skip
    for form in (context["head"], context["formset"].management_form, *context["formset"].forms):
        for field in form:
            value = field.field.prepare_value(field.value())
            if value not in (None, False):
                fields[field.html_name] = value
    return fields


def test_a_plan_is_edited_in_the_form(people, as_person):
    """Tasks are changed, added, removed and put in another order, and nothing else of the plan changes."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    client = as_person(people.reviewer)
    fields = plan_fields(client, run)
    fields |= {
        "plan-competitors": "DraftKings\nFanDuel",
        "task-0-question": "How large are online gaming revenues in Ontario?",
        "task-0-ORDER": 9,
        "task-1-DELETE": "on",
        "task-2-depends_on": "",
        "task-4-key": "trends",
        "task-4-question": "What changes in skill gaming this year?",
        "task-4-section": "trends",
        "task-4-tools": "library_scan, library_search",
        "task-4-critical": "on",
        "task-4-queries": "skill gaming trend\nskill gaming growth",
        "task-4-ORDER": 1,
    }
    response = client.post(reverse("reviews:plan", args=[run.pk]), fields)
    assert response.status_code == 302, words(response)
    body = rows.plan_of(run).body
    assert [task["key"] for task in body["tasks"]] == ["trends", "law-nj", "protection", "market-revenue"]
    assert body["competitors"] == ["DraftKings", "FanDuel"]
    assert body["tasks"][0]["tools"] == ["library_scan", "library_search"]
    assert body["tasks"][0]["queries"] == ["skill gaming trend", "skill gaming growth"]
    assert body["tasks"][1]["depends_on"] == []
    assert body["tasks"][3]["question"] == "How large are online gaming revenues in Ontario?"
    assert body["tasks"][2] == rows.TASKS[3].model_dump(mode="json")


def test_the_plan_form_alone_changes_nothing(people, as_person):
    """The form as it comes, sent back untouched, is the same plan: it loses and adds nothing."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    client = as_person(people.reviewer)
    response = client.post(reverse("reviews:plan", args=[run.pk]), plan_fields(client, run))
    assert response.status_code == 400
    assert "Nothing in the plan was changed" in words(response)


def test_a_plan_edit_with_a_mistake_keeps_what_was_typed(people, as_person):
    """The sentence says what is wrong, the form holds the words typed, and nothing was changed."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    client = as_person(people.reviewer)
    fields = plan_fields(client, run) | {"task-0-depends_on": "law-nj", "task-1-question": "A question of my own?"}
    response = client.post(reverse("reviews:plan", args=[run.pk]), fields)
    assert response.status_code == 400
    assert "in a circle" in words(response)
    assert "A question of my own?" in words(response)
    assert "better" in words(response)
    assert Plan.objects.filter(run=run).count() == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [("{", "not JSON, at line 1"), ("[]", "not valid"), ("", "not JSON"), ("[" * 100_000, "not JSON")],
    ids=["broken", "list", "empty", "deep"],
)
def test_a_plan_in_bad_json_says_where(people, as_person, text, says):
    """The field for JSON names the place that breaks and keeps the text."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    plan = rows.plan_of(run)
    fields = {
        "subject_id": plan.pk, "digest": plan.digest, "verdict": "edit", "as": "json", "plan_json": text,
        "comment": "x",
    }  # fmt: skip
    response = as_person(people.reviewer).post(reverse("reviews:plan", args=[run.pk]), fields)
    assert response.status_code == 400
    assert says in response.context["error"]
    assert response.context["as_json"] == text


# ── claims ───────────────────────────────────────────────────────────────────────────────────────


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


# ── sections and document ────────────────────────────────────────────────────────────────────────


def test_a_section_shows_each_sentence_with_its_evidence_and_who_approved(people, as_person):
    """The second reviewer sees the first one's name, and every quote in context."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    section = rows.section_of(run)
    settle(run, people.reviewer, "section", section, "approve")
    page = words(as_person(people.second_reviewer).get(reverse("reviews:section", args=[run.pk, section.pk])))
    for needed in ("<b>Vera Lind</b> approved", section.body["sentences"][0]["text"], "<mark>", section.digest):
        assert needed in page, needed


def test_a_section_edit_with_a_mistake_keeps_what_was_typed(people, as_person):
    """An untraced figure is named, the words stay in the form, nothing is changed."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    section = rows.section_of(run)
    sentences = [{"text": "The licence costs $5 million.", "claims": section.body["sentences"][0]["claims"]}]
    fields = {"digest": section.digest, "verdict": "edit", "comment": "x", **doors.sentence_fields(sentences)}
    before = doors.snapshot(run)
    client = as_person(people.reviewer)
    response = client.post(reverse("reviews:section", args=[run.pk, section.pk]), fields)
    assert response.status_code == 400
    assert "is not in the claims it cites" in words(response)
    assert "The licence costs $5 million." in words(response)
    sentences[0]["claims"] = ["one"]
    fields |= doors.sentence_fields(sentences)
    assert client.post(reverse("reviews:section", args=[run.pk, section.pk]), fields).status_code == 400
    assert doors.snapshot(run) == before


def test_the_document_is_shown_whole_with_its_digest(people, as_person):
    """Every sentence, every citation with its way to the source, and the digest that is signed."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    document = rows.document_of(run)
    response = as_person(people.approver).get(reverse("reviews:sign_off", args=[run.pk]))
    page = words(response)
    mrd = response.context["mrd"]
    for section in mrd.sections:
        for sentence in section.sentences:
            assert sentence.text in page
    for citation in mrd.citations:
        assert f'id="citation-{citation.number}"' in page
        assert f"?evidence={citation.evidence_id}#quote" in page
    assert document.digest in page
    assert 'type="password"' in page


def test_a_wrong_password_keeps_the_meaning_and_never_comes_back(people, as_person):
    """The page asks again; what was typed as password is nowhere on it."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    document = rows.document_of(run)
    fields = {
        "subject_id": document.pk, "digest": document.digest, "verdict": "approve", "meaning": "I release it.",
        "password": "open-sesame",
    }  # fmt: skip
    response = as_person(people.approver).post(reverse("reviews:sign_off", args=[run.pk]), fields)
    assert response.status_code == 403
    assert "I release it." in words(response)
    assert "open-sesame" not in words(response)


def test_guessing_passwords_at_the_signature_is_locked_out(people, as_person, settings):
    """Wrong passwords at the signature count like those at sign-in: after eight the right one is refused too."""
    settings.AXES_ENABLED = True
    run = rows.run_at(RunState.SIGN_OFF, people)
    document = rows.document_of(run)
    fields = {"subject_id": document.pk, "digest": document.digest, "verdict": "approve", "meaning": "x"}
    client = as_person(people.approver)
    address = reverse("reviews:sign_off", args=[run.pk])
    for number in range(settings.AXES_FAILURE_LIMIT):
        client.post(address, {**fields, "password": f"guess-{number}"})
    assert client.post(address, {**fields, "password": rows.PASSWORD}).status_code in (403, 429)
    assert not Decision.objects.filter(run=run).exists()


def test_a_signed_document_shows_its_signature(people, as_person):
    """Who, meaning what, when."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    document = rows.document_of(run)
    fields = {
        "subject_id": document.pk, "digest": document.digest, "verdict": "approve", "meaning": "I release it.",
        "password": rows.PASSWORD,
    }  # fmt: skip
    page = words(as_person(people.approver).post(reverse("reviews:sign_off", args=[run.pk]), fields, follow=True))
    assert "Ada Prove" in page
    assert "“I release it.”" in page
    assert "The run is completed." in page


# ── the admin's list ─────────────────────────────────────────────────────────────────────────────


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
