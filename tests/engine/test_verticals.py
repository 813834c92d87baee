"""Verticals: found by themselves, complete, and unknown ones refused in a sentence."""

import pytest

from research.engine.document import numerals
from research.engine.domain.errors import InvalidInput
from research.engine.domain.plans import check_plan
from research.engine.providers.extractive.plan import make_plan
from research.engine.verticals import canonical, registry
from tests.doubles.engine import brief

ALL = ("fintech", "gambling", "saas")
TOOLS = ("library_search", "library_scan")


def test_the_verticals_are_found_without_being_listed():
    assert set(ALL) <= set(registry.names())


def test_an_unknown_vertical_is_refused_and_the_known_ones_are_named():
    with pytest.raises(InvalidInput) as refusal:
        registry.get("astrology")
    assert refusal.value.field == "vertical"
    assert "astrology" in refusal.value.detail
    assert "gambling" in refusal.value.detail
    assert "saas" in refusal.value.detail


@pytest.mark.parametrize("name", ALL)
def test_every_section_has_a_task_and_every_task_a_section(name):
    vertical = registry.get(name)
    assert {task.section for task in vertical.tasks} == set(vertical.section_keys())
    assert "executive_summary" not in vertical.section_keys()


@pytest.mark.parametrize(
    ("name", "regulatory"),
    [
        ("gambling", {"regulation", "responsible_gambling"}),
        ("saas", {"data_protection"}),
        ("fintech", {"regulation", "consumer_protection"}),
    ],
)
def test_the_regulatory_and_competitor_sections_are_marked(name, regulatory):
    vertical = registry.get(name)
    assert {s.key for s in vertical.sections if s.regulatory} == regulatory
    assert [s.key for s in vertical.sections if s.competitor] == ["competitors"]


@pytest.mark.parametrize("name", ALL)
def test_the_template_gives_a_valid_plan_even_when_the_prompt_names_nothing(name):
    vertical = registry.get(name)
    plan = make_plan(brief(vertical, "something new for somebody somewhere"))
    check_plan(plan, sections=vertical.section_keys(), tools=TOOLS)
    assert all("{" not in task.question for task in plan.tasks)
    assert all("{" not in query for task in plan.tasks for query in task.queries)


@pytest.mark.parametrize("name", ALL)
def test_critical_tasks_cover_every_regulatory_section(name):
    vertical = registry.get(name)
    critical = {task.section for task in vertical.tasks if task.critical}
    assert {s.key for s in vertical.sections if s.regulatory} <= critical


CANONICAL = (
    "market_problem", "definition", "market_size", "trends", "personas", "competitors", "pricing", "voice_of_customer",
    "requirements", "go_to_market", "success_metrics", "assumptions", "risks",
)  # fmt: skip


@pytest.mark.parametrize("name", registry.names())
def test_every_vertical_has_the_canonical_sections_in_order_its_law_after_pricing_and_no_figure_in_a_title(name):
    sections = registry.get(name).sections
    assert tuple(s.key for s in sections if not s.regulatory) == CANONICAL
    law = [place for place, s in enumerate(sections) if s.regulatory]
    assert law == list(range(7, 7 + len(law)))
    assert not any(numerals.find_numerals(s.title, every=False) for s in sections)


@pytest.mark.parametrize("name", registry.names())
def test_what_only_concludes_searches_nothing_and_its_grounds_are_tasks_of_the_vertical(name):
    vertical = registry.get(name)
    plan = make_plan(brief(vertical, "something new for somebody somewhere"))
    idle = {task.key for task in plan.tasks if task.searches_nothing()}
    assert idle >= {
        "sizing", "personas-synthesis", "risks-synthesis", "requirements-synthesis", "assumptions-synthesis"
    }  # fmt: skip
    keys = {task.key for task in vertical.tasks}
    assert all(set(task.depends_on) <= keys for task in vertical.tasks)


def test_a_wording_for_no_canonical_section_is_refused():
    with pytest.raises(ValueError, match="weather"):
        canonical.sections(weather=("Weather", "How it is."))
