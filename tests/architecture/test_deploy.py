"""What is deployed: an image without root, without secrets, with what it needs and no more."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def instructions(name: str) -> list[str]:
    """Return the arguments of each such instruction of the Dockerfile, continued lines joined."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.split(None, 1)[1].strip() for line in joined.splitlines() if line.startswith(f"{name} ")]


def test_the_image_runs_as_a_numbered_user_that_is_not_root():
    """The last USER is a number above 0, which orchestrators can check, and nothing after it needs root."""
    user = instructions("USER")[-1]
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    after = DOCKERFILE.split(f"USER {user}")[1]
    assert not re.search(r"^(RUN|COPY|ADD) ", after, re.MULTILINE)


def test_the_image_is_made_in_two_stages_from_named_versions():
    stages = instructions("FROM")
    assert len(stages) == 2
    assert all(re.search(r":\d+\.\d+", stage) for stage in stages)
    assert "requirements-dev" not in DOCKERFILE


def test_no_secret_is_baked_in():
    assert not re.search(r"SECRET_KEY|PASSWORD|TOKEN|DSN", DOCKERFILE)


def test_everything_copied_exists_and_is_not_kept_from_the_build():
    """Each COPY source is in the checkout, and .dockerignore, which refuses all else, lets it through."""
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert ignored[0] == "*"
    let_through = {line[1:] for line in ignored if line.startswith("!")}
    copied = [source for line in instructions("COPY") if not line.startswith("--from") for source in line.split()[:-1]]
    assert copied
    for source in copied:
        assert (ROOT / source).exists(), source
        assert source in let_through, source


def test_the_image_has_a_health_check_and_serves_by_gunicorn():
    assert "deploy/healthcheck.py" in instructions("HEALTHCHECK")[0]
    assert "gunicorn" in instructions("CMD")[-1]
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--check-config", "mrd_project.wsgi"],
        cwd=ROOT, env=os.environ | {"DJANGO_SETTINGS_MODULE": "mrd_project.settings"}, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_what_goes_out_is_collected(tmp_path):
    """Every static file the pages name is found, as collectstatic does it when the image is made."""
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "mrd_project.settings", "MRD_STATIC_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    named = {
        name
        for page in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r"{% static '([^']+)' %}", page.read_text())
    }
    assert "mrd/desk.css" in named
    assert [name for name in named if not (tmp_path / name).is_file()] == []


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (200, b'{"status": "ready"}', 0),
        (200, b'{"status": "degraded"}', 0),
        (503, b'{"status": "unready"}', 1),
        (200, b"?", 1),
    ],
)
def test_the_containers_health_check_believes_what_the_site_says(status, body, code):
    """It asks by a host name the site allows, and fails on 503 and on nonsense."""
    asked = []

    class Site(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.headers["Host"])
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/health/ready"
        env = os.environ | {"MRD_ALLOWED_HOSTS": "mrd.example.org, other.example.org"}
        done = subprocess.run(
            [sys.executable, "deploy/healthcheck.py", url], cwd=ROOT, env=env, check=False, timeout=30
        )
        server.shutdown()
    assert (done.returncode, asked) == (code, ["mrd.example.org"])


def test_a_site_that_is_not_there_is_not_healthy():
    command = [sys.executable, "deploy/healthcheck.py", "http://127.0.0.1:9/health/ready"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=30).returncode == 1
