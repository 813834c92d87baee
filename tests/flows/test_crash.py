"""Killed with -9 at commit and call boundaries, every run still ends whole: nothing lost, nothing bought twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.doubles import databases

ROOT = Path(settings.BASE_DIR)


@pytest.mark.crash
def test_a_run_whose_worker_dies_at_a_boundary_ends_whole() -> None:
    which = "all" if os.environ.get("MRD_CRASH_ALL") else "sample"
    with databases.fresh(settings.MRD.database_url.get_secret_value()) as env:
        done = subprocess.run(
            [sys.executable, "-m", "tests.flows.crash_harness", "--boundaries", which],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            timeout=1500,
            check=False,
        )
    results = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert results, done.stderr[-3000:]
    assert [row for row in results if row["wrong"]] == []
    # A boundary that was not reached proves nothing.
    assert [row for row in results if not row["died"]] == []
    assert done.returncode == 0, done.stderr[-3000:]


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
