"""The claims gate: many claims on a page, decided one by one or ticked together; and one claim with all about it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from research import queries
from research.engine.domain.errors import InvalidInput, MrdError, NotFound
from research.engine.domain.states import ClaimStatus
from research.engine.verticals import registry
from research.models import Claim, Evidence, Run
from research.models.record import SubjectKind
from reviews import cards, claim_forms, facts, forms
from reviews.decide import Outcome, decide_many
from reviews.requests import DecisionRequest

from . import common

PER_PAGE = 25
_SHOWN_MESSAGES = 10
_DONE = {"approve": "Accepted.", "reject": "Rejected.", "edit": "Edited; another person decides on it now."}
_EDITABLE = ("claim_review", "drafting", "regulatory_review", "sign_off")
_GONE = (ClaimStatus.MERGED, ClaimStatus.SUPERSEDED, ClaimStatus.PROPOSED)
_ORDERS = {
    "section": ("place", "pk"),
    "doubt": (F("assessment__confidence").asc(nulls_first=True), "pk"),
    "sure": (F("assessment__confidence").desc(nulls_last=True), "pk"),
}


@common.page
@require_http_methods(["GET", "HEAD", "POST"])
def claims(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show the run's claims, 25 a page, and take decisions: on one (`subject_id`) or on the ticked (`bulk`)."""
    desk = common.open_desk(request, run_id)
    if request.method != "POST":
        return _list(desk)
    try:
        done = _bulk(desk) if "bulk" in request.POST else _one(desk)
    except NotFound:
        raise
    except MrdError as error:
        return _list(desk, error=error)
    messages.success(request, done)
    if desk.run.state != "claim_review":
        messages.info(request, f"Nothing waits at this gate any more. {common.now_is(desk.run)}")
        return redirect("reviews:queue")
    return redirect(_here(desk))


def _here(desk: common.Desk) -> str:
    query = desk.request.GET.urlencode()
    return reverse("reviews:claims", args=[desk.run.pk]) + (f"?{query}" if query else "")


def _one(desk: common.Desk) -> str:
    subject_id = common.number(desk.request.POST.get("subject_id", ""))
    wanted = common.requested(desk, SubjectKind.CLAIM, subject_id)
    common.settle(desk, wanted)
    return _DONE[wanted.verdict]


def _bulk(desk: common.Desk) -> str:
    """Decide the ticked claims, each by itself, and return how it went. Raises when none could be decided."""
    post = desk.request.POST
    verdict = common.verdict_of(post["bulk"])
    wanted = [
        DecisionRequest(
            run_id=desk.run.pk,
            subject=SubjectKind.CLAIM,
            subject_id=pk,
            digest=digest,
            verdict=verdict,
            comment=post.get("bulk_comment", ""),
        )
        for pk, digest in picked(post.getlist("pick"))
    ]
    outcomes = decide_many(person=common.person_of(desk.request), door="bulk", requests=wanted, now=timezone.now())
    desk.run.refresh_from_db()
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    if len(failed) == len(outcomes) and failed[0].error is not None:
        raise failed[0].error
    say_failures(desk.request, failed)
    return (
        f"{len(outcomes) - len(failed)} of {len(outcomes)} claims {'accepted' if verdict == 'approve' else 'rejected'}."
    )


def picked(values: list[str]) -> list[tuple[int, str]]:
    """Return id and digest of each ticked claim. Raises `InvalidInput` when none is."""
    if not values:
        raise InvalidInput("No claim is ticked: tick those you decide on.")
    pairs = [value.partition(":") for value in values]
    return [(common.number(pk), digest) for pk, _, digest in pairs]


def say_failures(request: HttpRequest, failed: list[Outcome]) -> None:
    """Tell why each claim that was not decided was not, the first ten in full."""
    for outcome in failed[:_SHOWN_MESSAGES]:
        if outcome.error is not None:
            messages.warning(request, f"Claim {outcome.request.subject_id}: {outcome.error.detail}")
    if len(failed) > _SHOWN_MESSAGES:
        messages.warning(request, f"And {len(failed) - _SHOWN_MESSAGES} more were not decided; they are still here.")


def _list(desk: common.Desk, *, error: MrdError | None = None) -> HttpResponse:
    rows = Claim.objects.filter(run=desk.run).exclude(status__in=_GONE).exclude(current=None)
    chosen = forms.FilterForm(desk.request.GET)
    query = {name: value for name, value in chosen.cleaned_data.items() if value} if chosen.is_valid() else {}
    status = query.get("status", "queued")
    found = rows if status == "all" else rows.filter(status=status)
    tabs = _sections(desk.run, found, query)
    if "section" in query:
        found = found.filter(section=query["section"])
    page = Paginator(_ordered(desk.run, found, query.get("order", "section")), PER_PAGE).get_page(
        desk.request.GET.get("p")
    )
    tried = desk.request.POST.get("subject_id", "") if error else ""
    shown = cards.cards(run=desk.run, claims=list(page), who=desk.who)
    waits = common.gate_of(desk.run) == "claims"
    context = {
        "run": desk.run,
        "waits": waits,
        "page": page,
        "cards": shown,
        "may_add": desk.run.state in _EDITABLE,
        "any_for_me": waits and any(card.waits and card.may.reject for card in shown),
        "counts": _counts(rows),
        "filter": {"status": status, "order": query.get("order", "section"), "section": query.get("section", "")},
        "statuses": forms.STATUSES,
        "orders": forms.ORDERS,
        "tabs": tabs,
        "query": urlencode(query),
        "tried": int(tried) if tried.isascii() and tried.isdigit() else 0,
        "comment": desk.request.POST.get("comment", "") if error else "",
        "picked": set(desk.request.POST.getlist("pick")) if error else set(),
        "bulk_comment": desk.request.POST.get("bulk_comment", "") if error else "",
    }
    return common.render(desk.request, "reviews/claims.html", context, title="Claims", error=error)


def _counts(rows: QuerySet[Claim]) -> dict[str, int]:
    people = Q(decided_by_rule=False)
    counts: dict[str, int] = rows.aggregate(
        queued=Count("pk", filter=Q(status="queued")),
        accepted=Count("pk", filter=Q(status="accepted") & people),
        rejected=Count("pk", filter=Q(status="rejected")),
        by_rule=Count("pk", filter=~people),
    )
    total = counts["queued"] + counts["accepted"] + counts["rejected"]
    return {**counts, "total": total, "share": (total - counts["queued"]) * 100 // total if total else 0}


def _sections(run: Run, rows: QuerySet[Claim], query: dict[str, str]) -> list[dict[str, Any]]:
    """Return the sections that hold claims, in the document's order, with how many and the address of each."""
    numbers = dict(rows.order_by().values_list("section").annotate(n=Count("pk")))
    rest = {name: value for name, value in query.items() if name != "section"}
    return [
        {
            "key": section.key,
            "title": section.title,
            "regulatory": section.regulatory,
            "count": numbers[section.key],
            "query": urlencode({**rest, "section": section.key}),
        }
        for section in registry.get(run.vertical).sections
        if section.key in numbers
    ]


def _ordered(run: Run, rows: QuerySet[Claim], order: str) -> QuerySet[Any]:
    keys = registry.get(run.vertical).section_keys()
    places = [When(section=key, then=Value(place)) for place, key in enumerate(keys)]
    placed = facts.with_last_editor(rows).annotate(
        place=Case(*places, default=Value(len(keys)), output_field=IntegerField())
    )
    rows_in_order: QuerySet[Any] = placed.select_related("current__author", "assessment").order_by(*_ORDERS[order])
    return rows_in_order


@common.page
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest, run_id: UUID, claim_id: int) -> HttpResponse:
    """Show one claim with its history and all evidence of its task, and take a decision or an edit."""
    desk = common.open_desk(request, run_id)
    row = facts.locate(run=desk.run, kind=SubjectKind.CLAIM, subject_id=claim_id).row
    evidence = list(queries.evidence(desk.run).filter(task_key=row.task_key).order_by("pk"))
    linked = queries.evidence_of([row.current_id]).get(row.current_id, [])
    have = {one.pk for one in evidence}
    evidence += [link.evidence for link in linked if link.evidence_id not in have]
    if request.method != "POST":
        return _detail(desk, row, evidence, _filled(row, evidence, {link.evidence_id for link in linked}))
    form = claim_forms.ClaimForm(
        request.POST, evidence_ids=[one.pk for one in evidence], role=row.current.role if row.current else "fact"
    )
    try:
        edit = None
        if request.POST.get("verdict") == "edit":
            if not form.is_valid():
                raise InvalidInput("The form has mistakes: they are marked below.")
            edit = form.value()
        wanted = common.requested(desk, SubjectKind.CLAIM, claim_id, edit=edit)
        common.settle(desk, wanted)
    except NotFound:
        raise
    except MrdError as error:
        shown = form if request.POST.get("verdict") == "edit" else _filled(row, evidence, have)
        return _detail(
            desk, facts.locate(run=desk.run, kind=SubjectKind.CLAIM, subject_id=claim_id).row, evidence, shown, error
        )
    messages.success(request, f"{_DONE[wanted.verdict]} {common.now_is(desk.run)}")
    return redirect("reviews:claims", run_id=run_id) if desk.run.state == "claim_review" else redirect("reviews:queue")


def _filled(row: Any, evidence: list[Evidence], chosen: set[int]) -> claim_forms.ClaimForm:
    return claim_forms.ClaimForm(
        initial=claim_forms.initial_of(row, ticked=sorted(chosen)),
        evidence_ids=[one.pk for one in evidence],
        role=row.current.role if row.current else "fact",
    )


def _detail(
    desk: common.Desk, row: Any, evidence: list[Evidence], form: claim_forms.ClaimForm, error: MrdError | None = None
) -> HttpResponse:
    if row.current is None:
        raise NotFound("This run has no such claim.")
    ticked = {str(pk) for pk in form["evidence"].value() or ()}
    context = {
        "run": desk.run,
        "card": cards.cards(run=desk.run, claims=[row], who=desk.who)[0],
        "waits": common.gate_of(desk.run) == "claims",
        "editable": desk.run.state in _EDITABLE,
        "form": form,
        "choices": [(cards.quote(one), str(one.pk) in ticked) for one in evidence],
        "editing": error is not None and desk.request.POST.get("verdict") == "edit",
        "comment": desk.request.POST.get("comment", "") if error else "",
        "revisions": row.revisions.select_related("author").order_by("-revision"),
        "decisions": queries.decisions_on("claim", row),
    }
    return common.render(desk.request, "reviews/claim.html", context, title="Claim", error=error)
