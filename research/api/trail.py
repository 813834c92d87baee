"""What happened in a run: events and calls."""

from __future__ import annotations

from typing import Any

from django.db.models.query import QuerySet
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from research.models import Call, Event

from .base import Pages, RunView
from .docs import reads
from .serializers import CallOut, EventOut


class EventPages(Pages):
    ordering = "seq"


class EventsView(RunView, ListAPIView[Event]):
    """List the run's trail, oldest first. SHA-256(previous + payload) is the hash of each."""

    serializer_class = EventOut
    pagination_class = EventPages

    def get_queryset(self) -> QuerySet[Event]:
        return Event.objects.filter(run=self.run_of(self.kwargs["run_id"]))

    @reads(EventOut(many=True), summary="List events")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class CallPages(Pages):
    ordering = ("started_at", "id")


class CallsView(RunView, ListAPIView[Call]):
    """List the calls that left the process, oldest first, without what came back."""

    serializer_class = CallOut
    pagination_class = CallPages

    def get_queryset(self) -> QuerySet[Call]:
        rows = Call.objects.filter(run=self.run_of(self.kwargs["run_id"]))
        return rows.select_related("step").defer("outcome")

    @reads(CallOut(many=True), summary="List calls")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)
