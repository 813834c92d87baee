"""Operating a run: each verb has a page that asks, and a button on it that does."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal
from typing import Any, NamedTuple, Protocol

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from research import queries
from research.engine.domain.errors import InvalidInput, MrdError
from research.engine.domain.usage import Limits
from research.models import Run, RunBudget
from research.models.runs import Phase
from research.services import access, runs

from .run_forms import BudgetForm, NothingForm, ReasonForm

_CENT = Decimal("0.01")


class Page(Protocol):
    """What is needed of the admin page the run belongs to."""

    def context(self, request: HttpRequest, **more: Any) -> dict[str, Any]: ...

    def message_user(self, request: HttpRequest, message: str, level: int = ...) -> None: ...


class Operation(NamedTuple):
    """title and words: what the page asks. button: what its button says. done: what is said after. do: the service."""

    title: str
    words: str
    button: str
    done: str
    form: type[forms.Form]
    do: Callable[..., Run]


def _raise_budget(*, calls: int, searches: int, tokens: int, cost_usd: Decimal, **more: Any) -> Run:
    limits = Limits(calls=calls, searches=searches, tokens=tokens, cost_usd=cost_usd)
    return runs.raise_budget(limits=limits, **more)


OPERATIONS = {
    "pause": Operation(
        "Pause this run?",
        "Steps in flight end; no other begins until somebody resumes the run.",
        "Pause the run",
        "The run is paused.",
        ReasonForm,
        runs.pause,
    ),
    "resume": Operation(
        "Resume this run?", "It goes on where it was.", "Resume the run", "The run goes on.", NothingForm, runs.resume
    ),
    "finish": Operation(
        "Finish with what there is?",
        "From now on the run buys nothing: questions not researched yet end as insufficient data, and your reason "
        "stands in the document. What is found is checked and drafted by rules, and every gate stands as before.",
        "Finish with what there is",
        "The run goes on to its document with what there is.",
        ReasonForm,
        runs.finish,
    ),
    "cancel": Operation(
        "Cancel this run?",
        "It ends for good. What it found and what was decided is kept.",
        "Cancel the run for good",
        "The run is cancelled.",
        ReasonForm,
        runs.cancel,
    ),
    "budget": Operation(
        "Raise this run's budget?",
        "These are the limits of its research; a run that is still planning gets as much for planning again. "
        "A limit can be raised, never lowered.",
        "Raise the budget",
        "The budget is raised. A run that was paused for it can be resumed now.",
        BudgetForm,
        _raise_budget,
    ),
}


def operate(page: Page, request: HttpRequest, run: Run, verb: str) -> HttpResponse:
    """Show the verb's question, or carry it out when it was answered. Raises `Http404`, `PermissionDenied`."""
    operation = OPERATIONS.get(verb)
    if operation is None:
        raise Http404
    if not access.may_operate(request.user, run):
        raise PermissionDenied
    back = reverse("admin:research_run_change", args=[run.pk])
    form = operation.form(request.POST) if request.method == "POST" else operation.form(initial=_present(run, verb))
    if request.method == "POST" and form.is_valid():
        actor = str(request.user.actor_id)  # type: ignore[union-attr]
        try:
            operation.do(run_id=run.pk, actor=actor, now=timezone.now(), **form.cleaned_data)
        except InvalidInput as error:
            form.add_error(error.field if error.field in form.fields else None, error.detail)
        except MrdError as error:
            page.message_user(request, error.detail, messages.ERROR)
            return HttpResponseRedirect(back)
        else:
            page.message_user(request, operation.done)
            return HttpResponseRedirect(back)
    context = page.context(
        request, title=operation.title, operation=operation, form=form, run=run, back=back, note=_note(run, verb)
    )
    return TemplateResponse(request, "admin/research/run/operate.html", context)


def _note(run: Run, verb: str) -> str:
    """Return what the answer will mean for this very run, "" where there is nothing more to say."""
    if verb != "finish":
        return ""
    number = queries.unasked(run)
    if not number:
        return "Every question is researched: none is left out."
    return f"{number} question{' is' if number == 1 else 's are'} not researched yet and will be left out."


def _present(run: Run, verb: str) -> dict[str, Any]:
    if verb != "budget":
        return {}
    budget = RunBudget.objects.get(run=run, phase=Phase.RESEARCH)
    # Up, as the form takes cents and no limit can be lowered.
    cost_usd = budget.max_cost_usd.quantize(_CENT, rounding=ROUND_CEILING)
    return {
        "calls": budget.max_calls,
        "searches": budget.max_searches,
        "tokens": budget.max_tokens,
        "cost_usd": cost_usd,
    }
