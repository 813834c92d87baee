"""The research model with no language model and no key: it finds, quotes and arranges."""

from __future__ import annotations

from research.engine.ports import EngineContext, ResearchModel

from .model import ExtractiveModel


def build(context: EngineContext) -> ResearchModel:
    """Return the extractive model. It makes no call of its own, so it needs nothing of the context."""
    del context
    return ExtractiveModel()
