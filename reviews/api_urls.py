"""Addresses of the decisions in the API; the project mounts them under `api/v1/`."""

from django.urls import path

from .api import Decisions

urlpatterns = [
    path("runs/<str:run_id>/decisions/", Decisions.as_view(), name="run-decisions"),
]
