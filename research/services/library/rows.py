"""Write what was read: source, snapshot, text, passages and intake of one file, in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import PurePath
from typing import NamedTuple

from django.db import IntegrityError, transaction

from research.adapters import index_feed
from research.adapters.snapshots import Snapshots
from research.engine.domain.canonical import sha256_hex
from research.engine.extraction import passages
from research.engine.extraction.result import Extraction
from research.engine.retrieval import page_context
from research.models import ExtractedText, Intake, Passage, Snapshot, Source, Team, User
from research.models.library import IntakeState, SourceKind

from .about import DEFAULT_RELIABILITY, MAX_TITLE, About

_MAX_FILE_NAME, _MAX_HEADING = 255, 300


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
            add_text(team_id=team.pk, snapshot=snapshot, extraction=extraction, now=now)
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


def add_text(*, team_id: int, snapshot: Snapshot, extraction: Extraction, now: dt.datetime) -> ExtractedText:
    """Write a text with its passages and give it its place in the feed. Must run inside a transaction.

    Raises `IntegrityError` when this extractor's version gave a text of the snapshot before.
    """
    text = ExtractedText.objects.create(
        snapshot=snapshot,
        extractor=extraction.extractor,
        extractor_version=extraction.extractor_version,
        text=extraction.text,
        sha256=sha256_hex(extraction.text.encode()),
        page_starts=list(extraction.page_starts),
        created_at=now,
    )
    Passage.objects.bulk_create(_passages(team_id, text, extraction))
    index_feed.publish(text_id=text.pk)
    return text


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


def _passages(team_id: int, text: ExtractedText, extraction: Extraction) -> Iterator[Passage]:
    spans = passages.split(extraction.text, extraction.page_starts)
    told = page_context.describe(extraction.text, extraction.page_starts, spans)
    for span, about in zip(spans, told, strict=True):
        yield Passage(
            team_id=team_id,
            extracted_text=text,
            page=span.page,
            start=span.start,
            end=span.end,
            heading=span.heading[:_MAX_HEADING],
            page_type=about.page_type,
            context=about.context,
            text=extraction.text[span.start : span.end],
        )


def _short(name: str, limit: int) -> str:
    return name if len(name) <= limit else f"{name[: limit - 41]}…{name[-40:]}"
