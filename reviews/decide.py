"""The one way to decide, for every gate and every door."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.http import HttpRequest

from research.engine.domain.errors import Conflict, InvalidInput, MrdError
from research.engine.domain.states import Verdict
from research.models import Claim, Run, SectionRevision, User
from research.models.record import Decision, SubjectKind
from research.services import claim_edits, editing, gates

from . import facts, passwords, policy
from .requests import BACK_TO, AdditionRequest, DecisionRequest, claim_addition, claim_edit, sentences, words

# What a decision that comes too late runs into: PostgreSQL names the constraint, SQLite the table.
_LATE = (
    "decision_once",
    "document_signed_once",
    "UNIQUE constraint failed: research_decision",
    "UNIQUE constraint failed: research_document",
)


class Outcome(NamedTuple):
    """What became of one request of many: the decision, or the error that stopped it."""

    request: DecisionRequest
    decision: Decision | None
    error: MrdError | None


def decide(
    *, person: User, door: str, request: DecisionRequest, now: dt.datetime, http: HttpRequest | None = None
) -> Decision:
    """Judge and write one decision, in one transaction that holds the run; return it.

    http: the web request, where there is one, so that wrong passwords count towards the lock-out.
    Raises `NotFound` (also for runs of other teams), `Refused`, `InvalidInput`, `StaleState`, `StaleDigest`,
    `Conflict`. Whatever is raised, nothing was changed.
    """
    request = replace(
        request, comment=words(request.comment, name="comment"), meaning=words(request.meaning, name="meaning")
    )
    facts.run_of(person=person, run_id=request.run_id)
    signs = (request.subject, request.verdict) == (SubjectKind.DOCUMENT, Verdict.APPROVE)
    # Hashing a password takes a third of a second: not while the run is held.
    confirmed = signs and passwords.confirm(person=person, password=request.password, http=http)
    try:
        with transaction.atomic():
            return _held(person, door, request, now, confirmed=confirmed)
    except IntegrityError as error:
        if any(name in str(error) for name in _LATE):
            raise Conflict("Somebody decided this a moment before you. Reload it and look again.") from error
        raise


def _held(person: User, door: str, request: DecisionRequest, now: dt.datetime, *, confirmed: bool) -> Decision:
    run = gates.hold(request.run_id)
    # Asked again under the lock: a membership may have ended since.
    facts.run_of(person=person, run_id=run.pk)
    subject = facts.locate(run=run, kind=request.subject, subject_id=request.subject_id)
    policy.check(
        facts.facts_for(
            who=facts.standing_of(person=person, run=run),
            run=run,
            subject=subject,
            verdict=request.verdict,
            door=door,
            comment=request.comment,
            meaning=request.meaning,
            password_confirmed=confirmed,
        )
    )
    by = gates.By(person=person, door=door, comment=request.comment, now=now)
    return _VERBS[request.subject, request.verdict](run, subject, request, by)


def add_claim(*, person: User, door: str, request: AdditionRequest, now: dt.datetime) -> Claim:
    """Judge and write a claim that a person adds, in one transaction that holds the run; return it.

    The policy asks what it asks of an edit of a claim of that section. Raises what `decide` raises.
    """
    comment = words(request.comment, name="comment")
    addition = claim_addition(request.addition)
    facts.run_of(person=person, run_id=request.run_id)
    with transaction.atomic():
        run = gates.hold(request.run_id)
        facts.run_of(person=person, run_id=run.pk)
        subject = facts.new_claim_subject(run=run, section=addition.section)
        who = facts.standing_of(person=person, run=run)
        policy.check(
            facts.facts_for(who=who, run=run, subject=subject, verdict=Verdict.EDIT, door=door, comment=comment)
        )
        by = gates.By(person=person, door=door, comment=comment, now=now)

        def add() -> Claim:
            return claim_edits.add(run=run, addition=addition, author=person, comment=comment, now=now)

        return gates.add_claim(run=run, add=add, by=by)


def decide_many(*, person: User, door: str, requests: Iterable[DecisionRequest], now: dt.datetime) -> list[Outcome]:
    """Decide each request in its own transaction and return what became of each, in the order given."""
    outcomes = []
    for request in requests:
        try:
            decision = decide(person=person, door=door, request=request, now=now)
        except MrdError as error:
            outcomes.append(Outcome(request, None, error))
        else:
            outcomes.append(Outcome(request, decision, None))
    return outcomes


_Verb = Callable[[Run, facts.Subject, DecisionRequest, gates.By], Decision]


def _approve_plan(run: Run, subject: facts.Subject, request: DecisionRequest, by: gates.By) -> Decision:
    return gates.approve_plan(run=run, plan=subject.row, digest=request.digest, by=by)


def _edit_plan(run: Run, subject: facts.Subject, request: DecisionRequest, by: gates.By) -> Decision:
    new = editing.checked_plan(run=run, plan=subject.row, data=request.edit)
    return gates.edit_plan(run=run, plan=subject.row, digest=request.digest, new=new, by=by)


def _reject_plan(run: Run, subject: facts.Subject, request: DecisionRequest, by: gates.By) -> Decision:
    return gates.reject_plan(run=run, plan=subject.row, digest=request.digest, by=by)


def _claim_verdict(run: Run, subject: facts.Subject, request: DecisionRequest, by: gates.By) -> Decision:
    return gates.decide_claim(run=run, claim=subject.row, digest=request.digest, verdict=request.verdict, by=by)


def _edit_claim(run: Run, subject: facts.Subject, request: DecisionRequest, by: gates.By) -> Decision:
    edit = claim_edit(request.edit)

    def revise(claim: Claim) -> Claim:
        return claim_edits.revise(claim=claim, edit=edit, author=by.person, comment=by.comment, now=by.now)

    return gates.edit_claim(run=run, claim=subject.row, digest=request.digest, revise=revise, by=by)


def _approve_section(run: Run, subject: facts.Subject, request: DecisionRequest, by: gates.By) -> Decision:
    return gates.approve_section(run=run, section=subject.row, digest=request.digest, by=by)


def _edit_section(run: Run, subject: facts.Subject, request: DecisionRequest, by: gates.By) -> Decision:
    edited = sentences(request.edit)

    def revise(section: SectionRevision) -> SectionRevision:
        return editing.revise_section(
            section=section, sentences=edited, author=by.person, comment=by.comment, now=by.now
        )

    return gates.edit_section(run=run, section=subject.row, digest=request.digest, revise=revise, by=by)


def _reject_section(run: Run, subject: facts.Subject, request: DecisionRequest, by: gates.By) -> Decision:
    if request.back_to not in BACK_TO:
        raise InvalidInput("A rejected section goes back to 'drafting' or to 'claim_review'.", field="back_to")
    return gates.reject_section(run=run, section=subject.row, digest=request.digest, back_to=request.back_to, by=by)


def _sign(run: Run, subject: facts.Subject, request: DecisionRequest, by: gates.By) -> Decision:
    signature = gates.sign(run=run, document=subject.row, digest=request.digest, meaning=request.meaning, by=by)
    return signature.decision


def _reject_document(run: Run, subject: facts.Subject, request: DecisionRequest, by: gates.By) -> Decision:
    return gates.reject_document(run=run, document=subject.row, digest=request.digest, by=by)


# The policy grants nothing that is not here; a missing pair would be a bug, and fails as one.
_VERBS: dict[tuple[SubjectKind, Verdict], _Verb] = {
    (SubjectKind.PLAN, Verdict.APPROVE): _approve_plan,
    (SubjectKind.PLAN, Verdict.EDIT): _edit_plan,
    (SubjectKind.PLAN, Verdict.REJECT): _reject_plan,
    (SubjectKind.CLAIM, Verdict.APPROVE): _claim_verdict,
    (SubjectKind.CLAIM, Verdict.EDIT): _edit_claim,
    (SubjectKind.CLAIM, Verdict.REJECT): _claim_verdict,
    (SubjectKind.SECTION, Verdict.APPROVE): _approve_section,
    (SubjectKind.SECTION, Verdict.EDIT): _edit_section,
    (SubjectKind.SECTION, Verdict.REJECT): _reject_section,
    (SubjectKind.DOCUMENT, Verdict.APPROVE): _sign,
    (SubjectKind.DOCUMENT, Verdict.REJECT): _reject_document,
}
