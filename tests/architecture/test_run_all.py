"""`make test` goes on after a failure, says what failed, and never takes a missing PostgreSQL for a pass."""

from __future__ import annotations

import sys

import pytest

from tests import private_postgres, run_all

FINE, BROKEN = (sys.executable, "-c", "print('said')"), (sys.executable, "-c", "raise SystemExit(3)")


@pytest.fixture
def runner(tmp_path) -> run_all.Runner:
    return run_all.Runner(scratch=tmp_path)


def test_a_failure_stops_nothing_and_is_named_at_the_end(runner, capfd):
    assert runner.run("first", *BROKEN) is False
    assert runner.run("second", *FINE) is True
    assert runner.summary() == 1
    printed = capfd.readouterr().out
    assert "said" in printed
    assert "Failed: first" in printed


def test_when_all_holds_the_exit_status_says_so(runner, capfd):
    runner.run("only", *FINE)
    assert runner.summary() == 0
    assert "Everything holds." in capfd.readouterr().out


@pytest.mark.parametrize(("beside", "ok"), [(FINE, True), (BROKEN, False)])
def test_what_runs_beside_is_waited_for_shown_and_counted(runner, capfd, beside, ok):
    with runner.beside("beside", *beside):
        runner.run("meanwhile", *FINE)
    assert [(result.name, result.ok) for result in runner.results] == [("meanwhile", True), ("beside", ok)]
    printed = capfd.readouterr().out
    assert printed.index("meanwhile") < printed.index("━━━ beside")


def test_what_runs_beside_is_ended_when_the_rest_is_interrupted(runner):
    with pytest.raises(KeyboardInterrupt), runner.beside("long", sys.executable, "-c", "import time; time.sleep(60)"):
        raise KeyboardInterrupt
    assert runner.results == []


def test_without_a_postgresql_the_run_fails_and_says_what_to_do(runner, monkeypatch, capfd):
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.setattr(private_postgres.importlib.util, "find_spec", lambda name: None)
    runner.postgres("tests on PostgreSQL", "tests/none")
    assert runner.summary() == 1
    assert "set TEST_DATABASE_URL" in capfd.readouterr().out


def test_a_developers_own_settings_do_not_reach_the_checks(monkeypatch, tmp_path, capfd):
    """MRD_* variables and the database of whoever runs this stay out, except where the real data lies."""
    monkeypatch.setenv("MRD_WORKERS", "7")
    monkeypatch.setenv("MRD_DATABASE_URL", "postgres://production/")
    monkeypatch.setenv("MRD_DATA_DIR", "data")
    runner = run_all.Runner(scratch=tmp_path)
    script = "import os; print(sorted(n for n in os.environ if n.startswith('MRD_') or n == 'TEST_DATABASE_URL'))"
    runner.run("environment", sys.executable, "-c", script)
    assert "['MRD_DATA_DIR', 'MRD_ENV_FILE', 'MRD_VAR_DIR']" in capfd.readouterr().out
