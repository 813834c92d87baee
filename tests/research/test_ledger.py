"""The ledger: intent before, outcome after, nothing bought twice, nothing beyond the budget."""

from __future__ import annotations

import asyncio
import uuid
from decimal import Decimal

import pytest

from research.adapters import ledger_batch
from research.adapters.db import Bridge, hop
from research.adapters.ledger import Holder, LedgerWriter, StepLedger
from research.adapters.ledger_account import NO_LIMITS
from research.adapters.ledger_entries import Begin, Settle
from research.engine.domain.errors import BudgetExceeded, LostLease, OutcomeUnknown, Permanent, Transient
from research.engine.domain.usage import Usage
from research.engine.ports import CallOutcome, CallRequest
from research.models import Call, Run, RunBudget, Step
from research.services import flow, steps
from tests.doubles import rows
from tests.doubles.engine import FakeClock
from tests.research import play
from tests.research.here_bridge import HereBridge

NOW = play.NOW
CENT = Decimal("0.01")


class Other:
    """The other side: counts what is really done to it, and looks at the ledger while it is being called."""

    def __init__(self, *, usage: Usage | None = None, error: Exception | None = None) -> None:
        self.times = 0
        self.usage = usage or Usage(searches=1, cost_usd=CENT)
        self.error = error

    async def __call__(self, key: str) -> CallOutcome:
        self.times += 1
        if self.error is not None:
            raise self.error
        return CallOutcome(payload={"said": self.times}, usage=self.usage)


@pytest.fixture
def step(people) -> Step:
    """Return a claimed research step of a run that may make ten calls, five searches, for one dollar."""
    run = rows.new_run(people)
    Run.objects.filter(pk=run.pk).update(state="researching", correlation_id="c-1")
    RunBudget.objects.filter(run=run, phase="research").update(max_calls=10, max_searches=5, max_cost_usd=1)
    Step.objects.filter(run=run).delete()
    Step.objects.create(run=run, kind="investigate", key="one", generation=1, created_at=NOW)
    return play.claim()[0]


def holder(step: Step, *, kind: str | None = None) -> Holder:
    # The step of these tests is held by one holder after another, which its row does not always tell.
    return Holder.of(step)._replace(kind=kind or step.kind, begins=False)


def ledger(step: Step, **more) -> StepLedger:
    return StepLedger(writer=LedgerWriter(bridge=HereBridge()), clock=FakeClock(at=NOW), holder=holder(step, **more))


def request(name: str = "search", *, arguments=None, searches: int = 1, cost: Decimal | None = CENT) -> CallRequest:
    return CallRequest(
        kind="tool", name=name, arguments=arguments or {"q": "x"}, estimate=Usage(searches=searches, cost_usd=cost)
    )


def call(ledger_: StepLedger, request_: CallRequest, other: Other) -> CallOutcome:
    return asyncio.run(play.made(ledger_, request_, other))


def write(entry: Begin | Settle):
    """Write one entry as a group of its own; return its answer or raise it."""
    [answer] = hop(ledger_batch.write, entries=[entry], user_day=NO_LIMITS, all_day=NO_LIMITS)
    if isinstance(answer, Exception):
        raise answer
    return answer


def begin(step: Step, request_: CallRequest | None = None, *, key: str = "k", call_id: uuid.UUID | None = None):
    """Write an intent and go no further: what a worker that dies in the call leaves."""
    return write(Begin(holder(step), request_ or request(), key, call_id or uuid.uuid4(), NOW))


def budget(step: Step, phase: str = "research") -> RunBudget:
    return RunBudget.objects.get(run_id=step.run_id, phase=phase)


def lose(step: Step, seconds: float) -> Step:
    """Let the step's worker vanish and another claim it; return the step as that one holds it."""
    steps.sweep(now=play.later(seconds), max_crashes=9)
    return play.claim(now=play.later(seconds))[0]


def used(row: RunBudget) -> tuple[int, int, Decimal, int]:
    return row.used_calls, row.used_searches, row.used_cost_usd, row.unpriced_calls


def reserved(row: RunBudget) -> tuple[int, int, Decimal]:
    return row.reserved_calls, row.reserved_searches, row.reserved_cost_usd


def test_the_intent_stands_before_the_call_and_the_outcome_after(step):
    bridge = HereBridge()

    async def look(key: str) -> CallOutcome:
        def seen():
            row = Call.objects.get()
            return row.state, row.outcome, row.finished_at, reserved(budget(step))

        assert await bridge.run(seen) == ("intent", None, None, (1, 1, CENT))
        return CallOutcome(payload={"said": 1}, usage=Usage(searches=2, cost_usd=Decimal("0.02")))

    outcome = call(ledger(step), request(), look)
    row = Call.objects.get()
    assert (row.state, row.outcome, row.searches, row.cost_usd) == ("done", {"said": 1}, 2, Decimal("0.02"))
    assert (row.token, row.phase, row.repeat, row.possible_duplicate) == (1, "research", 0, False)
    assert (row.arguments, row.correlation_id) == ({"q": "x"}, "c-1")
    assert outcome.call_key == row.key
    assert reserved(budget(step)) == (0, 0, 0)
    assert used(budget(step)) == (1, 2, Decimal("0.02"), 0)


def test_a_finished_call_is_replayed_and_not_bought_again(step):
    """By the step's next holder, in the order they were made: same words, same key, nothing performed or booked."""
    other = Other()
    first = ledger(step)
    made = [call(first, request(), other), call(first, request(), other)]
    again = ledger(lose(step, 31))
    before = used(budget(step))
    replayed = [call(again, request(), other), call(again, request(), other)]
    assert other.times == 2
    assert [one.payload for one in replayed] == [one.payload for one in made] == [{"said": 1}, {"said": 2}]
    assert [one.call_key for one in replayed] == [one.call_key for one in made]
    assert used(budget(step)) == before
    assert Call.objects.count() == 2


def test_other_arguments_another_name_or_another_step_are_another_call(step):
    other = Other()
    one = ledger(step)
    for each in (request(), request(arguments={"q": "y"}), request("scan")):
        call(one, each, other)
    Step.objects.create(run_id=step.run_id, kind="investigate", key="two", generation=1, created_at=NOW)
    call(ledger(play.claim()[0]), request(), other)
    assert other.times == 4
    assert Call.objects.values("key").distinct().count() == 4


def test_the_same_call_in_a_later_round_is_replayed(step):
    """Round two investigates the same task again: what was bought for it in round one is not bought again."""
    other = Other()
    call(ledger(step), request(), other)
    Step.objects.create(run_id=step.run_id, kind="investigate", key="one", generation=2, created_at=NOW)
    call(ledger(play.claim()[0]), request(), other)
    assert other.times == 1


def test_a_call_that_was_in_flight_is_repeated_once_and_marked(step):
    """Its outcome is unknown and counts as used; the repetition says that it may be a duplicate."""
    begin(step, key=key_of(step))
    other = Other()
    call(ledger(lose(step, 31)), request(), other)
    assert other.times == 1
    first, second = Call.objects.order_by("repeat")
    assert (first.state, first.possible_duplicate, first.searches, first.cost_usd) == ("unknown", False, 1, CENT)
    assert first.finished_at is not None
    assert "not known" in first.error
    assert (second.state, second.possible_duplicate, second.repeat) == ("done", True, 1)
    assert reserved(budget(step)) == (0, 0, 0)
    assert used(budget(step)) == (2, 2, 2 * CENT, 0)


def key_of(step: Step) -> str:
    return StepLedger(writer=None, clock=None, holder=holder(step))._key(request())


def test_a_call_lost_twice_is_not_made_a_third_time_until_an_operator_says_so(step):
    """Both calls are shown as unknown, nothing stays reserved; the retry writes them off and it is made once more."""
    key, other = key_of(step), Other()
    begin(step, key=key)
    second = lose(step, 31)
    begin(second, key=key)
    third = lose(second, 90)
    with pytest.raises(OutcomeUnknown, match="two crashes"):
        call(ledger(third), request(), other)
    assert other.times == 0
    assert list(Call.objects.order_by("repeat").values_list("state", "written_off")) == [("unknown", False)] * 2
    assert reserved(budget(step)) == (0, 0, 0)
    steps.fail(step_id=third.pk, token=third.token, error="It is not known.", now=NOW)
    flow.retry_step(step_id=third.pk, actor="someone", now=play.later(100))
    assert set(Call.objects.values_list("written_off", flat=True)) == {True}
    call(ledger(play.claim(now=play.later(100))[0]), request(), other)
    assert other.times == 1
    last = Call.objects.get(repeat=2)
    assert (last.state, last.possible_duplicate) == ("done", True)


@pytest.mark.parametrize("error", [Transient("Busy."), Permanent("No."), RuntimeError("bug")])
def test_a_call_that_failed_is_written_down_raised_and_not_replayed(step, error):
    """Its reservation is given back, the call itself counts; the next time it is really made."""
    with pytest.raises(type(error)):
        call(ledger(step), request(), Other(error=error))
    row = Call.objects.get()
    assert (row.state, row.outcome, row.cost_usd, row.searches) == ("failed", None, 0, 0)
    assert row.error.startswith(type(error).__name__)
    assert reserved(budget(step)) == (0, 0, 0)
    assert used(budget(step)) == (1, 0, 0, 0)
    other = Other()
    call(ledger(step), request(), other)
    assert other.times == 1
    assert list(Call.objects.order_by("repeat").values_list("state", "possible_duplicate")) == [
        ("failed", False),
        ("done", False),
    ]


def test_what_an_unforeseen_error_says_is_not_written_down(step):
    """Its words may hold a key or an address; its kind is enough here, the log has the rest."""
    with pytest.raises(RuntimeError):
        call(ledger(step), request(), Other(error=RuntimeError("sk-secret-123")))
    assert "sk-secret" not in Call.objects.get().error


@pytest.mark.parametrize(
    ("limits", "named"),
    [
        ({"max_calls": 0}, "0 calls"),
        ({"max_searches": 0}, "0 searches"),
        ({"max_cost_usd": Decimal("0.009")}, "US$0.009"),
    ],
)
def test_a_call_beyond_a_limit_is_refused_before_anything_is_spent(step, limits, named):
    """The sentence names the limit; no row, no reservation, nothing performed."""
    RunBudget.objects.filter(run_id=step.run_id, phase="research").update(**limits)
    other = Other()
    with pytest.raises(BudgetExceeded) as refusal:
        call(ledger(step), request(), other)
    assert f"limit of {named} for research" in refusal.value.detail
    assert other.times == Call.objects.count() == 0
    assert reserved(budget(step)) == (0, 0, 0)


def test_exactly_the_limit_can_be_used(step):
    limits = RunBudget.objects.filter(run_id=step.run_id, phase="research")
    limits.update(max_calls=2, max_searches=2, max_cost_usd=2 * CENT)
    one, other = ledger(step), Other()
    call(one, request(), other)
    call(one, request(), other)
    with pytest.raises(BudgetExceeded):
        call(one, request(), other)
    assert other.times == 2


def test_a_call_of_unknown_price_is_counted_as_such_and_not_as_free(step):
    call(ledger(step), request(cost=None), Other(usage=Usage(searches=0, cost_usd=None)))
    assert Call.objects.get().cost_usd is None
    assert used(budget(step)) == (1, 0, 0, 1)
    call(ledger(step), request(arguments={"q": "free"}), Other(usage=Usage(searches=0, cost_usd=Decimal(0))))
    assert Call.objects.filter(cost_usd=0).count() == 1
    assert used(budget(step)) == (2, 0, 0, 1)


def test_what_a_call_used_beyond_its_estimate_is_booked_and_the_next_finds_less(step):
    one = ledger(step)
    call(one, request(), Other(usage=Usage(searches=7, cost_usd=CENT)))
    assert used(budget(step))[1] == 7
    with pytest.raises(BudgetExceeded, match="5 searches"):
        call(one, request(), Other())


def test_planning_has_its_own_small_cap(step):
    """The planner's calls come out of the planning budget, and a full one stops it whatever research has left."""
    RunBudget.objects.filter(run_id=step.run_id, phase="planning").update(max_calls=1)
    planner = ledger(step, kind="plan")
    call(planner, request(searches=0), Other(usage=Usage(cost_usd=CENT)))
    assert used(budget(step, "planning")) == (1, 0, CENT, 0)
    assert used(budget(step)) == (0, 0, 0, 0)
    with pytest.raises(BudgetExceeded, match="1 calls for planning"):
        call(planner, request(searches=0), Other())


def test_the_planner_may_not_search(step):
    with pytest.raises(BudgetExceeded, match="0 searches for planning"):
        call(ledger(step, kind="plan"), request(searches=1), Other())


def test_who_has_lost_the_step_may_not_call(step):
    lose(step, 31)
    other = Other()
    with pytest.raises(LostLease):
        call(ledger(step), request(), other)
    assert other.times == Call.objects.count() == 0


def test_an_outcome_that_comes_after_the_call_was_repeated_is_refused(step):
    """The old holder wakes up late: its call is of unknown outcome by now, and stays so."""
    call_id = uuid.uuid4()
    begin(step, key="k", call_id=call_id)
    begin(lose(step, 31), key="k")
    before = used(budget(step))
    with pytest.raises(LostLease):
        settle(step, call_id)
    assert Call.objects.get(pk=call_id).state == "unknown"
    assert used(budget(step)) == before


def test_settling_under_another_token_is_refused(step):
    call_id = uuid.uuid4()
    begin(step, call_id=call_id)
    with pytest.raises(LostLease):
        settle(lose(step, 31), call_id)
    assert Call.objects.get(pk=call_id).state == "intent"


def test_an_outcome_that_comes_late_but_before_any_repetition_is_kept_and_replayed(step):
    """The lease is lost but nobody has called again: the outcome is known, so it need not be bought twice."""
    call_id, key = uuid.uuid4(), key_of(step)
    begin(step, key=key, call_id=call_id)
    next_holder = lose(step, 31)
    settle(step, call_id)
    other = Other()
    assert call(ledger(next_holder), request(), other).payload == {"late": True}
    assert other.times == 0


def settle(step: Step, call_id: uuid.UUID) -> None:
    outcome = CallOutcome(payload={"late": True}, usage=Usage(searches=1, cost_usd=CENT))
    write(Settle(holder(step), "k", call_id, outcome, "", outcome.usage, NOW))


def test_intent_and_outcome_delivered_twice_are_written_once(step):
    """The answer to a commit was lost: the same intent, then the same outcome, come again and change nothing."""
    call_id = uuid.uuid4()
    for _ in range(2):
        assert begin(step, call_id=call_id) is None
        assert Call.objects.count() == 1
        assert reserved(budget(step)) == (1, 1, CENT)
    for _ in range(2):
        settle(step, call_id)
        assert used(budget(step)) == (1, 1, CENT, 0)
        assert reserved(budget(step)) == (0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_against_a_limit_of_ten_make_exactly_ten(step):
    """Reservations are guarded updates: no two take the last place, and none is left over."""
    other, refused, mine_is = Other(usage=Usage(cost_usd=CENT)), [], holder(step)

    async def all_of_them() -> None:
        bridge = Bridge(threads=20)
        try:
            await asyncio.gather(*(one(bridge, n) for n in range(20)))
        finally:
            bridge.close()

    async def one(bridge: Bridge, n: int) -> None:
        # A writer each, as if each were another process: they meet at the database alone.
        mine = StepLedger(writer=LedgerWriter(bridge=bridge), clock=FakeClock(at=NOW), holder=mine_is)
        try:
            await play.made(mine, request(arguments={"q": n}, searches=0), other)
        except BudgetExceeded as error:
            refused.append(error.detail)

    asyncio.run(all_of_them())
    assert other.times == Call.objects.filter(state="done").count() == 10
    assert len([one for one in refused if "10 calls" in one]) == 10
    assert reserved(budget(step)) == (0, 0, 0)
    assert budget(step).used_calls == 10


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"text": "a\x00b"}, {"text": "a\ufffdb"}),
        ({"text": ["\ud800"]}, {"text": ["\ufffd"]}),
        ({"score": float("nan"), "most": float("inf")}, {"score": None, "most": None}),
        ({"text": "😀 Ω"}, {"text": "😀 Ω"}),
    ],
)
def test_an_answer_no_database_takes_is_kept_all_the_same_and_replayed_as_it_was_given(step, said, kept):
    """Paid for once: what cannot be stored of it is replaced before anybody sees it."""

    async def answers(_key: str) -> CallOutcome:
        return CallOutcome(payload=said, usage=Usage(tokens=10**30, searches=10**12, cost_usd=Decimal(10) ** 12))

    first = call(ledger(step), request(), answers)
    again = call(ledger(step), request(), answers)
    assert first.payload == again.payload == kept
    row = Call.objects.get()
    assert (row.tokens, row.searches, row.cost_usd) == (10**12, 10**6, None)


def test_arguments_no_database_takes_do_not_stop_a_call(step):
    made = call(ledger(step), request(arguments={"query": "a\x00\ud800b"}), Other())
    assert made.payload
    assert Call.objects.get().arguments == {"query": "a\ufffd\ufffdb"}
