"""The generations of the search index on disk: opened, locked, found damaged, started anew."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import tantivy

from research.adapters import search_schema
from research.adapters.search_results import IndexLost, is_damage
from research.engine.domain import errors

# Raise when the schema or the analyser changes: older directories are then built anew.
FORMAT = 3
_HEAP_BYTES = 64_000_000
_SMALL_HEAP_BYTES = 15_000_000  # the least tantivy takes
_DISK_TROUBLES = ("No space left", "Permission denied", "Read-only file system", "quota")


class _Opened(NamedTuple):
    generation: str
    engine: tantivy.Index
    stamp: tuple[int, int]  # inode and modification time of the commit the searcher sees


class Generations:
    """The directory `path`, made when missing, and the generation of the index in use there."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._path.mkdir(parents=True, exist_ok=True)
        self._opened: _Opened | None = None

    @property
    def path(self) -> Path:
        """The directory of the index."""
        return self._path

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._path / "writer.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # released when the file closes, also by a process that dies
            yield

    @contextlib.contextmanager
    def _writer(self) -> Iterator[tuple[tantivy.Index, tantivy.IndexWriter]]:
        with self._locked():
            index = self._current(locked=True)
            with self._guarded(locked=True):
                writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
            try:
                yield index, writer  # not guarded: the caller's own errors say nothing of the index
                with self._guarded(locked=True):
                    writer.commit()
            finally:
                with self._guarded(locked=True):
                    writer.wait_merging_threads()  # lets go of tantivy's lock; what is not committed is dropped

    @contextlib.contextmanager
    def _reading(self) -> Iterator[tantivy.Index]:
        index = self._current(locked=False)
        with self._guarded(locked=False):
            yield index

    @contextlib.contextmanager
    def _guarded(self, *, locked: bool) -> Iterator[None]:
        """Turn tantivy's complaints about its files into `IndexLost`, after starting an empty generation.

        A full or read-only disk is no damage: that raises `Transient` and leaves the index as it is.
        """
        try:
            yield
        except BaseException as error:
            if not is_damage(error):
                raise
            if any(trouble in str(error) for trouble in _DISK_TROUBLES):
                raise errors.Transient(f"The search index cannot be written ({error}): check the disk.") from error
            self._lose(locked=locked)
            raise IndexLost("The search index was damaged and is being built anew: search again shortly.") from error

    def _lose(self, *, locked: bool) -> None:
        opened = self._opened
        damaged = opened.generation if opened else ""
        with contextlib.nullcontext() if locked else self._locked():
            if self._generation() in {damaged, ""}:  # unless another process has replaced it meanwhile
                self._start_generation()
        self._opened = None

    def _generation(self) -> str:
        try:
            return (self._path / "current").read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            return ""

    def _current(self, *, locked: bool) -> tantivy.Index:
        """Return the index of the current generation as of its last commit, starting one where there is none."""
        generation = self._generation()
        opened = self._opened
        if opened is not None and opened.generation == generation:
            opened = self._refreshed(opened)
        else:
            opened = self._open(generation)
        if opened is None:
            with contextlib.nullcontext() if locked else self._locked():
                # Somebody else may have started one while this process waited for the lock.
                opened = self._open(self._generation()) or self._open(self._start_generation())
        if opened is None:
            raise IndexLost(f"No search index can be made in {self._path.name}: check the disk and its permissions.")
        self._opened = opened
        return opened.engine

    def _refreshed(self, opened: _Opened) -> _Opened | None:
        """Return the opened index as of the last commit, or None when that cannot be read."""
        stamp = self._stamp(opened.generation)
        if stamp == opened.stamp:
            return opened
        try:
            opened.engine.reload()
            sound = search_schema.read_watermark(opened.engine) is not None
        except BaseException as error:
            if not is_damage(error):
                raise
            return None
        return opened._replace(stamp=stamp) if sound else None

    def _open(self, generation: str) -> _Opened | None:
        """Open a generation, or return None when it is missing, of another format, or damaged."""
        if not generation.startswith(f"f{FORMAT}-"):
            return None
        directory = str(self._path / generation)
        try:
            if not (tantivy.Index.exists(directory) and tantivy.Index.is_compatible(directory)):
                return None
            stamp = self._stamp(generation)
            index = tantivy.Index.open(directory)
            search_schema.prepare(index)
            sound = search_schema.read_watermark(index) is not None
        except BaseException as error:
            if not is_damage(error):
                raise
            return None
        return _Opened(generation, index, stamp) if sound else None

    def _stamp(self, generation: str) -> tuple[int, int]:
        try:
            status = (self._path / generation / "meta.json").stat()
        except OSError:
            return (0, 0)
        return status.st_ino, status.st_mtime_ns

    def _start_generation(self) -> str:
        """Make an empty generation the current one and drop the others. Call under the lock. Return its name."""
        generation = f"f{FORMAT}-{uuid.uuid4().hex[:12]}"
        directory = self._path / generation
        directory.mkdir()
        index = tantivy.Index(search_schema.schema(), path=str(directory))
        search_schema.prepare(index)
        # From the first commit on there is a watermark: an index without one is damaged.
        writer = index.writer(heap_size=_SMALL_HEAP_BYTES, num_threads=1)
        search_schema.write_watermark(index, writer, 0)
        writer.commit()
        writer.wait_merging_threads()
        self._point_at(generation)
        return generation

    def _point_at(self, generation: str) -> None:
        """Make a generation the current one and drop the others. Call under the lock."""
        pointer = self._path / f"current.{os.getpid()}"
        pointer.write_text(generation, encoding="ascii")
        pointer.replace(self._path / "current")
        for other in self._path.glob("f[0-9]*-*"):
            if other.name != generation:
                shutil.rmtree(other, ignore_errors=True)
