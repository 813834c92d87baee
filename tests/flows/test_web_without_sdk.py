"""No web process imports the vendor's SDK, which takes seconds: pages, schema, checks and new runs do without it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.conf import settings

from tests.doubles import world

pytestmark = pytest.mark.django_db(transaction=True)

CHECKS = """
import sys
import django
django.setup()
from django.core.management import call_command
from django.urls import get_resolver
call_command("check")
assert get_resolver().url_patterns
"""

WEB = (
    CHECKS
    + """
import mrd_project.asgi, mrd_project.wsgi
from django.test import Client
from django.urls import reverse
from research.adapters import engines
from research.models import Team, User
from research.services import runs
import datetime as dt

client = Client(SERVER_NAME="localhost")
assert client.get(reverse("admin:login")).status_code == 200
assert client.get(reverse("api-schema")).status_code == 200
requester = User.objects.get(username=sys.argv[1])
client.force_login(requester)
assert "anthropic" in engines.engine_names(), "the engine has to be set up for this to show anything"
run = runs.create(
    team=requester.teams.get(), requester=requester, prompt="A market for desks without a vendor", vertical="saas",
    engine="anthropic", now=dt.datetime.now(dt.UTC),
)
for page in (reverse("admin:research_run_add"), reverse("admin:research_run_change", args=[run.pk])):
    assert client.get(page).status_code == 200, page
"""
)
SAYS = "\nprint('anthropic' in sys.modules)\n"
WARMED_UP = "\nfrom research.adapters import engines\nengines.warm_up()"


def said(code: str, *arguments: str, env: dict[str, str]) -> str:
    """Return the last line a Python process of its own printed."""
    done = subprocess.run(
        [sys.executable, "-c", code + SAYS, *arguments],
        cwd=settings.BASE_DIR, env=env | {"MRD_ANTHROPIC_API_KEY": "sk-of-a-test"}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()[-1]


def test_a_web_process_never_imports_the_sdk(child_env: dict[str, str], people: world.People) -> None:
    assert said(WEB, people.requester.username, env=child_env) == "False"


def test_the_system_checks_do_not_import_the_sdk(child_env: dict[str, str]) -> None:
    assert said(CHECKS, env=child_env) == "False"


def test_a_workers_parent_does_import_it_for_its_children(child_env: dict[str, str]) -> None:
    """So that the tests above look for the right thing."""
    assert said(CHECKS + WARMED_UP, env=child_env) == "True"
