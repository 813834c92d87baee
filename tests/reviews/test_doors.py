"""Every refusal of the policy at every door it can be tried at; and each door opens for the right person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from research.engine.domain.states import RunState
from research.models import Run, User
from reviews import policy
from tests.doubles import rows

from . import doors, steps
from .doors import NOT_FOUND, OK, REFUSED, SIGN_IN, Attempt

pytestmark = pytest.mark.django_db
DOORS = ["desk", "desk_bulk", "admin", "api", "cli"]


@pytest.fixture
def try_it(monkeypatch, tmp_path) -> Callable[[str, User, Attempt], doors.Answer]:
    """Return `try_it(door, person, attempt)`."""

    def through(door: str, person: User, attempt: Attempt) -> doors.Answer:
        if door == "cli":
            return doors.cli(person, attempt, monkeypatch=monkeypatch, tmp_path=tmp_path)
        return {"desk": doors.desk, "desk_bulk": doors.desk_bulk, "admin": doors.admin_action, "api": doors.api}[door](
            person, attempt
        )

    return through


STATES = {
    "plan": RunState.PLAN_REVIEW,
    "claim": RunState.CLAIM_REVIEW,
    "section": RunState.REGULATORY_REVIEW,
    "document": RunState.SIGN_OFF,
}


class Case(NamedTuple):
    """One try. who: a name in the cast. before: what happened before (see steps.py). rule: the one that refuses."""

    subject: str
    verdict: str
    who: str
    rule: str = ""
    expected: tuple[str, ...] = (REFUSED,)
    before: str = ""
    changes: dict[str, Any] = {}
    key: str = ""


def _nothing(word: str) -> dict[str, Any]:
    return {word: ""}


REFUSALS = {
    "a person switched off": Case("plan", "approve", "reviewer", "", (REFUSED, SIGN_IN), before="switched_off"),
    "a person switched off, claim": Case("claim", "approve", "reviewer", "", (REFUSED, SIGN_IN), "switched_off"),
    "an outsider, plan": Case("plan", "approve", "outsider", "", (NOT_FOUND,)),
    "an outsider, claim": Case("claim", "approve", "outsider", "", (NOT_FOUND,)),
    "an outsider, claim rejected": Case("claim", "reject", "outsider", "", (NOT_FOUND,)),
    "an outsider, section": Case("section", "approve", "outsider", "", (NOT_FOUND,)),
    "an outsider, document": Case("document", "approve", "outsider", "", (NOT_FOUND,)),
    "a superuser of no team, plan": Case("plan", "approve", "superuser", "member"),
    "a superuser of no team, claim": Case("claim", "approve", "superuser", "member"),
    "a superuser of no team, section": Case("section", "approve", "superuser", "member"),
    "a superuser of no team, document": Case("document", "approve", "superuser", "member"),
    "an auditor, plan": Case("plan", "approve", "auditor", "auditor"),
    "an auditor, claim": Case("claim", "approve", "auditor", "auditor"),
    "an auditor, claim rejected": Case("claim", "reject", "auditor", "auditor"),
    "an auditor, section": Case("section", "edit", "auditor", "auditor"),
    "an auditor, document": Case("document", "approve", "auditor", "auditor"),
    "a document edited": Case("document", "edit", "approver", "granted"),
    "another section approved": Case("section", "approve", "reviewer", "granted", key="risks"),
    "an approver, claim": Case("claim", "approve", "approver", "group"),
    "an approver, section": Case("section", "approve", "approver", "group"),
    "a plain reviewer, regulatory claim": Case("claim", "approve", "plain", "group", key="regulation"),
    "a plain reviewer, section": Case("section", "approve", "plain", "group"),
    "a plain superuser of the team, claim": Case("claim", "approve", "mighty", "group"),
    "a plain superuser of the team, document": Case("document", "approve", "mighty", "group"),
    "a reviewer, document": Case("document", "approve", "reviewer", "group"),
    "the requester, plan": Case("plan", "approve", "requester", "requester"),
    "the requester, plan rejected": Case("plan", "reject", "requester", "requester"),
    "the requester, claim": Case("claim", "approve", "requester", "requester"),
    "the requester, claim rejected": Case("claim", "reject", "requester", "requester"),
    "the requester, claim edited": Case("claim", "edit", "requester", "requester"),
    "the requester, section": Case("section", "approve", "requester", "requester"),
    "the requester, document": Case("document", "approve", "requester", "requester"),
    "the plan's editor": Case("plan", "approve", "reviewer", "author", before="edited"),
    "the claim's last editor": Case("claim", "approve", "reviewer", "author", before="edited"),
    "the section's editor": Case("section", "approve", "reviewer", "author", before="edited"),
    "the editor of a section signs": Case("document", "approve", "signing_reviewer", "author", before="section_edited"),
    "the first approver again": Case("section", "approve", "reviewer", "once", before="first_approved"),
    "the first approver rejects": Case("section", "reject", "reviewer", "once", before="first_approved"),
    "a plan rejected in silence": Case("plan", "reject", "reviewer", "comment", changes=_nothing("comment")),
    "a plan edited in silence": Case("plan", "edit", "reviewer", "comment", changes=_nothing("comment")),
    "a claim rejected in silence": Case("claim", "reject", "reviewer", "comment", changes={"comment": " \n "}),
    "a claim edited in silence": Case("claim", "edit", "reviewer", "comment", changes=_nothing("comment")),
    "a section rejected in silence": Case("section", "reject", "reviewer", "comment", changes=_nothing("comment")),
    "a section edited in silence": Case("section", "edit", "reviewer", "comment", changes=_nothing("comment")),
    "a document rejected in silence": Case("document", "reject", "approver", "comment", changes=_nothing("comment")),
    "a signature without meaning": Case("document", "approve", "approver", "meaning", changes=_nothing("meaning")),
    "a signature without password": Case("document", "approve", "approver", "password", changes=_nothing("password")),
    "a signature with a wrong password": Case(
        "document", "approve", "approver", "password", changes={"password": "open-sesame"}
    ),
}
PASSES = {
    "a plan approved": Case("plan", "approve", "reviewer"),
    "a plan edited": Case("plan", "edit", "reviewer"),
    "a plan edited by its requester": Case("plan", "edit", "requester"),
    "a plan rejected": Case("plan", "reject", "approver"),
    "a claim accepted": Case("claim", "approve", "reviewer"),
    "a claim rejected": Case("claim", "reject", "reviewer"),
    "a claim edited": Case("claim", "edit", "reviewer"),
    "a claim edited by another": Case("claim", "approve", "second_reviewer", before="edited"),
    "a regulatory claim accepted": Case("claim", "approve", "reviewer", key="regulation"),
    "a section approved": Case("section", "approve", "reviewer"),
    "a section approved by the second": Case("section", "approve", "second_reviewer", before="first_approved"),
    "a section edited": Case("section", "edit", "reviewer"),
    "another section edited": Case("section", "edit", "plain", key="competitors"),
    "a section rejected": Case("section", "reject", "reviewer"),
    "a section sent back to its claims": Case("section", "reject", "reviewer", changes={"back_to": "claim_review"}),
    "a document signed": Case("document", "approve", "approver"),
    "a document rejected": Case("document", "reject", "approver"),
}


def _fits(door: str, case: Case) -> bool:
    if door in ("admin", "desk_bulk"):
        return case.subject == "claim" and case.verdict != "edit"
    # The command asks for a password before anything else: without one there is nobody to refuse.
    return not (door == "cli" and case.changes == {"password": ""})


def _pairs(cases: dict[str, Case]) -> list[Any]:
    return [
        pytest.param(door, case, id=f"{door}: {name}")
        for name, case in cases.items()
        for door in DOORS
        if _fits(door, case)
    ]


def _setting(people: rows.Cast, case: Case) -> tuple[Run, User, Attempt]:
    """Return the run in the state the case needs, the person, and what they try."""
    run = rows.run_at(STATES[case.subject], people)
    person = steps.person_for(people, case.who)
    row = steps.subject_of(run, case.subject, case.key)
    if case.before:
        row = steps.BEFORE[case.before](run, row, person, people) or row
    digest = row.shown_digest if case.subject == "claim" else row.digest
    attempt = Attempt(
        run=run,
        subject=case.subject,
        row=row,
        verdict=case.verdict,
        digest=digest,
        comment="" if case.verdict == "approve" else "because it says so",
        edit=steps.EDITS[case.subject](run, row) if case.verdict == "edit" else None,
        meaning="Approved for release" if case.subject == "document" else "",
        password=rows.PASSWORD if case.subject == "document" else "",
    )
    return run, person, attempt._replace(**case.changes)


@pytest.mark.parametrize("case", REFUSALS.values(), ids=REFUSALS.keys())
def test_a_refusal_stands_at_every_door_and_changes_nothing(case, people, try_it):
    """What the policy refuses is refused at each door, in its own words, and nothing is different afterwards."""
    run, person, attempt = _setting(people, case)
    before = doors.snapshot(run)
    sentence = _sentence(case, person, run, attempt) if case.rule else ""
    for door in DOORS:
        if not _fits(door, case):
            continue
        answer = try_it(door, person, attempt)
        assert answer.how in case.expected, (door, answer.words[:2000])
        # The command asks who it is first, so a wrong password is refused before the policy is asked.
        if not (door == "cli" and case.rule == "password"):
            assert sentence in answer.words.replace("&#x27;", "'").replace("&quot;", '"'), door
        assert doors.snapshot(run) == before, door


def _sentence(case: Case, person: User, run: Run, attempt: Attempt) -> str:
    """Return what the policy says to this, asked again from the rows."""
    from research.engine.domain.states import Verdict
    from reviews import facts

    subject = facts.locate(run=run, kind=steps.kind_of(case.subject), subject_id=attempt.row.pk)
    refused = policy.objection(
        facts.facts_for(
            who=facts.standing_of(person=person, run=run),
            run=run,
            subject=subject,
            verdict=Verdict(case.verdict),
            door="desk",
            comment=attempt.comment,
            meaning=attempt.meaning,
            password_confirmed=attempt.password == rows.PASSWORD,
        )
    )
    assert refused is not None
    assert refused.rule == case.rule
    return refused.detail


@pytest.mark.parametrize(("door", "case"), _pairs(PASSES))
def test_every_door_opens_for_the_right_person(door, case, people, try_it):
    """Beside each refusal stands somebody who may: one decision is made, and it names the door."""
    run, person, attempt = _setting(people, case)
    before = run.decisions.count()
    answer = try_it(door, person, attempt)
    assert answer.how == OK, answer.words[:3000]
    made = run.decisions.order_by("-pk")[0]
    assert run.decisions.count() == before + 1
    assert (made.verdict, made.person_id, made.subject_digest) == (case.verdict, person.pk, attempt.digest)
    assert made.door == ("bulk" if door == "desk_bulk" else door)


@pytest.mark.parametrize("door", DOORS)
def test_a_stale_digest_is_a_conflict_at_every_door(door, people, try_it):
    """Who decides over something that has changed since is told to look again."""
    run, person, attempt = _setting(people, Case("claim", "approve", "reviewer"))
    for digest in ("0" * 64, attempt.digest[:-1] + ("0" if attempt.digest[-1] != "0" else "1")):
        before = doors.snapshot(run)
        assert try_it(door, person, attempt._replace(digest=digest)).how == doors.CONFLICT
        assert doors.snapshot(run) == before


@pytest.mark.parametrize("door", DOORS)
def test_a_second_delivery_is_a_conflict_at_every_door(door, people, try_it):
    """The same decision sent twice is made once."""
    run, person, attempt = _setting(people, Case("claim", "approve", "reviewer"))
    assert try_it(door, person, attempt).how == OK
    before = doors.snapshot(run)
    assert try_it(door, person, attempt).how == doors.CONFLICT
    assert doors.snapshot(run) == before


@pytest.mark.parametrize("door", DOORS)
def test_a_claim_of_another_run_is_not_found_at_every_door(door, people, try_it):
    """A subject is looked for in its run alone; another team's claim does not exist through one's own run."""
    _, person, attempt = _setting(people, Case("claim", "approve", "reviewer"))
    others = rows.cast("elsewhere")
    foreign = rows.claim_of(rows.run_at(RunState.CLAIM_REVIEW, others))
    attempt = attempt._replace(row=foreign, digest=foreign.shown_digest)
    before = doors.snapshot(foreign.run)
    assert try_it(door, person, attempt).how == NOT_FOUND
    assert doors.snapshot(foreign.run) == before
