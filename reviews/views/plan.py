"""The plan gate: approve, edit or send back what will be researched."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from research import queries
from research.adapters import engines
from research.engine.domain.errors import InvalidInput, MrdError, NotFound
from research.engine.domain.plans import Plan as PlanValue
from research.engine.domain.plans import parse_plan
from research.engine.verticals import registry
from research.models import Plan, Run, Task
from research.models.record import SubjectKind
from research.services import account
from reviews import facts, forms
from reviews.cards import may

from . import common

_DONE = {"approve": "The plan is approved.", "edit": "The plan is edited.", "reject": "The plan is sent back."}


@common.page
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show the plan that stands, and take a decision on it."""
    desk = common.open_desk(request, run_id)
    if request.method != "POST":
        return _show(desk)
    try:
        subject_id = common.number(request.POST.get("subject_id", ""))
        shown = facts.locate(run=desk.run, kind=SubjectKind.PLAN, subject_id=subject_id).row
        verdict = request.POST.get("verdict", "")
        edit = _edited(request, parse_plan(shown.body), desk.run) if verdict == "edit" else None
        wanted = common.requested(desk, SubjectKind.PLAN, subject_id, edit=edit)
        common.settle(desk, wanted)
    except NotFound:
        raise
    except MrdError as error:
        return _show(desk, error=error)
    messages.success(request, f"{_DONE[wanted.verdict]} {common.now_is(desk.run)}")
    return redirect("reviews:queue") if verdict != "edit" else redirect("reviews:plan", run_id=run_id)


def _edited(request: HttpRequest, old: PlanValue, run: Run) -> Any:
    """Return the edited plan of the form, or of the JSON field where that button was used. Raises `InvalidInput`."""
    if request.POST.get("as") == "json":
        return common.json_of(request.POST.get("plan_json", ""))
    head, tasks = _bound(request, run)
    if not head.is_valid() or not tasks.is_valid():
        raise InvalidInput("The form has mistakes: they are marked below.")
    return forms.plan_data(old=old, head=head, tasks=tasks)


def _bound(request: HttpRequest, run: Run) -> tuple[forms.PlanForm, Any]:
    head = forms.PlanForm(request.POST, prefix="plan")
    tasks = forms.TaskFormSet(request.POST, prefix="task", form_kwargs={"sections": _sections(run)})
    return head, tasks


def _sections(run: Run) -> list[tuple[str, str]]:
    return [(section.key, section.title) for section in registry.get(run.vertical).sections]


def _show(desk: common.Desk, *, error: MrdError | None = None) -> HttpResponse:
    row = queries.current_plan(desk.run)
    context: dict[str, Any] = {"run": desk.run, "plan": row, "error": ""}
    if row is not None:
        subject = facts.plan_subject(row)
        editing = error is not None and desk.request.POST.get("verdict") == "edit"
        tasks = queries.tasks_in_order(row)
        context |= {
            "may": may(who=desk.who, run=desk.run, subject=subject),
            "waits": common.gate_of(desk.run) == "plan",
            "editable": desk.run.state in ("plan_review", "researching", "validating", "claim_review"),
            "body": row.body,
            "groups": _grouped(tasks, desk.run),
            "count": len(tasks),
            "account": account.account_of(desk.run, row, tasks),
            "critical": sum(task.critical for task in tasks),
            "editing": editing,
            "comment": desk.request.POST.get("comment", "") if error else "",
            "as_json": _json(desk, row, typed=editing),
            "tools": ", ".join(engines.tool_names(desk.run.engine)),
            "error": error.detail if error else "",
            "earlier": Plan.objects.filter(run=desk.run)
            .exclude(pk=row.pk)
            .select_related("author")
            .order_by("-revision"),
        }
        head, formset = _forms(desk, row, tasks, typed=editing)
        context |= {"head": head, "formset": formset}
    return common.render(desk.request, "reviews/plan.html", context, title="Plan", error=error)


def _json(desk: common.Desk, row: Plan, *, typed: bool) -> str:
    if typed and desk.request.POST.get("as") == "json":
        return desk.request.POST.get("plan_json", "")
    return json.dumps(row.body, indent=1, ensure_ascii=False)


def _forms(desk: common.Desk, row: Plan, tasks: list[Task], *, typed: bool) -> tuple[forms.PlanForm, Any]:
    """Return the edit form as typed, where it came back with a mistake, else filled with the plan."""
    if typed and desk.request.POST.get("as") != "json":
        return _bound(desk.request, desk.run)
    names = ("key", "question", "section", "layer", "critical", "tools", "depends_on", "subject", "queries")
    initial = [{name: getattr(task, name) for name in names} for task in tasks]
    formset = forms.TaskFormSet(initial=initial, prefix="task", form_kwargs={"sections": _sections(desk.run)})
    return forms.PlanForm(initial=row.body, prefix="plan"), formset


def _grouped(tasks: list[Task], run: Run) -> list[tuple[str, list[Task]]]:
    """Return the tasks by section, sections in the document's order."""
    titles = dict(_sections(run))
    order = list(titles)
    in_order = sorted(tasks, key=lambda task: order.index(task.section) if task.section in order else len(order))
    return [(titles.get(key, key), list(group)) for key, group in groupby(in_order, key=lambda task: task.section)]
