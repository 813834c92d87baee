"""What comes in. Words are checked by the services, so that every door says the same sentence."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers as s

from research.engine.domain.usage import Limits
from research.services import runs

_MAX_WHOLE = 1_000_000


class LimitsIn(s.Serializer[Any]):
    """What the research may use; what is left out stays as the site says."""

    calls = s.IntegerField(min_value=1, max_value=_MAX_WHOLE, required=False)
    searches = s.IntegerField(min_value=0, max_value=_MAX_WHOLE, required=False)
    cost_usd = s.DecimalField(max_digits=12, decimal_places=6, min_value=Decimal(0), required=False)


class RunIn(s.Serializer[Any]):
    """A request for an MRD."""

    prompt = s.CharField(trim_whitespace=False, allow_blank=True)
    vertical = s.CharField(max_length=80)
    engine = s.CharField(max_length=80, default="extractive")
    team = s.SlugField(max_length=60, required=False, help_text="May be left out by a member of one team.")
    limits = LimitsIn(required=False)


class ReasonIn(s.Serializer[Any]):
    reason = s.CharField(allow_blank=True, max_length=1000, default="")


def limits_of(given: dict[str, Any] | None) -> Limits | None:
    """Return the limits asked for, filled up with the site's; None when none were named."""
    if not given:
        return None
    return Limits.model_validate({**runs.default_limits().model_dump(), **given})
