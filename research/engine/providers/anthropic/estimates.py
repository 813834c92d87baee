"""What a plan is expected to use: a judgement before anything is bought, shown beside what it came to."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from research.engine.domain.plans import Plan, PlanTask
from research.engine.domain.usage import Usage

from . import pricing, server_tools
from .asking import TOKENS_A_SERVER_USE
from .settings import AnthropicSettings, Role

# The project's own guesses, until there is a run to compare them with (the run page shows both): calls a role makes for
# one task, and tokens one of them reads and writes.
_TURNS = 6
_READ = {"investigate": 14_000, "extract": 6_000, "synthesise": 8_000, "require": 8_000, "judge": 6_000, "draft": 5_000}
_WRITTEN = {"investigate": 900, "extract": 2_000, "synthesise": 2_500, "require": 2_500, "judge": 1_200, "draft": 1_500}
_REST = ""


def of(plan: Plan, settings: AnthropicSettings, *, at: dt.datetime) -> dict[str, Usage]:
    """Return the expected use of each task by its key, and of drafting and judging under "".

    at: when it is to be bought, as prices change. `cost_usd` is None where a role's model has no price.
    """
    found = {task.key: _of_task(task, settings, at) for task in plan.tasks}
    sections = len({task.section for task in plan.tasks})
    rest = [_calls("draft", sections, settings, at)]
    if settings.role("judge") is not None:
        rest.append(_calls("judge", max(1, len(plan.tasks) // 4), settings, at))
    found[_REST] = total(rest)
    return found


def total(usages: list[Usage]) -> Usage:
    """Return the sum; its cost is None when one of them is."""
    costs = [usage.cost_usd for usage in usages]
    return Usage(
        calls=sum(usage.calls for usage in usages),
        searches=sum(usage.searches for usage in usages),
        tokens=sum(usage.tokens for usage in usages),
        cost_usd=None if None in costs else sum((cost for cost in costs if cost is not None), Decimal(0)),
    )


def _of_task(task: PlanTask, settings: AnthropicSettings, at: dt.datetime) -> Usage:
    if task.searches_nothing():
        return _calls(_concludes(task), 1, settings, at)
    server = settings.server_tools and server_tools.SEARCH in task.tools
    searches = min(len(task.queries) or 1, settings.max_searches_per_task) if server else 0
    turns = min(_TURNS, settings.max_turns)
    looked = _calls("investigate", turns, settings, at, more_read=searches * TOKENS_A_SERVER_USE, searches=searches)
    concluded = [_calls(_concludes(task), 1, settings, at)] if task.layer != "research" else []
    return total([looked, _calls("extract", 1, settings, at), *concluded])


def _concludes(task: PlanTask) -> Role:
    return "require" if task.layer == "requirements" else "synthesise"


def _calls(
    role: Role, calls: int, settings: AnthropicSettings, at: dt.datetime, *, more_read: int = 0, searches: int = 0
) -> Usage:
    who = settings.role(role)
    if who is None or not calls:
        return Usage(calls=0)
    used = pricing.estimate(
        model=who.model,
        input_tokens=calls * _READ[role] + more_read,
        output_tokens=calls * _WRITTEN[role],
        searches=searches,
        at=at,
    )
    return used.model_copy(update={"calls": calls})
