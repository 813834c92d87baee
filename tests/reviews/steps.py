"""What happened before a case of the door tests, done through the gates as people do it."""

from __future__ import annotations

import copy
from typing import Any

from research.engine.domain.states import Verdict
from research.models import Decision, Run, User
from research.models.record import SubjectKind
from reviews.decide import decide
from reviews.requests import DecisionRequest
from tests.doubles import rows


def claim_edit(run: Run, claim: Any) -> dict[str, Any]:
    evidence = list(claim.current.evidence_links.values_list("evidence_id", flat=True))
    return {"text": f"{claim.current.text[:-1]} indeed.", "kind": "stated", "evidence_ids": evidence}


def plan_edit(run: Run, plan: Any) -> dict[str, Any]:
    body = copy.deepcopy(plan.body)
    body["tasks"][0]["question"] += " Say where each figure is from."
    return body


def section_edit(run: Run, section: Any) -> dict[str, Any]:
    first = section.body["sentences"][0]
    return {
        "sentences": [
            {
                **first,
                "text": first["text"].replace("operator", "firm").replace("Players", "People").replace("offers", "has"),
            }
        ]
    }


EDITS = {"plan": plan_edit, "claim": claim_edit, "section": section_edit, "document": lambda run, row: None}


def kind_of(subject: str) -> SubjectKind:
    return SubjectKind(subject)


def person_for(people: rows.Cast, who: str) -> User:
    """Return somebody of the cast, or make them: a plain reviewer, a plain superuser, a reviewer who may sign too."""
    tag = people.team.slug
    if who == "plain":
        return rows.person(f"{tag}-plain", "reviewer", team=people.team)
    if who == "mighty":
        return rows.person(f"{tag}-mighty", "administrator", team=people.team, is_superuser=True)
    if who == "signing_reviewer":
        return rows.person(f"{tag}-both", "reviewer", "approver", team=people.team)
    return getattr(people, who)


def subject_of(run: Run, subject: str, key: str) -> Any:
    """Return the row that is decided on."""
    if subject == "plan":
        return rows.plan_of(run)
    if subject == "claim":
        return rows.claim_of(run, section=key or "competitors")
    if subject == "section":
        return rows.section_of(run, key or "regulation")
    return rows.document_of(run)


def make(run: Run, person: User, row: Any, kind: SubjectKind, verdict: Verdict, **more: Any) -> None:
    """Decide at the desk."""
    digest = row.shown_digest if kind is SubjectKind.CLAIM else row.digest
    request = DecisionRequest(run_id=run.pk, subject=kind, subject_id=row.pk, digest=digest, verdict=verdict, **more)
    decide(person=person, door="desk", request=request, now=rows.NOW)


def switched_off(run: Run, row: Any, person: User, people: rows.Cast) -> None:
    """Switch the person's account off after they had been let in."""
    del run, row, people
    person.is_active = False
    person.save(update_fields=["is_active"])


def edited(run: Run, row: Any, person: User, people: rows.Cast) -> Any:
    """Let the first reviewer edit the subject; return what stands in its place."""
    del person
    subject = {"Plan": "plan", "Claim": "claim", "SectionRevision": "section"}[type(row).__name__]
    edit = EDITS[subject](run, row)
    make(run, people.reviewer, row, SubjectKind(subject), Verdict.EDIT, comment="better words", edit=edit)
    return subject_of(run, subject, row.key if subject == "section" else "competitors")


def section_edited(run: Run, row: Any, person: User, people: rows.Cast) -> Any:
    """Let the person edit a section that is not regulatory; return the document composed anew."""
    del row, people
    section = rows.section_of(run, "competitors")
    first = section.body["sentences"][0]
    edit = {"sentences": [{**first, "text": first["text"].replace("offers", "has")}]}
    make(run, person, section, SubjectKind.SECTION, Verdict.EDIT, comment="plainer", edit=edit)
    return rows.document_of(run)


def first_approved(run: Run, row: Any, person: User, people: rows.Cast) -> Any:
    """Let the first reviewer approve the section."""
    del person
    make(run, people.reviewer, row, SubjectKind.SECTION, Verdict.APPROVE)
    row.refresh_from_db()
    return row


BEFORE = {
    "switched_off": switched_off,
    "edited": edited,
    "section_edited": section_edited,
    "first_approved": first_approved,
}


def request_on(run, kind, row, verdict, **more) -> DecisionRequest:
    """Return a request over the digest the row has now."""
    digest = row.shown_digest if kind == "claim" else row.digest
    return DecisionRequest(
        run_id=run.pk,
        subject=SubjectKind(kind),
        subject_id=row.pk,
        digest=digest,
        verdict=Verdict(verdict),
        **{"comment": "because", **more},
    )


def settle(run, person, kind, row, verdict, **more) -> Decision:
    """Decide at the desk and reload the run."""
    decision = decide(person=person, door="desk", request=request_on(run, kind, row, verdict, **more), now=rows.NOW)
    run.refresh_from_db()
    return decision


def sign(run, person, document, **more) -> Decision:
    """Sign the document with meaning and password."""
    fields = {"meaning": "I approve this document for release.", "password": rows.PASSWORD, **more}
    return settle(run, person, "document", document, "approve", **fields)
