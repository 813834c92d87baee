"""Structured logs: readable lines in development, one JSON object a line where MRD_LOG_JSON is set.

Standard-library loggers and structlog ones pass the same processors, so every line has its time, level, logger and
correlation id, and no secret.
"""

from __future__ import annotations

import logging.config
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

from . import scrubbing

Event = MutableMapping[str, Any]


def hide_secrets(logger: Any, method: str, event: Event) -> Event:
    """Hide secrets in a log event, by the names of its fields and inside its texts."""
    # structlog's own: the record itself, and the exception, whose trace is scrubbed when it has become text.
    ours = {key: value for key, value in event.items() if key.startswith("_") or key == "exc_info"}
    return {**scrubbing.scrub({key: value for key, value in event.items() if key not in ours}), **ours}


def hide_secrets_in_line(logger: Any, method: str, line: str) -> str:
    """Hide secrets in the finished line: traces of exceptions are made by the renderer itself."""
    return scrubbing.text(line)


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        hide_secrets,
    ]


def dict_config(*, level: str, as_json: bool) -> dict[str, Any]:
    """Return the logging configuration. level: the least one written, for the project and its libraries alike."""
    renderers: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _shared(),
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *renderers,
                    hide_secrets_in_line,
                ],
            },
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # These speak at INFO of things that the project's own lines say with more meaning.
            "httpx2": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
            "django-q": {"level": "WARNING"},
            # The development server's own line for each request repeats django_structlog's.
            "django.server": {"level": "WARNING"},
        },
    }


def set_up(configuration: dict[str, Any]) -> None:
    """Put the configuration in force for the standard library and for structlog."""
    logging.config.dictConfig(configuration)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
