"""Get text out of files nobody vouches for: in processes that can be killed.

A process start costs more than a small file, so a pool keeps its processes and gives each one file at a time. A
process that hangs, grows or dies costs its own file, which gets one clear sentence; another process takes its place.
Time is read here (monotonic, for the limit on a file) and nowhere else in extraction: a kill cannot wait to be told.
"""

from __future__ import annotations

import os
import queue
import stat
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from research.engine.domain.errors import Unreadable

from .parse import too_large
from .process import ParserProcess
from .result import Extraction, Limits

DEFAULT_LIMITS = Limits()
RECYCLE_AFTER_FILES = 200


class ParserPool:
    """Some parsing processes. Thread-safe: as many files at once as workers; further callers wait.

    workers: processes, at least 1, started when first needed. recycle_after: files a process serves before a fresh
    one takes its place. Use as a context manager; leaving it kills the processes. Not to be carried over a fork.
    """

    def __init__(
        self, *, workers: int = 1, limits: Limits = DEFAULT_LIMITS, recycle_after: int = RECYCLE_AFTER_FILES
    ) -> None:
        if workers < 1 or recycle_after < 1:
            raise ValueError("A pool needs at least one worker, and a worker at least one file.")
        self.limits = limits
        self._workers = workers
        self._recycle_after = recycle_after
        self._pid = os.getpid()
        # Last in, first out: the warm process gets the next file.
        self._slots: queue.LifoQueue[ParserProcess | None] = queue.LifoQueue()
        for _ in range(workers):
            self._slots.put(None)
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def extract(self, source: str | os.PathLike[str] | bytes, *, name: str | None = None) -> Extraction:
        """Return the text of a file given by its path or by its bytes.

        name: what the file is called, where the path does not say it (bytes: "" when None).
        Raises `Unreadable` with one sentence: empty, damaged, encrypted, no text, unsupported, too large, too slow,
        too much memory, crashed the parser, not a file. `RuntimeError` when the pool is closed or was forked.
        """
        if isinstance(source, bytes):
            if len(source) > self.limits.max_bytes:
                raise too_large(self.limits)
            with tempfile.NamedTemporaryFile(prefix="mrd-parse-") as file:
                file.write(source)
                file.flush()
                return self._run(file.name, name or "")
        path = Path(source)
        _check_file(path, self.limits)
        return self._run(str(path.resolve()), path.name if name is None else name)

    def pids(self) -> list[int]:
        """Return the process ids of the workers at rest."""
        with self._slots.mutex:
            return [slot.pid for slot in self._slots.queue if slot is not None]

    def close(self) -> None:
        """Wait for the files in hand and kill the processes. A closed pool takes no more files."""
        if self._closed or self._pid != os.getpid():
            return
        self._closed = True
        for _ in range(self._workers):
            slot = self._slots.get()
            if slot is not None:
                slot.kill()
        for _ in range(self._workers):  # callers that were waiting get a slot, and find the pool closed
            self._slots.put(None)

    def _run(self, path: str, name: str) -> Extraction:
        if self._pid != os.getpid():
            raise RuntimeError("This parser pool was made in another process: make one after the fork.")
        slot = self._slots.get()
        try:
            if self._closed:
                raise RuntimeError("The parser pool is closed.")
            if slot is not None and not slot.alive():  # died at rest: no file's fault
                slot.kill()
                slot = None
            slot = slot or ParserProcess(limits=self.limits)
            return slot.extract(path, name=name)
        finally:
            if slot is not None and slot.alive() and slot.served >= self._recycle_after:
                slot.kill()
            self._slots.put(slot if slot is not None and slot.alive() else None)


def extract(path: str | os.PathLike[str], *, limits: Limits = DEFAULT_LIMITS, name: str | None = None) -> Extraction:
    """Return the text of one file, parsed in a process of its own.

    Raises `Unreadable` as `ParserPool.extract` does. Many files: use a pool.
    """
    with ParserPool(workers=1, limits=limits) as pool:
        return pool.extract(path, name=name)


def _check_file(path: Path, limits: Limits) -> None:
    """Refuse what is no ordinary file, and a gigantic one, before a byte of it is read."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a valid path"
        raise Unreadable(f"The file cannot be opened ({reason}): check the path.") from error
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable("The path is not a file: name a file, or a folder that holds files.")
    if status.st_size > limits.max_bytes:
        raise too_large(limits)
    if status.st_size == 0:
        raise Unreadable("The file is empty: add it again once it has content.")
