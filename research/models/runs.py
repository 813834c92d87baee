"""A run, its budget, and the head of its trail."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from research.engine.domain.states import RunState

from .base import Spending, choices_of
from .people import Team


class Priority(models.TextChoices):
    NORMAL = "normal"
    BATCH = "batch"  # can wait: model calls go out in batches, at half the price


class Run(models.Model):
    """One request for an MRD. `state` is written by services.transitions alone.

    bypass_cache: its tools answer afresh. finishing: from now on nothing is bought, a person chose to finish with
    what there is.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="runs")
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="runs")
    prompt = models.TextField()
    vertical = models.CharField(max_length=40)
    engine = models.CharField(max_length=40)
    state = models.CharField(max_length=24, choices=choices_of(RunState), default=RunState.IDLE, db_index=True)
    # Where a paused or failed run goes back to; empty otherwise.
    resume_to = models.CharField(max_length=24, choices=choices_of(RunState), blank=True, default="")
    state_reason = models.TextField(blank=True, default="")
    state_since = models.DateTimeField()
    not_before = models.DateTimeField(null=True, blank=True)
    # Rises each time the run goes back, so that the steps of the new round have their own rows.
    generation = models.PositiveIntegerField(default=1)
    correlation_id = models.CharField(max_length=64, blank=True, default="")
    is_demo = models.BooleanField(default=False)
    priority = models.CharField(max_length=10, choices=Priority.choices, default=Priority.NORMAL)
    bypass_cache = models.BooleanField(default=False)
    finishing = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["team", "-created_at"], name="run_team_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["paused", "failed"], resume_to__gt="")
                | (~Q(state__in=["paused", "failed"]) & Q(resume_to="")),
                name="run_knows_where_it_goes_back_to",
            ),
        ]

    def __str__(self) -> str:
        return f"{str(self.id)[:8]} {self.prompt[:60]}"


class Phase(models.TextChoices):
    """A phase of spending: the planner's small cap, and the research a person has approved."""

    PLANNING = "planning"
    RESEARCH = "research"


class RunBudget(Spending):
    """What a phase of a run may use, has reserved and has used. Changed only under the row's lock.

    That lock comes before any call of the phase is written: whoever holds it is alone with them.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="budgets")
    phase = models.CharField(max_length=12, choices=Phase.choices)
    max_calls = models.PositiveIntegerField()
    max_searches = models.PositiveIntegerField()
    max_tokens = models.PositiveBigIntegerField()
    max_cost_usd = models.DecimalField(max_digits=14, decimal_places=6)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "phase"], name="budget_once_a_phase"),
            models.CheckConstraint(
                condition=Q(max_calls__gte=F("reserved_calls") + F("used_calls")), name="budget_calls_kept"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.phase}"


class Trail(models.Model):
    """The head of a run's chain of events: how many there are, and the hash of the last."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, primary_key=True, related_name="trail")
    length = models.PositiveIntegerField(default=0)
    head = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.run_id} {self.length}"
