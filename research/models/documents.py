"""Sections and documents: immutable revisions and what was decided of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from research.engine.domain.documents import SectionDraft

from .runs import Run


class SectionStatus(models.TextChoices):
    DRAFTED = "drafted"
    APPROVED = "approved"
    REJECTED = "rejected"
    VOID = "void"  # a later revision stands in its place, or what it rests on changed


class SectionRevision(models.Model):
    """A section as drafted or edited. `body` is a domain SectionDraft; a regulatory decision names its digest.

    author None: the engine. first_approver, second_approver: filled by the decisions on a regulatory section.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="sections")
    key = models.CharField(max_length=64)
    position = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    regulatory = models.BooleanField(default=False)
    revision = models.PositiveIntegerField()
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=SectionStatus.choices, default=SectionStatus.DRAFTED)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    comment = models.TextField(blank=True, default="")
    first_approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    second_approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "key", "revision"], name="section_revision_once"),
            models.UniqueConstraint(
                fields=["run", "key"], condition=Q(status__in=["drafted", "approved"]), name="section_one_stands"
            ),
            models.CheckConstraint(
                condition=~Q(status="approved", regulatory=True)
                | Q(first_approver__isnull=False, second_approver__isnull=False),
                name="regulatory_approval_has_two",
            ),
            models.CheckConstraint(
                condition=Q(second_approver__isnull=True) | ~Q(first_approver=F("second_approver")),
                name="regulatory_approval_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"section {self.key} {self.revision} of {self.run_id}"

    @property
    def draft(self) -> SectionDraft:
        """The section as the engine sees it."""
        return SectionDraft.model_validate(self.body)


class DocumentStatus(models.TextChoices):
    COMPOSED = "composed"
    SIGNED = "signed"
    REJECTED = "rejected"
    VOID = "void"


class Document(models.Model):
    """The MRD composed from the standing sections. `body`: the canonical bytes as text; digest: their SHA-256."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="documents")
    revision = models.PositiveIntegerField()
    body = models.TextField()
    digest = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=DocumentStatus.choices, default=DocumentStatus.COMPOSED)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "revision"], name="document_revision_once"),
            models.UniqueConstraint(fields=["run"], condition=Q(status="signed"), name="document_signed_once"),
        ]

    def __str__(self) -> str:
        return f"document {self.revision} of {self.run_id}"
