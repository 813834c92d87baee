"""Show MRD Desk at work on this machine, with no key and no network."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from mrd_project import demo
from research.engine.domain.errors import InvalidInput
from research.engine.domain.states import WORKING, RunState
from research.models import Run, Step
from research.services import library, processes

HOST, PORT = "127.0.0.1", 8000
PATIENCE_S = 300


class Command(BaseCommand):
    help = "Make demo people, load the sample library, research three runs, and serve the site on 127.0.0.1:8000."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help="stop when the runs are there to look at")
        parser.add_argument("--engine", default="extractive", help="who does the research (make demo ENGINE=replay)")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo makes logins with a known password, so it does not run in production mode.")
        if not options["no_serve"] and _taken(PORT):
            raise CommandError(f"Port {PORT} is taken: stop what listens there, or use SERVE=0.")
        for number in (signal.SIGTERM, signal.SIGINT):  # a shell that starts it with & lets SIGINT be ignored
            signal.signal(number, _interrupt)
        console = Console()
        call_command("migrate", verbosity=0)
        team, people = demo.people()
        self._library(console, team, people["rita"])
        with _child("worker") as worker:
            try:
                runs = self._research(console, team, people, worker, engine=options["engine"])
                self._tell(console, runs)
                if not options["no_serve"]:
                    self._serve(console, worker)
            except KeyboardInterrupt:
                console.print("Stopping site and worker.")

    def _library(self, console: Console, team: Any, user: Any) -> None:
        with _bars(console) as bars:
            bar = bars.add_task("Sample library", total=None)

            def show(progress: library.Progress) -> None:
                bars.update(
                    bar, completed=progress.done, total=progress.total, description=f"Reading {progress.name[-40:]}"
                )

            report = demo.load_samples(team, user, progress=show)
            bars.update(bar, description="Sample library")
        for said in (*report.refused, *report.unreadable):
            raise CommandError(f"A bundled sample could not be read: {said.name}: {said.sentence}")

    def _research(
        self, console: Console, team: Any, people: dict[str, Any], worker: subprocess.Popen[bytes], *, engine: str
    ) -> list[Run]:
        shows = _runs(team, people["rita"], engine)
        ends = time.monotonic() + PATIENCE_S
        with _bars(console) as bars:
            rows = {pk: bars.add_task(show.prompt[:46], total=None) for pk, show in shows.items()}
            while True:
                present = list(Run.objects.filter(pk__in=shows))
                for run in present:
                    done, total = _steps(run)
                    bars.update(
                        rows[run.pk], completed=done, total=total, description=f"{run.state:<17} {run.prompt[:40]}"
                    )
                waiting = [run for run in present if not demo.is_there(run, shows[run.pk])]
                if not waiting:
                    break
                for run in waiting:
                    if run.state not in WORKING:
                        demo.decide(run, people)
                if worker.poll() is not None:
                    raise CommandError("The worker stopped; what it said stands above.")
                if time.monotonic() > ends:
                    raise CommandError(f"Not there within {PATIENCE_S} s; what the worker said stands above.")
                time.sleep(0.2)
        order = list(shows)
        for run in present:
            if run.state in (RunState.FAILED, RunState.PAUSED):
                raise CommandError(f"A demo run is {run.state}: {run.state_reason}")
        return sorted(present, key=lambda run: order.index(run.pk))

    def _tell(self, console: Console, runs: list[Run]) -> None:
        base = f"http://{HOST}:{PORT}"
        table = Table(title="Three runs to look at", show_lines=True)
        table.add_column("State")
        table.add_column("Prompt")
        for run in runs:
            table.add_row(run.state.replace("_", " "), run.prompt)
        console.print(table)
        for run in runs:
            # Outside the table, in one piece, so that a terminal lets people click it.
            where = f"{base}/admin/research/run/{run.pk}/change/"
            console.print(f"{run.state.replace('_', ' '):<14} {where}", soft_wrap=True, highlight=False)
        logins = Table(title=f"Logins, all with the password {demo.PASSWORD}")
        for column in ("Username", "Groups", "Does"):
            logins.add_column(column)
        for person in demo.PEOPLE:
            logins.add_row(person.username, ", ".join(person.groups), person.does)
        console.print(logins)

    def _serve(self, console: Console, worker: subprocess.Popen[bytes]) -> None:
        with _child("site") as site:
            base = f"http://{HOST}:{PORT}"
            console.print(f"[bold]Site and worker run. Admin: {base}/admin/  Review desk: {base}/reviews/[/bold]")
            console.print("Ctrl-C stops both.")
            while site.poll() is None and worker.poll() is None:
                time.sleep(0.5)
            raise CommandError("The site or the worker stopped; what it said stands above.")


def _runs(team: Any, requester: Any, engine: str) -> dict[Any, demo.Show]:
    """Return the demo's shows by the ids of their runs. Raises `CommandError` for an engine that is not there."""
    try:
        return {demo.run_for(show, team=team, requester=requester, engine=engine).pk: show for show in demo.SHOWS}
    except InvalidInput as error:
        raise CommandError(error.detail) from error


def _steps(run: Run) -> tuple[int, int]:
    states = list(Step.objects.filter(run=run, generation=run.generation).values_list("state", flat=True))
    return states.count("done"), max(len(states), 1)


def _bars(console: Console) -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<60}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console)


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def _interrupt(_number: int, _frame: Any) -> None:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _child(what: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the worker or the site in a process group of its own, and end all of it with the block."""
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    commands = {
        "worker": [*manage, "worker"],
        "site": [
            sys.executable,
            "-m",
            "gunicorn",
            "mrd_project.wsgi:application",
            "--bind",
            f"{HOST}:{PORT}",
            "--threads",
            "8",
            "--log-level",
            "warning",
            "--chdir",
            str(settings.BASE_DIR),
        ],
    }
    env = dict(os.environ, MRD_LOG_LEVEL=os.environ.get("MRD_LOG_LEVEL", "WARNING"))
    process = subprocess.Popen(  # noqa: S603
        commands[what],
        env=env,
        start_new_session=True,
        preexec_fn=processes.end_with_parent,  # noqa: PLW1509 - this process starts no threads before
    )
    try:
        yield process
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=25)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
