"""Killed with -9 at commit and call boundaries, every run still ends whole: nothing lost, nothing bought twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings

from tests.doubles import databases

ROOT = Path(settings.BASE_DIR)


def harness(*arguments: str, seconds: float) -> subprocess.CompletedProcess[str]:
    """Run a harness over a fresh database like that of the tests; all boundaries where MRD_CRASH_ALL asks for them."""
    which = "all" if os.environ.get("MRD_CRASH_ALL") else "sample"
    with databases.fresh(settings.MRD.database_url.get_secret_value()) as env:
        return subprocess.run(
            [sys.executable, "-m", *arguments, "--boundaries", which],
            cwd=ROOT, env=env, capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip


def all_held(done: subprocess.CompletedProcess[str]) -> None:
    results = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert results, done.stderr[-3000:]
    assert [row for row in results if row["wrong"]] == []
    # A boundary that was not reached proves nothing.
    assert [row for row in results if not row["died"]] == []
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.crash
def test_a_run_whose_worker_dies_at_a_boundary_ends_whole() -> None:
    all_held(harness("tests.flows.crash_harness", seconds=1500))


@pytest.mark.crash
def test_a_claude_run_whose_worker_dies_at_a_boundary_buys_nothing_twice() -> None:
    """Counted at the server: no finished call is asked again, one in flight once more at most, and it says so."""
    parts = ("1/2", "2/2") if os.environ.get("MRD_CRASH_ALL") else ("1/1",)
    with ThreadPoolExecutor() as pool:
        asked = [
            pool.submit(harness, "tests.flows.crash_claude_harness", "--part", part, seconds=3000) for part in parts
        ]
        for part in asked:
            all_held(part.result())


@pytest.mark.crash
def test_a_run_outlives_a_restart_of_postgresql() -> None:
    if not settings.MRD.database_url.get_secret_value().startswith("postgres"):
        pytest.skip("SQLite has no server to restart; the PostgreSQL run of this suite holds this test.")
    done = subprocess.run(
        [sys.executable, "-m", "tests.flows.restart_harness"],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "mrd_project.settings"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]
