"""The research model filled with Claude, over the Messages API. Importing this loads nothing of the vendor's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from research.engine.domain.plans import Plan
from research.engine.domain.usage import Usage
from research.engine.ports import EngineContext, ResearchModel

from . import estimates, server_tools
from .model import ClaudeModel
from .settings import AnthropicSettings


def build(context: EngineContext) -> ResearchModel:
    """Return the engine for one step in flight. `context.options` are its `AnthropicSettings`."""
    return ClaudeModel(context, context.options)


def problem(settings: AnthropicSettings) -> str:
    """Return why no run can have this engine, "" when one can."""
    if settings.api_key.get_secret_value() or settings.base_url:
        return ""
    return (
        "The engine 'anthropic' has no key: set MRD_ANTHROPIC_API_KEY, or MRD_ANTHROPIC_BASE_URL for a server of your "
        "own, or choose 'extractive'."
    )


def tools(settings: AnthropicSettings) -> Mapping[str, str]:
    """Return the tools the server brings, with what each does; none where it has none."""
    return server_tools.SAYS if settings.server_tools else {}


def estimate(plan: Plan, settings: AnthropicSettings, *, at: dt.datetime) -> dict[str, Usage]:
    """Return what carrying out each task is expected to use, by task key, and "" for the rest of the run."""
    return estimates.of(plan, settings, at=at)


def warm_up() -> None:
    """Load what takes seconds to load, before a process is forked into workers."""
    import anthropic  # noqa: F401 - loaded for the children
    from genai_prices.data_snapshot import get_snapshot

    get_snapshot()
