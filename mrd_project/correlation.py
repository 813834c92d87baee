"""Give each request a correlation id: the caller's, where it is a harmless one, else a new one."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from research import correlation

HEADER = "X-Correlation-ID"
# What may stand in a log line, a header and a column of 64 characters, whoever sent it.
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


def accepted(value: str | None) -> str:
    """Return the caller's id if it is 8 to 64 letters, digits, dots, dashes and underscores; else a new one."""
    return value if value and SAFE.fullmatch(value) else uuid.uuid4().hex


class CorrelationMiddleware:
    """Bind the id for the request and its log lines, and answer with it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        correlation_id = accepted(request.headers.get(HEADER))
        with correlation.bind(correlation_id):
            response = self._get_response(request)
        response[HEADER] = correlation_id
        return response
