"""What a run found and wrote: plan, claims, evidence, sections, document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.db.models.query import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from research import queries
from research.engine.domain.errors import InvalidInput, NotFound
from research.engine.domain.states import ClaimStatus
from research.models import Claim, Contradiction, SectionRevision
from research.services import exports

from .base import Pages, RunView
from .docs import choice, reads
from .serializers import ClaimOut, DocumentOut, EvidenceOut, PlanOut, SectionOut

_STATUSES = [status.value for status in ClaimStatus]
_MAX_DIGITS = 18


class PlanView(RunView):
    """Read the plan that stands."""

    @reads(PlanOut, summary="Read the plan")
    def get(self, request: Request, run_id: str) -> Response:  # noqa: ARG002 - DRF's signature
        plan = queries.current_plan(self.run_of(run_id))
        if plan is None:
            raise NotFound("The run has no plan yet: it is still being planned.")
        out = {name: getattr(plan, name) for name in ("id", "revision", "digest", "body", "author", "comment")}
        out |= {"created_at": plan.created_at, "approved_at": plan.approved_at, "tasks": queries.tasks_in_order(plan)}
        out["estimate"] = queries.expected_of(plan)
        return Response(PlanOut(out).data)


class ClaimsView(RunView, ListAPIView[Claim]):
    """List the claims with their evidence, in the order they were proposed."""

    serializer_class = ClaimOut
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Claim]:
        run = self.run_of(self.kwargs["run_id"])
        rows = Claim.objects.filter(run=run, current__isnull=False)
        status, section = (self.request.query_params.get(name) for name in ("status", "section"))
        if status is not None:
            if status not in _STATUSES:
                known = ", ".join(_STATUSES)
                raise InvalidInput(f"There is no status '{status[:40]}'; choose one of: {known}.", field="status")
            rows = rows.filter(status=status)
        if section is not None:
            rows = rows.filter(section=section)
        return rows.select_related("current", "assessment", "merged_into")

    @reads(
        ClaimOut(many=True),
        parameters=(choice("status", _STATUSES), OpenApiParameter("section", OpenApiTypes.STR)),
        summary="List claims",
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # noqa: ARG002 - DRF's signature
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(ClaimOut(claims_out(page), many=True).data)


def claims_out(page: Sequence[Claim]) -> list[dict[str, Any]]:
    """Return claims as `ClaimOut` renders them: two queries for all of them."""
    links = queries.evidence_of(claim.current_id for claim in page)
    ids = [claim.pk for claim in page]
    against: dict[int, list[str]] = {}
    pairs = Contradiction.objects.filter(Q(first_id__in=ids) | Q(second_id__in=ids))
    for pair in pairs.select_related("first", "second").order_by("pk"):
        against.setdefault(pair.first_id, []).append(pair.second.key)
        against.setdefault(pair.second_id, []).append(pair.first.key)
    return [_claim_out(claim, links.get(claim.current_id or 0, []), against.get(claim.pk, [])) for claim in page]


def _claim_out(claim: Claim, links: Sequence[Any], against: list[str]) -> dict[str, Any]:
    revision, assessment = claim.current, claim.assessment
    cited = []
    for link in links:
        link.evidence.stance = link.stance
        cited.append(link.evidence)
    same = ("id", "key", "task_key", "section", "status", "decided_by_rule", "shown_digest")
    return {name: getattr(claim, name) for name in same} | {
        "merged_into": claim.merged_into.key if claim.merged_into else None,
        "revision": revision.revision if revision else 0,
        "revision_id": revision.pk if revision else None,
        "digest": revision.digest if revision else "",
        "kind": revision.kind if revision else "",
        "text": revision.text if revision else "",
        "value": revision.value if revision else None,
        "role": revision.role if revision else "fact",
        "attributes": revision.attributes if revision else {},
        "premises": revision.premise_keys if revision else [],
        "formula": revision.formula if revision else None,
        "confidence": assessment.confidence if assessment else None,
        "parts": assessment.parts if assessment else [],
        "to_people": assessment.to_people if assessment else [],
        "contradicts": against,
        "evidence": cited,
    }


class EvidenceView(RunView):
    """Read one piece of evidence."""

    @reads(
        EvidenceOut,
        parameters=(OpenApiParameter("evidence_id", OpenApiTypes.INT, OpenApiParameter.PATH),),
        summary="Read a piece of evidence",
    )
    def get(self, request: Request, run_id: str, evidence_id: str) -> Response:  # noqa: ARG002 - DRF's signature
        run = self.run_of(run_id)
        is_id = evidence_id.isascii() and evidence_id.isdigit() and len(evidence_id) <= _MAX_DIGITS
        found = queries.evidence(run).filter(pk=int(evidence_id)).first() if is_id else None
        if found is None:
            raise NotFound("The run has no such evidence.")
        return Response(EvidenceOut(found).data)


class SectionPages(Pages):
    ordering = ("position", "pk")


class SectionsView(RunView, ListAPIView[SectionRevision]):
    """List the sections that stand, in the document's order."""

    serializer_class = SectionOut
    pagination_class = SectionPages

    def get_queryset(self) -> QuerySet[SectionRevision]:
        run = self.run_of(self.kwargs["run_id"])
        rows = SectionRevision.objects.filter(run=run, status__in=("drafted", "approved"))
        return rows.select_related("author", "first_approver", "second_approver")

    @reads(SectionOut(many=True), summary="List sections")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class DocumentView(RunView):
    """Read the newest document: signed, else composed."""

    @reads(DocumentOut, summary="Read the document")
    def get(self, request: Request, run_id: str) -> Response:  # noqa: ARG002 - DRF's signature
        document = exports.newest(self.run_of(run_id))
        exports.signed_mrd(document)  # refuses one that somebody changed
        out = {name: getattr(document, name) for name in ("id", "revision", "status", "digest", "created_at")}
        signatures = document.run.signatures.filter(document=document).order_by("pk")
        shown: Any = out | {"signatures": signatures, "body": json.loads(document.body)}
        return Response(DocumentOut(shown).data)
