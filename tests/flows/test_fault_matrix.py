"""Every row of the table of faults, played over real sockets with real ledger rows; and the breaker of a model."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import SecretStr

from research.adapters.breakers import RowBreakers
from research.adapters.db import Bridge
from research.engine.domain.errors import ProviderDown
from research.engine.domain.states import RunState
from research.engine.ports import CallOutcome, CallRequest
from research.engine.providers.anthropic.client import MessagesClient
from research.engine.providers.anthropic.settings import OPUS, AnthropicSettings
from research.engine.resilience.calls import ResilientCalls
from research.models import Breaker, Step, Task
from research.services import runs
from tests.doubles import messages_answers as answers
from tests.doubles import messages_build as build
from tests.doubles.engine import FakeClock, FixedJitter, ListObserver, MemoryLedger
from tests.doubles.messages_server import MessagesServer

from . import fault_table
from .fault_play import KEY, Desk, Faulty, account
from .fault_table import FAULTS, End, Fault

pytestmark = pytest.mark.django_db

GATES = {RunState.CLAIM_REVIEW, RunState.REGULATORY_REVIEW, RunState.SIGN_OFF}
JITTER = 1.25


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_run_does_what_the_table_says(fault: Fault, settings) -> None:
    """It ends as told, after the waits and requests told, and the ledger is the server's bill to the cent."""
    script = Faulty(fault.role, list(fault.answers), stuck=fault.stuck, web=False)
    with MessagesServer(script) as server:
        desk = Desk(settings, server, options=dict(fault.options), more={})
        desk.to_research()
        desk.clock.slept.clear()
        rest = desk.go_on()
        assert rest.deferred == ()
        assert script.asked.count(fault.role) == fault.sent
        assert len(desk.clock.slept) == len(fault.waits)
        for slept, least in zip(desk.clock.slept, fault.waits, strict=True):
            assert least <= slept <= least * JITTER
        ended_as_told(desk, fault)
        account(desk)
        script.mended = True
        set_right(desk, fault)
        assert desk.run.state in GATES
        account(desk)
    assert KEY not in told_to_people(desk)


def ended_as_told(desk: Desk, fault: Fault) -> None:
    run = desk.run
    match fault.end:
        case End.GOES_ON | End.INSUFFICIENT:
            assert run.state in GATES, run.state_reason
            (task,) = Task.objects.filter(plan__run=run)
            assert (task.outcome == "insufficient_data") is (fault.end is End.INSUFFICIENT)
            assert fault.says in f"{task.reason} {task.searches}"
        case End.PAUSED:
            assert (run.state, run.resume_to) == ("paused", "researching")
            assert fault.says in run.state_reason
            assert (run.not_before - desk.clock.at).total_seconds() == fault.again_s
        case End.FOR_A_PERSON:
            assert (run.state, run.not_before) == ("paused", None)
            assert fault.says in run.state_reason
        case End.FAILED:
            assert run.state == "failed"
            assert fault.says in Step.objects.get(run=run, state="failed").error


def set_right(desk: Desk, fault: Fault) -> None:
    """Let the server answer well again, and do what the run waits for: nothing, time, or a person's word."""
    match fault.end:
        case End.PAUSED:
            desk.wait(fault.again_s - 1)
            assert desk.run.state == "paused"
            desk.wait(1)
        case End.FOR_A_PERSON:
            desk.wait(10**6)
            assert desk.run.state == "paused"
            runs.resume(run_id=desk.run.pk, actor="person", now=desk.clock.at)
        case End.FAILED:
            desk.retry_failed()
        case _:
            return
    desk.go_on()


def told_to_people(desk: Desk) -> str:
    """Return all that rows say of the run."""
    steps = Step.objects.filter(run=desk.run).values_list("error", "output")
    return f"{desk.run.state_reason} {list(steps)} {list(desk.run.calls.values_list('error', 'arguments', 'outcome'))}"


def test_the_page_of_faults_is_as_the_table_says() -> None:
    """docs/reference/faults.md is generated; write it anew with `python -m tests.flows.fault_table`."""
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "faults.md"
    assert page.read_text(encoding="utf-8") == fault_table.page()


def test_the_names_of_the_rows_are_unique() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


def test_too_many_requests_leave_the_breaker_shut(settings) -> None:
    """However often 429 is answered, no breaker counts it: the other side works."""
    script = Faulty("investigate", [fault_table.LIMITS[1].answers[0]], stuck=True, web=False)
    with MessagesServer(script) as server:
        desk = Desk(settings, server, options={}, more={})
        desk.to_research()
        desk.go_on()
        assert desk.run.state == "paused"
        assert not Breaker.objects.exclude(failures=0).exists()


# ── the breaker, shared by all processes ─────────────────────────────────────────────────────────


class Away(NamedTuple):
    """A model's calls over two processes' ways out. shut: no call reaches the server any more while it is."""

    sides: tuple[ResilientCalls, ResilientCalls]
    clock: FakeClock
    server: MessagesServer
    client: MessagesClient

    async def ask(self, side: int) -> str:
        """Make one call by one of the two; return "ok" or the kind of its failure."""

        async def perform(_key: str) -> CallOutcome:
            reply = await self.client.send(REQUEST)
            return CallOutcome(payload=reply.message)

        request = CallRequest(kind="model", name=MODEL, arguments={})
        try:
            await self.sides[side].make(request, perform, timeout_s=30, provider=True)
        except ProviderDown as down:
            return down.detail
        return "ok"


MODEL = "anthropic/claude-sonnet-5-5"
REQUEST = {"model": "claude-sonnet-5-5", "max_tokens": 256, "messages": [{"role": "user", "content": "Hello"}]}


async def _with_two(server: MessagesServer, play_it: Callable[[Away], Awaitable[None]]) -> None:
    """Play over two bridges, each with connections of its own to the one database, as two processes have them."""
    clock = FakeClock(at=fault_table.NOW)
    bridges = (Bridge(threads=2), Bridge(threads=2))
    options = AnthropicSettings(api_key=SecretStr(KEY), base_url=server.url)
    try:
        sides = tuple(
            ResilientCalls(
                MemoryLedger(), RowBreakers(bridge=bridge, clock=clock), clock, ListObserver(), rng=FixedJitter()
            )
            for bridge in bridges
        )
        async with MessagesClient(options, clock=clock) as client:
            await play_it(Away((sides[0], sides[1]), clock, server, client))
    finally:
        for bridge in bridges:
            await asyncio.to_thread(bridge.close)


@pytest.mark.django_db(transaction=True)
def test_a_breaker_opens_for_all_processes_and_lets_one_probe_through() -> None:
    """Three failures of one process shut the other out too; a minute later one of many callers asks, and no other."""
    down = [True]

    def script(request: dict[str, Any], _number: int) -> Any:
        if down[0]:
            return answers.error(500, "api_error", "Down")
        # Slow, so that the others ask while the probe is under way: once it is back the breaker is shut for nobody.
        return answers.Answer(message=build.message(build.text("Hello")), delay_s=0.7)

    async def play_it(away: Away) -> None:
        assert "error of its own" in await away.ask(0)
        assert away.server.received == 4
        assert away.clock.slept == [2, 4, 8]
        assert "rests after repeated failures" in await away.ask(1)
        assert "rests after repeated failures" in await away.ask(0)
        assert away.server.received == 4
        # A minute after its last failure: a probe that fails shuts it for another minute, and is not tried again.
        away.clock.at += dt.timedelta(seconds=60)
        told = await asyncio.gather(*(away.ask(side % 2) for side in range(20)))
        assert away.server.received == 5
        assert all("rests after repeated failures" in each for each in told)
        assert sum("error of its own" in each for each in told) == 1
        down[0] = False
        away.clock.at += dt.timedelta(seconds=60)
        told = await asyncio.gather(*(away.ask(side % 2) for side in range(20)))
        assert away.server.received == 6
        assert sorted(Counter(told).values()) == [1, 19]
        assert await asyncio.gather(*(away.ask(side % 2) for side in range(4))) == ["ok"] * 4

    with MessagesServer(script) as server:
        asyncio.run(_with_two(server, play_it))


@pytest.mark.django_db(transaction=True)
def test_two_failures_and_a_success_leave_it_shut() -> None:
    failures = [0, 1]

    def script(request: dict[str, Any], number: int) -> Any:
        return answers.error(500, "api_error", "Down") if number in failures else build.message(build.text("Hello"))

    async def play_it(away: Away) -> None:
        assert await away.ask(0) == "ok"
        failures[:] = [3, 4]
        assert await away.ask(1) == "ok"
        assert away.server.received == 6

    with MessagesServer(script) as server:
        asyncio.run(_with_two(server, play_it))


def test_a_run_whose_provider_is_down_asks_again_by_itself_until_it_is_back(settings) -> None:
    """It is paused with the time of its next try, again and again; a try of a half-open breaker is one request."""
    script = Faulty("investigate", [fault_table.TRANSPORT[4].answers[0]], stuck=True, web=False)
    only = {role: {"model": OPUS} for role in ("plan", "investigate", "extract", "draft")}
    with MessagesServer(script) as server:
        desk = Desk(settings, server, options={"roles": only}, more={})
        desk.to_research()
        for requests in (4, 5, 6):
            desk.go_on()
            assert desk.run.state == "paused"
            assert desk.run.not_before == desk.clock.at + dt.timedelta(seconds=60)
            assert script.asked.count("investigate") == requests
            desk.wait(60)
        script.mended = True
        desk.go_on()
        assert desk.run.state in GATES
        account(desk)
