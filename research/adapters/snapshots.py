"""The bytes of sources, kept under their own SHA-256 in a folder for each team.

Nothing is shared between teams, not even equal bytes: whether another team has a file cannot be seen from here.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Protocol

from django.conf import settings

from research.engine.domain.canonical import sha256_hex
from research.engine.domain.errors import MrdError, NotFound

_SHA256 = re.compile(r"[0-9a-f]{64}")


class SnapshotDamaged(MrdError):
    """The stored bytes are no longer those that were archived."""

    code = "snapshot_damaged"


class Snapshots(Protocol):
    """Where snapshots lie. Local files fill it here; object storage can stand behind the same two verbs."""

    def put(self, *, team_id: int, data: bytes) -> str:
        """Keep `data` and return its SHA-256 (64 hex digits). Keeping the same bytes again changes nothing."""
        ...

    def read(self, *, team_id: int, sha256: str) -> bytes:
        """Return the bytes, their hash checked. Raises `NotFound` and `SnapshotDamaged`."""
        ...


class LocalSnapshots:
    """Snapshots as files `<root>/<team_id>/<first two hex digits>/<sha256>`, readable by the owner alone."""

    def __init__(self, *, root: Path) -> None:
        self._root = root

    def put(self, *, team_id: int, data: bytes) -> str:
        """Write atomically and durably: a reader or a crash sees the whole file or none."""
        sha256 = sha256_hex(data)
        path = self._path(team_id, sha256)
        if self._holds(path, data, sha256):
            return sha256
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(fresh).replace(path)
        except BaseException:
            Path(fresh).unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
        return sha256

    def read(self, *, team_id: int, sha256: str) -> bytes:
        """Return the bytes; a file that was changed on disk is refused, never served."""
        try:
            data = self._path(team_id, sha256).read_bytes()
        except FileNotFoundError as error:
            raise NotFound(f"The bytes of snapshot {sha256[:12]} are not in the store: restore its backup.") from error
        if sha256_hex(data) != sha256:
            raise SnapshotDamaged(f"The stored bytes of snapshot {sha256[:12]} were changed: restore its backup.")
        return data

    def _path(self, team_id: int, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise NotFound("A snapshot is named by the 64 hexadecimal digits of its SHA-256.")
        return self._root / str(int(team_id)) / sha256[:2] / sha256

    @staticmethod
    def _holds(path: Path, data: bytes, sha256: str) -> bool:
        """Tell whether the file is there and whole; a damaged one is written anew."""
        try:
            return path.stat().st_size == len(data) and sha256_hex(path.read_bytes()) == sha256
        except FileNotFoundError:
            return False


def local() -> LocalSnapshots:
    """Return the store under `settings.SNAPSHOT_DIR`."""
    return LocalSnapshots(root=Path(settings.SNAPSHOT_DIR))


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where the system lets a folder be synced."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
