"""Every error of the API as RFC 9457 problem JSON."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import is_valid_path
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from research.engine.domain import errors
from research.services.idempotency import KeyReused

MEDIA_TYPE = "application/problem+json"
_LOG = logging.getLogger(__name__)
_UNEXPECTED = "Something went wrong here, not in your request. It has been written down; try again later."

# The first that fits decides: subclasses before their parents.
_STATUS: tuple[tuple[type[errors.MrdError], HTTPStatus], ...] = (
    (KeyReused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.InvalidInput, HTTPStatus.BAD_REQUEST),
    (errors.Conflict, HTTPStatus.CONFLICT),
    (errors.Refused, HTTPStatus.FORBIDDEN),
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.BudgetExceeded, HTTPStatus.CONFLICT),
    (errors.CallError, HTTPStatus.BAD_GATEWAY),
    (errors.MrdError, HTTPStatus.BAD_REQUEST),
)


class TooLarge(exceptions.APIException):
    """The body is over the site's limit."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"

    def __init__(self) -> None:
        limit_mb = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20
        super().__init__(f"The request is over {limit_mb} MB: send less, and add long material to the library.")


class FieldError(NamedTuple):
    """What is wrong with one input. field: its path, parts joined by dots."""

    field: str
    detail: str


def body_of(
    *, status: int, code: str, detail: str, instance: str, fields: list[FieldError] | None = None
) -> dict[str, Any]:
    """Return the members of a problem. `type` is stable for each code."""
    return {
        "type": f"urn:mrd-desk:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "instance": instance,
        "code": code,
        "errors": [field._asdict() for field in fields or []],
    }


def handler(error: Exception, context: dict[str, Any]) -> Response:
    """Return the problem response for any error of an API view. DRF's `EXCEPTION_HANDLER`.

    An error nobody meant becomes a 500 without internals; it is logged and told to whoever listens (Sentry).
    """
    request = context.get("request")
    instance = request.path if request is not None else ""
    set_rollback()
    if isinstance(error, errors.MrdError):
        return _of_domain(error, instance)
    if isinstance(error, Http404):
        error = exceptions.NotFound("There is nothing at this address.")
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, RequestDataTooBig):
        error = TooLarge()
    if isinstance(error, exceptions.APIException):
        return _of_framework(error, instance)
    _LOG.error("api.unexpected_error", exc_info=error)
    got_request_exception.send(sender=handler, request=getattr(request, "_request", request))
    return _respond(body_of(status=500, code="unexpected", detail=_UNEXPECTED, instance=instance))


def _of_domain(error: errors.MrdError, instance: str) -> Response:
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    field = getattr(error, "field", None)
    fields = [FieldError(field, error.detail)] if field else []
    body = body_of(status=status, code=error.code, detail=error.detail, instance=instance, fields=fields)
    if isinstance(error, errors.Refused):
        body["rule"] = error.rule
    return _respond(body)


def _of_framework(error: exceptions.APIException, instance: str) -> Response:
    headers = {}
    challenge: str | None = getattr(error, "auth_header", None)
    if challenge:
        headers["WWW-Authenticate"] = challenge
    wait_s: float | None = getattr(error, "wait", None)
    if wait_s is not None:
        headers["Retry-After"] = str(int(wait_s) + 1)
    fields: list[FieldError] = []
    if isinstance(error, exceptions.ValidationError):
        fields = list(_flatten(error.detail))
        detail, code = _sentence(fields), "invalid_input"
    else:
        detail, code = str(error.detail), str(error.get_codes())
    body = body_of(status=error.status_code, code=code, detail=detail, instance=instance, fields=fields)
    return _respond(body, headers)


def _sentence(fields: list[FieldError]) -> str:
    first = fields[0]
    return f"{first.field}: {first.detail}" if first.field else first.detail


def _flatten(detail: Any, path: str = "") -> Any:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            own = path if name == "non_field_errors" else f"{path}.{name}" if path else str(name)
            yield from _flatten(inner, own)
    elif isinstance(detail, list):
        for inner in detail:
            yield from _flatten(inner, path)
    else:
        yield FieldError(path, str(detail))


def _respond(body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return Response(body, status=body["status"], headers=headers, content_type=MEDIA_TYPE)


@csrf_exempt
def nowhere(request: HttpRequest) -> JsonResponse:
    """Answer any address under /api/ that nobody serves. A POST is not sent elsewhere: it would arrive as a GET."""
    detail = "There is nothing at this address."
    if not request.path.endswith("/") and is_valid_path(f"{request.path_info}/"):
        detail += " Addresses here end in a slash."
    body = body_of(status=404, code="not_found", detail=detail, instance=request.path)
    return JsonResponse(body, status=404, content_type=MEDIA_TYPE)


def server_error(request: HttpRequest) -> Any:
    """Answer an error outside a view: a problem under /api/, else the site's page. For `handler500`."""
    if not request.path.startswith("/api/"):
        return defaults.server_error(request)
    body = body_of(status=500, code="unexpected", detail=_UNEXPECTED, instance=request.path)
    return JsonResponse(body, status=500, content_type=MEDIA_TYPE)
