"""Plans and their tasks."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from research.engine.domain.states import TaskOutcome

from .base import choices_of
from .runs import Run


class Plan(models.Model):
    """One immutable revision of a run's plan. `body` is a domain Plan as JSON; its digest is what gets approved."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="plans")
    revision = models.PositiveIntegerField()
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    # None: the engine's planner.
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    comment = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)
    # What carrying out each task was expected to use when the plan was made: task key ("" for the rest of the run) to
    # domain Usage as JSON. No part of the digest: prices change, the plan does not.
    estimate = models.JSONField(null=True, blank=True)
    # Why a reviewer sent this revision back to the planner; "" when nobody did.
    decision_comment = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "revision"], name="plan_revision_once")]

    def __str__(self) -> str:
        return f"plan {self.revision} of {self.run_id}"


class Task(models.Model):
    """One research question of a plan revision, and what became of it."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="tasks")
    position = models.PositiveIntegerField()
    key = models.CharField(max_length=80)
    question = models.TextField()
    section = models.CharField(max_length=64)
    tools = models.JSONField()
    critical = models.BooleanField(default=False)
    depends_on = models.JSONField(default=list)
    layer = models.CharField(max_length=20)
    queries = models.JSONField(default=list)
    subject = models.CharField(max_length=120, null=True, blank=True)
    outcome = models.CharField(max_length=24, choices=choices_of(TaskOutcome), default=TaskOutcome.PENDING)
    reason = models.TextField(blank=True, default="")
    # List of domain SearchRecord as JSON, in the order they were made.
    searches = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "key"], name="task_key_once_a_plan")]

    def __str__(self) -> str:
        return f"{self.key} of plan {self.plan_id}"
