"""The ledger: one row for each call that leaves the process."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from .runs import Phase, Run
from .steps import Step


class CallState(models.TextChoices):
    INTENT = "intent"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"  # in flight at a crash: nobody knows whether the other side did it


class Call(models.Model):
    """Intent before, outcome after.

    key: the idempotency key, the same for the same call of the same step. repeat: 0, then 1 for the one repetition
    of a call whose outcome is unknown. cost_usd None means unpriced, not zero.
    written_off: an operator has retried the step; this unknown no longer counts against the one repetition.
    held: what it reserved stays so until another call settles it: a batch was ordered, and its answer has the price.
    cached_from: the key of the earlier call whose recorded answer was used, so that this one cost nothing; "": it
    went out itself.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    # Indexed by `call_run_time`.
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="calls", db_index=False)
    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="calls")
    phase = models.CharField(max_length=12, choices=Phase.choices)
    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=80)
    key = models.CharField(max_length=64)
    repeat = models.PositiveIntegerField(default=0)
    possible_duplicate = models.BooleanField(default=False)
    written_off = models.BooleanField(default=False)
    token = models.PositiveBigIntegerField()
    arguments = models.JSONField()
    state = models.CharField(max_length=10, choices=CallState.choices, default=CallState.INTENT)
    outcome = models.JSONField(null=True, blank=True)
    held = models.BooleanField(default=False)
    cached_from = models.CharField(max_length=64, blank=True, default="")
    error = models.TextField(blank=True, default="")
    reserved_searches = models.PositiveIntegerField(default=0)
    reserved_tokens = models.PositiveBigIntegerField(default=0)
    reserved_cost_usd = models.DecimalField(max_digits=14, decimal_places=6, default=0)
    searches = models.PositiveIntegerField(default=0)
    tokens = models.PositiveBigIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=14, decimal_places=6, null=True, blank=True)
    correlation_id = models.CharField(max_length=64, blank=True, default="")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # The key first: the ledger looks for many keys at once, of many runs.
            models.UniqueConstraint(fields=["key", "run", "repeat"], name="call_key_once"),
            models.CheckConstraint(
                condition=Q(state="intent", finished_at__isnull=True)
                | (~Q(state="intent") & Q(finished_at__isnull=False)),
                name="call_finished_or_intent",
            ),
        ]
        indexes = [models.Index(fields=["run", "started_at"], name="call_run_time")]

    def __str__(self) -> str:
        return f"{self.name} {self.key[:12]}/{self.repeat}"
