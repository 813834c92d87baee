"""Tell the log what the engine notes."""

from __future__ import annotations

from typing import Any

import structlog

log = structlog.get_logger(__name__)


class LogObserver:
    """`ports.Observer` into the structured log."""

    def note(self, event: str, **details: Any) -> None:
        log.info(event, **details)
