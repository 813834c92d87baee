"""Which engines and tools there are, as the settings say, and what each says of itself."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import importlib
from collections.abc import Mapping
from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string

from research.engine.domain.errors import InvalidInput
from research.engine.domain.plans import Plan
from research.engine.domain.usage import Usage
from research.engine.ports import Tool, ToolContext

from . import outside
from .clock import SystemClock


def engine_names() -> tuple[str, ...]:
    """Return the engines a run may have: those whose settings are complete."""
    return tuple(name for name in settings.MRD.engines if not _engine(name, "problem", lambda _: "")(_options(name)))


def engine_options(name: str) -> Any:
    """Return the settings of the engine called `name`, None where it has none."""
    return _options(name)


def tool_names(engine: str = "") -> tuple[str, ...]:
    """Return the names a plan's tasks may have: those on the shelf, and those the engine brings itself."""
    return tuple(told_tools(engine))


def told_tools(engine: str = "") -> dict[str, str]:
    """Return what a plan's tasks may name, with what each does in a sentence.

    Left out: tools that lack a setting they need, and those that the engine does not know how to use.
    """
    can_use = _engine(engine, "can_use", lambda _: True) if engine else lambda _: True
    shelf = {name: tool.says for name, tool in catalogue().items() if outside.is_set(name) and can_use(tool)}
    own: Mapping[str, str] = _engine(engine, "tools", lambda _: {})(_options(engine)) if engine else {}
    return {**shelf, **own}


@functools.cache
def catalogue() -> dict[str, Tool]:
    """Return the tools on the shelf by name, to be told of and not to be used: they lead nowhere."""
    nowhere = ToolContext(library=cast("Any", None), http=cast("Any", None), clock=SystemClock(), options={})
    return {name: cast("Tool", import_string(path)(nowhere)) for name, path in settings.MRD.tools.items()}


def estimate_of(plan: Plan, *, engine: str, at: dt.datetime) -> dict[str, Usage]:
    """Return what carrying out each task of the plan is expected to use, by task key, and "" for all the rest."""
    found: Mapping[str, Usage] = _engine(engine, "estimate", _by_queries)(plan, _options(engine), at=at)
    return dict(found)


def _by_queries(plan: Plan, _options: Any, *, at: dt.datetime) -> dict[str, Usage]:
    """Return a search for each query, which cost nothing: what an engine without a model does at most."""
    del at
    return {task.key: Usage(calls=max(1, len(task.queries)), searches=max(1, len(task.queries))) for task in plan.tasks}


def engine_builder(name: str) -> Any:
    """Return the builder of the engine called `name`. Raises `InvalidInput` (field `engine`)."""
    path = settings.MRD.engines.get(name)
    if path is None:
        raise InvalidInput(
            f"There is no engine called '{name}'; choose one of: {', '.join(engine_names())}.", field="engine"
        )
    problem = _engine(name, "problem", lambda _: "")(_options(name))
    if problem:
        raise InvalidInput(problem, field="engine")
    return import_string(path)


def warm_up() -> None:
    """Load what the configured engines need, in the worker's parent process: its children then have it at once."""
    for name in engine_names():
        _engine(name, "warm_up", lambda: None)()


def _engine(name: str, attribute: str, otherwise: Any) -> Any:
    """Return what the engine's module says of itself, `otherwise` where it says nothing."""
    path = settings.MRD.engines.get(name, "")
    if not path:
        return otherwise
    with contextlib.suppress(ImportError):
        return getattr(importlib.import_module(path.rpartition(".")[0]), attribute, otherwise)
    return otherwise


def _options(name: str) -> Any:
    return settings.MRD.engine_options().get(name)
