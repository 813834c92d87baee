"""Create a run from the command line, and watch it."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from research.adapters import runtime as runtimes
from research.engine.domain.errors import MrdError
from research.engine.domain.states import WORKING, RunState
from research.management import dry_runs
from research.models import Run, Step, Team, User
from research.models.runs import Priority
from research.services import access, estimates, runs, sweeping
from research.services import driver as drivers

# Seconds the command waits for a worker to answer the doorbell before it works itself.
PATIENCE_S = 3.0
# Seconds without anything to do after which its own driver stops; it waits for no other run's work.
LINGER_S = 0.5


class Command(BaseCommand):
    help = "Create a run from a prompt. With --wait, show its progress until a person is needed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("prompt", help="what market the document is about, in a sentence")
        parser.add_argument("--vertical", required=True, help="fintech, gambling, saas, …")
        parser.add_argument("--engine", default="extractive", help="who does the research; a wrong name lists them")
        parser.add_argument(
            "--priority",
            default=Priority.NORMAL.value,
            help="normal, or batch: it can wait, and an engine that can takes half the price",
        )
        parser.add_argument(
            "--fresh", action="store_true", help="use nothing again that tools brought for earlier runs"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="show the plan and what it is expected to use; nothing is called"
        )
        parser.add_argument("--team", help="slug of the team (default: the only one there is)")
        parser.add_argument("--as", dest="username", help="username of the requester (default: the team's only member)")
        parser.add_argument(
            "--wait", action="store_true", help="show progress until the run waits for a person or ends"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            self._dry_run(options)
            return
        try:
            team = the_team(options["team"])
            requester = the_member(team, options["username"])
            access.require_create(requester)
            run = runs.create(
                team=team,
                requester=requester,
                prompt=options["prompt"],
                vertical=options["vertical"],
                engine=options["engine"],
                priority=options["priority"],
                bypass_cache=options["fresh"],
                now=dt.datetime.now(dt.UTC),
            )
        except MrdError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(f"Run {run.pk} created.")
        if options["wait"]:
            wait_for([run], console=Console())
            run.refresh_from_db()
            self.stdout.write(f"Run {run.pk} is in state '{run.state}'. {run.state_reason}".rstrip())

    def _dry_run(self, options: dict[str, Any]) -> None:
        """Show plan and estimate. No team and no person is asked for, as nothing is written."""
        try:
            found = estimates.dry_run(
                prompt=options["prompt"],
                vertical=options["vertical"],
                engine=options["engine"],
                priority=options["priority"],
                now=dt.datetime.now(dt.UTC),
            )
        except MrdError as error:
            raise CommandError(error.detail) from error
        for line in dry_runs.lines(found):
            self.stdout.write(line)


def the_team(slug: str | None) -> Team:
    """Return the team called `slug`, or the only one. Raises `CommandError`."""
    teams = list(Team.objects.filter(slug=slug) if slug else Team.objects.all()[:2])
    if len(teams) == 1:
        return teams[0]
    known = (
        ", ".join(Team.objects.order_by("slug").values_list("slug", flat=True)) or "none yet: create one in the admin"
    )
    raise CommandError(f"Say which team with --team SLUG; there are: {known}.")


def the_member(team: Team, username: str | None) -> User:
    """Return the member called `username`, or the only one. Raises `CommandError`."""
    members = list(team.members.filter(username=username) if username else team.members.all()[:2])
    if len(members) == 1:
        return members[0]
    if username:
        raise CommandError(
            f"The team '{team.slug}' has no member called '{username}': name one of its members with --as USERNAME."
        )
    raise CommandError(f"Say for whom with --as USERNAME; the person must be a member of the team '{team.slug}'.")


def wait_for(waited: list[Run], *, console: Console) -> None:
    """Show each run's progress until all wait for a person or have ended.

    Where no worker answers for three seconds, a driver works in this process.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    started = time.monotonic()
    helper: threading.Thread | None = None
    with Progress(*columns, console=console) as progress:
        bars = {run.pk: progress.add_task(run.prompt[:48], total=None) for run in waited}
        while True:
            present = {run.pk: run for run in Run.objects.filter(pk__in=bars)}
            for pk, run in present.items():
                done, total = _progress_of(run)
                progress.update(bars[pk], completed=done, total=total, description=f"{run.state:<18} {run.prompt[:44]}")
            if all(RunState(run.state) not in WORKING for run in present.values()):
                break
            now = dt.datetime.now(dt.UTC)
            alone = helper is None and not sweeping.live_drivers(now=now).exists()
            if alone and time.monotonic() - started > PATIENCE_S:
                helper = threading.Thread(target=_drive_here, daemon=True, name="driver")
                helper.start()
            elif helper is not None and not helper.is_alive():
                helper = None
            time.sleep(0.2)
    if helper is not None:
        # Killed with the process, it would keep its seat, and the runs waiting, until its leases have run out.
        helper.join()


def _progress_of(run: Run) -> tuple[int, int]:
    states = Step.objects.filter(run=run, generation=run.generation).values_list("state", flat=True)
    return sum(1 for state in states if state == "done"), max(len(states), 1)


def _drive_here() -> None:
    """Be the driver, on this thread, until there is nothing to do for a while."""
    with transaction.atomic():
        seat = drivers.enlist(now=dt.datetime.now(dt.UTC))
    if seat is None:
        return
    runtime = runtimes.build()
    try:
        asyncio.run(drivers.run(runtime=runtime, driver=seat, linger_s=LINGER_S))
    finally:
        runtime.close()
        connection.close()
