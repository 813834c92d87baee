"""Budgets of runs, of people's days and of everybody's day: reserved together, settled where they were reserved."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
import uuid
from decimal import Decimal
from typing import NamedTuple

import psycopg
import pytest
from django.db import OperationalError, connection

from research.adapters import bulk, ledger_batch, ledger_rows
from research.adapters.budget import RowBudget
from research.adapters.db import Bridge, hop
from research.adapters.ledger import Holder, LedgerWriter, StepLedger
from research.adapters.ledger_account import NO_LIMITS, DayLimits
from research.adapters.ledger_entries import Begin, Settle
from research.engine.domain.errors import BudgetExceeded, LostLease, OutcomeUnknown, Permanent, Transient
from research.engine.domain.usage import Limits, Usage
from research.engine.ports import CallOutcome, CallRequest
from research.models import Call, DayBudget, Run, RunBudget, Step
from research.services import steps
from tests.doubles import rows
from tests.doubles.engine import FakeClock
from tests.research import play
from tests.research.here_bridge import HereBridge

NOW = play.NOW
CENT = Decimal("0.01")
USED = Usage(searches=1, tokens=100, cost_usd=CENT)


def make_steps(people, *keys: str, **limits) -> list[Step]:
    """Return claimed research steps of one new run, whose research may use `limits` and much of everything else."""
    run = rows.new_run(people)
    Run.objects.filter(pk=run.pk).update(state="researching")
    most = {"max_calls": 1000, "max_searches": 1000, "max_tokens": 10**6, "max_cost_usd": 100} | limits
    RunBudget.objects.filter(run=run, phase="research").update(**most)
    Step.objects.filter(run=run).delete()
    for key in keys:
        Step.objects.create(run=run, kind="investigate", key=key, generation=1, created_at=NOW)
    return sorted(play.claim(), key=lambda one: one.pk)


def request(q: object = "x", *, estimate: Usage = USED) -> CallRequest:
    return CallRequest(kind="model", name="m", arguments={"q": q}, estimate=estimate)


class Days(NamedTuple):
    user_day: DayLimits = NO_LIMITS
    all_day: DayLimits = NO_LIMITS


FREE = Days()


def ledger(step: Step, *, at: dt.datetime = NOW, days: Days = FREE) -> StepLedger:
    writer = LedgerWriter(bridge=HereBridge(), **days._asdict())
    return StepLedger(writer=writer, clock=FakeClock(at=at), holder=Holder.of(step))


async def perform(key: str) -> CallOutcome:
    return CallOutcome(payload={"key": key}, usage=USED)


def call(ledger_: StepLedger, request_: CallRequest | None = None, does=perform) -> CallOutcome:
    return asyncio.run(play.made(ledger_, request_ or request(), does))


def write(*entries, days: Days = FREE):
    return hop(ledger_batch.write, entries=entries, **days._asdict())


def begun(step: Step, *, key: str = "k", at: dt.datetime = NOW, estimate: Usage = USED) -> Begin:
    return Begin(Holder.of(step), request(key, estimate=estimate), key, uuid.uuid4(), at)


def settled(begin: Begin, *, payload=None, used: Usage = USED, at: dt.datetime = NOW) -> Settle:
    return Settle(begin.holder, begin.key, begin.call_id, CallOutcome(payload=payload or {}, usage=used), "", used, at)


def day(scope: str = "all", *, at: dt.datetime = NOW) -> DayBudget:
    return DayBudget.objects.get(scope=scope, day=at.date())


def used(row) -> tuple:
    return row.used_calls, row.used_searches, row.used_tokens, row.used_cost_usd, row.unpriced_calls


def reserved(row) -> tuple:
    return row.reserved_calls, row.reserved_searches, row.reserved_tokens, row.reserved_cost_usd


NOTHING = (0, 0, 0, 0)
ONE = (1, 1, 100, CENT)


# ── what is booked where ─────────────────────────────────────────────────────────────────────────


def test_a_call_is_reserved_and_booked_on_its_run_the_persons_day_and_everybodys_day(people):
    """Without any limit of a day too: the account of days is kept all the same."""
    [step] = make_steps(people, "one")
    accounts = [
        lambda: RunBudget.objects.get(run=step.run_id, phase="research"),
        lambda: day(f"user:{step.run.requester_id}"),
        day,
    ]
    begin = begun(step)
    assert write(begin) == [None]
    assert [reserved(one()) for one in accounts] == [ONE] * 3
    assert write(settled(begin, used=Usage(searches=2, tokens=350, cost_usd=None))) == [None]
    assert [reserved(one()) for one in accounts] == [NOTHING] * 3
    assert [used(one()) for one in accounts] == [(1, 2, 350, 0, 1)] * 3
    row = Call.objects.get()
    assert (row.searches, row.tokens, row.cost_usd, row.reserved_tokens) == (2, 350, None, 100)


def test_a_call_over_midnight_counts_on_the_day_it_was_begun(people):
    [step] = make_steps(people, "one")
    late = NOW.replace(hour=23, minute=59)
    begin = begun(step, at=late)
    write(begin)
    write(settled(begin, at=late + dt.timedelta(minutes=5)))
    assert used(day(at=late)) == (*ONE, 0)
    assert reserved(day(at=late)) == NOTHING
    assert DayBudget.objects.count() == 2


def test_a_day_is_a_day_of_utc_whatever_the_clock_says(people):
    [step] = make_steps(people, "one")
    write(begun(step, at=dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.timezone(dt.timedelta(hours=5)))))
    assert set(DayBudget.objects.values_list("day", flat=True)) == {dt.date(2026, 3, 1)}


def test_a_call_given_up_the_next_day_is_booked_on_its_own_day(people):
    """What it had reserved counts as used on the day of its intent; its repetition counts today."""
    [step] = make_steps(people, "one")
    write(begun(step))
    tomorrow = NOW + dt.timedelta(days=1)
    steps.sweep(now=tomorrow, max_crashes=9)
    [again] = play.claim(now=tomorrow)
    write(begun(again, at=tomorrow))
    assert (used(day())[0], reserved(day())) == (1, NOTHING)
    assert (used(day(at=tomorrow))[0], reserved(day(at=tomorrow))) == (0, ONE)


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("limits", "days", "named"),
    [
        ({"max_tokens": 99}, Days(), "this run's limit of 99 tokens for research"),
        ({}, Days(user_day=DayLimits(searches=0)), "limit of 0 searches a day for one person's runs"),
        ({}, Days(user_day=DayLimits(tokens=99)), "limit of 99 tokens a day for one person's runs"),
        ({}, Days(user_day=DayLimits(cost_usd=Decimal("0.001"))), "limit of US$0.001 a day for one person's runs"),
        ({}, Days(all_day=DayLimits(searches=0)), "limit of 0 searches a day for everybody's runs together"),
        ({}, Days(all_day=DayLimits(tokens=99)), "limit of 99 tokens a day for everybody's runs together"),
        ({}, Days(all_day=DayLimits(cost_usd=Decimal(0))), "limit of US$0.00 a day for everybody's runs together"),
    ],
)
def test_the_refusal_names_the_limit_and_reserves_nothing_anywhere(people, limits, days, named):
    """All or nothing: what one limit refuses is taken from none of the others, and nothing is performed."""
    [step] = make_steps(people, "one", **limits)
    made = []

    async def never(key: str) -> CallOutcome:
        made.append(key)
        return CallOutcome(payload={})

    with pytest.raises(BudgetExceeded) as refusal:
        call(ledger(step, days=days), does=never)
    assert named in refusal.value.detail
    assert "finish with what there is" in refusal.value.detail
    assert ("tomorrow (UTC)" in refusal.value.detail) is ("a day" in named)
    assert " are used or set aside for calls in flight, and it may take " in refusal.value.detail
    assert "resuming" not in refusal.value.detail  # nothing is held that could be given back
    assert made == list(Call.objects.all()) == []
    assert {reserved(row) for row in (*RunBudget.objects.all(), *DayBudget.objects.all())} == {NOTHING}


def test_tomorrow_the_person_may_go_on(people):
    days = Days(user_day=DayLimits(searches=1))
    [step] = make_steps(people, "one")
    call(ledger(step, days=days))
    with pytest.raises(BudgetExceeded):
        call(ledger(step, days=days), request("y"))
    call(ledger(step, days=days, at=NOW + dt.timedelta(days=1)), request("y"))


def test_a_persons_limit_holds_over_all_their_runs_and_for_nobody_else(people):
    days = Days(user_day=DayLimits(searches=1))
    [mine], [also_mine] = make_steps(people, "one"), make_steps(people, "one")
    call(ledger(mine, days=days))
    with pytest.raises(BudgetExceeded, match="one person's runs"):
        call(ledger(also_mine, days=days))
    Run.objects.filter(pk=also_mine.run_id).update(requester=people.reviewer)
    call(ledger(Step.objects.get(pk=also_mine.pk), days=days))


def test_everybodys_limit_holds_over_all_people(people):
    days = Days(all_day=DayLimits(tokens=100))
    [one], [other] = make_steps(people, "one"), make_steps(people, "one")
    Run.objects.filter(pk=other.run_id).update(requester=people.reviewer)
    call(ledger(one, days=days))
    with pytest.raises(BudgetExceeded, match="everybody's runs"):
        call(ledger(Step.objects.get(pk=other.pk), days=days))


# ── what failed, what was kept ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [Transient, Permanent])
@pytest.mark.parametrize("cost", [Decimal("0.5"), None])
def test_what_a_failed_call_used_all_the_same_is_booked(people, kind, cost):
    """A stream cut half way is paid for: its tokens and cost count, a price nobody knows counts as unpriced."""
    [step] = make_steps(people, "one")

    async def cut(key: str) -> CallOutcome:
        raise kind("Cut.", used=Usage(searches=3, tokens=777, cost_usd=cost))

    with pytest.raises(kind):
        call(ledger(step), does=cut)
    row = Call.objects.get()
    assert (row.state, row.searches, row.tokens, row.cost_usd) == ("failed", 3, 777, cost)
    expected = (1, 3, 777, cost or 0, 1 if cost is None else 0)
    assert {used(one) for one in (RunBudget.objects.get(run=step.run_id, phase="research"), day())} == {expected}
    assert reserved(day()) == NOTHING


def test_an_answer_kept_from_an_earlier_call_costs_nothing_and_says_where_it_came_from(people):
    """Whatever usage the answer tells of: that was paid once. Now and on replay it leads to the call that fetched."""
    [step] = make_steps(people, "one")
    original = "a" * 64

    async def kept(key: str) -> CallOutcome:
        return CallOutcome(payload={"said": 1}, usage=USED, cached_from=original)

    first = call(ledger(step), does=kept)
    again = call(ledger(step), does=kept)
    assert (first.call_key, again.call_key, again.cached_from) == (original, original, original)
    assert again.payload == {"said": 1}
    row = Call.objects.get()
    assert (row.cached_from, row.searches, row.tokens, row.cost_usd) == (original, 0, 0, 0)
    assert used(day()) == (1, 0, 0, 0, 0)


# ── what is left ─────────────────────────────────────────────────────────────────────────────────


def left(step: Step, days: Days = FREE) -> Limits:
    budget = RowBudget(bridge=HereBridge(), clock=FakeClock(at=NOW), holder=Holder.of(step), **days._asdict())
    return asyncio.run(budget.remaining())


def test_what_is_left_is_the_least_of_run_person_and_everybody(people):
    [step] = make_steps(people, "one", max_calls=5, max_searches=6, max_tokens=1000, max_cost_usd=1)
    write(begun(step))
    assert left(step) == Limits(calls=4, searches=5, tokens=900, cost_usd=Decimal("0.99"))
    days = Days(user_day=DayLimits(searches=3, tokens=50), all_day=DayLimits(tokens=700, cost_usd=Decimal("0.5")))
    assert left(step, days) == Limits(calls=4, searches=2, tokens=0, cost_usd=Decimal("0.49"))


def test_where_nothing_has_been_used_today_the_whole_day_is_left_and_no_limit_is_a_very_large_number(people):
    [step] = make_steps(people, "one", max_searches=1000)
    assert left(step, Days(all_day=DayLimits(searches=7))).searches == 7
    assert left(step).tokens == 10**6
    assert not DayBudget.objects.exists()


# ── groups ───────────────────────────────────────────────────────────────────────────────────────


def test_in_one_group_each_gets_its_own_answer(people):
    """A new call, a replay, a lost lease, a spent budget, an outcome nobody knows and an end: none harms another."""
    fresh, replayed, lost, unknown, ending = make_steps(people, "a", "b", "c", "d", "e")
    [poor] = make_steps(people, "one", max_calls=0)
    done, open_end = begun(replayed, key="done"), begun(ending, key="end")
    write(done, open_end)
    write(settled(done, payload={"said": "once"}))
    for _ in range(2):
        write(begun(unknown, key="twice"))
        Step.objects.filter(pk=unknown.pk).update(token=unknown.token + 1)
        unknown = Step.objects.get(pk=unknown.pk)
    Step.objects.filter(pk=lost.pk).update(token=99)
    answers = write(
        begun(fresh, key="new"),
        begun(replayed, key="done"),
        begun(lost, key="lost"),
        begun(poor, key="poor"),
        begun(unknown, key="twice"),
        settled(open_end),
        settled(begun(fresh, key="never begun")),
    )
    kinds = [None if one is None else type(one) for one in answers]
    assert kinds == [None, CallOutcome, LostLease, BudgetExceeded, OutcomeUnknown, None, LostLease]
    assert (answers[1].payload, answers[1].call_key) == ({"said": "once"}, "done")
    states = dict(Call.objects.exclude(key="twice").values_list("key", "state"))
    assert states == {"new": "intent", "done": "done", "end": "done"}
    assert set(Call.objects.filter(key="twice").values_list("state", flat=True)) == {"unknown"}
    assert reserved(RunBudget.objects.get(run=fresh.run_id, phase="research"))[0] == 1
    assert used(RunBudget.objects.get(run=fresh.run_id, phase="research"))[0] == 4


def test_what_ends_makes_room_for_what_begins_in_the_same_group(people):
    [step] = make_steps(people, "one", max_cost_usd=Decimal("0.01"))
    first = begun(step, key="first")
    write(first)
    free = Usage(searches=0, cost_usd=Decimal(0))
    assert write(begun(step, key="second"), settled(first, used=free)) == [None, None]


def test_the_last_place_in_a_group_is_given_once(people):
    """Two in one group, room for one: the first of them gets it."""
    first, second = make_steps(people, "a", "b", max_searches=1)
    answers = write(begun(first, key="a"), begun(second, key="b"))
    assert answers[0] is None
    assert isinstance(answers[1], BudgetExceeded)


def test_a_group_written_twice_is_written_once(people):
    """The answer to its commit was lost: the same group again changes nothing, whatever is in it."""
    one, two = make_steps(people, "a", "b")
    earlier = begun(one, key="earlier")
    write(earlier)
    group = (begun(one, key="a"), begun(two, key="b"), settled(earlier))
    for _ in range(2):
        assert write(*group) == [None, None, None]
        assert Call.objects.count() == 3
        assert (reserved(day())[0], used(day())[0]) == (2, 1)


class CountingBridge(HereBridge):
    """Keeps the sizes of the groups that went through."""

    def __init__(self) -> None:
        super().__init__()
        self.groups: list[int] = []

    async def run(self, fn, /, *args, **kwargs):
        self.groups.append(len(kwargs["entries"]))
        return await super().run(fn, *args, **kwargs)


def test_calls_made_at_once_are_written_together_and_one_alone_at_once(people):
    made = make_steps(people, *(f"s{n}" for n in range(20)))
    bridge = CountingBridge()
    writer = LedgerWriter(bridge=bridge)
    ledgers = [StepLedger(writer=writer, clock=FakeClock(at=NOW), holder=Holder.of(step)) for step in made]

    async def together() -> None:
        await asyncio.gather(*(play.made(one, request(), perform) for one in ledgers))

    asyncio.run(together())
    assert bridge.groups == [20, 20]
    call(StepLedger(writer=writer, clock=FakeClock(at=NOW), holder=Holder.of(made[0])), request("alone"))
    assert bridge.groups == [20, 20, 1, 1]
    assert used(day()) == (21, 21, 2100, 21 * CENT, 0)


def test_one_that_cannot_be_written_harms_nobody_else_in_its_group(people):
    """An entry the database does not take is that call's own failure; the others of the group are written."""
    good, bad = make_steps(people, "good", "bad")
    writer = LedgerWriter(bridge=HereBridge())
    # No JSON document holds it, so no database takes it.
    strange = Begin(Holder.of(bad), request({1, 2}), "strange", uuid.uuid4(), NOW)

    async def both() -> list:
        mine = StepLedger(writer=writer, clock=FakeClock(at=NOW), holder=Holder.of(good))
        return await asyncio.gather(play.made(mine, request(), perform), writer.begin(strange), return_exceptions=True)

    first, second = asyncio.run(both())
    assert isinstance(first, CallOutcome)
    assert isinstance(second, TypeError)
    assert dict(Call.objects.values_list("step__key", "state")) == {"good": "done"}


def test_a_group_that_is_too_much_for_one_statement_is_written_one_by_one(people):
    """PostgreSQL says so by an error that looks like one of the connection: it is not, and nobody is to blame."""

    class TooMuch(HereBridge):
        async def run(self, fn, /, *args, **kwargs):
            if len(kwargs["entries"]) > 1:
                error = OperationalError("total size of jsonb array elements exceeds the maximum")
                error.__cause__ = psycopg.errors.ProgramLimitExceeded()
                raise error
            return await super().run(fn, *args, **kwargs)

    made = make_steps(people, *(f"s{n}" for n in range(3)))
    writer = LedgerWriter(bridge=TooMuch())
    ledgers = [StepLedger(writer=writer, clock=FakeClock(at=NOW), holder=Holder.of(step)) for step in made]

    async def together() -> None:
        await asyncio.gather(*(play.made(one, request(), perform) for one in ledgers))

    asyncio.run(together())
    assert list(Call.objects.values_list("state", flat=True)) == ["done"] * 3


def test_equal_keys_never_share_a_group(people):
    """Two rounds of one task make the same call at once: the later one finds what the earlier one wrote."""
    [step] = make_steps(people, "one")
    bridge = CountingBridge()
    writer = LedgerWriter(bridge=bridge)

    async def twice() -> list:
        return await asyncio.gather(*(writer.begin(begun(step)) for _ in range(2)))

    assert asyncio.run(twice()) == [None, None]
    assert bridge.groups == [1, 1]
    assert list(Call.objects.order_by("repeat").values_list("state", flat=True)) == ["unknown", "intent"]


def test_a_call_cancelled_before_its_turn_leaves_nothing_and_an_end_is_written_all_the_same(people):
    """A step that is stopped: what it had not begun is not begun, what had ended is known to have ended."""
    one, two = make_steps(people, "a", "b")
    open_end = begun(one, key="end")
    write(open_end)
    writer = LedgerWriter(bridge=HereBridge())

    async def stop_both() -> None:
        waiting = [writer.begin(begun(two, key="b")), writer.settle(settled(open_end))]
        for one_of_them in waiting:
            one_of_them.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await writer.drain()

    asyncio.run(stop_both())
    assert dict(Call.objects.values_list("key", "state")) == {"end": "done"}
    assert reserved(day()) == NOTHING


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("days", [Days(), Days(user_day=DayLimits(searches=25), all_day=DayLimits(searches=25))])
def test_writers_racing_for_one_budget_never_pass_it(people, days):
    """Four processes' worth of writers, each with groups of ten, against room for 25 of 40: exactly 25 are made."""
    made = make_steps(people, *(f"s{n}" for n in range(40)), max_searches=25 if days == Days() else 1000)
    answers: list = []
    start = threading.Barrier(4)

    def race(mine: list[Begin]) -> None:
        try:
            start.wait()
            answers.extend(hop(ledger_batch.write, entries=mine, **days._asdict()))
        finally:
            connection.close()

    # Each takes its steps in another order: the locks must come in one order all the same.
    groups = [[begun(step, key=step.key) for step in made[n::4]][:: 1 if n % 2 else -1] for n in range(4)]
    threads = [threading.Thread(target=race, args=(group,)) for group in groups]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 40
    assert sum(isinstance(one, BudgetExceeded) for one in answers) == 15
    assert Call.objects.count() == 25
    assert reserved(day())[:2] == (25, 25)
    assert reserved(RunBudget.objects.get(run=made[0].run_id, phase="research"))[:2] == (25, 25)


@pytest.mark.django_db(transaction=True)
def test_many_calls_through_two_processes_worth_of_writers_leave_an_exact_account(people):
    """Real threads, groups of mixed beginnings and ends: every call is done once and nothing stays reserved."""
    made = make_steps(people, *(f"s{n}" for n in range(30)))
    bridge = Bridge(threads=4)
    holders = [Holder.of(step) for step in made]

    async def all_of_them() -> None:
        writers = [LedgerWriter(bridge=bridge, most=7) for _ in range(2)]

        async def one(n: int) -> None:
            mine = StepLedger(writer=writers[n % 2], clock=FakeClock(at=NOW), holder=holders[n])
            for turn in range(5):
                await mine.call(request(turn), perform)
            await mine.written()

        await asyncio.gather(*(one(n) for n in range(30)))

    try:
        asyncio.run(all_of_them())
    finally:
        bridge.close()
    assert Call.objects.filter(state="done").count() == Call.objects.count() == 150
    for row in (day(), RunBudget.objects.get(run=made[0].run_id, phase="research")):
        assert used(row) == (150, 150, 15_000, 150 * CENT, 0)
        assert reserved(row) == NOTHING


def test_ends_that_meet_a_row_no_longer_open_are_refused_by_the_database_too(people):
    """The statement itself looks at the state, whatever was read before."""
    [step] = make_steps(people, "one")
    begin = begun(step)
    write(begin)
    end = ledger_rows.Closed(begin.call_id, "done", NOW, "", {}, False, "", 0, 0, Decimal(0))

    def close() -> None:
        writes = bulk.Writes()
        ledger_rows.close(writes, [end])
        writes.send()

    close()
    with pytest.raises(RuntimeError, match="1 of 1"):
        close()


async def order(_key: str) -> CallOutcome:
    return CallOutcome(payload={"batch": "b"}, held=True)


def set_aside(step: Step) -> tuple[int, int, Decimal]:
    row = RunBudget.objects.get(run=step.run, phase="research")
    return row.reserved_calls, row.reserved_tokens, row.reserved_cost_usd


def test_what_a_batch_has_set_aside_stays_so_until_its_answer_settles_it_on_the_run_and_its_days(people):
    [step] = make_steps(people, "one")
    book = ledger(step)
    ordered = call(book, request("order"), order)
    assert set_aside(step) == (0, 100, CENT)
    answer = CallRequest(kind="model", name="m", arguments={"q": "results"}, settles=ordered.call_key)
    call(book, answer)
    assert set_aside(step) == (0, 0, 0)
    row = RunBudget.objects.get(run=step.run, phase="research")
    assert (row.used_calls, row.used_tokens, row.used_cost_usd) == (2, 100, CENT)
    for day in DayBudget.objects.all():
        assert (day.reserved_calls, day.reserved_tokens, day.reserved_cost_usd) == (0, 0, 0)
        assert (day.used_calls, day.used_tokens, day.used_cost_usd) == (2, 100, CENT)


def test_held_reservations_stop_another_call_from_passing_the_limit(people):
    [step] = make_steps(people, "one", max_cost_usd=CENT * 3 / 2)
    book = ledger(step)
    call(book, request("order"), order)
    with pytest.raises(BudgetExceeded):
        call(book, request("another"))


def test_a_held_reservation_is_given_back_once_and_not_by_a_look_that_failed(people):
    [step] = make_steps(people, "one")
    book = ledger(step)
    ordered = call(book, request("order"), order)

    async def fails(_key: str) -> CallOutcome:
        raise Transient("away")

    answer = CallRequest(kind="model", name="m", arguments={"q": "results"}, settles=ordered.call_key)
    with pytest.raises(Transient):
        call(book, answer, fails)
    assert set_aside(step) == (0, 100, CENT)
    for _ in range(2):
        call(book, answer)
    assert set_aside(step) == (0, 0, 0)
