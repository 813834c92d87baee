"""Stage plan refuses what cannot be carried out, whatever the engine proposes."""

import asyncio

import pytest

from research.engine.domain.errors import PlanInvalid
from research.engine.domain.plans import Plan
from research.engine.providers.extractive.model import ExtractiveModel
from research.engine.stages import plan as stage
from research.engine.verticals import registry
from tests.doubles.engine import brief

TOOLS = {"library_search", "library_scan"}
BRIEF = brief(registry.get("saas"), "A document management SaaS for small law firms in California")


class Proposing(ExtractiveModel):
    """Propose the extractive plan with changes."""

    def __init__(self, **changes):
        self.changes = changes

    async def plan(self, brief):
        return Plan.model_validate((await super().plan(brief)).model_copy(update=self.changes).model_dump())


def run(model, tools=TOOLS):
    return asyncio.run(stage.plan(model, BRIEF, tools=tools))


def test_a_good_plan_passes_as_proposed():
    assert run(ExtractiveModel()).jurisdictions == ("California",)


@pytest.mark.parametrize("changes", [{"prompt": "Another prompt altogether"}, {"vertical": "gambling"}, {"tasks": ()}])
def test_a_plan_for_something_else_or_for_nothing_is_refused(changes):
    with pytest.raises(PlanInvalid):
        run(Proposing(**changes))


def test_a_plan_with_a_tool_that_is_not_there_is_refused():
    with pytest.raises(PlanInvalid, match="library_scan"):
        run(ExtractiveModel(), tools={"library_search"})
