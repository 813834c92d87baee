"""The id that ties a request, the queue task it rang for and the calls made for it together in the logs."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator

import structlog

_current: contextvars.ContextVar[str] = contextvars.ContextVar("correlation_id", default="")


def current() -> str:
    """Return the correlation id of this context, or "" when none is bound."""
    return _current.get()


@contextlib.contextmanager
def bind(correlation_id: str) -> Iterator[None]:
    """Bind a correlation id to this context and its log lines until the block ends."""
    token = _current.set(correlation_id)
    with structlog.contextvars.bound_contextvars(correlation_id=correlation_id):
        try:
            yield
        finally:
            _current.reset(token)
