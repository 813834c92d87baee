"""Claims, their immutable revisions, what verification says of each, and how they contradict one another."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from research.engine.domain.states import ClaimStatus

from .base import choices_of
from .evidence import Evidence
from .runs import Run
from .steps import Step


class Claim(models.Model):
    """One checkable statement of a run. Its words are in `current`, its confidence in `assessment`.

    shown_digest: digest of all that a reviewer is shown; a decision must name it. "" before verification.
    decided_by_rule: accepted because its confidence passes and nothing sends it to people.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="claims")
    key = models.CharField(max_length=32)
    task_key = models.CharField(max_length=80)
    section = models.CharField(max_length=64)
    status = models.CharField(max_length=12, choices=choices_of(ClaimStatus), default=ClaimStatus.PROPOSED)
    current = models.ForeignKey(
        "ClaimRevision", on_delete=models.PROTECT, null=True, blank=True, related_name="current_of"
    )
    assessment = models.ForeignKey(
        "Assessment", on_delete=models.PROTECT, null=True, blank=True, related_name="current_of"
    )
    shown_digest = models.CharField(max_length=64, blank=True, default="")
    decided_by_rule = models.BooleanField(default=False)
    merged_into = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="merged")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "key"], name="claim_once_a_run")]
        indexes = [models.Index(fields=["run", "status"], name="claim_run_status")]

    def __str__(self) -> str:
        return f"claim {self.key[:12]}"


class ClaimRevision(models.Model):
    """The words of a claim at one revision. Never changed. author None: the engine. value: domain TypedValue or None.

    role, attributes: what it is in the document (domain `items`). formula: domain Formula of a computed claim, or None.
    digest: over text, kind, value, role, attributes, formula and the keys of its evidence and premises.
    """

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="revisions")
    revision = models.PositiveIntegerField()
    kind = models.CharField(max_length=12)
    text = models.TextField()
    value = models.JSONField(null=True, blank=True)
    premise_keys = models.JSONField(default=list)
    role = models.CharField(max_length=16, default="fact")
    attributes = models.JSONField(default=dict, blank=True)
    formula = models.JSONField(null=True, blank=True)
    digest = models.CharField(max_length=64)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    comment = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim", "revision"], name="claim_revision_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["stated", "computed", "inferred", "assumption"]), name="claim_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"revision {self.revision} of claim {self.claim_id}"


class ClaimEvidence(models.Model):
    """Evidence under a claim revision, and whether it supports or contradicts."""

    revision = models.ForeignKey(ClaimRevision, on_delete=models.CASCADE, related_name="evidence_links")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="claim_links")
    stance = models.CharField(max_length=12, choices=[("supports", "supports"), ("contradicts", "contradicts")])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["revision", "evidence"], name="claim_evidence_once")]

    def __str__(self) -> str:
        return f"{self.evidence_id} {self.stance} {self.revision_id}"


class Assessment(models.Model):
    """What verification said of a claim revision. confidence: thousandths, None goes to people. Never changed.

    parts: list of {name, score, reason}. to_people: list of reasons; empty means it passes by rule.
    """

    revision = models.ForeignKey(ClaimRevision, on_delete=models.CASCADE, related_name="assessments")
    step = models.ForeignKey(Step, on_delete=models.SET_NULL, null=True, blank=True)
    confidence = models.PositiveSmallIntegerField(null=True, blank=True)
    parts = models.JSONField(default=list)
    to_people = models.JSONField(default=list)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(confidence__isnull=True) | Q(confidence__lte=1000), name="confidence_in_thousandths"
            )
        ]

    def __str__(self) -> str:
        return f"assessment {self.pk} of revision {self.revision_id}"


class Contradiction(models.Model):
    """Two claims of a run that disagree. `first` has the smaller id."""

    first = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="contradictions_as_first")
    second = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="contradictions_as_second")
    reason = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="contradiction_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="contradiction_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} against {self.second_id}"
