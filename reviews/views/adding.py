"""Add a claim by hand: choose what it is in the document, then say it and what it rests on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from research.engine.domain.errors import InvalidInput, MrdError, NotFound
from research.engine.domain.items import ROLES, Role
from research.engine.domain.states import Verdict
from research.engine.verticals import registry
from research.models import Claim, Run
from reviews import claim_forms, facts, policy
from reviews.decide import add_claim
from reviews.requests import AdditionRequest

from . import common

_OPEN = ("claim_review", "drafting", "regulatory_review", "sign_off")
# The sections that items of a role usually stand in, where the vertical has them.
_USUAL = {
    "persona": "personas",
    "voice": "voice_of_customer",
    "competitor": "competitors",
    "regulation": "regulation",
    "requirement": "requirements",
    "out_of_scope": "requirements",
    "assumption": "assumptions",
    "risk": "risks",
    "market_size": "market_size",
}
_MOST_CITABLE = 400


@common.page
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show the form for a claim of the role asked for (`?role=`), and take the claim."""
    desk = common.open_desk(request, run_id)
    role: Role = next((one for one in ROLES if one == request.GET.get("role")), "fact")
    sources = claim_forms.sources_of(desk.run.team_id)
    posted = request.POST if request.method == "POST" else None
    form = claim_forms.ClaimForm(posted, evidence_ids=(), role=role, initial={"kind": _kind(role)})
    quotes = claim_forms.QuoteFormSet(posted, prefix="quote", form_kwargs={"sources": sources})
    if posted is None:
        return _show(desk, role, form, quotes)
    try:
        if not form.is_valid() or not quotes.is_valid():
            raise InvalidInput("The form has mistakes: they are marked below.")
        addition = {
            **form.value(),
            "section": request.POST.get("section", ""),
            "quotes": claim_forms.quotes_of(quotes),
        }
        claim = add_claim(
            person=common.person_of(request),
            door="desk",
            request=AdditionRequest(run_id=desk.run.pk, addition=addition, comment=request.POST.get("comment", "")),
            now=timezone.now(),
        )
    except NotFound:
        raise
    except MrdError as error:
        return _show(desk, role, form, quotes, error=error)
    desk.run.refresh_from_db()
    messages.success(request, f"Claim {claim.pk} is added; another person decides on it. {common.now_is(desk.run)}")
    return redirect("reviews:claim", run_id=run_id, claim_id=claim.pk)


def _kind(role: str) -> str:
    return {"assumption": "assumption", "requirement": "inferred", "out_of_scope": "inferred"}.get(role, "stated")


def _show(desk: common.Desk, role: str, form: Any, quotes: Any, *, error: MrdError | None = None) -> HttpResponse:
    post = desk.request.POST
    sections = registry.get(desk.run.vertical).sections
    chosen = post.get("section") or _USUAL.get(role, "")
    context = {
        "run": desk.run,
        "role": role,
        "roles": [(one, one.replace("_", " ")) for one in ROLES],
        "form": form,
        "quotes": quotes,
        "sections": sections,
        "chosen": chosen,
        "comment": post.get("comment", ""),
        "citable": _citable(desk.run),
        "why_not": _why_not(desk),
    }
    return common.render(desk.request, "reviews/add_claim.html", context, title="Add a claim", error=error)


def _why_not(desk: common.Desk) -> str:
    """Return why this person can add no claim at all now, or ""."""
    if desk.run.state not in _OPEN:
        return f"Claims are added at the claims gate and later, until the signature. {common.now_is(desk.run)}"
    refused = []
    for section in registry.get(desk.run.vertical).sections:
        subject = facts.new_claim_subject(run=desk.run, section=section.key)
        asked = facts.facts_for(who=desk.who, run=desk.run, subject=subject, verdict=Verdict.EDIT, door="desk")
        refused.append(policy.objection(asked, leave_out=policy.ASKED))
    return refused[0].detail if refused and all(refused) and refused[0] else ""


def _citable(run: Run) -> list[Claim]:
    """Return the claims that a new one may rest on."""
    rows = Claim.objects.filter(run=run, status__in=("accepted", "queued"), current__isnull=False)
    return list(rows.select_related("current").order_by("section", "pk")[:_MOST_CITABLE])
