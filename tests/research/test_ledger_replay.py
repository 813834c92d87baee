"""A step that is tried again is given what its earlier tries got, whatever failed on the way there."""

from __future__ import annotations

import asyncio

import pytest

from research.adapters.ledger import Holder, LedgerWriter, StepLedger
from research.engine.domain.errors import LostLease, Transient
from research.models import Call, Step
from tests.doubles.engine import FakeClock
from tests.research import play
from tests.research.here_bridge import HereBridge
from tests.research.test_ledger import Other, call, holder, ledger, lose, request, step

__all__ = ["step"]
pytestmark = pytest.mark.django_db

FIRST, SECOND = request(), request(arguments={"q": "x", "_attempt": 2})


def replay(ledger_: StepLedger, *requests):
    return asyncio.run(ledger_.replay(requests or (FIRST, SECOND)))


def fail_then_answer(ledger_: StepLedger):
    """Make a call whose first attempt fails; return the outcome of the second."""
    with pytest.raises(Transient):
        call(ledger_, FIRST, Other(error=Transient("busy")))
    return call(ledger_, SECOND, Other())


def test_the_finished_attempt_is_given_again_by_a_later_try(step):
    first = fail_then_answer(ledger(step))
    again = replay(ledger(lose(step, 60)))
    assert (again.payload, again.call_key) == (first.payload, first.call_key)
    assert Call.objects.count() == 2


def test_what_only_failed_or_was_never_made_is_not_there(step):
    assert replay(ledger(step)) is None
    with pytest.raises(Transient):
        call(ledger(step), FIRST, Other(error=Transient("busy")))
    assert replay(ledger(lose(step, 60))) is None


def test_the_same_call_made_twice_is_given_twice_in_order(step):
    """The first needed two attempts, the second one: what failed counts as made, or the second would go out again."""
    mine = ledger(step)
    made = [fail_then_answer(mine), call(mine, FIRST, Other())]
    later = ledger(lose(step, 60))
    assert [replay(later).call_key for _ in range(2)] == [each.call_key for each in made]
    assert replay(later) is None


def test_what_this_very_try_got_is_no_replay(step):
    mine = ledger(step)
    assert replay(mine) is None
    call(mine, FIRST, Other())
    assert replay(mine) is None


def test_a_later_round_is_given_it_and_another_step_is_not(step):
    first = call(ledger(step), FIRST, Other())
    common = {"run": step.run, "kind": "investigate", "created_at": play.NOW}
    Step.objects.create(key="one", generation=2, **common)
    Step.objects.create(key="two", generation=1, **common)
    claimed = {each.key: each for each in play.claim()}
    assert replay(ledger(claimed["one"])).call_key == first.call_key
    assert replay(ledger(claimed["two"])) is None


def test_who_has_lost_the_step_is_given_nothing(step):
    call(ledger(step), FIRST, Other())
    late = ledger(step)
    lose(step, 60)
    with pytest.raises(LostLease):
        replay(late)


class CountingBridge(HereBridge):
    """A bridge that counts its hops."""

    hops = 0

    async def run(self, fn, /, *args, **kwargs):
        self.hops += 1
        return await super().run(fn, *args, **kwargs)


def test_one_look_at_the_rows_is_enough_for_a_step(step):
    bridge = CountingBridge()
    mine = StepLedger(writer=LedgerWriter(bridge=bridge), clock=FakeClock(at=play.NOW), holder=holder(step))
    for _ in range(3):
        assert replay(mine) is None
    assert bridge.hops == 1


def test_a_step_nobody_has_held_before_needs_no_look(step):
    bridge = CountingBridge()
    assert Holder.of(step).begins
    mine = StepLedger(writer=LedgerWriter(bridge=bridge), clock=FakeClock(at=play.NOW), holder=Holder.of(step))
    assert replay(mine) is None
    assert bridge.hops == 0
    step.generation = 2
    assert not Holder.of(step).begins
    step.generation, step.token = 1, 2
    assert not Holder.of(step).begins
