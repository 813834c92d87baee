"""What an `Idempotency-Key` of the API was used for."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .runs import Run


class ApiIdempotency(models.Model):
    """A person's key, the digest of the body it came with, and the run that request made."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    body_digest = models.CharField(max_length=64)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once_a_person")]
        verbose_name_plural = "API idempotency keys"

    def __str__(self) -> str:
        return f"{self.key} of {self.user_id}"
