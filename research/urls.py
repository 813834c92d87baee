"""Addresses of `research` outside the admin."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("api/", include("research.api.urls"))]
