"""What Prometheus is told."""

from __future__ import annotations

from prometheus_client import Counter

STEPS = Counter("mrd_steps_total", "Steps carried out, by kind and how they ended.", ["kind", "result"])
