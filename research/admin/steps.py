"""Steps: what is executed, and a way to try again what got stuck."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from research.engine.domain.errors import MrdError
from research.engine.domain.states import StepState
from research.models import Step
from research.services import access, flow

from .base import TeamScopedAdmin, badge, is_staff, link_to, pretty

_STUCK = (StepState.FAILED, StepState.QUARANTINED)


@admin.register(Step)
class StepAdmin(TeamScopedAdmin):
    list_display = [
        "key",
        "kind",
        "state_badge",
        "run_short",
        "generation",
        "attempts",
        "crashes",
        "not_before",
        "error",
    ]
    list_filter = ["state", "kind", ("run__team", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["run"]
    search_fields = ["key", "error", "run__prompt"]
    ordering = ["-pk"]
    fields = [
        "run_link", "kind", "key", "generation", "state_badge", "error", "attempts", "crashes", "token", "lease_owner",
        "lease_until", "not_before", "created_at", "started_at", "finished_at", "input_digest", "output_json",
    ]  # fmt: skip
    readonly_fields = ["run_link", "state_badge", "output_json"]
    actions = ["retry"]
    change_form_template = "admin/research/step/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Step]:
        return super().get_queryset(request).select_related("run").defer("output", "memory")

    @admin.display(description="state", ordering="state")
    def state_badge(self, step: Step) -> SafeString:
        return badge(step.state)

    @admin.display(description="run")
    def run_link(self, step: Step) -> SafeString:
        return link_to(step.run)

    @admin.display(description="output")
    def output_json(self, step: Step) -> SafeString:
        return pretty(step.output)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_staff and access.may_create(request.user))

    @admin.action(description="Retry failed and quarantined steps", permissions=["operate"])
    def retry(self, request: HttpRequest, chosen: QuerySet[Step]) -> None:
        """Retry each chosen step that is stuck and that this user may operate; say what was left alone."""
        done = refused = 0
        for step in chosen.filter(state__in=_STUCK).select_related("run"):
            if not access.may_operate(request.user, step.run):
                refused += 1
                continue
            done += self._retry(request, step)
        self.message_user(request, f"{done} steps are tried again.")
        if refused:
            sentence = f"{refused} were left alone: only the run's requester or an administrator may retry."
            self.message_user(request, sentence, messages.WARNING)

    def _retry(self, request: HttpRequest, step: Step) -> int:
        try:
            with transaction.atomic():
                actor = str(request.user.actor_id)  # type: ignore[union-attr]
                flow.retry_step(step_id=step.pk, actor=actor, now=timezone.now())
        except MrdError as error:
            self.message_user(request, f"{step.key}: {error.detail}", messages.ERROR)
            return 0
        return 1

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.retry_view)
        return [path("<int:pk>/retry/", view, name="research_step_retry"), *super().get_urls()]

    def retry_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Retry one step by one click, and go back to its run."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        step = self.get_queryset(request).filter(pk=pk).first() if is_staff(request) else None
        if step is None:
            raise Http404
        if not access.may_operate(request.user, step.run):
            raise PermissionDenied
        if self._retry(request, step):
            self.message_user(request, f"'{step.key}' is tried again.")
        return HttpResponseRedirect(reverse("admin:research_run_change", args=[step.run_id]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        pk = int(object_id) if object_id.isascii() and object_id.isdigit() and len(object_id) < 18 else 0  # noqa: PLR2004 - 64 bits
        step = self.get_queryset(request).filter(pk=pk, state__in=_STUCK).first()
        may = step is not None and access.may_operate(request.user, step.run)
        more = {"retry": reverse("admin:research_step_retry", args=[pk]) if may else ""}
        return super().change_view(request, object_id, form_url, more | (extra_context or {}))
