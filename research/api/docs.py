"""Words the schema of every endpoint shares, and the page that shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView

from .base import RUN_ID
from .problems import MEDIA_TYPE
from .serializers import Problem

F = TypeVar("F", bound=Callable[..., Any])


def problems(*statuses: int) -> dict[Any, Any]:
    """Return the problem responses of an endpoint; those any endpoint may give are added."""
    return {(status, MEDIA_TYPE): Problem for status in sorted({401, 403, 429, *statuses})}


def reads(output: Any, *, parameters: tuple[OpenApiParameter, ...] = (), summary: str) -> Callable[[F], F]:
    """Decorate a GET under one run."""
    found: Callable[[F], F] = extend_schema(
        summary=summary, parameters=[RUN_ID, *parameters], responses={200: output, **problems(400, 404)}
    )
    return found


def choice(name: str, values: list[str]) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, enum=values)


class SwaggerView(SpectacularSwaggerSplitView):
    """Swagger UI from the sidecar's files; its page has no inline script or style, so the strict policy stands."""

    template_name = "research/api_docs.html"
    url_name = "api-schema"
    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
