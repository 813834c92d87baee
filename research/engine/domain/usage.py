"""What calls use and what a run may use."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from .canonical import Frozen


class Usage(Frozen):
    """What one call uses. `cost_usd` None means *unpriced* (unknown), which is not zero.

    tokens: read and written by a model, those of its cache too.
    """

    calls: int = Field(default=1, ge=0)
    searches: int = Field(default=0, ge=0)
    tokens: int = Field(default=0, ge=0)
    cost_usd: Decimal | None = Field(default=Decimal(0), ge=0)


# What the ledger keeps of a cost.
_MICRO_DOLLAR = Decimal("0.000001")


def exact_usd(total: Decimal) -> Decimal:
    """Return a sum of costs to the six decimals they are kept with. A database may have added them as floats."""
    return total.quantize(_MICRO_DOLLAR)


def plain_usd(total: Decimal) -> str:
    """Return a sum of costs in plain digits, at most six decimals and no zeros at the end: "1.412", "0"."""
    return f"{exact_usd(total):f}".rstrip("0").rstrip(".")


class Limits(Frozen):
    """What may be used (by a run in one phase, a person in a day): whole numbers, and US dollars."""

    calls: int = Field(ge=0)
    searches: int = Field(ge=0)
    tokens: int = Field(ge=0)
    cost_usd: Decimal = Field(ge=0)
