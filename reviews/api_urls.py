"""Addresses of what people decide and add in the API; the project mounts them under `api/v1/`."""

from django.urls import path

from .api import Claims, Decisions

urlpatterns = [
    path("runs/<str:run_id>/claims/", Claims.as_view(), name="api-run-claims"),
    path("runs/<str:run_id>/decisions/", Decisions.as_view(), name="run-decisions"),
]
