"""What a plan is expected to use: by task, with a price where the models have one."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from research.engine.domain.plans import Plan, PlanTask
from research.engine.domain.usage import Usage
from research.engine.providers.anthropic import estimate, estimates
from research.engine.providers.anthropic.asking import TOKENS_A_SERVER_USE
from research.engine.providers.anthropic.settings import AnthropicSettings, RoleSettings

AT = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
COMMON = {"question": "Which gaming taxes apply?", "section": "regulation"}
WEB = PlanTask(key="web", tools=("web_search", "library_search"), queries=("a tax", "b tax"), **COMMON)
LIBRARY = PlanTask(key="library", tools=("library_search",), queries=("a tax", "b tax"), **COMMON)
WISH = PlanTask(key="wish", tools=("library_search",), layer="requirements", depends_on=("web",), **COMMON)
PLAN = Plan(vertical="gambling", prompt="An online casino for Nevada", tasks=(WEB, LIBRARY, WISH))
SETTINGS = AnthropicSettings()
JUDGE = SETTINGS.model_copy(update={"roles": SETTINGS.roles | {"judge": RoleSettings(model="claude-haiku-5-5")}})


def test_every_task_and_the_rest_has_its_estimate():
    found = estimate(PLAN, SETTINGS, at=AT)
    assert set(found) == {"web", "library", "wish", ""}
    assert all(usage.cost_usd > 0 and usage.tokens > 0 for usage in found.values())
    assert [found[key].searches for key in ("web", "library", "wish")] == [2, 0, 0]
    assert found["web"].tokens - found["library"].tokens == 2 * TOKENS_A_SERVER_USE
    assert found["wish"].calls == 1


def test_a_server_without_tools_of_its_own_searches_nothing():
    found = estimate(PLAN, AnthropicSettings(server_tools=False), at=AT)
    assert found["web"] == found["library"]


def test_a_judge_is_counted_where_there_is_one():
    assert estimate(PLAN, JUDGE, at=AT)[""].calls == estimate(PLAN, SETTINGS, at=AT)[""].calls + 1


def test_a_model_without_a_price_makes_its_tasks_unpriced_and_not_free():
    roles = SETTINGS.roles | {"extract": RoleSettings(model="house-model")}
    found = estimate(PLAN, AnthropicSettings(roles=roles), at=AT)
    assert [found[key].cost_usd is None for key in ("web", "library", "wish", "")] == [True, True, False, False]


def test_a_role_that_is_off_uses_nothing():
    found = estimate(PLAN, AnthropicSettings(roles={}), at=AT)
    assert found["web"] == Usage(calls=0)


def test_a_sum_with_an_unknown_is_unknown():
    assert estimates.total([Usage(cost_usd=Decimal(1)), Usage(cost_usd=Decimal(2))]).cost_usd == 3
    assert estimates.total([Usage(cost_usd=Decimal(1)), Usage(cost_usd=None)]).cost_usd is None
    assert estimates.total([]) == Usage(calls=0)
