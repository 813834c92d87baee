"""Whether the site is alive, and whether it can do its work.

/health/live   the process answers: restart it when this does not. Touches nothing.
/health/ready  200 when requests can be served, 503 with reasons when not. A missing worker is "degraded" and still 200:
               people can read, decide and sign without one, and taking the site away from them would help nobody.
               Processes alive prove nothing, so the worker is judged by when the queue last carried a task out.
"""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from research.management.commands.worker import STALE_S
from research.models import Driver, Heartbeat
from research.services import sweeping

from . import __version__

_complete: set[str] = set()


class Finding(NamedTuple):
    """One thing looked at. `required`: nothing can be served without it. The sentence names no secret and no path."""

    name: str
    ok: bool
    required: bool
    says: str


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "alive", "version": settings.MRD.release or __version__})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    found = look(now=timezone.now())
    unready = any(not finding.ok and finding.required for finding in found)
    degraded = any(not finding.ok for finding in found)
    body: dict[str, Any] = {
        "status": "unready" if unready else "degraded" if degraded else "ready",
        "reasons": [finding.says for finding in found if not finding.ok],
        "checks": {finding.name: {"ok": finding.ok, "says": finding.says} for finding in found},
    }
    return JsonResponse(body, status=503 if unready else 200)


def look(*, now: dt.datetime) -> list[Finding]:
    """Look at everything. Nothing raises; what depends on the database is left out when it does not answer."""
    found = [
        _folder("search_index", Path(settings.SEARCH_INDEX_DIR)),
        _folder("snapshots", Path(settings.SNAPSHOT_DIR)),
    ]
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        pending = migrations_missing()
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer is that it does not answer
        return [Finding("database", False, True, f"The database does not answer ({type(error).__name__})."), *found]
    database = Finding("database", True, True, "The database answers.")
    if pending:
        says = "Migrations are missing; run: manage.py migrate."
        return [database, Finding("migrations", False, True, says), *found]
    return [
        database,
        Finding("migrations", True, True, "All migrations are applied."),
        *found,
        _queue(now),
        _drivers(now),
    ]


def migrations_missing() -> bool:
    """Tell whether the code has migrations the database has not. A database that has them all is not asked again."""
    name = str(connection.settings_dict["NAME"])
    if name not in _complete:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return True
        _complete.add(name)
    return False


def _folder(name: str, path: Path) -> Finding:
    words = name.replace("_", " ")
    try:
        path.mkdir(parents=True, exist_ok=True)
        handle, probe = tempfile.mkstemp(prefix=".ready-", dir=path)
        os.close(handle)
        Path(probe).unlink()
    except OSError as error:
        says = f"The {words} folder cannot be written to ({error.strerror}); look at MRD_VAR_DIR."
        return Finding(name, False, True, says)
    return Finding(name, True, True, f"The {words} folder can be written to.")


def _queue(now: dt.datetime) -> Finding:
    beat = Heartbeat.objects.filter(name=sweeping.QUEUE).first()
    if beat is None:
        return Finding("queue", False, False, "The queue has never carried a task out; run: manage.py worker.")
    age_s = round((now - beat.beat_at).total_seconds())
    says = f"The queue last carried a task out {age_s} s ago."
    if age_s > STALE_S:
        return Finding("queue", False, False, f"{says} It is expected each minute; look at manage.py worker.")
    return Finding("queue", True, False, says)


def _drivers(now: dt.datetime) -> Finding:
    drivers: list[Driver] = list(sweeping.live_drivers(now=now))
    in_flight = sum(driver.in_flight for driver in drivers)
    # Drivers come when there is work and leave when there is none: none at all is no fault.
    return Finding("drivers", True, False, f"{len(drivers)} drivers are at work with {in_flight} steps in flight.")
