"""The API's door to the gates."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from research.api.base import RUN_ID, Pages, RunView
from research.api.findings import ClaimsView, claims_out
from research.api.serializers import ClaimOut
from research.models import Decision

from .decide import add_claim, decide
from .requests import AdditionRequest
from .serializers import ClaimInput, DecisionInput, DecisionOutput

_PROBLEMS = {
    400: OpenApiResponse(description="The request is wrong; the detail says what to do."),
    403: OpenApiResponse(description="The policy refuses; `rule` names the rule."),
    404: OpenApiResponse(description="There is no such run, or no such subject in it, for you."),
    409: OpenApiResponse(description="It has changed since it was shown, or somebody was first: look again."),
}


@extend_schema(tags=["decisions"], parameters=[RUN_ID])
class Decisions(RunView):
    """The decisions on a run, oldest first, and one more."""

    pagination_class = Pages

    @extend_schema(operation_id="decisions_list", responses={200: DecisionOutput(many=True), 404: _PROBLEMS[404]})
    def get(self, request: Request, run_id: str) -> Response:
        """List the decisions on a run."""
        rows = Decision.objects.filter(run=self.run_of(run_id)).select_related("person", "run")
        pages = Pages()
        page = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(DecisionOutput(page, many=True).data)

    @extend_schema(operation_id="decisions_create", request=DecisionInput, responses={201: DecisionOutput, **_PROBLEMS})
    def post(self, request: Request, run_id: str) -> Response:
        """Decide at a gate."""
        run = self.run_of(run_id)
        given = DecisionInput(data=request.data)
        given.is_valid(raise_exception=True)
        decision = decide(
            person=self.person,
            door="api",
            request=given.request_for(run.pk),
            now=timezone.now(),
            http=request._request,  # noqa: SLF001 - Django's own request: the lock-out after wrong passwords wants it
        )
        decision.run.refresh_from_db()
        return Response(DecisionOutput(decision).data, status=status.HTTP_201_CREATED)


class Claims(ClaimsView):
    """The claims of a run, and one more that a person adds."""

    @extend_schema(
        summary="Add a claim by hand",
        operation_id="claims_create",
        tags=["decisions"],
        parameters=[RUN_ID],
        request=ClaimInput,
        responses={201: ClaimOut, **_PROBLEMS},
    )
    def post(self, request: Request, run_id: str) -> Response:
        """Add a claim: the same checks and the same evidence as every other; another person decides on it."""
        run = self.run_of(run_id)
        given = ClaimInput(data=request.data)
        given.is_valid(raise_exception=True)
        addition = dict(given.validated_data)
        comment = addition.pop("comment", "")
        claim = add_claim(
            person=self.person,
            door="api",
            request=AdditionRequest(run_id=run.pk, addition=addition, comment=comment),
            now=timezone.now(),
        )
        return Response(ClaimOut(claims_out([claim])[0]).data, status=status.HTTP_201_CREATED)
