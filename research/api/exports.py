"""The document as a file."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from research.services import exports

from .base import RUN_ID, RunView
from .docs import problems

_FORM = OpenApiParameter("form", OpenApiTypes.STR, OpenApiParameter.PATH, enum=list(exports.MEDIA_TYPES))


class ExportView(RunView):
    """Fetch the newest document (signed, else a draft) as json, md, html, pdf or docx.

    Each time is an event of the trail.
    """

    @extend_schema(
        summary="Fetch an export",
        parameters=[RUN_ID, _FORM],
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "text/markdown"): OpenApiTypes.STR,
            (200, "text/html"): OpenApiTypes.STR,
            (200, exports.MEDIA_TYPES["pdf"]): OpenApiTypes.BINARY,
            (200, exports.MEDIA_TYPES["docx"]): OpenApiTypes.BINARY,
            **problems(400, 404, 409),
        },
    )
    def get(self, request: Request, run_id: str, form: str) -> HttpResponse:  # noqa: ARG002 - DRF's signature
        run = self.run_of(run_id)
        made = exports.export(run=run, format=form, actor=str(self.person.actor_id), now=timezone.now())
        headers = {
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=made.file_name) or "",
            "Content-Security-Policy": exports.PAGE_POLICY,
        }
        return HttpResponse(made.content, content_type=made.media_type, headers=headers)
