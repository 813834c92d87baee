"""Play one fault: a run on the Claude engine against the scripted server, until nothing more can be done now."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction
from pydantic import SecretStr

from research.adapters import snapshots
from research.adapters.archive import TeamArchive
from research.adapters.runtime import Runtime
from research.engine.domain.states import WORKING, RunState
from research.engine.ports import FetchedDocument
from research.engine.providers.anthropic import pricing
from research.models import Call, Run, RunBudget, Step
from research.services import execution, runs, sweeping
from tests.doubles import rows, world
from tests.doubles.analyst import Analyst, role_of
from tests.doubles.engine import FakeClock
from tests.doubles.messages_server import MessagesServer
from tests.research import play
from tests.research.here_bridge import HereBridge

from .fault_table import NOW

KEY = "sk-ant-canary-0123456789"
# Far over what one fault needs: a run that never rests is a mistake of the test.
MOST_ROUNDS = 60

OVERVIEW = (
    "Customers of this market describe the problem of lost time in their own words and ask vendors for a remedy.\n"
    "The market problem is that customers cannot show their auditors what was decided and why.\n"
    "Independent observers of the market report that customers pay for a product that solves the problem of proof.\n"
)


class Faulty:
    """The Analyst, but for the first requests of one role: they get `answers`, in order, the last for ever if `stuck`.

    An answer is made of the request, the moment it comes; None stands for what the Analyst says.
    """

    def __init__(self, role: str, answers: list[Callable[[dict[str, Any]], Any]], *, stuck: bool, web: bool) -> None:
        self._role, self._answers, self._stuck = role, list(answers), stuck
        self._analyst = Analyst(tasks=1, web=web, pauses=False)
        self.mended = False
        self.asked: list[str] = []
        self.models: list[str] = []

    def answer(self, request: dict[str, Any], number: int) -> Any:
        role = role_of(request)
        self.asked.append(role)
        if role == self._role:
            self.models.append(request["model"])
            if self._answers and not self.mended:
                stays = self._stuck and len(self._answers) == 1
                answer = (self._answers[0] if stays else self._answers.pop(0))(request)
                if answer is not None:
                    return answer
        return self._analyst.answer(_without_failed_fetches(request), number)


def _without_failed_fetches(request: dict[str, Any]) -> dict[str, Any]:
    """Return the request as the Analyst reads it, who takes every fetch for one that went well."""

    def failed(block: Any) -> bool:
        return block.get("type") == "web_fetch_tool_result" and "error_code" in block["content"]

    told = [
        {**message, "content": [block for block in message["content"] if not failed(block)]}
        for message in request["messages"]
    ]
    return {**request, "messages": told}


class Rest(NamedTuple):
    """How things stand when nothing more can be done now. deferred: seconds each step that was put off waits."""

    run: Run
    deferred: tuple[float, ...]


def _nothing_to_parse(*_: Any) -> Any:
    raise AssertionError("the documents of these tests bring their text with them")


class _Bridge(HereBridge):
    """The test's own connection, which the runtime closes nothing of."""

    def close(self) -> None:
        """Leave the connection to the test."""


class Desk:
    """One run, its server and its clock. `web`: the analyst uses the server's search and fetch, not the library."""

    def __init__(self, settings: Any, server: MessagesServer, *, options: dict[str, Any], more: dict[str, Any]) -> None:
        update = {
            "anthropic_api_key": SecretStr(KEY),
            "anthropic_base_url": server.url,
            "anthropic": options,
            **more,
        }
        settings.MRD = settings.MRD.model_copy(update=update)
        self.server = server
        self.clock = FakeClock(at=NOW)
        self.people = world.people("fault")
        self.run = runs.create(
            team=self.people.team,
            requester=self.people.requester,
            prompt=rows.PROMPT,
            vertical="saas",
            engine="anthropic",
            now=NOW,
        )
        self._bridge = _Bridge()
        self.shelve("overview", OVERVIEW)

    def shelve(self, name: str, text: str) -> None:
        """Put a document into the team's library."""
        asyncio.run(self._shelve(name, text))

    async def _shelve(self, name: str, text: str) -> None:
        archive = TeamArchive(
            team_id=self.people.team.pk,
            bridge=self._bridge,  # type: ignore[arg-type]
            snapshots=snapshots.local(),
            extract=_nothing_to_parse,
        )
        document = FetchedDocument(
            kind="upload",
            uri=f"https://library.example.com/{name}",
            title=name,
            media_type="text/plain",
            data=text.encode(),
            text=text,
            renderer="test/1",
            fetched_at=NOW,
        )
        await archive.keep(document, call_key="")

    def go_on(self) -> Rest:
        """Carry out steps, waits of theirs included, until the run waits for people, a clock of its own, or is over."""
        return asyncio.run(self._go_on())

    async def _go_on(self) -> Rest:
        runtime = Runtime(bridge=self._bridge, clock=self.clock)  # type: ignore[arg-type]
        deferred: list[float] = []
        try:
            for _ in range(MOST_ROUNDS):
                claimed = await self._bridge.run(play.claim, now=self.clock.at)
                if claimed:
                    await asyncio.gather(*(execution.execute(runtime=runtime, step=step) for step in claimed))
                    continue
                put_off = await self._bridge.run(self._put_off)
                if put_off is None:
                    return Rest(await self._bridge.run(self._fresh), tuple(deferred))
                deferred.append((put_off - self.clock.at).total_seconds())
                self.clock.at = put_off
        finally:
            await runtime.aclose()
            runtime.close()
        raise AssertionError("the run goes on and on")

    def _put_off(self) -> dt.datetime | None:
        """Return when the next step of a working run may start that waits for its time, None for none."""
        waiting = Step.objects.filter(run=self.run, state="ready", not_before__gt=self.clock.at, run__state__in=WORKING)
        return waiting.order_by("not_before").values_list("not_before", flat=True).first()

    def _fresh(self) -> Run:
        self.run.refresh_from_db()
        return self.run

    def to_research(self) -> None:
        """Have the run planned and its plan approved."""
        rest = self.go_on()
        assert rest.run.state == "plan_review", rest.run.state_reason
        world.decide_all(self.run, self.people)

    def to_its_end(self) -> None:
        """Have people pass every gate that the run comes to, until its document is signed."""
        for _ in range(6):
            world.decide_all(self.run, self.people)
            if self.go_on().run.state == RunState.COMPLETED:
                return
        raise AssertionError(f"{self.run.state}: {self.run.state_reason}")

    def wait(self, seconds: float) -> None:
        """Let time pass, and let the sweep resume what is due."""
        self.clock.at += dt.timedelta(seconds=seconds)
        with transaction.atomic():
            sweeping.sweep(now=self.clock.at)
        self.run.refresh_from_db()

    def retry_failed(self) -> None:
        """Do what a person does at a failed run: retry the step, and let the run go on."""
        from research.services import flow

        (failed,) = Step.objects.filter(run=self.run, state="failed")
        with transaction.atomic():
            flow.retry_step(step_id=failed.pk, actor="person", now=self.clock.at)
        self.run.refresh_from_db()


def account(desk: Desk) -> None:
    """Assert that the ledger has a row for each request the server got, and the tokens and dollars it billed."""
    made = list(Call.objects.filter(run=desk.run, kind="model"))
    assert {call.state for call in made} <= {"done", "failed"}
    assert len(made) == desk.server.received
    billed = [pricing.usage_of(bill, at=NOW) for bill in desk.server.bills]
    assert sum(call.tokens or 0 for call in made) == sum(usage.tokens for usage in billed)
    assert sum(call.searches or 0 for call in made) == sum(usage.searches for usage in billed)
    cost = sum((usage.cost_usd or Decimal(0) for usage in billed), Decimal(0))
    assert sum((call.cost_usd or Decimal(0) for call in made), Decimal(0)) == cost.quantize(Decimal("0.000001"))
    budgets = RunBudget.objects.filter(run=desk.run)
    tools = sum(call.tokens or 0 for call in Call.objects.filter(run=desk.run).exclude(kind="model"))
    assert sum(budget.used_tokens for budget in budgets) == sum(usage.tokens for usage in billed) + tools
    assert not any(budget.reserved_tokens or budget.reserved_cost_usd for budget in budgets)


def by_model(desk: Desk) -> Counter[tuple[str, str]]:
    """Return how many model calls ended how, by model."""
    calls = Call.objects.filter(run=desk.run, kind="model").values_list("name", "state")
    return Counter((name.removeprefix("anthropic/"), state) for name, state in calls)
