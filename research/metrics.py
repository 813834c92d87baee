"""What Prometheus is told."""

from __future__ import annotations

from prometheus_client import Counter

STEPS = Counter("mrd_steps_total", "Steps carried out, by kind and how they ended.", ["kind", "result"])
CACHE = Counter(
    "mrd_tool_cache_total", "Look-ups of tools' earlier answers, by level and what they gave.", ["level", "result"]
)
