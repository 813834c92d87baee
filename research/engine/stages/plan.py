"""Stage plan: ask the role for a plan and refuse one that cannot be carried out."""

from __future__ import annotations

from collections.abc import Collection

from research.engine.domain.errors import PlanInvalid
from research.engine.domain.plans import Plan, check_plan
from research.engine.ports import ResearchModel, RunBrief


async def plan(model: ResearchModel, brief: RunBrief, *, tools: Collection[str]) -> Plan:
    """Return the plan `model` proposes for `brief`. `tools` are the names that exist.

    Raises `PlanInvalid` when it answers another prompt or vertical, or breaks a rule of `check_plan`.
    """
    proposed = await model.plan(brief)
    if proposed.vertical != brief.vertical.name or proposed.prompt != brief.prompt:
        raise PlanInvalid(
            f"The engine '{model.name}' planned for another prompt or vertical than the run's: start planning again.",
            field="prompt",
        )
    check_plan(proposed, sections=brief.vertical.section_keys(), tools=tools)
    return proposed
