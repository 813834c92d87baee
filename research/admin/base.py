"""What the admin's pages share: whose rows one sees, and that what is recorded stays as it is."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from research import queries
from research.services import access


class TitledAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Lists named for what they hold, not for what one might do with it."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title} | (extra_context or {}))


class TeamScopedAdmin(TitledAdmin):
    """Read-only pages over what belongs to the user's teams; a superuser sees every team's and decides nothing.

    team_path: the lookup from the model to its team.
    """

    team_path = "run__team"
    show_full_result_count = False
    list_per_page = 50
    actions: Any = None

    class Media:
        css = {"all": ["mrd/runs.css", "mrd/costs.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        return rows.filter(**{f"{self.team_path}__in": queries.teams_of(request.user)})  # type: ignore[arg-type]

    @admin.display(description="run", ordering="run")
    def run_short(self, row: Any) -> SafeString:
        """Return the run's short id as a link, so that a list has room for what it is about."""
        where = reverse("admin:research_run_change", args=[row.run_id])
        return format_html('<a href="{}" title="{}">{}</a>', where, row.run.prompt[:200], str(row.run_id)[:8])

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_staff(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not is_staff(request):
            return False
        return obj is None or request.user.is_superuser or self.get_queryset(request).filter(pk=obj.pk).exists()

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        return False


class AdministratorAdmin(TitledAdmin):
    """Pages for administrators alone."""

    show_full_result_count = False

    class Media:
        css = {"all": ["mrd/runs.css"]}

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_administrator(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        return is_administrator(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_administrator(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        return is_administrator(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        return False


def is_staff(request: HttpRequest) -> bool:
    """Tell whether the user is active staff in one of the six groups."""
    return bool(request.user.is_staff and access.may_view(request.user))


def is_administrator(request: HttpRequest) -> bool:
    return bool(request.user.is_staff and access.is_administrator(request.user))


def badge(value: str, words: str = "") -> SafeString:
    """Return a state as a badge: a word in a colour."""
    return format_html('<span class="badge badge-{}">{}</span>', value, words or value.replace("_", " "))


def link_to(obj: Any, words: str = "") -> SafeString:
    """Return a link to the object's page in the admin."""
    address = reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])  # noqa: SLF001 - Django's API
    return format_html('<a href="{}">{}</a>', address, words or str(obj))


def address(name: str, *args: Any) -> str:
    """Return an address by name, or "" where nothing serves it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def pretty(value: Any) -> SafeString:
    """Return JSON to read, in lines."""
    if value in (None, "", [], {}):
        return format_html("{}", "–")
    text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
    return format_html('<pre class="json">{}</pre>', text)


def bar(value: int, limit: int, words: str) -> SafeString:
    """Return a bar with what it says beside it."""
    return format_html(
        '<span class="barred"><progress value="{}" max="{}"></progress> <span>{}</span></span>',
        value,
        limit or 1,
        words,
    )


def thousandths(value: int | None) -> str:
    """Return thousandths as people read them: 0.615; None as what it means."""
    return "not computed" if value is None else f"{value / 1000:.3f}".rstrip("0").ljust(4, "0")
