"""What a message cost, by the price tables that come with the package. Nothing here asks the network."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from research.engine.domain.usage import Usage

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, PriceCalculation, PriceContext, Provider
    from genai_prices.types import Usage as Counted

PROVIDER = "anthropic"
# Message batches cost half, web searches the whole (price_comments of provider "anthropic" in genai-prices 0.2.3).
BATCH_FACTOR = Decimal("0.5")
_TOKENS = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")
# Parts of the counts above. A stream brings the counts up to date at its end, these not always (RawMessageDelta's
# usage has no `cache_creation`), and the tables refuse parts that are more than their whole.
_PARTS = ("cache_creation", "output_tokens_details")


def usage_of(message: Mapping[str, Any], *, at: dt.datetime, batch: bool = False) -> Usage:
    """Return what a message used: tokens read, read from and written to the cache, and written; searches; the cost.

    at: when it was asked for, as prices change. batch: it came by a batch; a message that says so itself is believed.
    `cost_usd` is None when the model is in no table or the usage is not complete. Counts that are missing are 0.
    """
    told = message.get("usage")
    usage: dict[str, Any] = dict(told) if isinstance(told, Mapping) else {}
    served = usage.get("server_tool_use")
    return Usage(
        searches=_count(served, "web_search_requests"),
        tokens=sum(_count(usage, key) for key in _TOKENS),
        cost_usd=_cost(message, usage, at=at, batch=batch or usage.get("service_tier") == "batch"),
    )


def estimate(
    *, model: str, input_tokens: int, output_tokens: int, searches: int = 0, at: dt.datetime, batch: bool = False
) -> Usage:
    """Return what a call may use, for a reservation; `cost_usd` None when the model is in no table."""
    usage: dict[str, Any] = {"input_tokens": input_tokens, "output_tokens": output_tokens}
    if searches:
        usage["server_tool_use"] = {"web_search_requests": searches}
    return usage_of({"model": model, "usage": usage}, at=at, batch=batch)


def _count(counts: object, key: str) -> int:
    value = counts.get(key) if isinstance(counts, Mapping) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _cost(message: Mapping[str, Any], usage: dict[str, Any], *, at: dt.datetime, batch: bool) -> Decimal | None:
    # 30,000 lines of tables: imported where a model is really asked.
    from genai_prices.data_snapshot import get_snapshot

    snapshot = get_snapshot()
    whole = {key: value for key, value in usage.items() if key not in _PARTS}
    for counts in (usage, whole):
        try:
            provider, model = snapshot.find_provider_model(str(message.get("model") or ""), None, PROVIDER, None)
            _, counted = provider.extract_usage({"usage": counts})
            return _price(model, provider, counted, at=at, batch=batch, fast=usage.get("speed") == "fast")
        except LookupError:
            return None
        except ValueError:
            continue
    return None


def _price(
    model: ModelInfo, provider: Provider, counted: Counted, *, at: dt.datetime, batch: bool, fast: bool
) -> Decimal | None:
    def priced(context: PriceContext) -> PriceCalculation:
        return model.calc_price(counted, provider, genai_request_timestamp=at, price_context=context)

    speed = {"speed": "fast"} if fast else {}
    full = priced(speed)
    if counted.web_searches and full.model_price.web_searches_kcount is None:
        return None
    if not batch:
        return full.total_price
    half = priced({"processing": "batch", **speed})
    if half.model_price != full.model_price:
        return half.total_price
    # The table has no batch prices for this model or that day.
    tokens = full.input_price + full.output_price
    return tokens * BATCH_FACTOR + (full.total_price - tokens)
