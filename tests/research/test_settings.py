"""Settings: typed, refused with a sentence, all of them in `.env.example` and in the reference; the doors they lock."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as real
from pydantic import ValidationError
from pydantic_settings import SettingsError

from mrd_project import wrong_settings
from mrd_project.config import Config

ROOT = Path(real.BASE_DIR)
LONG_KEY = "k3y-" * 20
PRODUCTION = {"mode": "production", "secret_key": LONG_KEY, "allowed_hosts": ("mrd.example.org",)}


def config(**values) -> Config:
    return Config(_env_file=None, **values)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"mode": "prod"}, "mode"),
        ({"log_level": "LOUD"}, "log_level"),
        ({"workers": 1}, "workers"),
        ({"workers": 3, "drivers": 3}, "MRD_DRIVERS must be smaller than MRD_WORKERS"),
        ({"max_cost_usd": -1}, "max_cost_usd"),
        ({"upload_max_mb": 0}, "upload_max_mb"),
        (PRODUCTION | {"secret_key": "short"}, "MRD_SECRET_KEY must have at least 50"),
        (PRODUCTION | {"secret_key": ""}, "MRD_SECRET_KEY must have at least 50"),
        (PRODUCTION | {"allowed_hosts": ("*",)}, "MRD_ALLOWED_HOSTS must name"),
        (PRODUCTION | {"allowed_hosts": ()}, "MRD_ALLOWED_HOSTS must name"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_name(values, says):
    with pytest.raises(ValidationError, match=re.escape(says)):
        config(**values)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("MRD_WORKERS", "1", "MRD_WORKERS: Input should be greater"),
        ("MRD_ANTHROPIC", '{"rolez": {}}', "MRD_ANTHROPIC.rolez: Extra inputs"),
        ("MRD_ANTHROPIC", '{"max_turns": 0}', "MRD_ANTHROPIC.max_turns: "),
        ("MRD_ANTHROPIC", "{bad", "MRD_ANTHROPIC cannot be read"),
        ("MRD_ANTHROPIC_BASE_URL", "foo", "MRD_ANTHROPIC_BASE_URL: "),
        ("MRD_HTTP_PROXY", "http://user:canary-password@host:notaport", "MRD_HTTP_PROXY: "),
        ("MRD_CA_BUNDLE", "/no/such.pem", "MRD_CA_BUNDLE: "),
        ("MRD_CA_BUNDLE", __file__, "MRD_CA_BUNDLE must be a readable file of certificates"),
        ("MRD_REDIS_URL", "nonsense", "MRD_REDIS_URL must begin with redis://"),
        ("MRD_TRUSTED_ORIGINS", "foo", "MRD_TRUSTED_ORIGINS: "),
        ("MRD_SEARXNG_URL", "foo", "MRD_SEARXNG_URL must be like"),
        ("MRD_USER_AGENT", "two\nlines", "MRD_USER_AGENT: "),
        ("MRD_TOOLS", '{"Web Search": "x"}', "MRD_TOOLS names a tool 'Web Search'"),
        ("MRD_TOOLS", '{"web_search": "x"}', "MRD_TOOLS names a tool 'web_search'"),
    ],
)
def test_a_wrong_setting_ends_the_start_with_its_variable_in_a_line_and_no_value(monkeypatch, name, value, says):
    monkeypatch.setenv(name, value)
    with pytest.raises((ValidationError, SettingsError)) as wrong:
        config()
    told = wrong_settings.in_words(wrong.value)
    assert says in told
    assert len(told.splitlines()) == 1
    assert "canary-password" not in told
    assert "canary-password" not in str(wrong.value)


def test_production_settings_that_are_whole_are_taken():
    assert config(**PRODUCTION).mode == "production"


def test_hosts_are_written_with_commas(monkeypatch):
    monkeypatch.setenv("MRD_ALLOWED_HOSTS", "a.example.org, b.example.org ,")
    assert config().allowed_hosts == ("a.example.org", "b.example.org")


def test_an_empty_variable_is_the_default(monkeypatch):
    """`.env.example` copied and half filled in says nothing by its empty lines."""
    monkeypatch.setenv("MRD_WORKERS", "")
    assert config().workers == Config.model_fields["workers"].default


def test_secrets_do_not_show_in_the_settings_words():
    shown = repr(config(secret_key=LONG_KEY, database_url="postgres://u:hush@h/d", metrics_token="hush"))
    assert LONG_KEY not in shown
    assert "hush" not in shown


@pytest.mark.parametrize("page", [".env.example", "docs/reference/settings.md"])
def test_every_setting_is_listed_and_nothing_else(page):
    """The example and the reference name each setting once, and none that does not exist."""
    named = re.findall(r"^(?:# ?|\| `)(MRD_(?!ENV_FILE)[A-Z_]+)", (ROOT / page).read_text(), re.MULTILINE)
    named += re.findall(r"^(MRD_[A-Z_]+)=", (ROOT / page).read_text(), re.MULTILINE)
    assert sorted(named) == sorted(f"MRD_{name.upper()}" for name in Config.model_fields)


def test_production_sends_cookies_by_https_alone_and_a_strict_content_policy():
    """In a process with production settings, what protects sessions is on."""
    script = (
        "from mrd_project import settings as s; import json; print(json.dumps([s.DEBUG, s.SESSION_COOKIE_SECURE, "
        "s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS > 0, s.CONTENT_SECURITY_POLICY]))"
    )
    import json
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        env = {name: value for name, value in os.environ.items() if not name.startswith("MRD_")} | {
            "MRD_ENV_FILE": "", "MRD_VAR_DIR": folder, "MRD_MODE": "production", "MRD_SECRET_KEY": LONG_KEY,
            "MRD_ALLOWED_HOSTS": "mrd.example.org",
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env=env, capture_output=True, text=True, check=True
        )
    debug, *on, policy = json.loads(done.stdout)
    assert (debug, on) == (False, [True] * 4)
    assert policy["DIRECTIVES"]["default-src"] == ["'self'"]
    assert not any("unsafe" in source for sources in policy["DIRECTIVES"].values() for source in sources)


@pytest.mark.django_db
def test_pages_carry_the_headers_that_protect_them(client):
    answer = client.get("/admin/login/")
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.django_db
def test_the_front_door_leads_to_the_desk(client, reviewer):
    client.force_login(reviewer)
    answer = client.get("/", follow=True)
    assert answer.status_code == 200
    assert b"mrd/desk.css" in answer.content


@pytest.mark.django_db
def test_guessing_passwords_locks_the_account_even_for_the_right_one(client, reviewer, settings):
    """After the limit of wrong passwords the right one is refused too, until the cool-off is over."""
    from tests.doubles import rows

    settings.AXES_ENABLED = True
    wrong = {"username": reviewer.username, "password": "wrong"}
    answers = [client.post("/admin/login/", wrong).status_code for _ in range(settings.AXES_FAILURE_LIMIT)]
    assert answers[:-1] == [200] * (settings.AXES_FAILURE_LIMIT - 1)
    assert answers[-1] == 429
    assert client.post("/admin/login/", wrong | {"password": rows.PASSWORD}).status_code == 429
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_the_right_password_opens_the_door(client, reviewer, settings):
    from tests.doubles import rows

    settings.AXES_ENABLED = True
    answer = client.post("/admin/login/", {"username": reviewer.username, "password": rows.PASSWORD})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(reviewer.pk)


# ── the tests' own ground ───────────────────────────────────────────────────────────────────────────────────────────


def test_tests_write_to_a_temporary_folder_and_not_to_the_checkout():
    for folder in (real.VAR_DIR, real.SNAPSHOT_DIR, real.UPLOAD_DIR, real.SEARCH_INDEX_DIR):
        assert ROOT not in Path(folder).resolve().parents


@pytest.mark.parametrize("address", [("203.0.113.7", 443), ("2001:db8::1", 443, 0, 0), ("example.org", 80)])
def test_tests_do_not_leave_this_machine(address):
    import socket

    family = socket.AF_INET6 if len(address) == 4 else socket.AF_INET
    with socket.socket(family) as door, pytest.raises(RuntimeError, match="do not leave this machine"):
        door.connect(address)


def test_names_are_not_looked_up_outside_either():
    import socket

    with pytest.raises(RuntimeError, match="do not leave this machine"):
        socket.getaddrinfo("example.org", 443)


@pytest.mark.django_db(transaction=True)
def test_a_child_process_sees_the_tests_rows(child_env):
    from research.models import Team

    Team.objects.create(name="Seen by the child", slug="seen")
    script = "import django; django.setup(); from research.models import Team; print(Team.objects.get().name)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=child_env, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "Seen by the child", done.stderr


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", [1, 2])
def test_the_groups_of_the_migrations_are_there_after_a_flush(round_):
    from django.contrib.auth.models import Group

    assert Group.objects.count() == 6
