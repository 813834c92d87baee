"""What comes in. Words are checked by the services, so that every door says the same sentence."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers as s

from research.engine.domain.usage import Limits
from research.models.runs import Priority
from research.services import runs

_MAX_WHOLE = 1_000_000
_MAX_TOKENS = 10_000_000_000
_NAMED = 20


class StrictInput(s.Serializer[Any]):
    """Input that refuses fields it does not know: what is misspelt is said, not left out unseen."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            known = ", ".join(self.fields)
            # A name may hold half a character, which no answer could be written with.
            unknown = [
                str(name)[:80].encode("utf-8", "backslashreplace").decode() for name in data.keys() - self.fields
            ]
            if unknown:
                raise s.ValidationError(
                    {
                        name: [f"There is no field '{name}' here; there are: {known}."]
                        for name in sorted(unknown)[:_NAMED]
                    }
                )
        return super().to_internal_value(data)


class LimitsIn(StrictInput):
    """What the research may use; what is left out stays as the site says."""

    calls = s.IntegerField(min_value=1, max_value=_MAX_WHOLE, required=False)
    searches = s.IntegerField(min_value=0, max_value=_MAX_WHOLE, required=False)
    tokens = s.IntegerField(min_value=0, max_value=_MAX_TOKENS, required=False)
    cost_usd = s.DecimalField(max_digits=12, decimal_places=6, min_value=Decimal(0), required=False)


class RunIn(StrictInput):
    """A request for an MRD."""

    prompt = s.CharField(trim_whitespace=False, allow_blank=True)
    vertical = s.CharField(max_length=80)
    engine = s.CharField(max_length=80, default="extractive")
    team = s.SlugField(max_length=60, required=False, help_text="May be left out by a member of one team.")
    limits = LimitsIn(required=False)
    priority = s.ChoiceField(
        choices=Priority.values,
        default=Priority.NORMAL,
        error_messages={"invalid_choice": f"The priority is one of {', '.join(Priority.values)}."},
        help_text="batch: it can wait; an engine that can takes up to a day for each answer, at half the price.",
    )
    bypass_cache = s.BooleanField(
        default=False, help_text="Answer afresh: use nothing again that tools brought for earlier runs."
    )


class ReasonIn(StrictInput):
    reason = s.CharField(allow_blank=True, max_length=1000, default="")


def limits_of(given: dict[str, Any] | None) -> Limits | None:
    """Return the limits asked for, filled up with the site's; None when none were named."""
    if not given:
        return None
    return Limits.model_validate({**runs.default_limits().model_dump(), **given})
