"""Drive runs in this process, over the database of the test, as a worker's driver would."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from research.adapters.clock import SystemClock
from research.adapters.db import Bridge
from research.adapters.runtime import Runtime
from research.engine.domain.states import WAITING, RunState
from research.models import Run, Step
from research.services import driver as drivers
from research.services import library, runs
from tests.doubles import world
from tests.flows import claude

SAMPLES = Path(settings.BASE_DIR) / "research" / "samples" / claude.VERTICAL


class FastClock:
    """`ports.Clock` whose time goes `speed` times as fast, from `begin` on (None: from now on).

    Heartbeats go by the machine's clock: leases have to be long where this one is used.
    """

    def __init__(self, speed: float, *, begin: dt.datetime | None = None) -> None:
        self._speed = speed
        self._began, self._began_at = time.monotonic(), begin or dt.datetime.now(dt.UTC)

    def now(self) -> dt.datetime:
        return self._began_at + dt.timedelta(seconds=(time.monotonic() - self._began) * self._speed)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def read_library(people: world.People) -> None:
    library.add_files(team=people.team, paths=[SAMPLES], added_by=people.requester)


def new_run(people: world.People, **more: Any) -> Run:
    return runs.create(
        team=people.team,
        requester=people.requester,
        prompt=claude.PROMPT,
        vertical=claude.VERTICAL,
        engine="anthropic",
        now=now(),
        **more,
    )


def drive(*, clock: Any = None, linger_s: float = 0.2) -> None:
    """Be a driver until nothing was ready for `linger_s`."""
    with transaction.atomic():
        seat = drivers.enlist(now=now())
    assert seat is not None, "another driver has the seat"
    runtime = Runtime(bridge=Bridge(threads=2), clock=clock or SystemClock())
    try:
        asyncio.run(drivers.run(runtime=runtime, driver=seat, linger_s=linger_s))
    finally:
        runtime.close()


def to_the_end(run: Run, people: world.People, **driving: Any) -> None:
    """Drive and let people approve what waits, until the run is COMPLETED; fail when it goes anywhere else."""
    for _ in range(6):
        if run.state not in WAITING:
            drive(**driving)
        run.refresh_from_db()
        assert run.state in WAITING, (run.state, run.state_reason, unfinished(run))
        world.decide_all(run, people)
        run.refresh_from_db()
        if run.state == RunState.COMPLETED:
            return
    raise AssertionError(f"still {run.state}")


def unfinished(run: Run) -> list[tuple[str, str, str, str]]:
    rows = Step.objects.filter(run=run).exclude(state="done")
    return list(rows.values_list("kind", "key", "state", "error"))
