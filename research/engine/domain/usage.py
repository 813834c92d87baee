"""What calls use and what a run may use."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from .canonical import Frozen


class Usage(Frozen):
    """What one call uses. `cost_usd` None means *unpriced* (unknown), which is not zero."""

    calls: int = Field(default=1, ge=0)
    searches: int = Field(default=0, ge=0)
    cost_usd: Decimal | None = Field(default=Decimal(0), ge=0)


class Limits(Frozen):
    """What a run may use in one phase: whole numbers of calls and searches, and US dollars."""

    calls: int = Field(ge=0)
    searches: int = Field(ge=0)
    cost_usd: Decimal = Field(ge=0)
