"""The durable unit of execution, and the drivers that execute."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from research.engine.domain.states import StepKind, StepState

from .base import choices_of
from .plans import Task
from .runs import Run


class Step(models.Model):
    """One unit of work. Claimed by conditional update; every result is written on condition of `token`.

    attempts: starts, counted before execution. crashes: starts whose worker vanished (lease expired).
    token: rises with every claim; a write with an older one is refused.
    not_before: None means at once.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=16, choices=choices_of(StepKind))
    key = models.CharField(max_length=100)
    generation = models.PositiveIntegerField()
    task = models.ForeignKey(Task, on_delete=models.CASCADE, null=True, blank=True, related_name="steps")
    state = models.CharField(max_length=16, choices=choices_of(StepState), default=StepState.READY)
    attempts = models.PositiveIntegerField(default=0)
    crashes = models.PositiveIntegerField(default=0)
    token = models.PositiveBigIntegerField(default=0)
    lease_owner = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    # What the run had found elsewhere when the step first began (services.memory); None before.
    memory = models.JSONField(null=True, blank=True)
    input_digest = models.CharField(max_length=64, blank=True, default="")
    output = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "kind", "key", "generation"], name="step_once_a_generation"),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_owner__isnull=False, lease_until__isnull=False),
                name="step_running_has_lease",
            ),
        ]
        indexes = [
            models.Index(fields=["not_before", "id"], condition=Q(state="ready"), name="step_ready"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="step_leased"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.key} ({self.run_id}, round {self.generation})"


class Driver(models.Model):
    """A process that executes steps, and when it last said so. A host has as many seats as it may have drivers."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    host = models.CharField(max_length=120)
    seat = models.PositiveIntegerField()
    pid = models.PositiveIntegerField()
    capacity = models.PositiveIntegerField()
    in_flight = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["host", "seat"], name="driver_once_a_seat")]

    def __str__(self) -> str:
        return f"{self.host}/{self.pid}"


class Heartbeat(models.Model):
    """When something that must go on by itself last did. name "queue": a scheduled task was carried out."""

    name = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
