"""Typed values hold scale, currency, period, metric and owner, and stay empty where the sentence is unclear."""

import datetime as dt
from decimal import Decimal

import pytest

from research.engine.providers.extractive.values import typed_value
from research.engine.verticals import registry

GAMBLING = registry.get("gambling")
MGM = "MGM Resorts International"


def read(text: str, **more):
    return typed_value(text, vertical=GAMBLING, publisher=MGM, **more)


@pytest.mark.parametrize(
    ("text", "amount", "currency", "unit", "period", "entity", "metric"),
    [
        (
            "Consolidated net revenues were $13.1 billion in 2022 compared to $9.7 billion in 2021, up 36%.",
            13_100_000_000, "USD", None, "FY2022", MGM, "net revenue",
        ),
        (
            "Las Vegas Strip Resorts Adjusted Property EBITDAR margin increased to 37.4% in 2022 compared to 36.7%.",
            Decimal("37.4"), None, "percent", "FY2022", f"{MGM}: Las Vegas Strip Resorts",
            "Adjusted Property EBITDAR margin",
        ),
        (
            "MGM China casino revenues increased 454% for the three months ended June 30, 2023 over the prior year.",
            454, None, "percent", "2023-Q2", f"{MGM}: MGM China", "casino revenue increase",
        ),
        (
            "Our casino revenue decreased by $41 million for the six months ended June 30, 2023.",
            41_000_000, "USD", None, "2023-6M", MGM, "casino revenue decrease",
        ),
        (
            "Gross gaming revenue in Macau increased 14% in 2018 compared to 2017.",
            14, None, "percent", "FY2018", "Macau", "gross gaming revenue increase",
        ),
        (
            "Our net revenues were $4,200 in the year ended December 31, 2021 (in thousands).",
            4_200_000, "USD", None, "FY2021", MGM, "net revenue",
        ),
        ("At December 31, 2022, market share was 29 percent.", 29, None, "percent", "2022-12-31", None, "market share"),
    ],
)  # fmt: skip
def test_the_main_figure_is_read(text, amount, currency, unit, period, entity, metric):
    value = read(text)
    assert (value.amount, value.currency, value.unit, value.period, value.metric) == (
        amount, currency, unit, period, metric,
    )  # fmt: skip
    assert value.entity == entity


def test_scale_may_stand_in_the_words_around_the_quote():
    assert read("Our net revenues were $7 in 2021.", context="(in millions, except ratios)").amount == 7_000_000


def test_the_cost_of_a_metric_is_not_the_metric():
    assert read("Cost of net revenues increased $3.2 billion in 2022.").metric is None


def test_another_name_that_begins_like_a_competitor_is_not_the_competitor():
    value = read("MGM Grand Paradise Limited also has to pay a special gaming tax of 35% of gross gaming revenues.")
    assert (value.number, value.metric, value.entity) == (35, "gaming tax", None)


@pytest.mark.parametrize(
    "text", ["In 2013, New Jersey legalized online poker.", "See section 14 of Title 31.", "None."]
)
def test_years_and_bare_numbers_are_no_value(text):
    assert read(text) is None


def test_the_one_place_named_is_the_geography_and_several_are_none():
    assert read("Gross gaming revenue in Nevada was $1.2 billion in 2023.").geography == "Nevada"
    assert read("Gross gaming revenue in Nevada and New Jersey was $1.2 billion in 2023.").geography is None


def test_the_as_of_day_is_the_one_the_sentence_names_else_the_day_of_publication():
    published = dt.date(2024, 2, 23)
    said = read("We had 31 million loyalty program members as of December 31, 2023.", published=published)
    assert said.as_of == dt.date(2023, 12, 31)
    assert read("We had 31 million loyalty program members.", published=published).as_of == published
    assert read("We had 31 million loyalty program members.").as_of is None


def test_words_before_a_counted_noun_are_its_own_and_no_prepositions():
    # "$10,000 at our casinos" is money, not a count of casinos.
    assert read("Reports are due for transactions of $10,000 at our casinos.").unit is None


@pytest.mark.parametrize(
    ("text", "number", "period"),
    [
        ("In 2024, Nevada net revenue was £480 million, up from £400 million in 2023.", 480, "FY2024"),
        ("Net revenue was €84 million in 2024, up from €61 million in 2023.", 84, "FY2024"),
        ("In the third quarter of 2024, net revenue was $5 million versus $4 million in the second quarter of 2024.",
         5, "2024-Q3"),
        ("In fiscal 2024, our net revenue was $5 million versus $4 million in fiscal 2023.", 5, "FY2024"),
        ("In 2024, our net revenue was $5 million, up from $4 million a year before.", 5, "FY2024"),
        ("Our net revenue increased 8% from $2.9 billion in 2023 to $3.1 billion in 2024.", 8, "FY2024"),
        ("Our net revenue was $5 million, against $4 million in 2023.", 5, None),
        ("Our net revenue from slots in 2024 was $5 million.", 5, "FY2024"),
        ("In 2024 our net revenue was $5 million and in 2023 it was $4 million.", 5, "FY2024"),
        ("Compared with $4 million in 2023, our net revenue reached $5 million in 2024.", 5, "FY2024"),
        ("In 2024, our net revenue was $5 million, and costs were $2 million in 2022.", 5, "FY2024"),
    ],
)  # fmt: skip
def test_the_period_of_a_figure_compared_with_is_not_the_period_of_the_main_one(text, number, period):
    value = read(text)
    assert (value.number, value.period) == (number, period)


def of_study(text: str, vertical: str = "fintech"):
    return typed_value(text, vertical=registry.get(vertical), publisher="Quay Research")


@pytest.mark.parametrize(
    ("text", "entity", "place"),
    [
        ("In 2024, US revenue from card services was $480 million.", "United States", "United States"),
        ("In 2024 US revenue from card services was $480 million.", "United States", "United States"),
        ("Revenue from card services in the United States was $480 million in 2024.", None, "United States"),
        ("Revenue was $480 million in 2024.", None, None),
        ("We estimate that revenue in 2024 was $480 million.", None, None),
        ("Our survey found that revenue was $480 million in 2024.", None, None),
        ("Small revenue of $3 million is not counted in 2024.", None, None),
        ("Our revenue was $3 million in 2024.", "Quay Research", None),
        ("Our United States revenue was $3 million in 2024.", "Quay Research", "United States"),
    ],
)
def test_who_publishes_a_figure_of_a_market_does_not_own_it(text, entity, place):
    value = of_study(text)
    assert (value.metric, value.entity, value.geography) == ("revenue", entity, place)


def test_money_is_no_count_and_no_rate():
    money = of_study("About 214,000 merchants in the United Kingdom pay £400 a year each.")
    assert (money.number, money.currency, money.metric, money.entity) == (400, "GBP", None, None)
    assert of_study("Large merchants account for 30 percent of the market.").metric is None
    assert of_study("Merchants increased 12 percent in 2024.").metric == "merchants increase"
    assert of_study("In 2024, fraud losses were £5 million.").metric is None
    assert of_study("The take rate was 2.6 percent in 2024.").metric == "take rate"
    assert of_study("Active users reached 500 million in 2024.").metric == "active accounts"


def test_what_a_company_takes_in_a_place_is_its_own_and_no_market_of_the_place():
    text = "Net revenue from slots in Nevada was $480 million in 2024."
    assert (read(text).entity, read(text).geography) == (MGM, "Nevada")
    assert read("Net revenue of the industry in Nevada was $480 million in 2024.").entity is None
