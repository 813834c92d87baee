"""What a run is expected to use, before it exists: a plan made by rules, and what the engine would take for it."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from research import queries
from research.adapters import engines
from research.engine.domain.errors import InvalidInput
from research.engine.domain.plans import Plan, check_prompt
from research.engine.domain.usage import Limits, Usage
from research.engine.ports import RunBrief
from research.engine.providers.extractive.plan import make_plan
from research.engine.verticals import registry
from research.models.runs import Priority

from . import runs

_MAX_TOOLS = 10


class Expected(NamedTuple):
    """One question of the plan, or what belongs to none (key ""), and what it is expected to use."""

    key: str
    question: str
    usage: Usage


class DryRun(NamedTuple):
    """A plan as the embedded planner makes it, and what the engine would use for it.

    own_tools: what the engine brings itself and is taken to use for every question that is searched. limits: what the
    site lets a run use. passes: the names of limits the whole is expected to pass.
    """

    plan: Plan
    engine: str
    priority: str
    own_tools: tuple[str, ...]
    lines: tuple[Expected, ...]
    total: Usage
    limits: Limits
    passes: tuple[str, ...]


def dry_run(*, prompt: object, vertical: str, engine: str, priority: str, now: dt.datetime) -> DryRun:
    """Return plan and estimate; nothing is written and nothing is called.

    So the plan is the embedded planner's: another engine's own may have other questions.
    Raises `InvalidInput` (field prompt, vertical, engine or priority), as creating the run would.
    """
    text = check_prompt(prompt)
    if priority not in Priority.values:
        raise InvalidInput(f"The priority is one of {', '.join(Priority.values)}.", field="priority")
    spec = registry.get(vertical)
    engines.engine_builder(engine)
    plan = make_plan(RunBrief(run_id="dry-run", prompt=text, vertical=spec, as_of=now.date()))
    shelf = engines.tool_names()
    own = tuple(name for name in engines.tool_names(engine) if name not in shelf)
    usages = engines.estimate_of(_searched_with(plan, own), engine=engine, at=now)
    lines = [Expected(task.key, task.question, usages[task.key]) for task in plan.tasks if task.key in usages]
    if queries.REST in usages:
        lines.append(Expected(queries.REST, "Checking and drafting", usages[queries.REST]))
    whole = queries.expected_total(line.usage for line in lines) or Usage(calls=0)
    limits = runs.default_limits()
    return DryRun(
        plan=plan,
        engine=engine,
        priority=priority,
        own_tools=own,
        lines=tuple(lines),
        total=whole,
        limits=limits,
        passes=_passes(whole, limits),
    )


def _searched_with(plan: Plan, own: tuple[str, ...]) -> Plan:
    """Return the plan with the engine's own tools named too, as its own planner would name them."""
    if not own:
        return plan
    tasks = tuple(
        task
        if task.searches_nothing()
        else task.model_copy(update={"tools": tuple(dict.fromkeys((*own, *task.tools)))[:_MAX_TOOLS]})
        for task in plan.tasks
    )
    return plan.model_copy(update={"tasks": tasks})


def _passes(total: Usage, limits: Limits) -> tuple[str, ...]:
    """Return the limits the whole is expected to pass; a cost that is not known passes none."""
    names = ("calls", "searches", "tokens", "cost_usd")
    return tuple(name for name in names if (getattr(total, name) or 0) > getattr(limits, name))
