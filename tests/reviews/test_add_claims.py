"""Claims that people add by hand: same checks, same evidence, another person; what rests on a claim goes with it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from research.adapters import runtime
from research.engine.domain.errors import Conflict, InvalidInput, QuoteNotFound, Refused, StaleState
from research.engine.domain.states import ClaimStatus, RunState, Verdict
from research.models import Claim, Decision, Event, Evidence, Run, SectionRevision, Source
from research.models.record import SubjectKind
from research.services import audit, tokens
from reviews.decide import add_claim, decide
from reviews.requests import AdditionRequest, DecisionRequest
from tests.doubles import rows

pytestmark = pytest.mark.django_db
FACT = {"section": "market_size", "text": "New Jersey Internet gaming win was $1.92 billion in 2023."}
QUOTE = "New Jersey Internet gaming win was\n $1.92 billion in 2023"


def source_of(run: Run) -> int:
    return Evidence.objects.filter(run=run).values_list("extracted_text__snapshot__source_id", flat=True)[0]


def quote(run: Run, words: str = QUOTE) -> list[dict]:
    return [{"source_id": source_of(run), "words": words}]


def add(run: Run, person, *, comment: str = "missing", **addition) -> Claim:
    request = AdditionRequest(run_id=run.pk, addition=addition, comment=comment)
    made = add_claim(person=person, door="desk", request=request, now=rows.NOW)
    return Claim.objects.select_related("current", "assessment").get(pk=made.pk)


def decided(run: Run, person, claim: Claim, verdict: Verdict, edit=None) -> Decision:
    claim.refresh_from_db()
    request = DecisionRequest(
        run_id=run.pk,
        subject=SubjectKind.CLAIM,
        subject_id=claim.pk,
        digest=claim.shown_digest,
        verdict=verdict,
        comment="as read",
        edit=edit,
    )
    return decide(person=person, door="desk", request=request, now=rows.NOW)


def assumption(run: Run, person, number: str, text: str) -> Claim:
    about = {"node": "input", "approach": "top-down"}
    value = {"number": number, "unit": "percent"}
    return add(
        run,
        person,
        section="market_size",
        kind="assumption",
        role="market_size",
        text=text,
        value=value,
        attributes=about,
    )


def node(run: Run, person, text: str, name: str, expression: str, of: Claim) -> Claim:
    return add(
        run,
        person,
        section="market_size",
        kind="computed",
        role="market_size",
        text=text,
        attributes={"node": name, "approach": "top-down"},
        formula={"expression": expression, "names": {"input": of.pk}},
    )


def api(person) -> APIClient:
    return APIClient(headers={"authorization": f"Bearer {tokens.create(user=person, name='test').key}"})


@pytest.fixture
def run(people) -> Run:
    return rows.run_at(RunState.CLAIM_REVIEW, people)


def test_an_added_claim_is_pinned_checked_and_waits_for_another_person(run, people):
    problems = list(audit.problems_of(run))
    claim = add(run, people.reviewer, **FACT, quotes=quote(run))
    assert claim.status == ClaimStatus.QUEUED
    assert claim.assessment.parts
    pinned = claim.current.evidence_links.get().evidence
    assert pinned.extracted_text.text[pinned.start : pinned.end] == pinned.exact
    with pytest.raises(Refused) as refusal:
        decided(run, people.reviewer, claim, Verdict.APPROVE)
    assert refusal.value.rule == "author"
    decided(run, people.second_reviewer, claim, Verdict.APPROVE)
    assert Claim.objects.get(pk=claim.pk).status == ClaimStatus.ACCEPTED
    assert Event.objects.filter(run=run, kind="claim.added").count() == 1
    assert list(audit.problems_of(run)) == problems


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "evidence"),
        ({"section": "gossip", "kind": "assumption"}, "section"),
        ({"kind": "inferred"}, "premises"),
        ({"kind": "inferred", "premises": [987_654]}, "premises"),
        ({"kind": "assumption", "role": "assumption", "attributes": {"impact": "huge", "test": "ask"}}, "attributes"),
        ({"kind": "assumption", "role": "king"}, "role"),
        ({"quotes": [{"source_id": 987_654, "words": "New Jersey Internet"}]}, "quotes"),
        ({"kind": "assumption", "surprise": 1}, "surprise"),
        ({"kind": "assumption", "value": {"number": "5", "low": "6"}}, "value"),
    ],
)
def test_what_cannot_be_added_is_refused_by_name_and_writes_nothing(run, people, change, field):
    before = (Claim.objects.count(), Evidence.objects.count(), Event.objects.count(), Decision.objects.count())
    with pytest.raises(InvalidInput) as refusal:
        add(run, people.reviewer, **{**FACT, **change})
    assert refusal.value.field == field
    assert (Claim.objects.count(), Evidence.objects.count(), Event.objects.count(), Decision.objects.count()) == before


@pytest.mark.parametrize("words", ["Players may exclude nobody from Internet gaming", "New Jersey"])
def test_words_that_do_not_stand_in_the_document_or_stand_twice_are_refused(run, people, words):
    with pytest.raises(QuoteNotFound):
        add(run, people.reviewer, **FACT, quotes=quote(run, words))


def test_another_teams_document_is_as_unknown_as_none(run, people):
    theirs = people.outsider.teams.get()
    quotes = quote(run)
    Source.objects.filter(pk=quotes[0]["source_id"]).update(team=theirs)
    with pytest.raises(InvalidInput, match="no readable document"):
        add(run, people.reviewer, **FACT, quotes=quotes)


def test_the_policy_of_an_edit_is_the_policy_of_an_addition(run, people):
    assumed = {**FACT, "kind": "assumption"}
    refused = {}
    for name in ("requester", "auditor", "approver"):
        with pytest.raises(Refused) as refusal:
            add(run, getattr(people, name), **assumed)
        refused[name] = refusal.value.rule
    assert refused == {"requester": "requester", "auditor": "auditor", "approver": "group"}
    with pytest.raises(Refused) as refusal:
        add(run, people.reviewer, comment=" ", **assumed)
    assert refusal.value.rule == "comment"


def test_nothing_is_added_before_the_claims_gate(people):
    with pytest.raises(StaleState):
        add(rows.run_at(RunState.PLAN_REVIEW, people), people.reviewer, **FACT, kind="assumption")


def test_a_claim_added_at_sign_off_voids_its_section_and_opens_the_gate_again(people):
    run = rows.run_at(RunState.SIGN_OFF, people)
    add(run, people.reviewer, **FACT, kind="assumption")
    run.refresh_from_db()
    assert run.state == RunState.CLAIM_REVIEW
    standing = SectionRevision.objects.filter(run=run, status__in=["drafted", "approved"])
    assert not standing.filter(key="market_size").exists()
    assert standing.filter(key="regulation").exists()


def test_a_changed_input_reopens_exactly_what_rests_on_it_recomputed(run, people):
    problems = list(audit.problems_of(run))
    share = assumption(run, people.reviewer, "40", "40 percent of the market is open to newcomers.")
    other = assumption(run, people.reviewer, "7", "7 percent of players try a new app in a year.")
    half = node(run, people.reviewer, "Half of it is 20 percent.", "SAM", "input / 2", share)
    quarter = node(run, people.reviewer, "A quarter is 10 percent.", "SOM", "input / 2", half)
    assert Decimal(half.current.value["number"]) * Decimal(half.current.value["scale"]) == 20
    with pytest.raises(Conflict, match="rests on claim"):
        decided(run, people.second_reviewer, half, Verdict.APPROVE)
    everyone = (share, other, half, quarter)
    for claim in everyone:
        decided(run, people.second_reviewer, claim, Verdict.APPROVE)
    value = {"number": "30", "unit": "percent"}
    edit = {"text": "30 percent of the market is open.", "kind": "assumption", "value": value}
    decided(run, people.second_reviewer, share, Verdict.EDIT, edit)
    now = {one.pk: Claim.objects.select_related("current", "assessment").get(pk=one.pk) for one in everyone}
    assert {pk for pk, one in now.items() if one.status == ClaimStatus.QUEUED} == {share.pk, half.pk, quarter.pk}
    assert now[half.pk].current.text == "Half of it is 15 percent."
    assert Decimal(now[quarter.pk].current.value["number"]) == Decimal("7.5")
    assert any("recomputed" in reason for reason in now[half.pk].assessment.to_people)
    with pytest.raises(InvalidInput, match="cannot rest on itself"):
        decided(
            run, people.second_reviewer, share, Verdict.EDIT, {**edit, "text": "A circle.", "premises": [quarter.pk]}
        )
    assert list(audit.problems_of(run)) == problems


def test_what_rests_on_a_rejected_claim_goes_to_people_again_and_cannot_be_accepted(run, people):
    share = assumption(run, people.reviewer, "40", "40 percent of the market is open to newcomers.")
    inferred = {"section": "market_size", "kind": "inferred", "text": "Newcomers find room.", "premises": [share.pk]}
    wish = add(run, people.reviewer, **inferred)
    decided(run, people.second_reviewer, share, Verdict.REJECT)
    wish = Claim.objects.select_related("assessment").get(pk=wish.pk)
    assert any("was rejected" in reason for reason in wish.assessment.to_people)
    with pytest.raises(Conflict):
        decided(run, people.second_reviewer, wish, Verdict.APPROVE)
    decided(run, people.second_reviewer, wish, Verdict.REJECT)


def test_the_desk_adds_a_requirement_and_keeps_a_form_with_mistakes(run, people):
    client = Client()
    client.force_login(people.reviewer)
    address = reverse("reviews:add_claim", args=[run.pk])
    assert "Acceptance signal" in client.get(address, {"role": "requirement"}).content.decode()
    premise = Claim.objects.filter(run=run, status=ClaimStatus.QUEUED).first()
    form = {
        "section": "requirements",
        "text": "The product lets a player exclude themselves.",
        "kind": "inferred",
        "premises": str(premise.pk),
        "comment": "the law asks for it",
        "attribute_id": "R-1",
        "attribute_moscow": "must",
        "quote-TOTAL_FORMS": "0",
        "quote-INITIAL_FORMS": "0",
    }
    refused = client.post(f"{address}?role=requirement", form)
    assert refused.status_code == 400
    assert "acceptance" in refused.content.decode()
    assert form["text"] in refused.content.decode()
    done = client.post(f"{address}?role=requirement", {**form, "attribute_acceptance": "a player is shut out"})
    assert done.status_code == 302
    claim = Claim.objects.select_related("current").get(run=run, section="requirements", current__role="requirement")
    assert claim.current.attributes["moscow"] == "must"
    assert claim.current.premise_keys == [premise.key]


def test_the_api_adds_a_claim_and_says_what_is_wrong(run, people):
    path = f"/api/v1/runs/{run.pk}/claims/"
    body = {**FACT, "comment": "missing", "quotes": quote(run)}
    made = api(people.reviewer).post(path, body, format="json")
    assert made.status_code == 201
    assert (made.json()["status"], made.json()["role"], len(made.json()["evidence"])) == ("queued", "fact", 1)
    answers = {
        "again": api(people.reviewer).post(path, body, format="json"),
        "outsider": api(people.outsider).post(path, body, format="json"),
        "requester": api(people.requester).post(path, body, format="json"),
        "unknown field": api(people.reviewer).post(path, {**body, "colour": "red"}, format="json"),
    }
    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert statuses == {"again": 400, "outsider": 404, "requester": 403, "unknown field": 400}


def test_an_added_claim_outlives_an_edit_of_the_plan_and_is_looked_at_again(run, people):
    claim = add(run, people.reviewer, **FACT, kind="assumption")
    decided(run, people.second_reviewer, claim, Verdict.APPROVE)
    plan = rows.plan_of(run)
    edited = {**plan.body, "products": [*plan.body["products"], "quiz duels"]}
    decide(
        person=people.reviewer,
        door="desk",
        request=DecisionRequest(
            run_id=run.pk,
            subject=SubjectKind.PLAN,
            subject_id=plan.pk,
            digest=plan.digest,
            verdict=Verdict.EDIT,
            comment="wider",
            edit=edited,
        ),
        now=rows.NOW,
    )
    claim = Claim.objects.select_related("assessment").get(pk=claim.pk)
    assert claim.status == ClaimStatus.QUEUED
    assert claim.assessment.to_people[-1] == "the plan was edited since it was added"
    assert set(Claim.objects.filter(run=run).exclude(pk=claim.pk).values_list("status", flat=True)) == {"superseded"}


def test_an_edit_leaves_what_it_leaves_out_as_it_is(run, people):
    share = assumption(run, people.reviewer, "40", "40 percent of the market is open to newcomers.")
    value = {"number": "35", "unit": "percent"}
    decided(run, people.second_reviewer, share, Verdict.EDIT, {"text": "35 percent of it is open.", "value": value})
    share = Claim.objects.select_related("current").get(pk=share.pk)
    assert (share.current.kind, share.current.role) == ("assumption", "market_size")
    assert share.current.attributes["node"] == "input"
    decided(run, people.reviewer, share, Verdict.EDIT, {"attributes": {"node": "input", "approach": "bottom-up"}})
    share = Claim.objects.select_related("current").get(pk=share.pk)
    assert (share.current.text, share.current.value["number"]) == ("35 percent of it is open.", "35")


LAW = {
    "section": "regulation",
    "role": "regulation",
    "text": "An operator of games of skill needs a casino service industry enterprise licence in New Jersey.",
}


def test_nobody_types_a_regulator_or_a_primary_source_that_the_evidence_does_not_have(run, people):
    quotes = quote(run, "An operator of games of skill needs a casino service industry enterprise licence")
    Source.objects.filter(pk=quotes[0]["source_id"]).update(publisher="Unknown Blog", domain="")
    about = {"jurisdiction": "New Jersey", "topic": "licence", "primary": "yes"}
    with pytest.raises(InvalidInput, match="stands neither in the claim nor in its evidence"):
        add(run, people.reviewer, **LAW, quotes=quotes, attributes={**about, "regulator": "Thames Authority"})
    claim = add(run, people.reviewer, **LAW, quotes=quotes, attributes=about)
    assert claim.current.attributes["primary"] == "no"
    assert any("no primary source" in reason for reason in claim.assessment.to_people)


def test_a_competitors_cell_that_is_assumed_is_not_said_to_be_an_official_claim(run, people):
    rival = {"competitor": "Nosuch", "aspect": "price", "cell_type": "official claim"}
    common = {"section": "competitors", "kind": "assumption", "role": "competitor", "text": "Nosuch charges more."}
    with pytest.raises(InvalidInput, match="known by 'inference'"):
        add(run, people.reviewer, **common, attributes=rival)
    assert add(run, people.reviewer, **common, attributes={**rival, "cell_type": "inference"})


def test_what_a_rule_let_pass_can_be_rejected_at_the_gate_and_not_accepted_again(run, people):
    claim = Claim.objects.filter(run=run, status=ClaimStatus.QUEUED).exclude(section="regulation").first()
    Claim.objects.filter(pk=claim.pk).update(status=ClaimStatus.ACCEPTED, decided_by_rule=True)
    with pytest.raises(StaleState):
        decided(run, people.reviewer, claim, Verdict.APPROVE)
    decided(run, people.reviewer, claim, Verdict.REJECT)
    claim.refresh_from_db()
    assert (claim.status, claim.decided_by_rule) == (ClaimStatus.REJECTED, False)
    with pytest.raises(StaleState):
        decided(run, people.second_reviewer, claim, Verdict.REJECT)


def test_a_rival_of_no_register_is_flagged_when_a_person_adds_it(run, people, settings, tmp_path):
    listed = tmp_path / "tickers.json"
    listed.write_text('{"0": {"cik_str": 12, "ticker": "OAKL", "title": "OAKLINE GAMING INC"}}', encoding="utf-8")
    settings.MRD = settings.MRD.model_copy(update={"company_register": listed})
    runtime.company_register.cache_clear()
    rival = {"section": "competitors", "kind": "assumption", "role": "competitor"}
    about = {"aspect": "price", "cell_type": "inference"}
    try:
        known, unknown = (
            add(run, people.reviewer, **rival, text=f"{name} charges more.", attributes={"competitor": name, **about})
            for name in ("Oakline Gaming", "Nosuch Company Inc")
        )
    finally:
        runtime.company_register.cache_clear()
    flagged = [
        any("Nosuch" in reason or "Oakline" in reason for reason in c.assessment.to_people) for c in (known, unknown)
    ]
    assert flagged == [False, True]
