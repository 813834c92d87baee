"""Typed values hold scale, currency, period, metric and owner, and stay empty where the sentence is unclear."""

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
