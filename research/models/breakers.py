"""Circuit breakers, one row a tool or provider, shared by all processes."""

from __future__ import annotations

from django.db import models


class Breaker(models.Model):
    """opened_at None: closed. probe_at: when the single half-open probe was let through."""

    name = models.CharField(max_length=80, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True, blank=True)
    probe_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
