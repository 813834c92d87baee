"""Stated claims get a role and attributes by rules over their own words; what nobody says stays away."""

import datetime as dt
from decimal import Decimal

import pytest

from research.engine.domain.claims import TypedValue
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.domain.items import check_attributes
from research.engine.domain.plans import PlanTask
from research.engine.providers.extractive.attributes import described
from research.engine.verticals import registry

GAMBLING, SAAS = registry.get("gambling"), registry.get("saas")


def source(**more):
    return SourceRef(**({"id": 1, "kind": "upload", "title": "A report"} | more))


def read(text, *, section, vertical=GAMBLING, subject=None, value=None, companies=(), **about):
    task = PlanTask(key="t", question="What is asked?", section=section, tools=("library_search",), subject=subject)
    quote = Quote(extracted_text_id=1, page=1, start=0, end=len(text), exact=text)
    items = [EvidenceItem(id=1, quote=quote, source=source(**about), task_key="t")]
    role, attributes = described(
        task=task, vertical=vertical, text=text, value=value, evidence=items, companies=companies
    )
    assert check_attributes(role, attributes) == attributes
    return role, attributes


def test_a_rule_of_law_has_its_place_topic_clause_and_dates_from_its_own_words():
    role, found = read(
        "Effective January 1, 2026, section 7 of the Skill Gaming Act taxes gross gaming revenue in New Jersey at 15%.",
        section="regulation",
        publisher="New Jersey Division of Gaming Enforcement",
    )
    assert role == "regulation"
    assert found == {
        "jurisdiction": "New Jersey", "topic": "tax", "regulator": "New Jersey Division of Gaming Enforcement",
        "instrument": "Skill Gaming Act", "clause": "section 7", "effective_from": "2026-01-01", "primary": "yes",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("N.J.A.C. 13:69O-1.2 demands a licence in New Jersey.", "N.J.A.C. 13:69O-1.2"),
        ("Article 5 of the GDPR demands a purpose.", "Article 5"),
        ("Under § 14(2) a permit is needed in Ontario.", "§ 14(2)"),
        ("A licence is needed in Ontario.", None),
    ],
)
def test_a_clause_is_read_as_it_is_written_or_not_at_all(text, clause):
    _, found = read(text, section="regulation")
    assert found.get("clause") == clause


def test_a_regulator_states_its_own_law_whatever_place_its_words_name():
    words = "Name an officer resident in the United States for the licence."
    board = {"publisher": "New Jersey Gaming Board"}
    assert read(words, section="regulation", **board)[1]["jurisdiction"] == "New Jersey"
    assert read(words, section="regulation", publisher="The Ledger")[1]["jurisdiction"] == "United States"
    federal = {"publisher": "Department of Justice of the United States"}
    assert read("Nevada taxes play.", section="regulation", **federal)[1]["jurisdiction"] == "Nevada"


def test_the_place_of_a_law_is_known_by_its_name_and_a_law_of_nowhere_is_a_plain_fact():
    role, found = read("The GDPR demands consent for it.", section="data_protection", vertical=SAAS)
    assert (role, found["jurisdiction"], found["topic"]) == ("regulation", "European Union", "data protection")
    assert read("A licence is needed.", section="regulation") == ("fact", {})


@pytest.mark.parametrize(
    ("text", "pending"),
    [
        ("A bill before the Ontario assembly sets the rate at 20%.", "bill"),
        ("The proposed rule in Ontario limits bonuses.", "proposed"),
        ("It would raise the tax in Ontario.", "would raise"),
        ("The tax in Ontario is 20%.", None),
    ],
)
def test_what_is_not_yet_law_is_said_to_be_pending(text, pending):
    _, found = read(text, section="regulation")
    assert (pending is None) == ("pending" not in found)
    assert pending is None or pending in found["pending"]


def test_a_rate_that_ran_out_has_its_last_day_and_no_day_is_made_of_a_month():
    _, found = read("Until 31 December 2024 the tax in Ontario was 15%.", section="regulation")
    assert (found["effective_to"], found.get("effective_from")) == ("2024-12-31", None)
    _, found = read("Effective July 2025 the tax in Ontario is 15%.", section="regulation")
    assert "effective_from" not in found


@pytest.mark.parametrize(
    ("about", "primary"),
    [
        ({"publisher": "State Gaming Control Board"}, "yes"),
        ({"domain": "njoag.gov"}, "yes"),
        ({"publisher": "The Ledger"}, "no"),
        ({}, None),
    ],
)
def test_a_primary_source_is_one_of_those_who_make_or_enforce_law_and_an_unknown_one_is_neither(about, primary):
    _, found = read("The tax in Ontario is 20%.", section="regulation", **about)
    assert found.get("primary") == primary


MEASURED = TypedValue(number=Decimal(31), unit="percent", metric="market share", as_of=dt.date(2025, 6, 30))


@pytest.mark.parametrize(
    ("text", "about", "value", "expected"),
    [
        ("DraftKings offers slots in five states.", {"publisher": "DraftKings Inc."}, None, "official claim"),
        ("DraftKings has a market share of 31%.", {"publisher": "The Ledger"}, MEASURED, "measured"),
        ("Reviewers of DraftKings complain of slow payouts.", {"publisher": "The Ledger"}, None, "user report"),
        ("DraftKings offers slots.", {"publisher": "The Ledger"}, None, "inference"),
        ("DraftKings has a market share of 31%.", {}, MEASURED, "inference"),
    ],
)
def test_a_competitor_cell_is_typed_by_who_says_it(text, about, value, expected):
    role, found = read(text, section="competitors", value=value, **about)
    assert (role, found["competitor"], found["cell_type"]) == ("competitor", "DraftKings", expected)


def test_a_cell_is_dated_by_its_value_else_by_its_source_else_not():
    text = "DraftKings has a market share of 31%."
    when = dt.date(2024, 1, 2)
    assert read(text, section="competitors", value=MEASURED, published_date=when)[1]["as_of"] == "2025-06-30"
    assert read(text, section="competitors", published_date=when)[1]["as_of"] == "2024-01-02"
    assert "as_of" not in read(text, section="competitors")[1]


def test_a_competitor_claim_that_names_nobody_is_a_fact_and_we_is_who_publishes():
    assert read("Rivals have more money.", section="competitors", publisher="The Ledger") == ("fact", {})
    assert read("We operate in five states.", section="competitors", publisher="DraftKings")[1]["competitor"] == (
        "DraftKings"
    )
    assert read("We asked players.", section="competitors", publisher="The Ledger") == ("fact", {})


def test_the_company_of_the_task_is_meant_only_where_it_is_named():
    _, found = read("Borealis has 200 users.", section="competitors", subject="Borealis Games")
    assert (found["competitor"], found["aspect"]) == ("Borealis Games", "size")
    assert read("It has 200 users.", section="competitors", subject="Borealis Games") == ("fact", {})


def test_companies_the_plan_names_are_known_and_two_together_are_told_as_two():
    both = ("Borealis Games", "Maple")
    text = "Borealis Games and Maple together hold 61 percent."
    assert read(text, section="competitors", companies=both)[1]["competitor"] == "Borealis Games and Maple"
    assert read(text, section="competitors") == ("fact", {})


def test_voices_say_who_and_whether_they_were_won_or_lost():
    assert read("Players left the app over slow payouts.", section="voice_of_customer") == (
        "voice", {"speaker": "players", "outcome": "loss"},
    )  # fmt: skip
    assert read("Buyers chose it for its price.", section="voice_of_customer")[1]["outcome"] == "win"
    assert read("It is fine.", section="voice_of_customer") == ("voice", {"outcome": "voice"})


def test_a_risk_is_as_likely_and_as_bad_as_its_words_say_and_no_more():
    assert read("Competition may affect us.", section="risks") == ("risk", {})
    assert read("It is likely to have a material adverse effect.", section="risks") == (
        "risk", {"likelihood": "high", "impact": "high"},
    )  # fmt: skip


def test_other_sections_hold_facts():
    assert read("Players in New Jersey want more.", section="market_problem") == ("fact", {})
