"""Who sees and who adds in the library's admin pages."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from research.models import Team

from .base import TitledAdmin

ADDERS = ("requester", "reviewer", "administrator")


class LibraryAdmin(TitledAdmin):  # generic for the type checker alone
    """Read-only pages over what belongs to the user's teams; a superuser sees every team's.

    team_path: the lookup that leads from the model to its team.
    """

    team_path = "team"
    show_full_result_count = False
    list_per_page = 50

    class Media:
        css = {"all": ["mrd/library.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows if request.user.is_superuser else rows.filter(**{f"{self.team_path}__in": teams_of(request)})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _is_staff(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        return _is_staff(request)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        return False


def teams_of(request: HttpRequest) -> QuerySet[Team]:
    """Return the teams whose library the user sees, by name."""
    teams = Team.objects.order_by("name")
    return teams if request.user.is_superuser else teams.filter(membership__user_id=request.user.pk or 0)


def may_add(request: HttpRequest) -> bool:
    """Tell whether the user may add to a library: active staff in one of the groups `ADDERS`, or a superuser."""
    if not _is_staff(request):
        return False
    return request.user.is_superuser or request.user.groups.filter(name__in=ADDERS).exists()


def _is_staff(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_staff)
