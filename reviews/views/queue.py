"""The queue: every run that waits at a gate, and what of it waits for me."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from research.engine.domain.states import Gate
from reviews import queue as waits

from . import common

PER_PAGE = 50
PAGE_OF = {Gate.PLAN: "plan", Gate.CLAIMS: "claims", Gate.REGULATORY: "sections", Gate.SIGN_OFF: "sign_off"}


@common.page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show what waits; `?gate=` and `?mine=1` narrow it."""
    rows = waits.waiting(person=common.person_of(request))
    gate = request.GET.get("gate", "")
    mine = request.GET.get("mine") == "1"
    chosen = [row for row in rows if gate in ("", row.gate.value) and (row.mine or not mine)]
    tabs = [("", "All", len(rows))]
    tabs += [(each.value, name, sum(row.gate is each for row in rows)) for each, name in waits.GATE_NAMES.items()]
    context = {
        "page": Paginator(chosen, PER_PAGE).get_page(request.GET.get("p")),
        "tabs": tabs,
        "gate": gate,
        "mine": mine,
        "for_me": sum(row.mine for row in rows),
        "runs_for_me": sum(bool(row.mine) for row in rows),
    }
    return common.render(request, "reviews/queue.html", context, title="Review queue")


@common.page
@require_safe
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Lead to the page of the gate the run waits at, or to the queue where it waits at none."""
    desk = common.open_desk(request, run_id)
    gate = common.gate_of(desk.run)
    if not gate:
        return redirect("reviews:queue")
    return redirect(f"reviews:{PAGE_OF[Gate(gate)]}", run_id=run_id)
