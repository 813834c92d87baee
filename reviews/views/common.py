"""What every page of the desk shares: who may look, the admin's frame, a decision tried and its error shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from research.engine.domain.errors import Conflict, InvalidInput, MrdError, NotFound, Refused
from research.engine.domain.states import RunState, Verdict
from research.models import Decision, Run, User
from research.models.record import SubjectKind
from research.services import access
from reviews import facts, queue
from reviews.decide import decide
from reviews.requests import BACK_TO, DecisionRequest

P = ParamSpec("P")
_STATUS: tuple[tuple[type[MrdError], HTTPStatus], ...] = (
    (InvalidInput, HTTPStatus.BAD_REQUEST),
    (Refused, HTTPStatus.FORBIDDEN),
    (Conflict, HTTPStatus.CONFLICT),
)
_RUN_STATES = {
    RunState.PLANNING: "is being planned again",
    RunState.PLAN_REVIEW: "waits at the plan gate",
    RunState.RESEARCHING: "is being researched",
    RunState.CLAIM_REVIEW: "waits at the claims gate",
    RunState.DRAFTING: "is being drafted",
    RunState.REGULATORY_REVIEW: "waits at the regulatory gate",
    RunState.SIGN_OFF: "waits for its signature",
    RunState.COMPLETED: "is completed",
}


@dataclass(frozen=True)
class Desk:
    """A page of one run: the request, the run, and who the person is to it."""

    request: HttpRequest
    run: Run
    who: facts.Standing


def person_of(request: HttpRequest) -> User:
    """Return who is signed in; `page` and the admin let nobody else come this far. Raises `PermissionDenied`."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def open_desk(request: HttpRequest, run_id: UUID) -> Desk:
    """Return the desk of a run the person may see. Raises `NotFound`."""
    run = facts.run_of(person=person_of(request), run_id=run_id)
    return Desk(request, run, facts.standing_of(person=person_of(request), run=run))


def page(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let signed-in staff of the six groups in; what does not exist for them is a 404."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not access.may_view(request.user):
            raise PermissionDenied
        try:
            return view(request, *args, **kwargs)
        except NotFound as error:
            raise Http404(error.detail) from error

    return cast("Callable[Concatenate[HttpRequest, P], HttpResponse]", admin.site.admin_view(guarded))


def render(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, title: str, error: MrdError | None = None
) -> HttpResponse:
    """Return a page in the admin's frame; with an error, at the top and in the status."""
    whole = {
        **admin.site.each_context(request),
        "is_nav_sidebar_enabled": False,
        "title": title,
        "error": error.detail if error else "",
        **context,
    }
    return TemplateResponse(request, template, whole, status=status_of(error))


def status_of(error: MrdError | None) -> int:
    """Return the HTTP status of an expected error; 200 without one."""
    if error is None:
        return HTTPStatus.OK
    return next((status for kind, status in _STATUS if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)


def requested(
    desk: Desk, subject: SubjectKind, subject_id: int, *, verdict: str | None = None, edit: Any = None
) -> DecisionRequest:
    """Return the posted decision. Raises `InvalidInput` for a verdict or a way back that does not exist."""
    post = desk.request.POST
    return DecisionRequest(
        run_id=desk.run.pk,
        subject=subject,
        subject_id=subject_id,
        digest=post.get("digest", ""),
        verdict=verdict_of(verdict or post.get("verdict", "")),
        comment=post.get("comment", ""),
        edit=edit,
        back_to=_back_to(post.get("back_to", "")),
        meaning=post.get("meaning", ""),
        password=post.get("password", ""),
    )


def verdict_of(text: str) -> Verdict:
    """Return the verdict called `text`. Raises `InvalidInput`."""
    try:
        return Verdict(text)
    except ValueError as error:
        raise InvalidInput("Choose one of the buttons: approve, edit or reject.", field="verdict") from error


def _back_to(text: str) -> RunState:
    if text and text not in BACK_TO:
        raise InvalidInput("A rejected section goes back to 'drafting' or to 'claim_review'.", field="back_to")
    return RunState(text or RunState.DRAFTING)


def settle(desk: Desk, request: DecisionRequest) -> Decision:
    """Decide as the person at the desk, and let the page know where the run is now. Raises what `decide` raises."""
    decision = decide(
        person=person_of(desk.request), door="desk", request=request, now=timezone.now(), http=desk.request
    )
    desk.run.refresh_from_db()
    return decision


def number(text: str) -> int:
    """Return the id in a posted field. Raises `InvalidInput`."""
    if not (text.isascii() and text.isdigit()):
        raise InvalidInput("The form came back incomplete: reload the page and try again.")
    return int(text)


def json_of(text: str) -> Any:
    """Return what JSON text gives. Raises `InvalidInput` naming the place where it breaks."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidInput(f"This is not JSON, at line {error.lineno}, column {error.colno}: {error.msg}.") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput("This is not JSON that can be read: check numbers and nesting.") from error


def now_is(run: Run) -> str:
    """Return a sentence saying where the run is now."""
    return f"The run {_RUN_STATES.get(RunState(run.state), f'is {run.get_state_display()}')}."


def gate_of(run: Run) -> str:
    """Return the gate the run waits at, or ""."""
    gate = queue.GATE_OF_STATE.get(run.state)
    return gate.value if gate else ""
