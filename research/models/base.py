"""What several models share."""

from __future__ import annotations

from enum import StrEnum

from django.db import models


def choices_of(enum: type[StrEnum]) -> list[tuple[str, str]]:
    """Return Django choices for a domain enum: stored value, and the value in words."""
    return [(member.value, member.value.replace("_", " ")) for member in enum]


class Spending(models.Model):
    """What has been reserved and used in one account. Changed only under the row's lock; money in US dollars."""

    reserved_calls = models.PositiveIntegerField(default=0)
    reserved_searches = models.PositiveIntegerField(default=0)
    reserved_tokens = models.PositiveBigIntegerField(default=0)
    reserved_cost_usd = models.DecimalField(max_digits=14, decimal_places=6, default=0)
    used_calls = models.PositiveIntegerField(default=0)
    used_searches = models.PositiveIntegerField(default=0)
    used_tokens = models.PositiveBigIntegerField(default=0)
    used_cost_usd = models.DecimalField(max_digits=14, decimal_places=6, default=0)
    # Calls whose price is not known; they are not zero-priced.
    unpriced_calls = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True
