"""What a message cost: by the tables of the package, exactly, and never 0 for what is not known."""

from __future__ import annotations

import datetime as dt
import socket
from decimal import Decimal

import genai_prices.data_snapshot
import pytest

from research.engine.domain.usage import Usage
from research.engine.providers.anthropic import pricing
from research.engine.providers.anthropic.settings import default_roles
from tests.doubles import messages_build as build

NOW = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
MILLION = 1_000_000


def message(model="claude-opus-5-5", **usage):
    return {"model": model, "usage": {"input_tokens": 0, "output_tokens": 0, **usage}}


# Prices of a million tokens, of a thousand searches: facts/anthropic.md, "Cost", and the tables' own comments.
@pytest.mark.parametrize(
    ("told", "cost"),
    [
        (message(input_tokens=MILLION), "4"),
        (message(output_tokens=MILLION), "20"),
        (message(cache_read_input_tokens=MILLION), "0.2"),
        (message(cache_creation_input_tokens=MILLION), "5"),
        (
            message(
                cache_creation_input_tokens=MILLION,
                cache_creation={"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": MILLION},
            ),
            "8",
        ),
        (message(server_tool_use={"web_search_requests": 3, "web_fetch_requests": 9}), "0.03"),
        (message("claude-sonnet-5-5", input_tokens=MILLION, output_tokens=MILLION), "12"),
        # The dearer tier of a long prompt goes by all that was read, the cache too.
        (message("claude-haiku-5-5", input_tokens=100_000), "0.01"),
        (message("claude-haiku-5-5", input_tokens=60_000, cache_read_input_tokens=60_000), "0.033"),
        (message(input_tokens=MILLION, speed="fast"), "8"),
        (message(input_tokens=7, output_tokens=11), "0.000248"),
        (message(server_tool_use=None, cache_creation=None, cache_read_input_tokens=None), "0"),
    ],
)
def test_a_message_costs_what_the_tables_say(told, cost):
    assert pricing.usage_of(told, at=NOW).cost_usd == Decimal(cost)


def test_tokens_are_all_that_was_read_and_written():
    """Cached tokens count with the others; searches count by themselves."""
    told = build.message(
        build.search("q", ("https://a.example/", "A")), input_tokens=10, output_tokens=20, cache_read=30, cache_write=40
    )
    used = pricing.usage_of(told, at=NOW)
    assert used == Usage(calls=1, searches=1, tokens=100, cost_usd=used.cost_usd)


@pytest.mark.parametrize(
    "told",
    [
        message("glm-5-of-somebody", input_tokens=MILLION),
        message("", input_tokens=MILLION),
        {"model": "claude-opus-5-5", "usage": {"output_tokens": 5}},
        {"model": "claude-opus-5-5", "usage": {"input_tokens": None, "output_tokens": 5}},
        {"model": "claude-opus-5-5"},
        {},
        # Its table has no price for searches.
        message("claude-3-haiku-20240307", server_tool_use={"web_search_requests": 1}),
    ],
)
def test_what_has_no_price_is_unpriced(told):
    """None says "not known"; 0 would say "free"."""
    assert pricing.usage_of(told, at=NOW).cost_usd is None


def test_counts_that_contradict_each_other_are_priced_by_the_whole():
    """A stream brings a total up to date at its end and leaves its parts as they were at the start."""
    parts = {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": MILLION}
    told = message(cache_creation_input_tokens=1_000, cache_creation=parts)
    assert pricing.usage_of(told, at=NOW).cost_usd == Decimal("0.005")


BATCH = {"input_tokens": MILLION, "server_tool_use": {"web_search_requests": 1_000}}


@pytest.mark.parametrize(
    ("model", "at", "cost"),
    [
        ("claude-opus-5-5", NOW, "12"),
        # Before the tables know batch prices, and a model they have none of: half the tokens' price all the same.
        ("claude-opus-5-5", dt.datetime(2026, 9, 1, tzinfo=dt.UTC), "12"),
        ("claude-opus-4-1", NOW, "17.5"),
    ],
)
def test_a_batch_costs_half_for_tokens_and_the_whole_for_searches(model, at, cost):
    """Whether the caller says it is a batch, or the message does."""
    assert pricing.usage_of(message(model, **BATCH), at=at, batch=True).cost_usd == Decimal(cost)
    assert pricing.usage_of(message(model, **BATCH, service_tier="batch"), at=at).cost_usd == Decimal(cost)


def test_an_estimate_is_priced_as_the_call_would_be():
    made = pricing.estimate(model="claude-opus-5-5", input_tokens=5_000, output_tokens=1_000, searches=2, at=NOW)
    assert made == Usage(searches=2, tokens=6_000, cost_usd=Decimal("0.06"))
    half = pricing.estimate(model="claude-opus-5-5", input_tokens=5_000, output_tokens=1_000, at=NOW, batch=True)
    assert half.cost_usd == Decimal("0.02")
    assert pricing.estimate(model="of-somebody", input_tokens=1, output_tokens=1, at=NOW).cost_usd is None


def test_every_model_of_the_default_roles_has_a_price():
    """An unpriced default would make every budget blind."""
    for role in default_roles().values():
        for model in filter(None, (role.model, role.fallback)):
            assert pricing.estimate(model=model, input_tokens=1, output_tokens=1, at=NOW).cost_usd


def test_prices_come_from_the_package_and_no_socket_is_opened(monkeypatch):
    monkeypatch.setattr(socket, "socket", None)
    assert pricing.usage_of(message(input_tokens=1), at=NOW).cost_usd
    assert genai_prices.data_snapshot.get_snapshot().from_auto_update is False
