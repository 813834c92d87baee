"""Write what was read: source, snapshot, text, passages and intake of one file, in one transaction."""

from __future__ import annotations

import datetime as dt
from pathlib import PurePath
from typing import NamedTuple

from django.db import IntegrityError, transaction

from research.adapters import texts
from research.adapters.snapshots import Snapshots
from research.engine.extraction.result import Extraction
from research.models import Intake, Snapshot, Source, Team, User
from research.models.library import IntakeState, SourceKind

from .about import DEFAULT_RELIABILITY, MAX_TITLE, About

_MAX_FILE_NAME = 255


class Incoming(NamedTuple):
    """The bytes of one file with what is known of them."""

    name: str
    data: bytes
    sha256: str
    about: About


def uri_of(sha256: str) -> str:
    """Return the address of an uploaded file: its content is its name."""
    return f"sha256:{sha256}"


def known(*, team: Team, sha256: str) -> int | None:
    """Return the id of the team's source with these bytes, or None. Other teams are never looked at."""
    return Source.objects.filter(team=team, uri=uri_of(sha256)).values_list("pk", flat=True).first()


def add(
    *,
    team: Team,
    incoming: Incoming,
    extraction: Extraction,
    snapshots: Snapshots,
    added_by: User | None,
    now: dt.datetime,
    intake_id: int | None = None,
) -> bool:
    """Write the file's rows and tell whether it is new; False when another process was first.

    intake_id: the waiting upload that this settles, or None for a file from a path.
    """
    # Bytes first: rows without bytes would be a lie, bytes without rows are only unused.
    snapshots.put(team_id=team.pk, data=incoming.data)
    try:
        with transaction.atomic():
            source = _source(team, incoming, extraction, added_by, now)
            snapshot = Snapshot.objects.create(
                source=source,
                sha256=incoming.sha256,
                size=len(incoming.data),
                media_type=extraction.media_type,
                file_name=_short(PurePath(incoming.name).name, _MAX_FILE_NAME),
                captured_at=now,
            )
            message = " ".join(extraction.notes)
            if intake_id is None:
                settle(team, incoming.name, incoming, IntakeState.ADDED, message, added_by, now, source.pk)
            else:
                settle_upload(intake_id, IntakeState.ADDED, message, source.pk)
            # Last, as it holds the feed's lock to the commit.
            texts.add(team_id=team.pk, snapshot=snapshot, extraction=extraction, now=now)
    except IntegrityError:
        # The race of two adders is decided by `source_once_a_team`; anything else is a fault.
        source_id = known(team=team, sha256=incoming.sha256)
        if source_id is None:
            raise
        if intake_id is None:
            settle(team, incoming.name, incoming, IntakeState.KNOWN, "", added_by, now, source_id)
        else:
            settle_upload(intake_id, IntakeState.KNOWN, "", source_id)
        return False
    return True


def settle(
    team: Team,
    name: str,
    incoming: Incoming | None,
    state: IntakeState,
    message: str,
    added_by: User | None,
    now: dt.datetime,
    source_id: int | None = None,
) -> None:
    """Write what became of a file from a path. Adding a known file again leaves its first row as it was."""
    row, created = Intake.objects.get_or_create(
        team=team,
        name=name,
        sha256=incoming.sha256 if incoming else "",
        defaults={
            "size": len(incoming.data) if incoming else 0,
            "state": state,
            "message": message,
            "about": incoming.about.model_dump(mode="json", exclude_none=True) if incoming else {},
            "source_id": source_id,
            "added_by": added_by,
            "created_at": now,
        },
    )
    if created or (state == IntakeState.KNOWN and row.state == IntakeState.ADDED):
        return
    Intake.objects.filter(pk=row.pk).exclude(state=IntakeState.ADDED).update(
        state=state, message=message, source_id=source_id
    )


def settle_upload(intake_id: int, state: IntakeState, message: str, source_id: int | None) -> bool:
    """Write what became of a waiting upload and tell whether it still waited: a second delivery changes nothing."""
    waiting = Intake.objects.filter(pk=intake_id, state=IntakeState.WAITING)
    return waiting.update(state=state, message=message, source_id=source_id) == 1


def _source(team: Team, incoming: Incoming, extraction: Extraction, added_by: User | None, now: dt.datetime) -> Source:
    said = incoming.about
    title = said.title or extraction.title or PurePath(incoming.name).stem or incoming.name
    return Source.objects.create(
        team=team,
        kind=SourceKind.UPLOAD,
        uri=uri_of(incoming.sha256),
        title=title[:MAX_TITLE],
        publisher=said.publisher or "",
        published_date=said.published_date or extraction.published_date,
        reliability=DEFAULT_RELIABILITY if said.reliability is None else said.reliability,
        added_by=added_by,
        created_at=now,
    )


def _short(name: str, limit: int) -> str:
    return name if len(name) <= limit else f"{name[: limit - 41]}…{name[-40:]}"
