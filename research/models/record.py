"""The record: decisions, signatures and the trail. Append-only; the database refuses changes (see migrations)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from research.engine.domain.states import Gate, Verdict

from .base import choices_of
from .documents import Document
from .runs import Run


class SubjectKind(models.TextChoices):
    PLAN = "plan"
    CLAIM = "claim"
    SECTION = "section"
    DOCUMENT = "document"


class Decision(models.Model):
    """A verdict by a named person over the digest of exactly what they were shown.

    An edit passes nothing: it makes a new revision, which has a digest of its own, so it takes no slot from a verdict.
    slot: 1, and 2 for the second person of a regulatory section. door: where it came from (see reviews.policy.DOORS).
    subject_id: primary key of the plan revision, claim, section revision or document.
    """

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="decisions")
    gate = models.CharField(max_length=12, choices=choices_of(Gate))
    subject_kind = models.CharField(max_length=10, choices=SubjectKind.choices)
    subject_id = models.BigIntegerField()
    subject_digest = models.CharField(max_length=64)
    slot = models.PositiveSmallIntegerField(default=1)
    verdict = models.CharField(max_length=8, choices=choices_of(Verdict))
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decisions")
    comment = models.TextField(blank=True, default="")
    door = models.CharField(max_length=10)
    is_demo = models.BooleanField(default=False)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "subject_digest", "slot"],
                condition=~Q(verdict="edit"),
                name="decision_once_a_slot",
            ),
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "subject_digest", "person"],
                condition=~Q(verdict="edit"),
                name="decision_once_a_person",
            ),
            models.CheckConstraint(
                condition=Q(slot=1) | Q(slot=2, gate="regulatory", subject_kind="section"),
                name="decision_second_slot_is_regulatory",
            ),
            models.CheckConstraint(
                condition=Q(verdict="approve") | ~Q(comment=""), name="decision_comment_on_edit_and_reject"
            ),
        ]
        indexes = [models.Index(fields=["run", "decided_at"], name="decision_run_time")]

    def __str__(self) -> str:
        return f"{self.verdict} of {self.subject_kind} {self.subject_id} by {self.person_id}"


class Signature(models.Model):
    """The sign-off of a document: who, when (UTC), meaning what, over which digest."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="signatures")
    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="signature")
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="signature")
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signatures")
    # The name as it was at the moment of signing.
    signer_name = models.CharField(max_length=300)
    meaning = models.TextField()
    digest = models.CharField(max_length=64)
    signed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"signature of document {self.document_id}"


class Event(models.Model):
    """One link of a run's trail. `payload` holds the canonical bytes as text; hash = SHA-256(previous + payload).

    actor: opaque id of a person, or "engine", "rule", "operator:<id>". No personal data.
    """

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=60)
    actor = models.CharField(max_length=60)
    at = models.DateTimeField()
    payload = models.TextField()
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "seq"], name="event_once_a_place")]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.seq} {self.kind}"
