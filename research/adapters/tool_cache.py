"""What tools brought lately: in this process, then in Django's cache (Redis where MRD_REDIS_URL names one)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from typing import Any

from django.core.cache import caches

from research import metrics

log = logging.getLogger(__name__)

NAME = "tools"
_PREFIX = "tool:1:"
_MOST = 512  # answers kept in the process; the shared cache holds the others


class TwoLevelCache:
    """`ports.Cache`. One object for a process. A shared cache that is away is a miss, never an error."""

    def __init__(self) -> None:
        self._near: OrderedDict[str, tuple[float, dict[str, Any]]] = OrderedDict()

    async def get(self, key: str) -> dict[str, Any] | None:
        """Return what was put under `key` and is not over yet, or None."""
        near = self._near.get(key)
        if near is not None and near[0] > time.monotonic():
            self._near.move_to_end(key)
            metrics.CACHE.labels(level="process", result="hit").inc()
            return near[1]
        self._near.pop(key, None)
        found = await asyncio.to_thread(_get, _PREFIX + key)
        metrics.CACHE.labels(level="shared", result="miss" if found is None else "hit").inc()
        if not isinstance(found, dict):
            return None
        left_s = found["until"] - time.time()
        if left_s <= 0:
            return None
        self._keep(key, found["value"], left_s)
        return dict(found["value"])

    async def put(self, key: str, value: dict[str, Any], *, ttl_s: float) -> None:
        """Keep `value` (JSON) for `ttl_s` seconds, near and shared."""
        self._keep(key, value, ttl_s)
        await asyncio.to_thread(_put, _PREFIX + key, {"value": value, "until": time.time() + ttl_s}, ttl_s)

    def _keep(self, key: str, value: dict[str, Any], ttl_s: float) -> None:
        self._near[key] = (time.monotonic() + ttl_s, value)
        self._near.move_to_end(key)
        while len(self._near) > _MOST:
            self._near.popitem(last=False)


def _get(key: str) -> Any:
    try:
        return caches[NAME].get(key)
    except Exception:
        log.warning("the shared cache did not answer", exc_info=True)
        return None


def _put(key: str, value: dict[str, Any], ttl_s: float) -> None:
    try:
        caches[NAME].set(key, value, timeout=int(ttl_s))
    except Exception:
        log.warning("the shared cache took nothing", exc_info=True)
