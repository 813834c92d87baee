"""Health and metrics: what an orchestrator, an operator and Prometheus are told, and what strangers are not."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone
from pydantic import SecretStr

from mrd_project import health
from research.models import Breaker, Call, Driver, Heartbeat, Step

pytestmark = pytest.mark.django_db
READY, LIVE, METRICS = "/health/ready", "/health/live", "/metrics"
STRANGER = {"REMOTE_ADDR": "203.0.113.7"}


@pytest.fixture(autouse=True)
def _not_cached():
    health._complete.clear()


@pytest.fixture
def conf(settings):
    """Return `change(**values)`: set MRD settings for this test."""

    def change(**values):
        settings.MRD = settings.MRD.model_copy(update=values)

    return change


def beat(*, seconds_ago: float = 1) -> None:
    Heartbeat.objects.create(name="queue", beat_at=timezone.now() - dt.timedelta(seconds=seconds_ago))


def test_alive_without_asking_the_database(client, django_assert_num_queries):
    """/health/live says that the process answers, even when the database would not."""
    with django_assert_num_queries(0):
        answer = client.get(LIVE)
    assert (answer.status_code, answer.json()["status"]) == (200, "alive")
    assert "no-store" in answer["Cache-Control"]


def test_ready_when_everything_answers(client):
    beat()
    answer = client.get(READY)
    assert (answer.status_code, answer.json()["status"], answer.json()["reasons"]) == (200, "ready", [])


def test_without_a_worker_it_is_degraded_and_still_serves(client):
    """No worker ever: people can still read and decide, so the site stays in service, and says what is missing."""
    answer = client.get(READY)
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert "manage.py worker" in answer.json()["reasons"][0]


@pytest.mark.parametrize(("seconds_ago", "status"), [(199, "ready"), (260, "degraded")])
def test_the_workers_heartbeat_has_an_age(client, seconds_ago, status):
    """A queue that carried nothing out for three minutes and a bit is called degraded, with the age."""
    beat(seconds_ago=seconds_ago)
    answer = client.get(READY).json()
    assert answer["status"] == status
    assert f"{seconds_ago} s ago" in answer["checks"]["queue"]["says"]


def test_unready_when_migrations_are_missing(client):
    beat()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'research'")
    answer = client.get(READY)
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["Migrations are missing; run: manage.py migrate."]


def test_unready_when_the_index_folder_cannot_be_written(client, settings, tmp_path):
    """A folder that is a file cannot be written to, whoever runs this; the path itself is not told."""
    beat()
    blocked = tmp_path / "file"
    blocked.write_text("")
    settings.SEARCH_INDEX_DIR = blocked / "index"
    answer = client.get(READY)
    assert answer.status_code == 503
    assert "search index" in answer.json()["reasons"][0]
    assert str(tmp_path) not in answer.content.decode()


def test_unready_when_the_database_does_not_answer(client, monkeypatch):
    """Whatever the driver raises becomes one reason, without the address of the database."""

    def refuse():
        raise OSError("could not connect to db.internal:5432 as mrd")

    monkeypatch.setattr(connection, "ensure_connection", refuse)
    answer = client.get(READY)
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["The database does not answer (OSError)."]


def test_drivers_at_work_are_reported(client):
    beat()
    now = timezone.now()
    Driver.objects.create(host="h", seat=1, pid=1, capacity=9, in_flight=4, started_at=now, beat_at=now)
    assert client.get(READY).json()["checks"]["drivers"]["says"].startswith("1 drivers are at work with 4 steps")


# ── /metrics ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stranger_reads_no_metrics(client):
    assert client.get(METRICS, **STRANGER).status_code == 403


def test_a_wrong_or_missing_token_is_refused_and_the_right_one_reads(client, conf):
    conf(metrics_token=SecretStr("right-token-0123456789"))
    assert client.get(METRICS, headers={"Authorization": "Bearer wrong"}, **STRANGER).status_code == 403
    assert client.get(METRICS, headers={"Authorization": "Bearer "}, **STRANGER).status_code == 403
    assert (
        client.get(METRICS, headers={"Authorization": "Bearer right-token-0123456789"}, **STRANGER).status_code == 200
    )


def test_an_empty_token_setting_lets_nobody_in(client, conf):
    conf(metrics_token=SecretStr(""))
    assert client.get(METRICS, headers={"Authorization": "Bearer "}, **STRANGER).status_code == 403


@pytest.mark.parametrize(
    ("values", "headers", "status"),
    [
        ({}, {}, 200),
        ({"mode": "production"}, {}, 403),
        ({"behind_proxy": True}, {}, 403),
        ({}, {"X-Forwarded-For": "203.0.113.7"}, 403),
    ],
)
def test_the_loopback_address_is_enough_in_development_alone(client, conf, values, headers, status):
    conf(**values)
    assert client.get(METRICS, headers=headers, secure=True).status_code == status


def test_staff_read_and_others_do_not(client, reviewer, django_user_model):
    client.force_login(reviewer)
    assert client.get(METRICS, **STRANGER).status_code == 200
    client.force_login(django_user_model.objects.create_user("guest"))
    assert client.get(METRICS, **STRANGER).status_code == 403


def test_the_work_is_counted_from_its_rows(client, run_factory, django_assert_max_num_queries):
    """Runs by state, the oldest wait at a gate and the queue's age are there, in a fixed number of queries."""
    from research.engine.domain.states import RunState

    run_factory(RunState.PLAN_REVIEW)
    run = run_factory(RunState.CLAIM_REVIEW)
    step = Step.objects.filter(run=run)[0]
    common = {"run": run, "step": step, "phase": "research", "kind": "model", "name": "anthropic/one", "token": 1}
    common |= {"arguments": {}, "started_at": timezone.now(), "finished_at": timezone.now()}
    Call.objects.create(**common, key="a", state="done", tokens=70, cost_usd="0.25")
    Call.objects.create(**common, key="b", state="failed", tokens=7, cost_usd=None)
    Call.objects.create(**common, key="c", state="done", cost_usd=0, cached_from="a")
    Breaker.objects.create(name="searxng", failures=3, opened_at=timezone.now())
    Breaker.objects.create(name="fetch_page", failures=1)
    beat(seconds_ago=30)
    with django_assert_max_num_queries(8):
        text = client.get(METRICS).content.decode()
    assert 'mrd_runs{state="plan_review"} 1.0' in text
    assert 'mrd_runs{state="claim_review"} 1.0' in text
    assert 'mrd_gate_wait_seconds{gate="plan_review"}' in text
    assert 'mrd_heartbeat_age_seconds{name="queue"} 3' in text
    labels = 'kind="model",name="anthropic/one"'
    assert f'mrd_calls{{{labels},state="done"}} 2.0' in text
    assert f"mrd_calls_cost_usd{{{labels}}} 0.25" in text
    assert f"mrd_calls_tokens{{{labels}}} 77.0" in text
    assert f"mrd_calls_unpriced{{{labels}}} 1.0" in text
    assert f"mrd_calls_cached{{{labels}}} 1.0" in text
    assert 'mrd_breaker_open{name="searxng"} 1.0' in text
    assert 'mrd_breaker_open{name="fetch_page"}' not in text
    assert "django_http_requests_total_by_method_total" in text


def test_several_processes_share_their_numbers(client, monkeypatch, tmp_path):
    """With PROMETHEUS_MULTIPROC_DIR the counters come from its files, and the work's numbers are there too."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    answer = client.get(METRICS)
    assert answer.status_code == 200
    assert b"mrd_drivers 0.0" in answer.content
