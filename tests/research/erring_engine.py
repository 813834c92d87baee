"""An engine whose every role does what a test says: raise, wait, call, or give what a well-behaved one gives."""

from __future__ import annotations

from typing import Any

from research.engine.domain.plans import Plan, PlanTask

# What the roles do next, in order; empty: a plan of one task.
SCRIPT: list[Any] = []


class ErringModel:
    name = "erring"

    def __init__(self, context) -> None:
        self._context = context

    async def plan(self, brief) -> Plan:
        if SCRIPT:
            what = SCRIPT.pop(0)
            if isinstance(what, BaseException):
                raise what
            await what(self._context)
        task = PlanTask(
            key="first", question="What do the sources say?", section="competitors", tools=("library_search",)
        )
        return Plan(vertical=brief.vertical.name, prompt=brief.prompt, tasks=(task,))

    async def investigate(self, brief, task, shelf) -> Any:
        raise SCRIPT.pop(0)


def build(context) -> ErringModel:
    return ErringModel(context)
