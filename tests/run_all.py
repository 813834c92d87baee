"""Run every check and test, go on after a failure, and end with a table of what each said.

    python -m tests.run_all [test | lint | crash | bench]

Tests that need no database run once; all others run on SQLite and on PostgreSQL: the server TEST_DATABASE_URL names, or
a private one. When there is none to be had that is a failure, never a skip. The tests on SQLite run beside everything
else, which takes about as long, so that two cores are used; what they print is shown when the rest is done.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import BinaryIO, NamedTuple

from tests import private_postgres

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CODE = ("mrd_project", "research", "reviews")
NO_DATABASE = ("tests/engine", "tests/regression", "tests/architecture")
DATABASE = ("tests/research", "tests/reviews", "tests/flows", "tests/browser")
COVERED_PERCENT = 90


class Result(NamedTuple):
    """What one check said. seconds: wall time."""

    name: str
    ok: bool
    seconds: float


class Runner:
    """Carries checks out one after another and remembers what they said."""

    def __init__(self, *, scratch: Path) -> None:
        self.results: list[Result] = []
        self._scratch = scratch
        self._env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("MRD_", "ANTHROPIC_")) or name in {"MRD_DATA_DIR", "MRD_CRASH_ALL"}
        }
        self._env.pop("TEST_DATABASE_URL", None)
        self._env |= {
            "MRD_ENV_FILE": "",
            "MRD_VAR_DIR": str(scratch / "var"),
            "COVERAGE_FILE": str(scratch / "coverage" / ".coverage"),
            "PYTHONUNBUFFERED": "1",
        }
        (scratch / "coverage").mkdir()

    def run(self, name: str, *command: object, env: dict[str, str] | None = None) -> bool:
        """Run one command under a heading. env: set beside the clean environment."""
        print(f"\n━━━ {name} ━━━", flush=True)
        started = time.monotonic()
        ok = _wait(self._start(command, env or {})) == 0
        self.note(name, ok=ok, seconds=time.monotonic() - started)
        return ok

    @contextlib.contextmanager
    def beside(self, name: str, *command: object) -> Iterator[None]:
        """Run one command beside the block; when the block is done, wait for it and show what it printed."""
        printed = self._scratch / "beside.log"
        started = time.time()
        with printed.open("wb") as out:
            process = self._start(command, {}, output=out)
        try:
            yield
            _wait(process)
        except BaseException:
            process.terminate()
            _wait(process)
            raise
        print(f"\n━━━ {name} ━━━\n{printed.read_text(errors='replace')}", flush=True)
        # It ended when it last printed: at its summary.
        self.note(name, ok=process.returncode == 0, seconds=printed.stat().st_mtime - started)

    def _start(
        self, command: Sequence[object], env: dict[str, str], *, output: BinaryIO | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a command. output: where it prints, None: where this one does."""
        return subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT, env=self._env | env, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT if output else None,
        )  # fmt: skip

    def note(self, name: str, *, ok: bool, seconds: float) -> None:
        self.results.append(Result(name, ok, seconds))

    def lint(self) -> None:
        python = BIN / "python"
        self.run("ruff check", BIN / "ruff", "check", ".")
        self.run("ruff format", BIN / "ruff", "format", "--check", ".")
        self.run("mypy", BIN / "mypy")
        self.run("import contracts", BIN / "lint-imports", "--no-logo")
        # Its low severities are ruff's S rules, which are on, each exception with its reason.
        self.run("bandit", BIN / "bandit", "-q", "-ll", "-r", *CODE, "-c", "pyproject.toml")
        self.run("migrations are complete", python, "manage.py", "makemigrations", "--check", "--dry-run")
        self.run(
            "deployment checks",
            *(python, "-W", "error", "manage.py", "check", "--deploy", "--fail-level", "WARNING"),
            env=production_settings(),
        )

    def pytest(self, name: str, *arguments: str, env: dict[str, str] | None = None, measured: bool = True) -> None:
        self.run(name, *pytest_command(*arguments, measured=measured), env=env)

    def postgres(self, name: str, *arguments: str, env: dict[str, str] | None = None) -> None:
        """Run pytest on PostgreSQL; fail with a sentence when there is none."""
        started = time.monotonic()
        try:
            with postgres_url() as url:
                # Coverage is the SQLite pass's business: measuring the same code twice took half as long again.
                self.pytest(name, *arguments, env={"TEST_DATABASE_URL": url} | (env or {}), measured=False)
        except private_postgres.CannotStart as error:
            print(f"\n━━━ {name} ━━━\n{error}", flush=True)
            self.note(name, ok=False, seconds=time.monotonic() - started)

    def coverage(self) -> None:
        if self.run("coverage: gather", BIN / "coverage", "combine", "--quiet", self._scratch / "coverage"):
            report = (BIN / "coverage", "report", f"--fail-under={COVERED_PERCENT}")
            self.run(f"coverage ≥ {COVERED_PERCENT} %, with branches", *report)

    def summary(self) -> int:
        """Print the table. Return the exit status."""
        failed = [result.name for result in self.results if not result.ok and result.name != "all"]
        width = max(len(result.name) for result in self.results)
        print(f"\n{'check':<{width}}  result  seconds\n{'─' * width}  ──────  ───────")
        for result in self.results:
            print(f"{result.name:<{width}}  {'ok' if result.ok else 'FAILED':<6}  {result.seconds:7.1f}")
        print(f"\nFailed: {', '.join(failed)}" if failed else "Everything holds.", flush=True)
        return 1 if failed else 0


def pytest_command(*arguments: str, measured: bool = True) -> tuple[object, ...]:
    """Return the command that runs these tests; measured: under coverage."""
    runner = (BIN / "coverage", "run") if measured else (BIN / "python",)
    return (*runner, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--durations=8", *arguments)


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Wait for a child. Interrupted, let it clear away, which it was told to as well, and see that it ends."""
    try:
        return process.wait()
    except BaseException:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        raise


def production_settings() -> dict[str, str]:
    """Return the settings of a production site as .env.example tells to make them; nothing connects."""
    return {
        "MRD_MODE": "production",
        "MRD_SECRET_KEY": secrets.token_urlsafe(60),
        "MRD_ALLOWED_HOSTS": "mrd.example.org",
        "MRD_DATABASE_URL": "postgres://mrd@127.0.0.1/mrd",
    }


@contextlib.contextmanager
def postgres_url() -> Iterator[str]:
    """Give the address of a PostgreSQL for the block. Raises `private_postgres.CannotStart`."""
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        yield named
    else:
        with private_postgres.server() as server:
            yield server.url


def test(runner: Runner) -> None:
    started = time.monotonic()
    with runner.beside("tests on SQLite", *pytest_command(*DATABASE)):
        runner.lint()
        runner.pytest("tests without a database", *NO_DATABASE)
        runner.postgres("tests on PostgreSQL", *DATABASE)
    runner.coverage()
    runner.note("all", ok=all(result.ok for result in runner.results), seconds=time.monotonic() - started)


def crash(runner: Runner) -> None:
    everywhere = {"MRD_CRASH_ALL": "1"}
    runner.pytest("every crash, on SQLite", "-m", "crash", *DATABASE, env=everywhere)
    runner.postgres("every crash, on PostgreSQL", "-m", "crash", *DATABASE, env=everywhere)


def bench(runner: Runner) -> None:
    with postgres_url() as url:
        for script in sorted((ROOT / "bench").glob("*.py")):
            if script.stem not in {"common", "__init__"}:
                runner.run(f"bench {script.stem}", BIN / "python", script, env={"TEST_DATABASE_URL": url})


def lint(runner: Runner) -> None:
    runner.lint()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(what: str = "test") -> int:
    """Do what is asked for. Return 0 when all of it holds, 1 when something does not, 130 when interrupted."""
    signal.signal(signal.SIGTERM, _interrupt)
    scratch = Path(tempfile.mkdtemp(prefix="mrd-checks-"))
    runner = Runner(scratch=scratch)
    try:
        {"test": test, "lint": lint, "crash": crash, "bench": bench}[what](runner)
    except private_postgres.CannotStart as error:
        print(error, flush=True)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; everything that was started is stopped.", flush=True)
        return 130
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return runner.summary()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
