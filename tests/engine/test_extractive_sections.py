"""A sentence that belongs to another section, points back or is a firm's own affair is no claim."""

from __future__ import annotations

import pytest

from research.engine.domain.plans import PlanTask
from research.engine.providers.extractive import sentences, topic
from research.engine.verticals import registry

SAAS = registry.get("saas")


def score(text: str, *, section: str, query: str, question: str = "What is said?", subject: str | None = None) -> int:
    task = PlanTask(key="x", question=question, section=section, tools=("t",), queries=(query,), subject=subject)
    return topic.topic_of(task, SAAS).relevance(text, about_subject=True)


def stands(text: str) -> bool:
    return sentences.can_stand_alone(sentences.Sentence(0, len(text), text, text))


def test_what_might_happen_is_a_risk_and_nothing_else() -> None:
    text = "If we fail to keep customer data secure, our customers could lose trust in the product."
    query = "+customer data secure"
    assert score(text, section="risks", query=query) >= 560
    assert score(text, section="requirements", query=query) < 560


def test_a_risk_speaks_of_something_that_could_go_wrong() -> None:
    query = "+customers renew subscriptions"
    assert score("Customers might not renew their subscriptions next year.", section="risks", query=query) >= 560
    assert score("Customers renew subscriptions in our web shop.", section="risks", query=query) < 560


def test_a_size_is_said_with_a_number_that_is_no_year() -> None:
    query = "+customers worldwide"
    assert score("The vendor had 4,100 customers worldwide in 2024.", section="market_size", query=query) > 0
    assert score("The vendor won 40 new customers worldwide.", section="market_size", query=query) > 0
    assert score("The vendor won customers worldwide in 2024.", section="market_size", query=query) == 0
    assert score("Customers worldwide use Office 365 and 3D tools.", section="market_size", query=query) == 0


def test_only_customers_speak_with_the_customer_s_voice() -> None:
    query = "customers +switched"
    voice = "Most customers said that they switched because exports were slow."
    assert score(voice, section="voice_of_customer", query=query) > 0
    own = "Our customers switched to the new plans that we launched in March."
    assert score(own, section="voice_of_customer", query=query) == 0
    rights = "Contracts give customers cancellation rights, or options to renew each month."
    assert score(rights, section="voice_of_customer", query="customers +renew") == 0


def test_a_problem_is_the_customer_s_and_no_pitch() -> None:
    query = "+customers +lack"
    need = "Customers lack a way to find the newest version of a contract."
    pitch = "Quillmark Cloud is a hosted offering that enables customers who lack a way to find contracts."
    assert score(need, section="market_problem", query=query) >= 560
    assert score(pitch, section="market_problem", query=query) < score(need, section="market_problem", query=query)


def test_rivals_of_a_company_are_not_what_it_offers() -> None:
    text = "Our competitors may offer products with more features than ours."
    query = "Adobe +offers products features"
    assert score(text, section="competitors", query=query, subject="Adobe") < 560


@pytest.mark.parametrize(
    "text",
    [
        "Driving this increase was the growth of subscriptions in all regions of the firm.",
        "Outcomes of these claims may result in damages that the firm would have to pay.",
        "SA is included with certain agreements and is an optional purchase with others.",
        "The margin(2) was 38% in the quarter, which is less than it was in the year before.",
        "The firm may repurchase shares from time to time in the open market.",
        "The fee is recorded as a reduction of revenue in the period in which it is paid.",
        "Of all emissions, 96 percent came from suppliers and from the use of products.",
    ],
)
def test_what_points_back_or_is_the_firm_s_own_affair_does_not_stand_alone(text: str) -> None:
    assert not stands(text)


def test_plain_statements_still_stand_alone() -> None:
    assert stands("AI is included with all plans that the vendor sells to law firms today.")
    assert stands("Resellers bring four of ten new customers, most of them small firms.")
