"""The research model with no language model and no key: it finds, quotes and arranges."""

from __future__ import annotations

from research.engine.ports import Clock, Ledger, ResearchModel

from .model import ExtractiveModel


def build(*, ledger: Ledger, clock: Clock) -> ResearchModel:
    """Return the extractive model. It makes no call of its own, so it needs neither."""
    del ledger, clock
    return ExtractiveModel()
