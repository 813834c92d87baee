"""The research model with no language model and no key: it finds, quotes and arranges."""

from __future__ import annotations

from pydantic import ValidationError

from research.engine.ports import EngineContext, ResearchModel, Tool

from .model import ExtractiveModel


def can_use(tool: Tool) -> bool:
    """Tell whether the engine can use a tool: it asks by words alone, and reads passages, not listings."""
    try:
        tool.arguments.model_validate({"query": "words", "limit": 1})
    except ValidationError:
        return False
    return tool.capability != "search_web"


def build(context: EngineContext) -> ResearchModel:
    """Return the extractive model. It makes no call of its own, so it needs nothing of the context."""
    del context
    return ExtractiveModel()
