"""People, teams and API keys: for administrators."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from research.engine.domain.errors import InvalidInput, MrdError
from research.models import ApiToken, Membership, Team, User
from research.services import tokens

from .base import AdministratorAdmin, TitledAdmin, badge, is_administrator, is_staff

_MINE = ("is_superuser", "user_permissions")


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    extra = 1
    autocomplete_fields = ["user"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        return is_administrator(request)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


@admin.register(User)
class PersonAdmin(AdministratorAdmin, UserAdmin):  # type: ignore[type-arg]
    """An administrator makes people and puts them in groups; only a superuser touches superusers or makes one."""

    list_display = ["username", "first_name", "last_name", "is_staff", "is_active", "in_groups"]
    list_filter = ["is_active", "is_staff", "groups"]
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="groups")
    def in_groups(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all())) or "–"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sets = super().get_fieldsets(request, obj)
        if request.user.is_superuser:
            return sets
        return [
            (name, {**options, "fields": tuple(field for field in options["fields"] if field not in _MINE)})
            for name, options in sets
        ]


@admin.register(Team)
class TeamAdmin(AdministratorAdmin):
    list_display = ["name", "slug", "people", "created_at"]
    search_fields = ["name", "slug"]
    ordering = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [MembershipInline]
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        rows: QuerySet[Team] = super().get_queryset(request)
        return rows.annotate(people_number=Count("members"))

    @admin.display(description="people", ordering="people_number")
    def people(self, team: Team) -> int:
        return int(team.people_number)  # type: ignore[attr-defined]


class NewTokenForm(forms.Form):
    name = forms.CharField(required=False, max_length=80, label="What it is for")


@admin.register(ApiToken)
class ApiTokenAdmin(TitledAdmin):
    """Everybody makes keys of their own (shown once) and revokes them; an administrator sees and revokes anybody's.

    Nobody makes a key for somebody else, as they would act in that person's name. None is changed or deleted.
    """

    show_full_result_count = False

    list_display = ["prefix", "name", "user", "standing", "created_at", "last_used_at"]
    list_filter = ["revoked_at"]
    list_select_related = ["user"]
    search_fields = ["prefix", "name", "user__username"]
    ordering = ["-pk"]
    fields = readonly_fields = ["prefix", "name", "user", "standing", "created_at", "last_used_at", "revoked_at"]  # type: ignore[assignment]
    actions = ["revoke"]

    class Media:
        css = {"all": ["mrd/runs.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        rows: QuerySet[ApiToken] = super().get_queryset(request)
        return rows.filter(pk__in=tokens.of(person=_person(request)))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_staff(request)

    has_add_permission = has_operate_permission = has_module_permission

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_staff(request) and (obj is None or obj.user_id == request.user.pk or is_administrator(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        return False

    has_delete_permission = has_change_permission

    @admin.display(description="state")
    def standing(self, token: ApiToken) -> SafeString:
        return badge("cancelled", "revoked") if token.revoked_at else badge("done", "live")

    @admin.action(description="Revoke", permissions=["operate"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiToken]) -> None:
        for token in chosen:
            try:
                tokens.revoke(token_id=token.pk, by=_person(request), now=timezone.now())
            except MrdError as error:
                self.message_user(request, f"{token.prefix}…: {error.detail}", messages.WARNING)
            else:
                self.log_change(request, token, "Revoked.")
                self.message_user(request, f"{token.prefix}… is revoked.")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Make a key of one's own and show it, this once."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewTokenForm(request.POST if request.method == "POST" else None)
        made = None
        if request.method == "POST" and form.is_valid():
            try:
                made = tokens.create(user=_person(request), **form.cleaned_data)
            except InvalidInput as error:
                form.add_error(error.field if error.field in form.fields else None, error.detail)
            else:
                self.log_addition(request, made.token, "Made.")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "title": "New API key" if made is None else "Copy the key now",
            "form": form,
            "form_url": form_url,
            "made": made,
            **(extra_context or {}),
        }
        response = TemplateResponse(request, "admin/research/apitoken/new.html", context)
        response["Cache-Control"] = "no-store"
        return response


def _person(request: HttpRequest) -> User:
    """Return who asks. Raises `PermissionDenied` for nobody."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
