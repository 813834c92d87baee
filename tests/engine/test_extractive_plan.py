"""The extractive planner reads products, places and competitors out of the prompt, and heeds rejections."""

import pytest

from research.engine.providers.extractive.plan import make_plan
from research.engine.providers.extractive.subjects import forms_of, named, unknown_competitors
from research.engine.verticals import registry
from tests.doubles.engine import brief

GAMBLING = registry.get("gambling")
PROMPT = "A real-money skill-gaming app for New Jersey and Ontario against DraftKings"


def plan(prompt: str, *rejections: str):
    return make_plan(brief(GAMBLING, prompt, *rejections))


def keys(prompt: str, *rejections: str) -> set[str]:
    return {task.key for task in plan(prompt, *rejections).tasks}


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("launch in NJ first", ("New Jersey",)),
        ("players enjoy it", ()),
        ("let us in", ()),
        ("the US market", ("United States",)),
        ("West Virginia only", ("West Virginia",)),
        ("Virginia and West Virginia", ("Virginia", "West Virginia")),
        ("ontario, then new jersey", ("Ontario", "New Jersey")),
        ("Ontarios", ()),
    ],
)
def test_places_are_whole_words_and_short_forms_keep_their_case(text, places):
    assert named(text, GAMBLING.jurisdictions) == places


def test_the_plan_holds_what_the_prompt_names_in_its_order():
    fitted = plan(PROMPT)
    assert fitted.products == ("skill games",)
    assert fitted.jurisdictions == ("New Jersey", "Ontario")
    assert fitted.competitors == ("DraftKings",)


def test_each_place_and_competitor_gets_its_own_task_about_it():
    tasks = {task.key: task for task in plan(PROMPT).tasks}
    assert tasks["jurisdiction-new-jersey"].subject == "New Jersey"
    assert "Ontario" in tasks["jurisdiction-ontario"].question
    assert tasks["competitor-draftkings"].queries[0].startswith("DraftKings")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("against Prize Picks and Underdog", ("Prize Picks", "Underdog")),
        ("competitors such as Acme, Zebra Bet and Fox & Co", ("Acme", "Zebra Bet", "Fox & Co")),
        ("a market like New Jersey", ()),
        ("versus DraftKings and Novig", ("Novig",)),
        ("players like games", ()),
    ],
)
def test_unknown_capitalised_names_after_rivalry_words_are_competitors(text, names):
    assert unknown_competitors(text, GAMBLING) == names


def test_the_same_brief_always_gives_the_same_plan():
    assert plan(PROMPT, "drop Ontario").digest() == plan(PROMPT, "drop Ontario").digest()


def test_a_rejection_takes_out_what_it_says_to_drop_and_brings_in_what_it_names():
    after = plan(PROMPT, "Please drop Ontario. Also cover Pennsylvania, and compare with FanDuel.")
    assert after.jurisdictions == ("New Jersey", "Pennsylvania")
    assert after.competitors == ("DraftKings", "FanDuel")


def test_a_rejection_drops_a_section_or_a_task_by_name():
    assert "metrics" not in keys(PROMPT, "Remove the success metrics section")
    assert "digital-revenue" not in keys(PROMPT, "drop digital-revenue")
    assert "market-revenue" in keys(PROMPT, "drop digital-revenue")


def test_the_later_rejection_wins():
    assert "metrics" in keys(PROMPT, "Remove success metrics", "Bring back success metrics")


def test_nothing_waits_for_a_task_that_was_dropped():
    fitted = plan(PROMPT, "drop responsible gambling")
    there = {task.key for task in fitted.tasks}
    assert "player-protection" not in there
    assert all(set(task.depends_on) <= there for task in fitted.tasks)


def test_braces_in_a_prompt_are_only_words():
    assert plan("an app {subject} for {0} New Jersey").jurisdictions == ("New Jersey",)


@pytest.mark.parametrize(
    ("prompt", "products"),
    [
        ("A real-money card and puzzle league for Ontario", ("real-money card and puzzle league",)),
        ("We plan a trivia duel service, mobile first, in Nevada", ("trivia duel service",)),
        ("Trivia duels for commuters in Nevada", ("Trivia duels",)),
        ("A sportsbook and trivia league for Nevada", ("sports betting",)),
        ("Write a market study of Nevada", ()),
        ("What do players want in Nevada?", ()),
    ],
)
def test_what_is_offered_is_read_from_the_prompt_when_no_lexicon_knows_it(prompt, products):
    assert plan(prompt).products == products


def test_the_questions_speak_of_the_prompts_own_product():
    tasks = {task.key: task for task in plan("A real-money card and puzzle league for Ontario").tasks}
    assert "card and puzzle league" in tasks["problem"].question
    assert "card and puzzle league" in tasks["jurisdiction-ontario"].question


def test_a_rival_is_also_known_without_what_companies_add_to_their_name():
    assert forms_of("Brightdeck Games", GAMBLING) == ("Brightdeck Games", "Brightdeck")
    assert forms_of("Acme Games", GAMBLING) == ("Acme Games",)
    assert forms_of("Prize Picks", GAMBLING) == ("Prize Picks",)
