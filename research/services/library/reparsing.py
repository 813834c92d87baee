"""Read archived bytes again after a parser was upgraded: a new text beside the old, which evidence points into."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from research.adapters import snapshots as snapshot_store
from research.adapters import texts
from research.engine.domain.errors import MrdError
from research.engine.extraction.result import current_extractor
from research.engine.extraction.sandbox import ParserPool
from research.models import ExtractedText, Snapshot, Team

from .adding import Progress, limits
from .collect import Said


class Reparsed(NamedTuple):
    """How many snapshots got a new text, how many had one already, and which could not be read again."""

    renewed: int
    current: int
    refused: tuple[Said, ...]


def reparse(*, team: Team, progress: Callable[[Progress], None] | None = None) -> Reparsed:
    """Give each snapshot of the team a text by the current version of its extractor, where it has none.

    Old texts stay, and stay what they were. A snapshot whose bytes are gone or give no text any more keeps its old
    text and is told in `refused`.
    """
    snapshots = list(_of(team))
    stale = [snapshot for snapshot in snapshots if not _is_current(snapshot)]
    refused: list[Said] = []
    pages = renewed = 0
    with ParserPool(workers=1, limits=limits()) as pool:
        for number, snapshot in enumerate(stale, start=1):
            name = snapshot.file_name or snapshot.sha256[:12]
            try:
                data = snapshot_store.local().read(team_id=team.pk, sha256=snapshot.sha256)
                extraction = pool.extract(data, name=snapshot.file_name)
                with transaction.atomic():
                    texts.add(team_id=team.pk, snapshot=snapshot, extraction=extraction, now=timezone.now())
                renewed += 1
                pages += len(extraction.page_starts)
            except IntegrityError:
                # Another process read it again at the same time: `text_once_an_extractor_version` holds.
                if not snapshot.texts.filter(
                    extractor=extraction.extractor, extractor_version=extraction.extractor_version
                ).exists():
                    raise
            except MrdError as error:
                refused.append(Said(name, error.detail))
            if progress is not None:
                progress(Progress(number, len(stale), pages, name))
    return Reparsed(renewed, len(snapshots) - len(stale), tuple(refused))


def _of(team: Team) -> QuerySet[Snapshot]:
    versions = ExtractedText.objects.only("snapshot_id", "extractor", "extractor_version")
    return (
        Snapshot.objects.filter(source__team=team).order_by("pk").prefetch_related(Prefetch("texts", queryset=versions))
    )


def _is_current(snapshot: Snapshot) -> bool:
    try:
        wanted = current_extractor(snapshot.media_type)
    except KeyError:
        return True  # nothing here parses its kind: not an uploaded document
    made = [(text.extractor, text.extractor_version) for text in snapshot.texts.all()]
    if made and all(extractor != wanted.extractor for extractor, _ in made):
        return True  # put in words by the tool that brought it, not by a parser
    return wanted in made
