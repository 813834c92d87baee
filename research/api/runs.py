"""Runs: asked for, listed, read, operated."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from research import correlation, queries
from research.engine.domain.errors import InvalidInput
from research.engine.domain.states import RunState
from research.models import Run, Team
from research.services import access, idempotency, runs

from .base import RUN_ID, NewRunThrottle, Pages, RunView
from .docs import choice, problems
from .inputs import ReasonIn, RunIn, limits_of
from .serializers import RunDetailOut, RunOut

_STATES = [state.value for state in RunState]


class RunPages(Pages):
    ordering = ("-created_at", "-id")


class RunsView(RunView, ListAPIView[Run]):
    """List the runs of one's teams, newest first, and ask for a new one."""

    serializer_class = RunOut
    pagination_class = RunPages

    def get_throttles(self) -> list[Any]:
        more = [NewRunThrottle()] if self.request.method == "POST" else []
        return [*super().get_throttles(), *more]

    def get_queryset(self) -> Any:
        wanted = self.request.query_params.get("state")
        if wanted is None:
            return self.runs()
        if wanted not in _STATES:
            raise InvalidInput(
                f"There is no state '{wanted[:40]}'; choose one of: {', '.join(_STATES)}.", field="state"
            )
        return self.runs().filter(state=wanted)

    @extend_schema(
        summary="List runs",
        operation_id="runs_list",
        parameters=[choice("state", _STATES)],
        responses={200: RunOut(many=True), **problems(400)},
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        summary="Ask for a run",
        operation_id="runs_create",
        request=RunIn,
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="The same key with the same body gives the same run again (200 instead of 201).",
            )
        ],
        responses={201: RunDetailOut, 200: RunDetailOut, **problems(400, 404, 409, 413, 415, 422)},
    )
    def post(self, request: Request) -> Response:
        access.require_create(self.person)
        given = RunIn(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        now = timezone.now()
        make = partial(
            runs.create,
            team=self._team(data.get("team")),
            requester=self.person,
            prompt=data["prompt"],
            vertical=data["vertical"],
            engine=data["engine"],
            limits=limits_of(data.get("limits")),
            priority=data["priority"],
            bypass_cache=data["bypass_cache"],
            correlation_id=correlation.current()[:64],
            now=now,
        )
        key = request.headers.get("Idempotency-Key")
        if key is None:
            made = idempotency.Made(make(), is_new=True)
        else:
            made = idempotency.once(user=self.person, key=key, body=request.data, make=make, now=now)
        code = status.HTTP_201_CREATED if made.is_new else status.HTTP_200_OK
        where = reverse("api-run", args=[made.run.pk], request=request)
        return Response(detail(self.run_of(str(made.run.pk))), status=code, headers={"Location": where})

    def _team(self, slug: str | None) -> Team:
        own = Team.objects.filter(membership__user_id=self.person.pk).order_by("slug")
        if slug is not None:
            team = own.filter(slug=slug).first()
            if team is None:
                raise InvalidInput(f"You are in no team '{slug}'; name one of yours.", field="team")
            return team
        teams = list(own)
        if len(teams) != 1:
            names = ", ".join(team.slug for team in teams)
            sentence = f"Name the team: one of {names}." if teams else "You are in no team yet: ask an administrator."
            raise InvalidInput(sentence, field="team")
        return teams[0]


class RunDetailView(RunView):
    """Read one run: where it stands, what it waits for, what it has used."""

    @extend_schema(
        summary="Read a run", operation_id="runs_read", parameters=[RUN_ID],
        responses={200: RunDetailOut, **problems(404)},
    )  # fmt: skip
    def get(self, request: Request, run_id: str) -> Response:  # noqa: ARG002 - DRF's signature
        return Response(detail(self.run_of(run_id)))


def detail(run: Run) -> dict[str, Any]:
    """Return the run with its plan's digest, what waits at its gate, its progress and its budgets."""
    progress = queries.progress(run)
    shown = {
        "plan": queries.current_plan(run),
        "waiting_for": queries.waiting(run),
        "progress": progress,
        "shown_budgets": progress.budgets,
    }
    for name, value in shown.items():
        setattr(run, name, value)
    return dict(RunDetailOut(run).data)


class OperateView(RunView):
    """Pause, resume, finish or cancel a run: its requester or an administrator."""

    verb = ""
    needs_reason = True

    def operate(self, run_id: str, data: Any) -> Response:
        run = self.run_of(run_id)
        access.require_operate(self.person, run)
        given = ReasonIn(data=data)
        given.is_valid(raise_exception=True)
        doing: Callable[..., Run] = getattr(runs, self.verb)
        reason = {"reason": given.validated_data["reason"]} if self.needs_reason else {}
        doing(run_id=run.pk, actor=str(self.person.actor_id), now=timezone.now(), **reason)
        return Response(detail(self.run_of(run_id)))


class PauseView(OperateView):
    verb = "pause"

    @extend_schema(
        summary="Pause a run", operation_id="runs_pause", parameters=[RUN_ID], request=ReasonIn,
        responses={200: RunDetailOut, **problems(400, 404, 409)},
    )  # fmt: skip
    def post(self, request: Request, run_id: str) -> Response:
        return self.operate(run_id, request.data)


class ResumeView(OperateView):
    verb = "resume"
    needs_reason = False

    @extend_schema(
        summary="Resume a paused run", operation_id="runs_resume", parameters=[RUN_ID], request=None,
        responses={200: RunDetailOut, **problems(404, 409)},
    )  # fmt: skip
    def post(self, request: Request, run_id: str) -> Response:  # noqa: ARG002 - it takes no body
        return self.operate(run_id, {})


class FinishView(OperateView):
    verb = "finish"

    @extend_schema(
        summary="Finish a paused or failed run with what there is", operation_id="runs_finish", parameters=[RUN_ID],
        description="It buys nothing any more. Questions not researched yet end as insufficient data, with the reason; "
        "every gate stands as before.",
        request=ReasonIn, responses={200: RunDetailOut, **problems(400, 404, 409)},
    )  # fmt: skip
    def post(self, request: Request, run_id: str) -> Response:
        return self.operate(run_id, request.data)


class CancelView(OperateView):
    verb = "cancel"

    @extend_schema(
        summary="Cancel a run", operation_id="runs_cancel", parameters=[RUN_ID], request=ReasonIn,
        responses={200: RunDetailOut, **problems(400, 404, 409)},
    )  # fmt: skip
    def post(self, request: Request, run_id: str) -> Response:
        return self.operate(run_id, request.data)
