"""The admin site staff work in: models grouped by what people come for, not by which app holds their table."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

# Heading, and the models under it in the order they are shown. What is named nowhere comes last, under "More".
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Research", ("Run", "Plan", "Task", "Claim", "SectionRevision", "Document")),
    ("Library", ("Source", "Snapshot", "ExtractedText", "Passage", "Intake", "Evidence")),
    ("The record", ("Decision", "Signature", "Event")),
    ("Engine room", ("Step", "Call", "DayBudget", "Breaker", "Driver")),
    ("People", ("User", "Group", "Team", "ApiToken")),
)


class MrdAdminSite(admin.AdminSite):
    site_header = "MRD Desk"
    site_title = "MRD Desk"
    index_title = "Work"
    empty_value_display = "–"

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the groups this person may see something of; one app's models when `app_label` names it."""
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        models = {model["object_name"]: model for app in apps for model in app["models"]}
        home = {name: app["app_url"] for app in apps for name in (model["object_name"] for model in app["models"])}
        groups = [(title, [name for name in names if name in models]) for title, names in GROUPS]
        named = {name for _, names in groups for name in names}
        groups.append(("More", sorted(set(models) - named)))
        return [
            {
                "name": title,
                "app_label": title.lower().replace(" ", "-"),
                "app_url": home[names[0]],
                "has_module_perms": True,
                "models": [models[name] for name in names],
            }
            for title, names in groups
            if names
        ]
