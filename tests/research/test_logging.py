"""Logs and error reports: one correlation id from door to door, lines a machine can read, and no secret in either."""

from __future__ import annotations

import contextvars
import json
import logging
import subprocess
import sys

import pytest
import structlog
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory

from mrd_project import correlation as door
from mrd_project import logging as project_logging
from mrd_project import scrubbing, sentry
from research import correlation


@pytest.fixture
def lines():
    """Return `written(as_json)`: format one record as the configuration would."""

    def written(record: logging.LogRecord, *, as_json: bool = True) -> str:
        made = project_logging.dict_config(level="INFO", as_json=as_json)["formatters"]["structured"]
        formatter = structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=made["foreign_pre_chain"], processors=made["processors"]
        )
        return formatter.format(record)

    return written


def record(message: str, *args: object, exc_info=None, **extra: object) -> logging.LogRecord:
    return logging.getLogger("test").makeRecord("test", logging.INFO, __file__, 1, message, args, exc_info, extra=extra)


# ── correlation ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("given", ["abcdefgh", "order-2024.11_7", "A" * 64])
def test_a_harmless_id_of_the_caller_is_kept(given):
    assert door.accepted(given) == given


@pytest.mark.parametrize(
    "given",
    [None, "", "short", "A" * 65, "with space 123", "line\nbreak-123", "ünïcode-123", "-leading-dash", "<script>alert"],
)
def test_any_other_id_is_replaced(given):
    made = door.accepted(given)
    assert made != given
    assert door.SAFE.fullmatch(made)


def test_the_id_is_bound_in_the_request_answered_with_and_gone_after():
    seen = []

    def page(request):
        seen.append((correlation.current(), structlog.contextvars.get_contextvars().get("correlation_id")))
        return HttpResponse()

    request = RequestFactory().get("/", headers={"X-Correlation-ID": "caller-id-1"})
    answer = door.CorrelationMiddleware(page)(request)
    assert seen == [("caller-id-1", "caller-id-1")]
    assert answer["X-Correlation-ID"] == "caller-id-1"
    assert correlation.current() == ""


@pytest.mark.django_db
def test_every_answer_of_the_site_has_an_id_and_refusals_too(client):
    assert client.get("/health/live", headers={"X-Correlation-ID": "caller-id-1"})["X-Correlation-ID"] == "caller-id-1"
    refused = client.get("/nowhere", headers={"X-Correlation-ID": "bad\tid"})
    assert refused.status_code == 404
    assert door.SAFE.fullmatch(refused["X-Correlation-ID"])


def test_two_ids_do_not_mix():
    """A block's id ends with the block, an inner one with the inner one, and other contexts never see it."""
    with correlation.bind("outer-id"):
        with correlation.bind("inner-id"):
            assert correlation.current() == "inner-id"
        assert correlation.current() == "outer-id"
        assert contextvars.Context().run(correlation.current) == ""
    assert correlation.current() == ""


# ── lines ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_line_is_one_json_object_with_time_level_logger_and_id(lines):
    with correlation.bind("request-77"):
        found = json.loads(lines(record("read %d pages", 3, step=12)))
    assert found["event"] == "read 3 pages"
    assert (found["level"], found["logger"], found["step"]) == ("info", "test", 12)
    assert found["correlation_id"] == "request-77"
    assert found["timestamp"].endswith("Z")


def test_the_same_line_is_readable_in_development(lines):
    text = lines(record("read %d pages", 3), as_json=False)
    assert "read 3 pages" in text
    assert not text.startswith("{")


@pytest.mark.parametrize("as_json", [True, False])
def test_no_secret_is_written_whether_by_name_in_words_or_in_a_trace(lines, as_json):
    """A secret is hidden as a field, inside nested data, inside the message and inside an exception's words."""
    try:
        int("postgres://mrd:hush-4@db/mrd")
    except ValueError:
        trace = sys.exc_info()
    text = lines(
        record(
            "calling with Bearer hush-1-abcdefgh",
            api_key="hush-2",
            nested={"headers": [{"Authorization": "hush-3"}]},
            exc_info=trace,
        ),
        as_json=as_json,
    )
    assert "hush" not in text
    assert "ValueError" in text


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "X-Api-Key",
        "apiKey",
        "Authorization",
        "sentry_dsn",
        "MRD_SECRET_KEY",
        "access_token",
        "Set-Cookie",
        "csrfmiddlewaretoken",
    ],
)
def test_a_secret_is_known_by_its_name(name):
    assert scrubbing.scrub({name: "value"}) == {name: scrubbing.HIDDEN}


@pytest.mark.parametrize(
    "harmless",
    [{"input_tokens": "12"}, {"token": 7}, {"password": None}, {"author": "A. Keyes"}, {"key": "task-1"}, {"n": 1.5}],
)
def test_what_is_no_secret_stays(harmless):
    """Counts of tokens and fencing tokens are numbers an operator needs."""
    assert scrubbing.scrub(harmless) == harmless


KEY = "sk-ant-canary-4711"


@pytest.mark.parametrize(
    "words",
    [repr(f"said:\n{KEY}"), f"/?next=%3Fkey%3D{KEY}", f"my_{KEY}", f"sk-{KEY}", "/x?n=1&auth_token=canary-4711"],
)
def test_a_key_in_words_is_hidden_whatever_stands_before_it(words):
    assert "canary" not in scrubbing.text(words)
    assert "canary" not in json.dumps(scrubbing.scrub({words: 1})), "names of fields are words too"


@pytest.mark.parametrize(
    "words",
    ["risk-assessment-2024", "task-12345678", "task-ant-colony-search", "max_tokens=4096 desk-research", "/?n=1&m=2"],
)
def test_words_that_look_like_a_key_stay(words):
    assert scrubbing.text(words) == words


def test_a_secret_of_the_settings_is_hidden_whatever_it_looks_like(monkeypatch):
    """A server of one's own has keys of any shape. What is as short as a word is no secret."""
    monkeypatch.setattr(scrubbing, "_OWN", [])
    scrubbing.hide(["gateway.4711", "short", ""])
    scrubbing.hide(['gateway.4711/with "more"'])
    assert scrubbing.text("a short answer to gateway.4711") == f"a short answer to {scrubbing.HIDDEN}"
    for spelt in ('gateway.4711/with "more"', 'gateway.4711/with \\"more\\"', "gateway.4711%2Fwith%20%22more%22"):
        assert scrubbing.text(f"<{spelt}>") == f"<{scrubbing.HIDDEN}>"


def test_bottomless_data_ends():
    deep: dict = {}
    deep["again"] = deep
    assert scrubbing.HIDDEN in json.dumps(scrubbing.scrub(deep))


# ── Sentry ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_dsn_nothing_is_reported():
    assert sentry.set_up(dsn="", environment="production", release="") is False


def test_an_event_leaves_without_people_secrets_or_words():
    """Bodies, cookies, users, local variables and what people wrote stay here; where it went wrong is told."""
    event = {
        "user": {"email": "hush"},
        "request": {
            "url": "https://mrd.example.org/api/v1/runs/?token=hush",
            "data": {"prompt": "hush"},
            "cookies": "hush",
            "query_string": "token=hush",
            "headers": {"Authorization": "hush", "Accept": "text/html"},
        },
        "extra": {"prompt": "hush", "step": 3},
        "exception": {
            "values": [
                {
                    "type": "ValueError",
                    "value": "postgres://mrd:hush@db/mrd",
                    "stacktrace": {"frames": [{"function": "plan", "vars": {"prompt": "hush"}}]},
                }
            ]
        },
        "breadcrumbs": {"values": [{"message": "call", "data": {"api_key": "hush"}}]},
    }
    left = sentry.before_send(event, {})
    assert "hush" not in json.dumps(left)
    assert left["exception"]["values"][0]["stacktrace"]["frames"][0]["function"] == "plan"
    assert left["request"]["headers"]["Accept"] == "text/html"
    assert left["extra"]["step"] == 3


def test_with_a_dsn_an_error_is_reported_scrubbed():
    """The real SDK, in a process of its own, hands its transport an event with release and no local variables."""
    script = """
import sentry_sdk
from mrd_project import sentry
assert sentry.set_up(dsn="http://key@127.0.0.1:9/1", environment="production", release="")
client = sentry_sdk.get_client()
sent = []
client.transport.capture_envelope = sent.append
try:
    prompt = "hush"
    raise ValueError("broken")
except ValueError:
    sentry_sdk.capture_exception()
event = sent[0].get_event()
assert event["release"].startswith("mrd-desk@"), event["release"]
assert event["environment"] == "production"
assert "'hush'" not in str([frame.get("vars") for frame in event["exception"]["values"][0]["stacktrace"]["frames"]])
assert client.options["send_default_pii"] is False
client.transport = None
print("reported")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=60, check=False
    )
    assert "reported" in done.stdout, done.stderr
