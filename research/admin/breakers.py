"""What executes, and what rests: drivers and breakers. They belong to no team."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from research.engine.domain.errors import NotFound
from research.models import Breaker, Driver
from research.services import access, breaking

from .base import TeamScopedAdmin, badge, is_staff

_BADGES = {"closed": "done", "open": "failed", "half-open": "queued"}


class _OperatorAdmin(TeamScopedAdmin):
    """Rows that belong to no team: every member of staff sees how the machinery does."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return admin.ModelAdmin.get_queryset(self, request)


@admin.register(Driver)
class DriverAdmin(_OperatorAdmin):
    list_display = ["host", "seat", "pid", "alive", "in_flight", "capacity", "started_at", "beat_at"]
    ordering = ["host", "seat"]

    @admin.display(description="last heard of")
    def alive(self, driver: Driver) -> str:
        return f"{max(0, int((timezone.now() - driver.beat_at).total_seconds()))} s ago"


@admin.register(Breaker)
class BreakerAdmin(_OperatorAdmin):
    """Which tools and models rest after failures, until when, and a way to let them work again at once."""

    list_display = ["name", "standing", "says", "failures", "since", "next_probe"]
    search_fields = ["name"]
    ordering = ["name"]
    actions = ["reset"]
    fields = ["name", "standing", "says", "failures", "since", "next_probe"]
    readonly_fields = ["standing", "says", "since", "next_probe"]
    change_form_template = "admin/research/breaker/change_form.html"

    @admin.display(description="state", ordering="opened_at")
    def standing(self, breaker: Breaker) -> SafeString:
        state = breaking.standing(breaker, now=timezone.now()).state
        return badge(_BADGES[state], state)

    @admin.display(description="what that means")
    def says(self, breaker: Breaker) -> str:
        return breaking.standing(breaker, now=timezone.now()).says.partition(": ")[2]

    @admin.display(description="rests since", ordering="opened_at")
    def since(self, breaker: Breaker) -> str:
        return _moment(breaker.opened_at)

    @admin.display(description="next try")
    def next_probe(self, breaker: Breaker) -> str:
        now = timezone.now()
        at = breaking.standing(breaker, now=now).next_probe_at
        return "now, by the next call" if at is not None and at <= now else _moment(at)

    def has_reset_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_staff and access.may_reset_breakers(request.user))

    @admin.action(description="Close the breaker: let calls through again", permissions=["reset"])
    def reset(self, request: HttpRequest, chosen: QuerySet[Breaker]) -> None:
        names = list(chosen.values_list("name", flat=True))
        for name in names:
            self._reset(request, name)
        self.message_user(request, "1 breaker is closed." if len(names) == 1 else f"{len(names)} breakers are closed.")

    def _reset(self, request: HttpRequest, name: str) -> None:
        actor = str(request.user.actor_id)  # type: ignore[union-attr]
        breaker = breaking.reset(name=name, actor=actor, now=timezone.now())
        self.log_change(request, breaker, "Closed by hand.")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.reset_view)
        return [path("<path:name>/reset/", view, name="research_breaker_reset"), *super().get_urls()]

    def reset_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Close one breaker by one click, and go back to the list."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not is_staff(request):
            raise Http404
        if not self.has_reset_permission(request):
            raise PermissionDenied
        try:
            self._reset(request, name)
        except NotFound as error:
            self.message_user(request, error.detail, messages.ERROR)
        else:
            self.message_user(request, f"'{name}' is closed: calls go through again.")
        return HttpResponseRedirect(reverse("admin:research_breaker_changelist"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        breaker = self.get_object(request, unquote(object_id)) if is_staff(request) else None
        wanted = breaker is not None and (breaker.opened_at is not None or breaker.failures > 0)
        may = wanted and self.has_reset_permission(request)
        where = reverse("admin:research_breaker_reset", args=[breaker.pk]) if may and breaker else ""
        return super().change_view(request, object_id, form_url, {"reset": where} | (extra_context or {}))


def _moment(at: Any) -> SafeString | str:
    if at is None:
        return "–"
    return format_html('<time datetime="{}">{} UTC</time>', at.isoformat(), at.strftime("%Y-%m-%d %H:%M:%S"))
