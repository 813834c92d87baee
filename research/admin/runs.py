"""Runs in the admin: listed, asked for, watched, operated, exported."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from research import correlation, queries
from research.engine.domain.errors import InvalidInput, MrdError
from research.engine.domain.states import WORKING, RunState
from research.models import Run, Team
from research.services import access, exports, runs

from . import cost_page, run_page
from .base import TeamScopedAdmin, badge, bar
from .run_forms import NewRunForm
from .run_operations import operate

# Where the number of steps done says how far the run is.
_STEPPING = WORKING | {RunState.PAUSED, RunState.FAILED}


@admin.register(Run)
class RunAdmin(TeamScopedAdmin):
    team_path = "team"
    list_display = ["title", "state_badge", "progress", "claims", "asked_by", "age"]
    list_filter = [
        "state",
        "vertical",
        "engine",
        "priority",
        ("team", admin.RelatedOnlyFieldListFilter),
        "is_demo",
        "created_at",
    ]
    list_select_related = ["team", "requester"]
    search_fields = ["id", "prompt", "requester__username"]
    ordering = ["-created_at", "-id"]
    change_list_template = "admin/research/run/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        return queries.counted(super().get_queryset(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_staff and access.may_create(request.user))

    @admin.display(description="run", ordering="prompt")
    def title(self, run: Run) -> str:
        words = " ".join(run.prompt.split())
        return f"{words[:70]}{'…' if len(words) > 70 else ''}{' (demo)' if run.is_demo else ''}"  # noqa: PLR2004 - a line

    @admin.display(description="state", ordering="state")
    def state_badge(self, run: Run) -> SafeString:
        return badge(run.state)

    @admin.display(description="progress")
    def progress(self, run: Run) -> SafeString:
        done, total = run.steps_done, run.steps_total  # type: ignore[attr-defined]
        words = f"{done} of {total} steps" if total and run.state in _STEPPING else ""
        return bar(queries.stage_of(run), len(queries.STAGES) - 1, words)

    @admin.display(description="claims")
    def claims(self, run: Run) -> str:
        accepted, queued = run.claims_accepted, run.claims_queued  # type: ignore[attr-defined]
        parts = [f"{accepted} accepted"] * bool(accepted) + [f"{queued} to decide"] * bool(queued)
        return ", ".join(parts) or "–"

    @admin.display(description="asked for by", ordering="requester__username")
    def asked_by(self, run: Run) -> str:
        return f"{run.requester.display_name}, {run.team.name}"

    @admin.display(description="age", ordering="created_at")
    def age(self, run: Run) -> str:
        return timesince(run.created_at, depth=1)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("costs/", wrap(self.costs_view), name="research_run_costs"),
            path("<uuid:run_id>/live/", wrap(self.live_view), name="research_run_live"),
            path("<uuid:run_id>/export/<str:form>/", wrap(self.export_view), name="research_run_export"),
            path("<uuid:run_id>/operate/<str:verb>/", wrap(self.operate_view), name="research_run_operate"),
            *super().get_urls(),
        ]

    def run_of(self, request: HttpRequest, run_id: UUID | str) -> Run:
        """Return the run if the user may see it. Raises `PermissionDenied`, `Http404`."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            run = self.get_queryset(request).select_related("team", "requester").filter(pk=UUID(str(run_id))).first()
        except ValueError:
            run = None
        if run is None:
            raise Http404
        return run

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for a run; what is wrong stands at its field."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        user = request.user
        # A superuser too asks for runs of their own teams alone.
        teams = Team.objects.filter(membership__user__in=[user.pk]).order_by("name")
        form = NewRunForm(request.POST if request.method == "POST" else None, teams=teams)
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data
            try:
                run = runs.create(
                    team=data["team"],
                    requester=user,  # type: ignore[arg-type]
                    prompt=data["prompt"],
                    vertical=data["vertical"],
                    engine=data["engine"],
                    priority=data["priority"],
                    bypass_cache=data["bypass_cache"],
                    correlation_id=correlation.current()[:64],
                    now=timezone.now(),
                )
            except InvalidInput as error:
                form.add_error(error.field if error.field in form.fields else None, error.detail)
            else:
                self.message_user(request, "The run has begun: its plan comes first, for people to review.")
                return HttpResponseRedirect(reverse("admin:research_run_change", args=[run.pk]))
        context = self.context(request, title="New run", form=form, form_url=form_url, has_teams=teams.exists())
        return TemplateResponse(request, "admin/research/run/new.html", context | (extra_context or {}))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the run."""
        del form_url
        run = self.run_of(request, object_id)
        context = self.context(request, title=" ".join(run.prompt.split())[:120], **run_page.page(run, request))
        return TemplateResponse(request, "admin/research/run/page.html", context | (extra_context or {}))

    def live_view(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        """Give the part of the page that moves, for the page's script to put in place."""
        run = self.run_of(request, run_id)
        context = run_page.live(run) | {"may_operate": access.may_operate(request.user, run)}
        response = TemplateResponse(request, "admin/research/run/live.html", context)
        response["Cache-Control"] = "no-store"
        response["X-Run-State"] = run.state
        return response

    def costs_view(self, request: HttpRequest) -> HttpResponse:
        """Show what the runs of the user's teams came to in the last days."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        seen = queries.runs_of(request.user)  # type: ignore[arg-type]
        shown = cost_page.page(seen, today=timezone.now().astimezone(dt.UTC).date())
        return TemplateResponse(request, "admin/research/run/costs.html", self.context(request, title="Costs", **shown))

    def operate_view(self, request: HttpRequest, run_id: UUID, verb: str) -> HttpResponse:
        """Ask whether it is meant, then pause, resume, finish or cancel the run or raise its budget."""
        return operate(self, request, self.run_of(request, run_id), verb)

    def export_view(self, request: HttpRequest, run_id: UUID, form: str) -> HttpResponse:
        """Give the newest document as a file."""
        run = self.run_of(request, run_id)
        actor = str(request.user.actor_id)  # type: ignore[union-attr]
        try:
            made = exports.export(run=run, format=form, actor=actor, now=timezone.now())
        except MrdError as error:
            self.message_user(request, error.detail, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:research_run_change", args=[run.pk]))
        headers = {
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=made.file_name) or "",
            "Content-Security-Policy": exports.PAGE_POLICY,
        }
        return HttpResponse(made.content, content_type=made.media_type, headers=headers)

    def context(self, request: HttpRequest, **more: Any) -> dict[str, Any]:
        """Return what every page of the admin's templates needs, and `more`."""
        return {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media, **more}
