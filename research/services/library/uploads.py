"""Files handed in through the admin: kept aside, announced to the queue, parsed by a worker."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone
from django_q.tasks import async_task

from research.adapters import snapshots as snapshot_store
from research.engine.domain.canonical import sha256_hex
from research.engine.domain.errors import Unreadable
from research.engine.extraction.sandbox import ParserPool
from research.models import Intake, Team, User
from research.models.library import IntakeState

from . import rows
from .about import About
from .adding import FAULT, limits
from .collect import clean_name, read, too_large

log = logging.getLogger(__name__)

TASK = "research.tasks.ingest"


class Upload(Protocol):
    """What a browser sent. `name` is whatever it says; no path is ever made of it."""

    name: str | None
    size: int | None

    def chunks(self) -> Iterable[bytes]: ...


def receive_upload(*, team: Team, upload: Upload, about: About, added_by: User) -> Intake:
    """Keep the upload aside and return its Intake: waiting, known, or refused with one sentence.

    The task that parses it is enqueued in the transaction that makes the row. The same bytes under the same name
    again: a refused or waiting row is tried again, any other is returned as it is.
    """
    name = clean_name(upload.name or "")
    now = timezone.now()
    try:
        too_large(upload.size or 0, max_bytes=limits().max_bytes)
    except Unreadable as error:
        rows.settle(team, name, None, IntakeState.REFUSED, error.detail, added_by, now)
        return Intake.objects.get(team=team, name=name, sha256="")
    aside, sha256, size = _set_aside(upload)
    try:
        with transaction.atomic():
            intake, created = Intake.objects.select_for_update().get_or_create(
                team=team,
                name=name,
                sha256=sha256,
                defaults={
                    "size": size,
                    "about": about.model_dump(mode="json", exclude_none=True),
                    "added_by": added_by,
                    "created_at": now,
                },
            )
            if not created and intake.state in {IntakeState.ADDED, IntakeState.KNOWN}:
                return intake
            if intake.state == IntakeState.REFUSED:
                intake.state, intake.message = IntakeState.WAITING, ""
                intake.about = about.model_dump(mode="json", exclude_none=True)
                intake.save(update_fields=["state", "message", "about"])
            aside.replace(path_of(intake.pk))
            async_task(TASK, intake.pk)
            return intake
    finally:
        aside.unlink(missing_ok=True)


def ring_again(*, intake_ids: Iterable[int]) -> int:
    """Announce those of the uploads that still wait, and return how many: for a doorbell that was lost."""
    waiting = list(
        Intake.objects.filter(pk__in=list(intake_ids), state=IntakeState.WAITING).values_list("pk", flat=True)
    )
    for intake_id in waiting:
        async_task(TASK, intake_id)
    return len(waiting)


def ingest_upload(*, intake_id: int) -> None:
    """Parse a waiting upload and settle its Intake. Delivered twice, or at the same time, it adds once.

    A file that gives no text is refused with one sentence; faults of the database or the disk are raised, so that
    the queue delivers again. An id that is not there (rolled back, removed) is nothing to do.
    """
    intake = Intake.objects.select_related("team", "added_by").filter(pk=intake_id).first()
    if intake is None:
        return
    if intake.state == IntakeState.WAITING:
        _ingest(intake)
    with transaction.atomic():
        # Under the row's lock: the same file sent again meanwhile waits at this path once more and must stay.
        row = Intake.objects.select_for_update().get(pk=intake_id)
        if row.state != IntakeState.WAITING:
            path_of(intake_id).unlink(missing_ok=True)


def path_of(intake_id: int) -> Path:
    """Return where an upload waits: named by its row, never by what the browser said."""
    return Path(settings.UPLOAD_DIR) / f"intake-{int(intake_id)}"


def _ingest(intake: Intake) -> None:
    source_id = rows.known(team=intake.team, sha256=intake.sha256)
    if source_id is not None:
        rows.settle_upload(intake.pk, IntakeState.KNOWN, "", source_id)
        return
    try:
        data = _read(intake)
        with ParserPool(workers=1, limits=limits()) as pool:
            extraction = pool.extract(data, name=intake.name)
        rows.add(
            team=intake.team,
            incoming=rows.Incoming(intake.name, data, intake.sha256, About.model_validate(intake.about)),
            extraction=extraction,
            snapshots=snapshot_store.local(),
            added_by=intake.added_by,
            now=timezone.now(),
            intake_id=intake.pk,
        )
    except Unreadable as error:
        rows.settle_upload(intake.pk, IntakeState.REFUSED, error.detail, None)
    except (DatabaseError, OSError):
        raise
    except Exception:
        log.exception("uploaded file could not be read", extra={"intake_id": intake.pk})
        rows.settle_upload(intake.pk, IntakeState.REFUSED, FAULT, None)


def _read(intake: Intake) -> bytes:
    """Return the waiting bytes, checked against the hash they came in with."""
    try:
        data = read(path_of(intake.pk), max_bytes=limits().max_bytes)
    except Unreadable as error:
        raise Unreadable(f"The uploaded bytes cannot be read again ({error.detail}) Upload the file again.") from error
    if sha256_hex(data) != intake.sha256:
        raise Unreadable("The uploaded bytes were changed while they waited: upload the file again.")
    return data


def _set_aside(upload: Upload) -> tuple[Path, str, int]:
    """Write the upload to a file of its own and return its path, SHA-256 and size."""
    folder = Path(settings.UPLOAD_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".new-")
    hashed, size = hashlib.sha256(), 0
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in upload.chunks():
                hashed.update(chunk)
                size += file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name), hashed.hexdigest(), size
