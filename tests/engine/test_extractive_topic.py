"""A sentence counts for a task when it holds what the task's searches turn on, and speaks of its subject."""

import pytest

from research.engine.domain.evidence import Hit, SourceRef
from research.engine.domain.plans import PlanTask
from research.engine.providers.extractive import topic
from research.engine.verticals import registry

GAMBLING = registry.get("gambling")


def about(query: str, *, section: str = "pricing", subject: str | None = None) -> topic.Topic:
    task = PlanTask(
        key="x", question="What is said of it?", section=section, tools=("t",), queries=(query,), subject=subject
    )
    return topic.topic_of(task, GAMBLING)


def score(query: str, text: str, *, heading: str = "", section: str = "pricing") -> int:
    return about(query, section=section).relevance(text, heading=heading, about_subject=True)


def test_without_the_word_with_a_plus_the_rest_counts_for_nothing():
    sentence = "Promotional credits are 2 percent of gross gaming revenue in most months."
    assert score("gaming tax percent gross gaming revenue", sentence) > 0
    assert score("gaming +tax percent gross gaming revenue", sentence) == 0
    assert score("gaming +tax percent gross gaming revenue", "The tax is 2 percent of gross gaming revenue.") > 0


def test_a_heading_stands_in_for_the_word_with_a_plus():
    assert score("+tax percent revenue", "The state takes 15 percent of revenue.") == 0
    assert score("+tax percent revenue", "The state takes 15 percent of revenue.", heading="2. Tax") > 0


def test_a_glossary_form_behind_an_equals_sign_must_stand_as_written():
    assert score("+players +offers", "Brightdeck offers its players 14 games.") > 0
    assert score("+players +offers", "The offerings were sold before players had come.") == 0


def test_a_synonym_may_stand_for_the_word_with_a_plus():
    assert score("+license operator", "A permit is granted to each operator.") > 0


def test_a_rule_is_no_market_problem_and_a_plain_figure_no_rule():
    rule, figure = "Players must wait 24 hours.", "Players wait 24 hours on average."
    assert score("players +wait hours", rule, section="market_problem") < score(
        "players +wait hours", figure, section="market_problem"
    )
    assert score("players +wait hours", rule, section="regulation") > score(
        "players +wait hours", figure, section="regulation"
    )


def hit(title: str, text: str) -> Hit:
    source = SourceRef(id=1, kind="upload", title=title)
    return Hit(passage_id=1, extracted_text_id=1, source=source, page=1, start=0, end=9, text=text, score=1.0)


@pytest.mark.parametrize(
    ("title", "text", "told"),
    [
        ("A guide", "New Jersey taxes each wager.", True),
        ("Guide to New Jersey", "Each wager is taxed.", True),
        ("Guide to New Jersey", "Ontario taxes each wager.", False),
        ("Guide to New Jersey and Ontario", "Each wager is taxed.", False),
        ("Guide to New Jersey", "An officer must live in the United States.", True),
        ("Guide", "Each wager is taxed.", False),
    ],
)
def test_a_sentence_is_about_a_place_it_names_or_its_title_alone_names(title, text, told):
    place = about("+tax wager", subject="New Jersey")
    assert topic.about(place, text, hit(title, text), heading="") is told


def test_a_states_law_is_law_of_the_whole():
    whole = about("+tax wager", subject="United States")
    assert topic.about(whole, "Nevada taxes each wager.", hit("x", "y"), heading="")
    assert not topic.about(whole, "Macau taxes each wager.", hit("x", "y"), heading="")
