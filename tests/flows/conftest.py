"""Drivers as processes of their own over the test database."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

from tests.doubles import world


class Drivers:
    """Start `manage.py drive` over the test database with the scripted engine; all are killed at the end."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self._env = env
        self.effects_path = folder / "effects"
        self.effects_path.write_text("")
        self._running: list[subprocess.Popen[bytes]] = []

    def script(self, people: world.People, *, tasks: int, calls: int, seconds: float) -> None:
        body = {
            "tasks": tasks,
            "calls": calls,
            "seconds": seconds,
            "effects": str(self.effects_path),
            "quotes": world.quotes(people, count=tasks),
        }
        (self.folder / "script.json").write_text(json.dumps(body))

    def start(self, **settings_: str) -> subprocess.Popen[bytes]:
        env = dict(
            self._env,
            MRD_VAR_DIR=str(settings.VAR_DIR),
            MRD_ENGINES=json.dumps({"scripted": "tests.doubles.scripted.build"}),
            MRD_SCRIPT=str(self.folder / "script.json"),
            MRD_LEASE_S="1",
            MRD_DRIVER_POLL_S="0.03",
            MRD_DRIVER_LINGER_S="30",
            MRD_LOG_LEVEL="WARNING",
        )
        env.update({f"MRD_{name.upper()}": value for name, value in settings_.items()})
        with (self.folder / f"driver-{len(self._running)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "drive"],
                cwd=settings.BASE_DIR,
                env=env,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._running.append(process)
        return process

    def effects(self) -> Counter[str]:
        return Counter(self.effects_path.read_text().split())

    def logs(self) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob("driver-*.log")))

    def stop(self) -> None:
        for process in self._running:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()


def wait_until(holds, *, seconds: float, what: str) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > ends:
            pytest.fail(f"not within {seconds} s: {what}")
        time.sleep(0.05)


@pytest.fixture
def people(transactional_db) -> world.People:
    return world.people("flow")


@pytest.fixture
def drivers(child_env, tmp_path):
    made = Drivers(tmp_path, child_env)
    yield made
    made.stop()
