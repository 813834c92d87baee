"""Accept and reject ticked claims from the admin's list of claims: first shown in full, then decided one by one."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from research.engine.domain.errors import MrdError
from research.engine.domain.states import ClaimStatus, RunState, Verdict
from research.models import Claim
from research.models.record import SubjectKind

from . import cards, facts
from .decide import decide_many
from .requests import DecisionRequest
from .views import common
from .views.claims import picked, say_failures

MOST_AT_ONCE = 100
CONFIRMED = "confirmed"


@admin.action(description="Accept the ticked claims…", permissions=["view"])
def accept_claims(model_admin: Any, request: HttpRequest, chosen: QuerySet[Claim]) -> HttpResponse | None:
    """Show the ticked claims as a reviewer sees them, then accept those that may be accepted."""
    return _act(model_admin, request, chosen, Verdict.APPROVE)


@admin.action(description="Reject the ticked claims…", permissions=["view"])
def reject_claims(model_admin: Any, request: HttpRequest, chosen: QuerySet[Claim]) -> HttpResponse | None:
    """Show the ticked claims, ask why, then reject those that may be rejected."""
    return _act(model_admin, request, chosen, Verdict.REJECT)


ACTIONS = (accept_claims, reject_claims)


def _act(model_admin: Any, request: HttpRequest, chosen: QuerySet[Claim], verdict: Verdict) -> HttpResponse | None:
    if CONFIRMED not in request.POST:
        return _confirm(model_admin, request, chosen, verdict)
    try:
        return _decide(request, chosen, verdict)
    except MrdError as error:
        return _confirm(model_admin, request, chosen, verdict, error=error)


def _decide(request: HttpRequest, chosen: QuerySet[Claim], verdict: Verdict) -> HttpResponse:
    """Decide the claims that were shown, each over the digest it was shown with. Raises when none could be decided."""
    shown = picked(request.POST.getlist("pick"))
    runs = dict(chosen.filter(pk__in=[pk for pk, _ in shown]).values_list("pk", "run_id"))
    if len(runs) != len(shown):
        raise Http404("There is no such claim.")
    wanted = [
        DecisionRequest(
            run_id=runs[pk],
            subject=SubjectKind.CLAIM,
            subject_id=pk,
            digest=digest,
            verdict=verdict,
            comment=request.POST.get("comment", ""),
        )
        for pk, digest in shown
    ]
    outcomes = decide_many(person=common.person_of(request), door="admin", requests=wanted, now=timezone.now())
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    if len(failed) == len(outcomes) and failed[0].error is not None:
        raise failed[0].error
    done = "accepted" if verdict is Verdict.APPROVE else "rejected"
    messages.success(request, f"{len(outcomes) - len(failed)} of {len(outcomes)} claims {done}.")
    say_failures(request, failed)
    return HttpResponseRedirect(request.get_full_path())


def _confirm(
    model_admin: Any,
    request: HttpRequest,
    chosen: QuerySet[Claim],
    verdict: Verdict,
    *,
    error: MrdError | None = None,
) -> HttpResponse | None:
    """Show the ticked claims that wait, with all a reviewer is shown and the digest of it."""
    total = chosen.count()
    if not total:
        raise Http404("There is no such claim.")
    if total > MOST_AT_ONCE:
        messages.warning(request, f"{total} claims are ticked: tick at most {MOST_AT_ONCE} and read them.")
        return None
    waiting = chosen.filter(status=ClaimStatus.QUEUED, run__state=RunState.CLAIM_REVIEW, current__isnull=False)
    rows = facts.with_last_editor(waiting.order_by("run", "pk")).select_related("run", "current__author", "assessment")
    groups = []
    for run, some in groupby(rows, key=lambda claim: claim.run):
        who = facts.standing_of(person=common.person_of(request), run=run)
        groups.append((run, cards.cards(run=run, claims=list(some), who=who)))
    context = {
        "opts": model_admin.opts,
        "groups": groups,
        "left_out": total - sum(len(some) for _, some in groups),
        "verdict": verdict.value,
        "action": request.POST.get("action", ""),
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "confirmed": CONFIRMED,
        "comment": request.POST.get("comment", ""),
    }
    title = "Accept claims" if verdict is Verdict.APPROVE else "Reject claims"
    return common.render(request, "admin/reviews/claims_action.html", context, title=title, error=error)
