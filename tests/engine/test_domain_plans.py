"""Plans and prompts: what can be carried out passes, everything else is refused naming the place."""

from __future__ import annotations

import pytest

from research.engine.domain.errors import InvalidInput, PlanInvalid
from research.engine.domain.plans import (
    LAYERS,
    MAX_PROMPT_CHARS,
    MAX_TASKS,
    Plan,
    PlanTask,
    check_plan,
    check_prompt,
    parse_plan,
)

SECTIONS, TOOLS = ("market", "law"), ("search", "scan")


def task(key="one", **changes):
    common = {"question": "What do players pay?", "section": "market", "tools": ("search",)}
    return PlanTask(key=key, **(common | changes))


def plan(*tasks):
    return Plan(vertical="gambling", prompt="A market for tests", tasks=tasks)


def refused(*tasks):
    with pytest.raises(PlanInvalid) as refusal:
        check_plan(plan(*tasks), sections=SECTIONS, tools=TOOLS)
    return refusal.value


def test_a_good_plan_passes():
    second = task("two", section="law", depends_on=("one",), layer="synthesis")
    check_plan(plan(task(), second), sections=SECTIONS, tools=TOOLS)


def test_a_plan_without_tasks_is_refused():
    assert refused().field == "tasks"


def test_sixty_tasks_pass_and_one_more_is_refused():
    check_plan(plan(*(task(f"t{n}") for n in range(MAX_TASKS))), sections=SECTIONS, tools=TOOLS)
    assert str(MAX_TASKS + 1) in refused(*(task(f"t{n}") for n in range(MAX_TASKS + 1))).detail


def test_two_tasks_of_one_key_are_refused_by_name():
    assert "'one'" in refused(task(), task()).detail


@pytest.mark.parametrize(
    ("changes", "field", "named"),
    [
        ({"section": "gossip"}, "section", "gossip"),
        ({"tools": ("search", "oracle")}, "tools", "oracle"),
        ({"depends_on": ("nobody",)}, "depends_on", "nobody"),
    ],
)
def test_an_unknown_section_tool_or_dependency_is_refused_and_named(changes, field, named):
    error = refused(task(**changes))
    assert error.field == field
    assert named in error.detail
    assert "one" in error.detail


def test_tasks_that_wait_for_one_another_are_refused_with_the_circle():
    error = refused(task("a", depends_on=("c",)), task("b", depends_on=("a",)), task("c", depends_on=("b",)))
    assert error.field == "depends_on"
    assert "circle" in error.detail
    for key in "abc":
        assert key in error.detail


def test_a_task_that_waits_for_itself_is_refused():
    assert "circle" in refused(task("a", depends_on=("a",))).detail


@pytest.mark.parametrize(("early", "late"), [(0, 1), (0, 2), (1, 2)])
def test_a_task_may_wait_for_its_own_or_an_earlier_layer_alone(early, late):
    first, second = LAYERS[early], LAYERS[late]
    check_plan(plan(task("a", layer=first), task("b", layer=second, depends_on=("a",))), sections=SECTIONS, tools=TOOLS)
    assert refused(task("a", layer=second), task("b", layer=first, depends_on=("a",))).field == "depends_on"


@pytest.mark.parametrize("key", ["", "Upper", "two words", "-a", "a-", "a--b", "é", "x" * 81, "a/b"])
def test_a_key_that_is_no_key_is_refused_at_its_place(key):
    data = plan(task()).model_dump(mode="json")
    data["tasks"][0]["key"] = key
    with pytest.raises(PlanInvalid) as refusal:
        parse_plan(data)
    assert refusal.value.field == "tasks.0.key"


@pytest.mark.parametrize("data", [None, [], "plan", 7, {}, {"tasks": []}, {"vertical": "x", "prompt": "y", "tasks": 1}])
def test_what_is_no_plan_is_refused_in_a_sentence(data):
    with pytest.raises(PlanInvalid) as refusal:
        parse_plan(data)
    assert refusal.value.field
    assert refusal.value.detail.endswith(".")


@pytest.mark.parametrize(
    "changes", [{"tools": []}, {"question": "Why?"}, {"question": "x" * 601}, {"layer": "final"}, {"more": 1}]
)
def test_a_task_without_tools_with_no_question_or_an_unknown_field_is_refused(changes):
    data = plan(task()).model_dump(mode="json")
    data["tasks"][0] |= changes
    with pytest.raises(PlanInvalid) as refusal:
        parse_plan(data)
    assert refusal.value.field.startswith("tasks.0.")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"tools": []}, "task 1, tools: name at least one"),
        ({"tools": ["t"] * 11}, "task 1, tools: at most 10 entries, not 11"),
        ({"tools": "library_search"}, "task 1, tools: write a list"),
        ({"queries": ["good words", "x" * 5000]}, "task 1, query 2: at most 400 characters, not 5,000"),
        ({"queries": ["good words", 7]}, "task 1, query 2: write a text"),
        ({"queries": ["?!"]}, "task 1, query 1: it holds no letter or digit; write something that can be read"),
        ({"question": "Why?"}, "task 1, question: at least 8 characters"),
        ({"question": "x" * 601}, "task 1, question: at most 600 characters, not 601"),
        ({"question": None}, "task 1, question: write a text"),
        ({"section": ""}, "task 1, section: at least 1 character"),
        ({"key": "Two words"}, "task 1, key: write lower-case words and digits joined by '-' or '_'"),
        ({"key": "x" * 81}, "task 1, key: at most 80 characters, not 81"),
        ({"layer": "final"}, "task 1, layer: choose one of 'research', 'synthesis' or 'requirements'"),
        ({"critical": "perhaps"}, "task 1, critical: write true or false"),
        ({"depends_on": [3]}, "task 1, depends_on entry 1: write a text"),
        ({"colour": "red"}, "task 1, colour: there is no such field; take it out"),
    ],
)
def test_what_is_wrong_in_a_plan_is_said_in_plain_words_with_its_place(changes, says):
    data = plan(task()).model_dump(mode="json")
    data["tasks"][0] |= changes
    with pytest.raises(PlanInvalid) as refusal:
        parse_plan(data)
    assert refusal.value.detail == f"The plan is not valid: {says}."


def test_what_is_missing_and_a_plan_that_is_none_are_said_plainly():
    whole = plan(task()).model_dump(mode="json")
    del whole["tasks"][0]["tools"]
    told = []
    for data in (whole, [], {**whole, "tasks": [5]}, {**whole, "products": ["a b"] * 41}):
        with pytest.raises(PlanInvalid) as refusal:
            parse_plan(data)
        told.append((refusal.value.field, refusal.value.detail.removeprefix("The plan is not valid: ")))
    assert told == [
        ("tasks.0.tools", "task 1, tools: it is missing."),
        ("plan", "write an object with fields."),
        ("tasks.0", "task 1: write an object with fields."),
        ("products", "products: at most 40 entries, not 41."),
    ]


def test_a_plan_read_back_has_the_digest_it_had_and_any_change_gives_another():
    whole = plan(task(), task("two"))
    assert parse_plan(whole.model_dump(mode="json")).digest() == whole.digest()
    assert plan(task("two"), task()).digest() != whole.digest()


def test_a_prompt_loses_its_outer_white_space_alone():
    assert check_prompt("  A market\nfor  tests \n") == "A market\nfor  tests"


@pytest.mark.parametrize("prompt", ["x" * 12, "x" * MAX_PROMPT_CHARS])
def test_a_prompt_as_short_or_as_long_as_allowed_passes(prompt):
    assert check_prompt(prompt) == prompt


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        ("", "empty"), (" \n\t ", "empty"), (None, "empty"), (7, "empty"), (["A market for tests"], "empty"),
        ("x" * 11, "too short (11"), ("x" * (MAX_PROMPT_CHARS + 1), "8,001"), ("x" * 100_000, "100,000"),
        ("A market\x00 for tests", "cannot be stored"), ("\x00" * 40, "cannot be stored"),
        ("A market \ud800 for tests", "cannot be stored"),
    ],
)  # fmt: skip
def test_a_prompt_that_says_nothing_or_too_much_is_refused(prompt, says):
    """Empty, short, long, with a NUL or half a letter: one sentence, and the field it is about."""
    with pytest.raises(InvalidInput) as refusal:
        check_prompt(prompt)
    assert refusal.value.field == "prompt"
    assert says in refusal.value.detail
