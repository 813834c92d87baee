"""Addresses of the API, under /api/. Decisions and claims, which people add, are mounted by `reviews`."""

from __future__ import annotations

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView

from . import costs, exports, findings, problems, runs, trail
from .docs import SwaggerView

_RUN = [
    path("", runs.RunDetailView.as_view(), name="api-run"),
    path("plan/", findings.PlanView.as_view(), name="api-run-plan"),
    path("evidence/<str:evidence_id>/", findings.EvidenceView.as_view(), name="api-run-evidence"),
    path("sections/", findings.SectionsView.as_view(), name="api-run-sections"),
    path("document/", findings.DocumentView.as_view(), name="api-run-document"),
    path("events/", trail.EventsView.as_view(), name="api-run-events"),
    path("calls/", trail.CallsView.as_view(), name="api-run-calls"),
    path("costs/", costs.CostsView.as_view(), name="api-run-costs"),
    path("exports/<str:form>/", exports.ExportView.as_view(), name="api-run-export"),
    path("pause/", runs.PauseView.as_view(), name="api-run-pause"),
    path("resume/", runs.ResumeView.as_view(), name="api-run-resume"),
    path("finish/", runs.FinishView.as_view(), name="api-run-finish"),
    path("cancel/", runs.CancelView.as_view(), name="api-run-cancel"),
]

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[]), name="api-schema"),
    path("docs/", SwaggerView.as_view(), name="api-docs"),
    path("v1/runs/", runs.RunsView.as_view(), name="api-runs"),
    path("v1/runs/<str:run_id>/", include(_RUN)),
    # The last of all under /api/: whoever mounts more there mounts it before this file.
    re_path("", problems.nowhere, name="api-nowhere"),
]
