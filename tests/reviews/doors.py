"""The doors to the gates, each opened the way people open it, with one handle: `try_it`."""

from __future__ import annotations

import io
import json
from typing import Any, NamedTuple

from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from research.models import Claim, Decision, Event, Plan, Run, SectionRevision, User
from research.models.record import Signature
from research.services import tokens
from tests.doubles import rows

OK, BAD, REFUSED, NOT_FOUND, CONFLICT, SIGN_IN = "ok", "bad", "refused", "not found", "conflict", "sign in"
_OF_HTTP = {201: OK, 302: OK, 400: BAD, 401: SIGN_IN, 403: REFUSED, 404: NOT_FOUND, 409: CONFLICT}
_OF_EXIT = {2: BAD, 3: REFUSED, 4: NOT_FOUND, 5: CONFLICT}


class Attempt(NamedTuple):
    """What is tried. edit: as the API takes it."""

    run: Run
    subject: str
    row: Any
    verdict: str
    digest: str
    comment: str = ""
    edit: Any = None
    back_to: str = "drafting"
    meaning: str = ""
    password: str = ""


class Answer(NamedTuple):
    """How it went, and the words that came back."""

    how: str
    words: str


def desk(person: User, attempt: Attempt) -> Answer:
    """Post the form of the gate's page."""
    client = Client()
    client.force_login(person)
    name = {"plan": "plan", "claim": "claim", "section": "section", "document": "sign_off"}[attempt.subject]
    args = [attempt.run.pk] + ([attempt.row.pk] if attempt.subject in ("claim", "section") else [])
    response = client.post(reverse(f"reviews:{name}", args=args), _form(attempt))
    if response.status_code == 302 and "/login/" in response.url:
        return Answer(SIGN_IN, "")
    return Answer(_OF_HTTP[response.status_code], response.content.decode())


def _form(attempt: Attempt) -> dict[str, Any]:
    form: dict[str, Any] = {
        "subject_id": attempt.row.pk,
        "digest": attempt.digest,
        "verdict": attempt.verdict,
        "comment": attempt.comment,
        "back_to": attempt.back_to,
        "meaning": attempt.meaning,
        "password": attempt.password,
    }
    if attempt.verdict != "edit":
        return form
    if attempt.subject == "plan":
        return {**form, "as": "json", "plan_json": json.dumps(attempt.edit)}
    if attempt.subject == "claim":
        edit = attempt.edit
        return {**form, "text": edit["text"], "kind": edit["kind"], "evidence": edit["evidence_ids"]}
    if attempt.subject == "section":
        return {**form, **sentence_fields(attempt.edit["sentences"])}
    return form


def sentence_fields(sentences: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the fields of the section's edit form."""
    fields: dict[str, Any] = {"sentence-TOTAL_FORMS": len(sentences), "sentence-INITIAL_FORMS": 0}
    for number, sentence in enumerate(sentences):
        fields[f"sentence-{number}-text"] = sentence["text"]
        fields[f"sentence-{number}-kind"] = sentence.get("kind", "claim")
        fields[f"sentence-{number}-claims"] = ", ".join(str(one) for one in sentence["claims"])
        fields[f"sentence-{number}-ORDER"] = number + 1
    return fields


def desk_bulk(person: User, attempt: Attempt) -> Answer:
    """Tick the claim on the claims page and use the button for the ticked ones."""
    client = Client()
    client.force_login(person)
    fields = {
        "bulk": attempt.verdict,
        "pick": f"{attempt.row.pk}:{attempt.digest}",
        "bulk_comment": attempt.comment,
    }
    response = client.post(reverse("reviews:claims", args=[attempt.run.pk]), fields)
    if response.status_code == 302 and "/login/" in response.url:
        return Answer(SIGN_IN, "")
    return Answer(_OF_HTTP[response.status_code], response.content.decode())


def admin_action(person: User, attempt: Attempt) -> Answer:
    """Choose the action on the admin's list of claims, and confirm."""
    client = Client()
    client.force_login(person)
    fields = {
        "action": {"approve": "accept_claims", "reject": "reject_claims"}[attempt.verdict],
        "_selected_action": attempt.row.pk,
        "confirmed": "1",
        "pick": f"{attempt.row.pk}:{attempt.digest}",
        "comment": attempt.comment,
    }
    response = client.post(reverse("admin:research_claim_changelist"), fields)
    if response.status_code == 302 and "/login/" in response.url:
        return Answer(SIGN_IN, "")
    return Answer(_OF_HTTP[response.status_code], response.content.decode())


def api(person: User, attempt: Attempt) -> Answer:
    """Post to the API with a key of the person."""
    was_active = person.is_active
    # A key made while the account was open, as somebody who was let go yesterday has one.
    person.is_active = True
    key = tokens.create(user=person, name="test").key
    person.is_active = was_active
    client = APIClient(headers={"authorization": f"Bearer {key}"})
    body = {
        "subject": attempt.subject,
        "id": attempt.row.pk,
        "digest": attempt.digest,
        "verdict": attempt.verdict,
        "comment": attempt.comment,
        "payload": attempt.edit,
        "back_to": attempt.back_to,
        "meaning": attempt.meaning,
    }
    if attempt.password:
        body["password"] = attempt.password
    response = client.post(reverse("run-decisions", args=[attempt.run.pk]), body, format="json")
    if response.status_code >= 400:
        assert response["content-type"] == "application/problem+json"
        return Answer(_OF_HTTP[response.status_code], response.json()["detail"])
    return Answer(_OF_HTTP[response.status_code], json.dumps(response.json()))


def cli(person: User, attempt: Attempt, *, monkeypatch: Any, tmp_path: Any) -> Answer:
    """Run `manage.py decide`; the password given is the attempt's, or else the right one."""
    monkeypatch.setenv("MRD_DECIDE_PASSWORD", attempt.password or rows.PASSWORD)
    words = [str(attempt.run.pk), attempt.subject, str(attempt.row.pk), attempt.verdict, "--as", person.username]
    words += ["--digest", attempt.digest, "--comment", attempt.comment, "--meaning", attempt.meaning]
    words += ["--back-to", attempt.back_to]
    if attempt.edit is not None:
        path = tmp_path / "edited.json"
        path.write_text(json.dumps(attempt.edit), encoding="utf-8")
        words += ["--file", str(path)]
    out = io.StringIO()
    try:
        call_command("decide", *words, stdout=out)
    except CommandError as error:
        return Answer(_OF_EXIT[error.returncode], str(error))
    return Answer(OK, out.getvalue())


def snapshot(run: Run) -> tuple[Any, ...]:
    """Return all that a decision could change in a run."""
    return (
        Run.objects.filter(pk=run.pk).values_list("state", "generation").get(),
        list(Plan.objects.filter(run=run).order_by("pk").values_list("digest", "approved_at", "voided_at")),
        list(Claim.objects.filter(run=run).order_by("pk").values_list("status", "shown_digest", "current_id")),
        list(
            SectionRevision.objects.filter(run=run)
            .order_by("pk")
            .values_list("status", "digest", "first_approver_id", "second_approver_id")
        ),
        list(run.documents.order_by("pk").values_list("status", "digest")),
        Decision.objects.filter(run=run).count(),
        Signature.objects.filter(run=run).count(),
        Event.objects.filter(run=run).count(),
    )
