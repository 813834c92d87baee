"""System checks: the settings the queue needs pass, each broken one is refused by its own id."""

from __future__ import annotations

import pytest
from django.conf import settings as real

from mrd_project import checks
from mrd_project.config import Config
from research.engine.document import pdf

GOOD = {
    "orm": "default", "workers": 3, "queue_limit": 1, "bulk": 1, "timeout": 180, "retry": 420, "max_attempts": 3,
    "ack_failures": True, "catch_up": False,
}  # fmt: skip


def ids(queue: dict, **conf) -> list[str]:
    return [problem.id for problem in checks.queue_problems(queue=queue, conf=Config(_env_file=None, **conf))]


def test_the_projects_own_settings_pass():
    assert list(checks.queue_problems(queue=real.Q_CLUSTER, conf=real.MRD)) == []
    assert ids(GOOD) == []


@pytest.mark.parametrize("workers", [2, 3, 8, 64])
def test_whatever_the_number_of_workers_the_settings_made_from_it_pass(workers):
    """`retry` follows from workers and timeout as settings.py makes it, for one worker's worth of prefetch."""
    import math

    retry = 180 * (math.ceil(2 / workers) + 1) + 60
    assert ids(GOOD | {"workers": workers, "retry": retry}, workers=workers) == []


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ({"orm": None}, "mrd.E010"),
        ({"redis": {"host": "127.0.0.1"}}, "mrd.E010"),
        ({"broker_class": "x.Broker"}, "mrd.E010"),
        ({"queue_limit": 4, "retry": 2000}, "mrd.E011"),
        ({"bulk": 5}, "mrd.E011"),
        ({"queue_limit": None}, "mrd.E011"),
        ({"timeout": None}, "mrd.E012"),
        ({"timeout": 0}, "mrd.E012"),
        ({"retry": 360}, "mrd.E013"),
        ({"retry": 60}, "mrd.E013"),
        ({"workers": 1, "retry": 540}, "mrd.E013"),
        ({"max_attempts": 0}, "mrd.E014"),
        ({"ack_failures": False}, "mrd.E015"),
        ({"catch_up": True}, "mrd.E016"),
    ],
)
def test_each_broken_value_is_refused_by_its_own_id(broken, expected):
    assert ids(GOOD | broken) == [expected]


@pytest.mark.parametrize("missing", ["orm", "timeout", "retry", "max_attempts", "ack_failures", "catch_up"])
def test_a_setting_left_to_django_q2s_default_is_refused(missing):
    """Its defaults are hostile to long tasks: leaving one out is as wrong as setting it wrongly."""
    assert ids({name: value for name, value in GOOD.items() if name != missing}) != []


@pytest.mark.parametrize(
    ("conf", "expected"),
    [
        ({"driver_slice_s": 150, "lease_s": 30}, ["mrd.E017"]),
        ({"driver_slice_s": 149, "lease_s": 30}, []),
        ({"driver_slice_s": 5, "driver_linger_s": 5}, ["mrd.E018"]),
    ],
)
def test_a_driver_leaves_before_the_queue_kills_it(conf, expected):
    assert ids(GOOD, **conf) == expected


def test_a_var_folder_that_cannot_be_written_is_refused(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "missing"
    assert [problem.id for problem in checks.check_var_dir(None)] == ["mrd.E020"]
    settings.VAR_DIR = tmp_path
    assert checks.check_var_dir(None) == []


@pytest.mark.parametrize(
    ("mode", "engine", "expected"),
    [
        ("development", "django.db.backends.sqlite3", ["mrd.W021"]),
        ("production", "django.db.backends.sqlite3", ["mrd.W020"]),
        ("production", "django.db.backends.postgresql", []),
    ],
)
def test_a_deployment_is_warned_of_what_production_cannot_stand(settings, monkeypatch, mode, engine, expected):
    settings.MRD = settings.MRD.model_copy(update={"mode": mode})
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", engine)
    assert [problem.id for problem in checks.check_production(None)] == expected


def test_a_system_without_the_text_libraries_is_warned_with_what_to_install(monkeypatch):
    assert checks.check_pages(None) == []
    monkeypatch.setattr(pdf, "_NEEDED", ("libnobody-has-this.so.0",))
    (warning,) = checks.check_pages(None)
    assert warning.id == "mrd.W023"
    assert "apt-get install libpango-1.0-0" in warning.msg


def test_semantic_search_without_its_extra_is_refused_in_a_sentence(settings, monkeypatch):
    monkeypatch.setattr(checks.semantic, "_MODULES", ("no_such_module_here",))
    settings.MRD = Config(_env_file=None, semantic=True)
    (problem,) = checks.check_semantic(None)
    assert problem.id == "mrd.E024"
    assert "requirements-semantic.txt" in problem.msg
    settings.MRD = Config(_env_file=None)
    assert checks.check_semantic(None) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"tools": {"gone": "research.engine.tools.gone.build"}}, ["mrd.E026"]),
        ({"tools": {"name": "research.engine.tools.fetch_page.NAME"}}, ["mrd.E026"]),
        ({"tools": {"short": "build"}}, ["mrd.E026"]),
        ({"engines": {"gone": "research.engine.providers.gone.build"}}, ["mrd.E025"]),
    ],
)
def test_a_shelf_that_leads_nowhere_is_refused_by_the_settings_name(settings, values, expected):
    settings.MRD = Config(_env_file=None, **values)
    found = checks.check_shelf(None)
    assert [problem.id for problem in found] == expected
    assert all(next(iter(next(iter(values.values())))) in problem.msg for problem in found)


def test_an_engine_that_goes_out_under_an_examples_name_is_warned_of(settings):
    def warned(**values):
        settings.MRD = Config(_env_file=None, anthropic_base_url="", **values)
        return [problem.id for problem in checks.check_user_agent(None)]

    assert warned() == []
    assert warned(anthropic_api_key="sk-test") == ["mrd.W027"]
    assert warned(anthropic_api_key="sk-test", user_agent="Desk (+https://mrd.example.com)") == []
    assert warned(anthropic_api_key="sk-test", tools={"searxng": "research.engine.tools.searxng.build"}) == []


def test_statements_that_travel_together_refuse_a_server_that_puts_in_their_parameters(settings, monkeypatch):
    assert checks.check_database(None) == []
    monkeypatch.setitem(settings.DATABASES["default"], "OPTIONS", {"server_side_binding": "true"})
    assert [problem.id for problem in checks.check_database(None)] == ["mrd.E028"]
