"""Add files from paths: parsed in parallel by processes that can be killed, written one transaction a file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from research.adapters import snapshots as snapshot_store
from research.adapters.snapshots import Snapshots
from research.engine.domain.canonical import sha256_hex
from research.engine.domain.errors import InvalidInput, Unreadable
from research.engine.extraction.result import Extraction, Limits
from research.engine.extraction.sandbox import ParserPool
from research.models import Team, User
from research.models.library import IntakeState

from . import rows
from .about import NOTHING, About
from .collect import Candidate, Said, collect, read

log = logging.getLogger(__name__)

FAULT = "It could not be read because of a fault in this program, which is in the log: report it with the file."


class Progress(NamedTuple):
    """How far an addition is: files settled of all, pages read so far, and the file just settled."""

    done: int
    total: int
    pages: int
    name: str


class Report(NamedTuple):
    """What became of each file, in the order settled. `skipped` was passed over on purpose; `pages` were added.

    `noted`: files that went in but not whole (scanned pages, hidden sheets), with what is missing.
    """

    added: tuple[str, ...]
    known: tuple[str, ...]
    refused: tuple[Said, ...]
    skipped: tuple[Said, ...]
    unreadable: tuple[Said, ...]
    pages: int
    noted: tuple[Said, ...] = ()


def limits() -> Limits:
    """Return the parser's limits with the configured size of a file."""
    return Limits(max_bytes=settings.MRD.upload_max_mb * 1024 * 1024)


def add_files(
    *,
    team: Team,
    paths: Sequence[Path],
    about: About = NOTHING,
    added_by: User | None = None,
    progress: Callable[[Progress], None] | None = None,
    workers: int = 2,
) -> Report:
    """Add the files under `paths` to the team's library; bytes the team has already are known and add nothing.

    A file that gives no text is refused with one sentence and an Intake row, and the others still go in. A path that
    cannot be read is in `unreadable` and leaves no row. What `about` says goes over what a manifest.json says, that
    over what the file says of itself. workers: parsing processes, 1 or more.
    Raises `InvalidInput`, before anything is added, for a title over several files or a wrong manifest entry.
    """
    found = collect(paths)
    if about.title is not None and len(found.files) > 1:
        raise InvalidInput(
            f"A title names one file, and these are {len(found.files)}: leave it out, or add the files one by one.",
            field="title",
        )
    return (
        _Addition(team, about, added_by, progress, snapshot_store.local())
        .run(found.files, workers)
        ._replace(skipped=found.skipped, unreadable=found.unreadable)
    )


class _Addition:
    """One call of `add_files`: what is settled so far."""

    def __init__(
        self,
        team: Team,
        about: About,
        added_by: User | None,
        progress: Callable[[Progress], None] | None,
        store: Snapshots,
    ) -> None:
        self._team, self._about, self._added_by = team, about, added_by
        self._progress, self._store = progress, store
        self._added: list[str] = []
        self._known: list[str] = []
        self._refused: list[Said] = []
        self._noted: list[Said] = []
        self._pages = self._total = 0

    def run(self, files: Sequence[Candidate], workers: int) -> Report:
        self._total = len(files)
        self._tell("")
        with (
            ParserPool(workers=workers, limits=limits()) as pool,
            ThreadPoolExecutor(max_workers=workers, thread_name_prefix="parse") as threads,
        ):
            waiting: dict[Future[Extraction], rows.Incoming] = {}
            try:
                for incoming in self._unknown(files):
                    waiting[threads.submit(pool.extract, incoming.data, name=incoming.name)] = incoming
                    # One more than the workers keeps them busy while rows are written; more would only hold bytes.
                    if len(waiting) > workers:
                        self._settle_some(waiting)
                while waiting:
                    self._settle_some(waiting)
            finally:
                for future in waiting:
                    future.cancel()
        told = tuple(self._added), tuple(self._known), tuple(self._refused)
        return Report(*told, (), (), self._pages, tuple(self._noted))

    def _unknown(self, files: Sequence[Candidate]) -> Iterator[rows.Incoming]:
        """Read each file and give those whose bytes the team does not have; settle the others."""
        for file in files:
            try:
                data = read(file.path, max_bytes=limits().max_bytes)
            except Unreadable as error:
                self._refuse(file.name, None, error.detail)
                continue
            incoming = rows.Incoming(file.name, data, sha256_hex(data), self._about.over(file.about))
            source_id = rows.known(team=self._team, sha256=incoming.sha256)
            if source_id is None:
                yield incoming
            else:
                rows.settle(
                    self._team, file.name, incoming, IntakeState.KNOWN, "", self._added_by, timezone.now(), source_id
                )
                self._known.append(file.name)
                self._tell(file.name)

    def _settle_some(self, waiting: dict[Future[Extraction], rows.Incoming]) -> None:
        done, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            incoming = waiting.pop(future)
            try:
                self._write(incoming, future.result())
            except Unreadable as error:
                self._refuse(incoming.name, incoming, error.detail)
            except (DatabaseError, OSError):
                raise  # no fault of the file: the next one would meet it too
            except Exception:
                log.exception("library file could not be read", extra={"sha256": incoming.sha256})
                self._refuse(incoming.name, incoming, FAULT)

    def _write(self, incoming: rows.Incoming, extraction: Extraction) -> None:
        new = rows.add(
            team=self._team,
            incoming=incoming,
            extraction=extraction,
            snapshots=self._store,
            added_by=self._added_by,
            now=timezone.now(),
        )
        (self._added if new else self._known).append(incoming.name)
        if new and extraction.notes:
            self._noted.append(Said(incoming.name, " ".join(extraction.notes)))
        self._pages += len(extraction.page_starts) if new else 0
        self._tell(incoming.name)

    def _refuse(self, name: str, incoming: rows.Incoming | None, sentence: str) -> None:
        rows.settle(self._team, name, incoming, IntakeState.REFUSED, sentence, self._added_by, timezone.now())
        self._refused.append(Said(name, sentence))
        self._tell(name)

    def _tell(self, name: str) -> None:
        if self._progress is not None:
            done = len(self._added) + len(self._known) + len(self._refused)
            self._progress(Progress(done, self._total, self._pages, name))
