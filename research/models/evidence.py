"""Evidence: verbatim words pinned into an extracted text."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from .library import ExtractedText
from .runs import Run


class Evidence(models.Model):
    """A quote at its place (code points, end exclusive; pages from 1), found by one task of a run. Never changed.

    key: digest of place and words. call_key: ledger key of the call that found it. relevance: thousandths.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="evidence")
    task_key = models.CharField(max_length=80)
    extracted_text = models.ForeignKey(ExtractedText, on_delete=models.PROTECT, related_name="evidence")
    key = models.CharField(max_length=64)
    page = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    exact = models.TextField()
    prefix = models.TextField(blank=True, default="")
    suffix = models.TextField(blank=True, default="")
    call_key = models.CharField(max_length=64, blank=True, default="")
    relevance = models.PositiveSmallIntegerField(default=500)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [
            models.UniqueConstraint(fields=["run", "task_key", "key"], name="evidence_once_a_task"),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="evidence_not_empty"),
        ]

    def __str__(self) -> str:
        return f"evidence {self.pk} p. {self.page}"
