"""A database of its own for a process that fills one: a new SQLite file, or one more on the PostgreSQL server."""

from __future__ import annotations

import contextlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg


@contextlib.contextmanager
def fresh(url: str) -> Iterator[dict[str, str]]:
    """Yield the environment for a child process with an empty database like the one at `url` ("": SQLite).

    The database and the var folder are gone when the block ends.
    """
    with tempfile.TemporaryDirectory(prefix="mrd-") as folder:
        own = {"DJANGO_SETTINGS_MODULE": "mrd_project.settings", "MRD_VAR_DIR": folder, "MRD_LOG_LEVEL": "ERROR"}
        env = os.environ | own
        if not url.startswith("postgres"):
            yield env | {"MRD_DATABASE_URL": f"sqlite:///{Path(folder) / 'side.sqlite3'}"}
            return
        name = f"mrd_side_{uuid.uuid4().hex[:10]}"
        parts = urlsplit(url)
        with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name}")
            try:
                yield env | {"MRD_DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}"))}
            finally:
                server.execute(f"DROP DATABASE {name} WITH (FORCE)")
