"""A double of `ports.Http` for tools: answers by path, in order, and every request kept."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from research.engine.ports import HttpReply, ToolContext

NOW = dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)


class Frozen:
    """`ports.Clock` that stands still."""

    def now(self) -> dt.datetime:
        return NOW

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"a tool never sleeps ({seconds} s): retries are the shelf's")


class Replies:
    """Answers by the path of the address: JSON, bytes, or an error to raise. Any other path is a failed test."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = dict(answers)
        self.sent: list[tuple[str, dict[str, str], dict[str, str]]] = []

    async def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        media_types: Sequence[str] = (),
        max_bytes: int | None = None,
        robots: bool = False,
    ) -> HttpReply:
        assert media_types == ("application/json",)
        assert max_bytes is not None
        assert not robots
        self.sent.append((url, dict(params or {}), dict(headers or {})))
        answer = self.answers[urlsplit(url).path]
        if isinstance(answer, Exception):
            raise answer
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return HttpReply(
            url=url, status=200, headers={}, media_type="application/json", charset="utf-8", body=body, fetched_at=NOW
        )


def context(http: Replies, **options: str) -> ToolContext:
    return ToolContext(library=None, http=http, clock=Frozen(), options=options)
