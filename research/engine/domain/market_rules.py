"""What a vertical tells of its market, so that a market size can be proposed from claims. Data only."""

from __future__ import annotations

from pydantic import Field

from .canonical import Frozen


class MarketRules(Frozen):
    """The words a market size is found by.

    revenues: names of the vertical's metrics that tell what a whole market spends, best first. A company's own revenue
    is none: its figure counts only where it is a place's.
    customers: what is counted as a customer, as a unit ("players"), and the nouns that stand for it, plural.
    owner: who tests what is assumed.
    """

    revenues: tuple[str, ...] = Field(min_length=1)
    customers: dict[str, tuple[str, ...]] = Field(min_length=1)
    owner: str = "Product management"
