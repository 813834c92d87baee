"""What every view of the API shares: who may come in, how big a body is, how often, whose run it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, cast
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models.query import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import NotFound as NoSuchPage
from rest_framework.exceptions import ParseError
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from research import queries
from research.engine.domain.errors import NotFound
from research.models import Run, User
from research.services import access

from .problems import TooLarge

RUN_ID = OpenApiParameter("run_id", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The run's id.")


class LimitedJSONParser(JSONParser):
    """Refuse a body over the site's limit before reading it."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        request = (parser_context or {}).get("request")
        size = int(request.META.get("CONTENT_LENGTH") or 0) if request is not None else 0
        if size > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLarge
        try:
            return super().parse(stream, media_type, dict(parser_context or {}))
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error


class ReadThrottle(UserRateThrottle):
    scope = "api-read"
    rate = "1200/min"


class WriteThrottle(UserRateThrottle):
    scope = "api-write"
    rate = "120/min"


class NewRunThrottle(UserRateThrottle):
    """How many runs one person may ask for in a minute: each may spend a budget."""

    scope = "api-runs"

    def get_rate(self) -> str:
        return f"{settings.MRD.api_runs_a_minute}/min"


class Pages(CursorPagination):
    """Pages by cursor: no row is shown twice or skipped while others are added."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering: Any = "pk"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, ValidationError) as error:  # a cursor somebody made up
            raise NoSuchPage("There is no such page: follow the links 'next' and 'previous'.") from error


class ApiView(APIView):
    """A view for people of the six groups, with a key."""

    parser_classes = [LimitedJSONParser]

    def get_throttles(self) -> list[Any]:
        return [ReadThrottle() if self.request.method in ("GET", "HEAD", "OPTIONS") else WriteThrottle()]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        access.require_view(request.user)

    @property
    def person(self) -> User:
        return cast("User", self.request.user)  # IsAuthenticated has seen to it


class RunView(ApiView):
    """A view under one run. Another team's run is as unknown as one that never was."""

    def runs(self) -> QuerySet[Run]:
        return queries.runs_of(self.person).select_related("team", "requester")

    def run_of(self, run_id: str) -> Run:
        """Return the run if this person may see it. Raises `NotFound`, also for what is no id at all."""
        try:
            run = self.runs().filter(pk=UUID(run_id)).first()
        except ValueError:
            run = None
        if run is None:
            raise NotFound("There is no such run.")
        return run
