"""Run the queue's cluster under a watchdog."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, connection
from django_q.models import Schedule
from django_q.tasks import async_task

from research.models import Heartbeat
from research.services import processes, sweeping

log = logging.getLogger(__name__)

# The sweep runs each minute: three missed in a row mean that the cluster carries nothing out.
STALE_S = 200
CHECK_S = 2.0
SWEEP = "research.tasks.sweep"


class Command(BaseCommand):
    help = "Run the queue's workers; restart them when they stop or when their heartbeat goes stale."

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
        schedule()
        # Carried out as soon as the cluster is up: the queue beats from its start, not from the next full minute.
        async_task(SWEEP, task_name="sweep at the start")
        try:
            while True:
                self._watch_one()
        except SystemExit:
            self.stdout.write("Worker stopped.")

    def _watch_one(self) -> None:
        """Start one cluster and return when it had to be replaced."""
        manage = Path(settings.BASE_DIR) / "manage.py"
        cluster = subprocess.Popen(  # noqa: S603
            [sys.executable, str(manage), "cluster"],
            start_new_session=True,
            preexec_fn=processes.end_with_parent,  # noqa: PLW1509 - this process starts no threads
        )
        beat = time.time()
        try:
            while cluster.poll() is None:
                time.sleep(CHECK_S)
                beat = newest_beat(since=beat)
                if time.time() - beat > STALE_S:
                    self.stderr.write("The queue's heartbeat is stale: the cluster is killed and started anew.")
                    return
            self.stderr.write(f"The cluster ended with {cluster.returncode}: it is started anew.")
            time.sleep(CHECK_S)
        except SystemExit:
            _end(cluster, grace_s=20)
            raise
        finally:
            _kill_group(cluster)


def schedule() -> None:
    """Have the sweep run each minute; said once, however many workers start."""
    wanted = {"func": SWEEP, "schedule_type": Schedule.MINUTES, "minutes": 1, "repeats": -1}
    first = Schedule.objects.filter(name="sweep").order_by("pk").first() or Schedule.objects.create(
        name="sweep", **wanted
    )
    Schedule.objects.filter(pk=first.pk).update(**wanted)
    # Nothing keeps two workers that start at the same moment from saying it twice; the next to start mends that.
    Schedule.objects.filter(name="sweep", pk__gt=first.pk).delete()


def newest_beat(*, since: float) -> float:
    """Return the later of `since` and the queue's last beat (seconds of the epoch); `since` while nobody can tell."""
    try:
        return max(since, last_beat())
    except (OperationalError, InterfaceError) as error:
        # A database that restarts is no reason to stop watching.
        log.warning("no news of the queue's heartbeat: %s", type(error).__name__)
        connection.close()
        return since


def last_beat() -> float:
    """Return when the queue last carried the sweep out, in seconds of the epoch; 0 when it never did."""
    row = Heartbeat.objects.filter(name=sweeping.QUEUE).first()
    connection.close()
    return row.beat_at.astimezone(dt.UTC).timestamp() if row else 0.0


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _end(cluster: subprocess.Popen[bytes], *, grace_s: float) -> None:
    """Ask the cluster to drain; steps in flight are given back or swept later."""
    cluster.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        cluster.wait(timeout=grace_s)


def _kill_group(cluster: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the cluster: orphaned workers would go on taking work."""
    try:
        os.killpg(cluster.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    cluster.wait(timeout=10)
