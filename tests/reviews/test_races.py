"""Many people at once, each in a thread with a connection of its own, on a real database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from research.engine.domain.errors import Conflict, MrdError, Refused
from research.engine.domain.states import ClaimStatus, RunState, Verdict
from research.models import Claim, Decision, Event, User
from research.models.record import SubjectKind
from reviews.decide import decide
from reviews.requests import DecisionRequest
from tests.doubles import rows

from .steps import plan_edit

pytestmark = pytest.mark.django_db(transaction=True)


def all_at_once(work: Sequence[Callable[[], object]]) -> list[object]:
    """Start every piece of work at the same moment; return what each gave, or the error it raised."""
    gate = threading.Barrier(len(work), timeout=60)

    def one(do: Callable[[], object]) -> object:
        try:
            gate.wait()
            return do()
        except MrdError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(work)) as pool:
        return list(pool.map(one, work))


def attempt(person: User, request: DecisionRequest) -> Callable[[], object]:
    return lambda: decide(person=person, door="api", request=request, now=rows.NOW)


def test_fifty_approvals_of_one_claim_make_one_decision_and_49_conflicts(people):
    """Fifty eligible people accept the same claim at the same moment: one does, and 49 are told so."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    claim = rows.claim_of(run)
    crowd = [rows.person(f"crowd-{number}", "reviewer", team=people.team) for number in range(50)]
    request = DecisionRequest(
        run_id=run.pk,
        subject=SubjectKind.CLAIM,
        subject_id=claim.pk,
        digest=claim.shown_digest,
        verdict=Verdict.APPROVE,
    )
    before = Event.objects.filter(run=run).count()
    results = all_at_once([attempt(person, request) for person in crowd])
    made = [one for one in results if isinstance(one, Decision)]
    conflicts = [one for one in results if isinstance(one, Conflict)]
    assert (len(made), len(conflicts)) == (1, 49)
    assert {type(one.detail) for one in conflicts} == {str}
    assert all(one.detail.endswith(".") for one in conflicts)
    assert list(Decision.objects.filter(run=run).values_list("pk", flat=True)) == [made[0].pk]
    assert Claim.objects.get(pk=claim.pk).status == ClaimStatus.ACCEPTED
    assert Event.objects.filter(run=run).count() == before + 1


def test_two_distinct_people_approve_a_section_however_many_try(people):
    """Eight regulatory reviewers, each twice at once: two approvals by two people, in slots one and two."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    section = rows.section_of(run)
    crowd = [rows.person(f"crowd-{number}", "regulatory reviewer", team=people.team) for number in range(8)]
    request = DecisionRequest(
        run_id=run.pk,
        subject=SubjectKind.SECTION,
        subject_id=section.pk,
        digest=section.digest,
        verdict=Verdict.APPROVE,
    )
    results = all_at_once([attempt(person, request) for person in crowd * 2])
    made = [one for one in results if isinstance(one, Decision)]
    assert sorted(one.slot for one in made) == [1, 2]
    assert len({one.person_id for one in made}) == 2
    assert all(isinstance(one, Decision | Conflict | Refused) for one in results)
    section.refresh_from_db()
    assert section.status == "approved"
    assert {section.first_approver_id, section.second_approver_id} == {one.person_id for one in made}


def test_one_person_twice_at_once_approves_a_section_once(people):
    """The same person in two windows takes one slot, never both."""
    run = rows.run_at(RunState.REGULATORY_REVIEW, people)
    section = rows.section_of(run)
    request = DecisionRequest(
        run_id=run.pk,
        subject=SubjectKind.SECTION,
        subject_id=section.pk,
        digest=section.digest,
        verdict=Verdict.APPROVE,
    )
    results = all_at_once([attempt(people.reviewer, request) for _ in range(6)])
    assert sum(isinstance(one, Decision) for one in results) == 1
    assert sum(isinstance(one, Refused) for one in results) == 5
    section.refresh_from_db()
    assert (section.status, section.second_approver_id) == ("drafted", None)


def test_the_last_two_claims_at_once_pass_the_gate_once(people):
    """Two people deciding the last two claims at the same moment move the run one state, not two or none."""
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    waiting = list(Claim.objects.filter(run=run, status=ClaimStatus.QUEUED).order_by("pk"))
    Claim.objects.filter(pk__in=[claim.pk for claim in waiting[2:]]).update(status=ClaimStatus.ACCEPTED)
    requests = [
        DecisionRequest(
            run_id=run.pk,
            subject=SubjectKind.CLAIM,
            subject_id=claim.pk,
            digest=claim.shown_digest,
            verdict=Verdict.APPROVE,
        )
        for claim in waiting[:2]
    ]
    persons = (people.reviewer, people.second_reviewer)
    results = all_at_once([attempt(person, request) for person, request in zip(persons, requests, strict=True)])
    assert all(isinstance(one, Decision) for one in results)
    run.refresh_from_db()
    assert run.state == RunState.DRAFTING
    assert Event.objects.filter(run=run, kind="claims.passed").count() == 1


def test_approving_and_editing_a_plan_at_once_never_approves_what_nobody_saw(people):
    """Whoever is first, the plan that is approved is the one that was shown, or none is."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    plan = rows.plan_of(run)
    approve = DecisionRequest(
        run_id=run.pk, subject=SubjectKind.PLAN, subject_id=plan.pk, digest=plan.digest, verdict=Verdict.APPROVE
    )
    edit = DecisionRequest(
        run_id=run.pk,
        subject=SubjectKind.PLAN,
        subject_id=plan.pk,
        digest=plan.digest,
        verdict=Verdict.EDIT,
        comment="narrower",
        edit=plan_edit(run, plan),
    )
    all_at_once([attempt(people.reviewer, approve), attempt(people.second_reviewer, edit)])
    run.refresh_from_db()
    standing = rows.plan_of(run)
    assert (run.state, standing.revision, standing.approved_at) == (RunState.PLAN_REVIEW, 2, None)
