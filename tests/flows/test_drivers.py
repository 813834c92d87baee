"""Several driver processes, a stalled one, and a database that goes away: the tables stay true."""

from __future__ import annotations

import contextlib
import datetime as dt
import signal
import sqlite3
import subprocess
import time
from collections import Counter

import pytest
from django.db import connection, transaction

from research.models import Call, Driver, Run, Step
from research.services import audit, runs, steps
from tests.doubles import world

from .conftest import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def new_run(people: world.People) -> Run:
    return runs.create(
        team=people.team,
        requester=people.requester,
        prompt="A market for desks that share their work",
        vertical="saas",
        engine="scripted",
        now=now(),
    )


@pytest.fixture(autouse=True)
def _scripted_engine(settings):
    settings.MRD = settings.MRD.model_copy(update={"engines": {"scripted": "tests.doubles.scripted.build"}})


def state_of(run: Run) -> str:
    return Run.objects.get(pk=run.pk).state


def past_research(run: Run) -> bool:
    return state_of(run) in ("claim_review", "drafting", "regulatory_review", "sign_off")


def stop_between_transactions(process: subprocess.Popen[bytes]) -> None:
    """Stop a process where it holds no lock: stopped inside a SQLite transaction, it would hold up everybody."""
    while True:
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.05)
        if connection.vendor != "sqlite":
            return
        name = connection.settings_dict["NAME"]
        with contextlib.closing(sqlite3.connect(name, timeout=0.5, isolation_level=None)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                process.send_signal(signal.SIGCONT)
                time.sleep(0.03)
                continue
            other.execute("ROLLBACK")
            return


def test_a_stalled_driver_is_refused_when_it_wakes(people, drivers) -> None:
    """Stopped past its lease and resumed, it writes nothing: another has done its steps."""
    drivers.script(people, tasks=2, calls=1, seconds=1.5)
    run = new_run(people)
    stalled = drivers.start(drivers="2", lease_s="4")
    wait_until(lambda: state_of(run) == "plan_review", seconds=150, what="a plan")
    world.decide_all(run, people)
    wait_until(
        lambda: Call.objects.filter(run=run, state="intent").count() == 2, seconds=150, what="two calls in flight"
    )
    stop_between_transactions(stalled)
    tokens = dict(Step.objects.filter(run=run, kind="investigate").values_list("key", "token"))
    drivers.start(drivers="2", lease_s="4")
    wait_until(lambda: past_research(run), seconds=150, what="the second driver's research")
    stalled.send_signal(signal.SIGCONT)
    wait_until(lambda: "lost its lease" in drivers.logs(), seconds=150, what="the first driver's refusal")
    for step in Step.objects.filter(run=run, kind="investigate"):
        assert step.state == "done"
        assert step.token > tokens[step.key]
    states = Counter(Call.objects.filter(run=run).values_list("state", flat=True))
    assert states == {"unknown": 2, "done": 2}
    assert Call.objects.filter(run=run, state="done", possible_duplicate=True).count() == 2
    assert max(drivers.effects().values()) <= 2
    assert list(audit.problems_of(Run.objects.get(pk=run.pk))) == []


def test_an_idle_driver_begins_when_the_work_is_committed(people, drivers) -> None:
    """It would look by itself once in ten minutes. A plan is made, and what its approval makes ready is done."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite announces nothing; the PostgreSQL run of this suite holds this test.")
    drivers.script(people, tasks=2, calls=1, seconds=0)
    drivers.start(driver_poll_s="600", lease_s="600")
    wait_until(Driver.objects.exists, seconds=150, what="a driver in its seat")
    run = new_run(people)
    wait_until(lambda: state_of(run) == "plan_review", seconds=150, what="a plan")
    world.decide_all(run, people)
    wait_until(lambda: past_research(run), seconds=150, what="research")


def test_three_processes_share_one_run_and_fifty(people, drivers) -> None:
    """Every run gets to its gate, no call is made twice, and all three did some of the work."""
    drivers.script(people, tasks=6, calls=1, seconds=0.05)
    made = [new_run(people) for _ in range(50)]
    for _ in range(3):
        drivers.start(drivers="3", workers="5", driver_capacity="4", lease_s="10")
    wait_until(lambda: Driver.objects.count() == 3, seconds=150, what="three drivers in their seats")
    seen: set[str] = set()

    def researched() -> bool:
        owners = Step.objects.exclude(lease_owner=None).values_list("lease_owner", flat=True)
        seen.update(str(owner) for owner in owners)
        return not Run.objects.filter(state__in=["researching", "validating"]).exists()

    wait_until(lambda: Run.objects.filter(state="plan_review").count() == 50, seconds=400, what="fifty plans")
    for run in made:
        world.decide_all(run, people)
    wait_until(researched, seconds=400, what="fifty researches")
    effects = drivers.effects()
    assert len(effects) == 300
    assert set(effects.values()) == {1}
    assert len(seen) == 3


def test_claiming_is_fair_across_runs(people, drivers) -> None:
    """Of fifty runs with ready steps, a driver with fifty places takes one of each before a second of any."""
    drivers.script(people, tasks=4, calls=1, seconds=0)
    for _ in range(50):
        new_run(people)
    first = new_run(people)
    for n in range(200):
        Step.objects.create(run=first, kind="plan", key=f"extra-{n}", generation=1, created_at=now())
    with transaction.atomic():
        claimed = steps.claim(driver_id=first.pk, limit=51, lease_s=30, now=now())
    assert len({step.run_id for step in claimed}) == 51


def test_a_lost_database_connection_is_ridden_out(people, drivers) -> None:
    """PostgreSQL ends every connection of the driver in the middle of a run; the run ends whole."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no server to lose; the PostgreSQL run of this suite holds this test.")
    drivers.script(people, tasks=4, calls=3, seconds=0.2)
    run = new_run(people)
    process = drivers.start(lease_s="5")
    wait_until(lambda: state_of(run) == "plan_review", seconds=150, what="a plan")
    world.decide_all(run, people)
    wait_until(lambda: sum(drivers.effects().values()) >= 4, seconds=150, what="some calls")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert cursor.fetchone()[0] >= 1
    wait_until(lambda: past_research(run), seconds=150, what="the research after the loss")
    assert process.poll() is None
    assert set(drivers.effects().values()) == {1}
    assert not Call.objects.filter(run=run, state="unknown").exists()
    assert list(audit.problems_of(Run.objects.get(pk=run.pk))) == []
