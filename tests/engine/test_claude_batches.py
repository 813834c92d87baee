"""A message by way of a batch: waited for without a worker, ordered again only when it ended without the answer."""

from __future__ import annotations

from decimal import Decimal

import pytest
from test_claude_asking import YES, ask

from research.engine.domain.errors import Permanent, ProviderDown, Transient, Waiting
from research.engine.providers.anthropic.settings import SONNET
from tests.doubles import claude

DONE = {"type": "succeeded", "message": YES | {"model": SONNET}}
FULL = {"type": "errored", "error": {"type": "error", "error": {"type": "overloaded_error", "message": "full"}}}
BAD = {"type": "errored", "error": {"type": "error", "error": {"type": "invalid_request_error", "message": "bad"}}}


def batched(*batches, **more):
    return claude.Desk([], batches=batches, priority="batch", **more)


def test_a_batch_is_waited_for_without_a_worker_and_every_look_is_replayed():
    desk = batched("b1", "in_progress", "in_progress", "ended", DONE)
    for _ in range(2):
        with pytest.raises(Waiting) as waiting:
            ask(desk)
        assert 300 <= waiting.value.wait_s <= 3_600
    answer = ask(desk)
    assert answer.message["content"] == YES["content"]
    assert len(desk.client.ordered) == 1
    looks = [request.arguments["look"] for request, _ in desk.ledger.rows if "look" in request.arguments]
    assert looks == [1, 2, 3]


def test_the_order_sets_the_price_aside_and_the_answer_settles_it_at_half():
    desk = batched("b1", "ended", DONE)
    answer = ask(desk)
    order, _, result = (request for request, _ in desk.ledger.rows)
    assert order.estimate.cost_usd > 0
    assert (result.estimate.tokens, result.estimate.cost_usd) == (0, 0)
    made = next(key for key, outcome in desk.ledger.finished.items() if outcome.held)
    assert result.settles == made
    assert desk.ledger.finished[answer.call_key].usage.cost_usd == Decimal("0.0015")


@pytest.mark.parametrize("failed", [{"type": "expired"}, {"type": "canceled"}, FULL, None])
def test_a_batch_without_the_answer_is_made_once_more(failed):
    desk = batched("b1", "ended", failed, "b2", "ended", DONE)
    assert ask(desk).message["content"] == YES["content"]
    assert len(desk.client.ordered) == 2


def test_two_batches_without_the_answer_are_enough():
    desk = batched("b1", "ended", FULL, "b2", "ended", {"type": "expired"})
    with pytest.raises(Permanent, match="Two batches"):
        ask(desk)


def test_a_request_the_server_refuses_is_not_made_again():
    desk = batched("b1", "ended", BAD)
    with pytest.raises(Permanent, match="bad"):
        ask(desk)
    assert len(desk.client.ordered) == 1


@pytest.mark.parametrize("before", [(), ("b1",)])
def test_a_provider_that_is_away_is_waited_for_and_no_second_batch_is_ordered(before):
    """The first batch is still at work there and will be paid for: another one would be the same bought twice."""
    away = Transient("the network is away", retry_after_s=3600)
    desk = batched(*before, away)
    with pytest.raises(ProviderDown):
        ask(desk)
    assert len(desk.client.ordered) == len(before)
