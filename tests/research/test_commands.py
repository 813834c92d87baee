"""The commands: one sentence for what is wrong, work done where nobody else does it, nothing left behind."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as conf
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from pydantic import SecretStr

from research import tasks
from research.engine.domain.states import RunState
from research.management.commands import worker
from research.models import Driver, Event, Heartbeat, Run, Step, Team
from research.services import estimates
from tests.doubles import rows

GOOD = (rows.PROMPT, "--vertical=gambling")


def research(*arguments: str) -> str:
    out = io.StringIO()
    call_command("research", *arguments, stdout=out)
    return out.getvalue()


# ── research ─────────────────────────────────────────────────────────────────────────────────────


def named(people) -> tuple[str, str]:
    return f"--team={people.team.slug}", f"--as={people.requester.username}"


def test_a_run_is_created_for_the_team_and_the_person_named(people):
    said = research(*GOOD, *named(people))
    run = Run.objects.get()
    assert str(run.pk) in said
    assert (run.team, run.requester, run.state, run.engine) == (people.team, people.requester, "planning", "extractive")
    # Without --wait it does nothing itself.
    assert Step.objects.get(run=run).attempts == 0


def test_the_only_team_and_its_only_member_need_no_name(db):
    team = Team.objects.create(name="Alone", slug="alone")
    person = rows.person("solo", "requester", team=team)
    research(*GOOD)
    assert (Run.objects.get().team, Run.objects.get().requester) == (team, person)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("", "--vertical=gambling"), "prompt is empty"),
        (("too short", "--vertical=gambling"), "too short"),
        (("x" * 100_000, "--vertical=gambling"), "100,000 characters"),
        ((rows.PROMPT, "--vertical=astrology"), "no vertical called 'astrology'"),
        ((rows.PROMPT, "--vertical=gambling", "--engine=oracle"), "no engine called 'oracle'"),
    ],
)
def test_bad_input_is_one_sentence_and_no_run(people, arguments, says):
    with pytest.raises(CommandError, match=says) as refusal:
        research(*arguments, *named(people))
    assert "\n" not in str(refusal.value)
    assert not Run.objects.exists()


def test_several_teams_or_members_are_asked_about_and_unknown_ones_named(people):
    with pytest.raises(CommandError, match="--team SLUG") as refusal:
        research(*GOOD)
    assert people.team.slug in str(refusal.value)
    with pytest.raises(CommandError, match="--team SLUG"):
        research(*GOOD, "--team=nowhere")
    with pytest.raises(CommandError, match="--as USERNAME"):
        research(*GOOD, f"--team={people.team.slug}")
    for stranger in ("nobody", people.outsider.username):
        with pytest.raises(CommandError, match=f"has no member called '{stranger}'"):
            research(*GOOD, f"--team={people.team.slug}", f"--as={stranger}")
    assert not Run.objects.exists()


@pytest.mark.parametrize("role", ["auditor", "reviewer", "approver"])
def test_who_may_not_ask_for_a_run_elsewhere_may_not_here(people, role):
    person = getattr(people, role)
    with pytest.raises(CommandError, match="Only requesters and administrators may ask for a run"):
        research(*GOOD, f"--team={people.team.slug}", f"--as={person.username}")
    assert not Run.objects.exists()


def test_without_any_team_it_says_where_to_make_one(db):
    with pytest.raises(CommandError, match="create one in the admin"):
        research(*GOOD)


@pytest.mark.django_db(transaction=True)
def test_with_wait_and_no_worker_it_works_itself_up_to_the_plan_gate_and_leaves_its_seat(people):
    """Nothing is left that would keep a worker from going on: no seat, no lease."""
    said = research(*GOOD, *named(people), "--wait")
    run = Run.objects.get()
    assert run.state == "plan_review"
    assert "is in state 'plan_review'" in said
    assert run.plans.get().tasks.count() > 3
    assert not Driver.objects.exists()
    assert not Step.objects.exclude(state="done").exists()


# ── research --dry-run ───────────────────────────────────────────────────────────────────────────


def test_a_dry_run_shows_plan_and_estimate_and_asks_the_database_nothing(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        said = research(*GOOD, "--dry-run")
    assert "In all" in said
    assert "US$0.00" in said
    assert "Nothing was called and nothing was written." in said
    assert said.count("?") > 10
    assert not Run.objects.exists()


def test_a_dry_run_of_another_engine_reckons_its_own_tools_and_says_what_passes(db, settings):
    keyed = {"anthropic_api_key": SecretStr("sk-test"), "max_cost_usd": Decimal("0.01")}
    settings.MRD = settings.MRD.model_copy(update=keyed)
    said = research(*GOOD, "--dry-run", "--engine=anthropic", "--priority=batch")
    for words in ("Engine 'anthropic'", "web_search and web_fetch", "Checking and drafting", "in batches the tokens"):
        assert words in said
    assert "pass the site's limit of a run for US dollars" in said
    assert "sk-test" not in said
    found = estimates.dry_run(
        prompt=rows.PROMPT, vertical="gambling", engine="anthropic", priority="normal", now=timezone.now()
    )
    assert found.total.searches > 0
    assert not any("web_search" in task.tools for task in found.plan.tasks)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("", "--vertical=gambling"), "prompt is empty"),
        ((rows.PROMPT, "--vertical=astrology"), "no vertical called 'astrology'"),
        ((rows.PROMPT, "--vertical=gambling", "--engine=oracle"), "choose one of: extractive"),
        ((rows.PROMPT, "--vertical=gambling", "--priority=urgent"), "one of normal, batch"),
    ],
)
def test_a_dry_run_refuses_what_the_run_would_be_refused_for(db, arguments, says):
    with pytest.raises(CommandError, match=says):
        research(*arguments, "--dry-run")


def test_priority_and_fresh_are_the_runs(people):
    research(*GOOD, *named(people), "--priority=batch", "--fresh")
    run = Run.objects.get()
    assert (run.priority, run.bypass_cache) == ("batch", True)


# ── finish ───────────────────────────────────────────────────────────────────────────────────────


def test_a_paused_run_is_finished_from_the_command_line(people):
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    with pytest.raises(CommandError, match="Only a paused or failed run"):
        call_command("finish", str(run.pk), reason="x")
    Run.objects.filter(pk=run.pk).update(state="paused", resume_to="drafting")
    with pytest.raises(CommandError, match="Say in a few words why"):
        call_command("finish", str(run.pk), reason=" ")
    out = io.StringIO()
    call_command("finish", str(run.pk)[:8], reason="the board meets", stdout=out)
    assert "questions left out: 0" in out.getvalue()
    run.refresh_from_db()
    assert run.finishing
    assert Event.objects.get(run=run, kind="run.finishing").actor == "operator:cli"
    with pytest.raises(CommandError, match="There is no run"):
        call_command("finish", "nothing", reason="x")


# ── drive ────────────────────────────────────────────────────────────────────────────────────────


def drive() -> str:
    out = io.StringIO()
    call_command("drive", stdout=out)
    return out.getvalue()


def test_a_driver_without_a_free_seat_says_so_and_takes_nothing(people, settings):
    settings.MRD = settings.MRD.model_copy(update={"drivers": 1})
    now = timezone.now()
    Driver.objects.create(host=socket.gethostname(), seat=1, pid=1, capacity=1, started_at=now, beat_at=now)
    rows.new_run(people)
    assert "taken" in drive()
    assert Step.objects.get().attempts == 0


@pytest.mark.django_db(transaction=True)
def test_a_driver_carries_out_what_is_ready_and_leaves(people, settings):
    settings.MRD = settings.MRD.model_copy(update={"driver_linger_s": 0.2, "driver_poll_s": 0.02})
    run = rows.new_run(people)
    assert drive() == ""
    run.refresh_from_db()
    assert run.state == "plan_review"
    assert not Driver.objects.exists()


# ── worker ───────────────────────────────────────────────────────────────────────────────────────


def test_the_sweep_is_scheduled_once_however_often_and_at_once_workers_start(db):
    for _ in range(3):
        worker.schedule()
    row = Schedule.objects.get()
    assert (row.func, row.schedule_type, row.minutes, row.repeats) == ("research.tasks.sweep", "I", 1, -1)
    Schedule.objects.create(name="sweep", func="research.tasks.sweep", schedule_type="I", minutes=1)
    Schedule.objects.filter(pk=row.pk).update(minutes=60)
    worker.schedule()
    assert Schedule.objects.get().pk == row.pk
    assert Schedule.objects.get().minutes == 1


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_is_the_latest_there_is_news_of():
    assert worker.last_beat() == 0
    beat_at = timezone.now() + timedelta(seconds=60)
    Heartbeat.objects.create(name="queue", beat_at=beat_at)
    assert worker.newest_beat(since=5) == pytest.approx(beat_at.timestamp())
    assert worker.newest_beat(since=beat_at.timestamp() + 9) == beat_at.timestamp() + 9


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_does_not_end_the_watch():
    def away(*_):
        raise OperationalError("the database is starting up")

    with connection.execute_wrapper(away):
        assert worker.newest_beat(since=5) == 5


@pytest.mark.django_db(transaction=True)
def test_what_the_queue_calls_beats_rings_and_drives(people, settings):
    """The sweep beats and rings for work nobody takes; the answer does it, and nothing where a driver lives."""
    settings.MRD = settings.MRD.model_copy(update={"driver_linger_s": 0.2, "driver_poll_s": 0.02})
    run = rows.new_run(people)
    OrmQ.objects.all().delete()
    tasks.sweep()
    assert Heartbeat.objects.get().name == "queue"
    assert [task.func() for task in OrmQ.objects.all()] == ["research.tasks.drive"]
    now = timezone.now()
    busy = Driver.objects.create(host="elsewhere", seat=1, pid=1, capacity=1, started_at=now, beat_at=now)
    tasks.drive()
    assert Step.objects.get().attempts == 0
    busy.delete()
    tasks.drive()
    assert Run.objects.get(pk=run.pk).state == "plan_review"


def processes() -> dict[int, tuple[int, int]]:
    """Return parent and group of every living process (pid: (ppid, pgid))."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,pgid=,stat="], capture_output=True, text=True, check=True).stdout
    found = [line.split() for line in listed.splitlines()]
    return {int(pid): (int(ppid), int(pgid)) for pid, ppid, pgid, stat in found if not stat.startswith("Z")}


def group(pgid: int) -> set[int]:
    return {pid for pid, (_, its) in processes().items() if its == pgid}


def cluster_of(pid: int, *, but: int = 0) -> int | None:
    """Return the cluster the worker `pid` runs: a child that leads a group of its own, with workers in it."""
    for child, (parent, pgid) in processes().items():
        if parent == pid and child == pgid and child != but and len(group(child)) > 3:
            return child
    return None


def until(holds, seconds: float = 30):
    ends = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < ends, "not in time"
        time.sleep(0.1)
    return value


def test_the_worker_restarts_a_killed_cluster_and_takes_everything_down_with_it(child_env, people, tmp_path):
    """Killed with -9, the cluster's main process is replaced and its orphans are ended; SIGTERM ends them all. In
    between the queue really works: the run is planned."""
    run = rows.new_run(people)
    env = child_env | {"MRD_WORKERS": "2", "MRD_DRIVER_LINGER_S": "0.5", "MRD_LOG_LEVEL": "WARNING"}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(Path(conf.BASE_DIR) / "manage.py"), "worker"], env=env, stdout=log, stderr=log
        )
    groups = []
    try:
        first = until(lambda: cluster_of(process.pid))
        groups.append(first)
        until(lambda: Run.objects.get(pk=run.pk).state == "plan_review")
        os.kill(first, signal.SIGKILL)
        second = until(lambda: cluster_of(process.pid, but=first))
        groups.append(second)
        assert group(first) == set()
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0
        until(lambda: not group(second), seconds=5)
        assert "Worker stopped" in (tmp_path / "log").read_text()
        assert Schedule.objects.filter(name="sweep").count() == 1
    finally:
        process.kill()
        process.wait()
        for one in groups:
            if group(one):
                os.killpg(one, signal.SIGKILL)
