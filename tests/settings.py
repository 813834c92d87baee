"""Settings of the tests: the project's own, from a clean environment, with every file in a temporary place.

TEST_DATABASE_URL (or MRD_DATABASE_URL) names the database server; without either the tests run on a SQLite file.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from mrd_project.config import Config

_KEPT = {"MRD_DATABASE_URL"}
_OTHERS = {"ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"}  # no test calls the real one
for _name in ({f"MRD_{field.upper()}" for field in Config.model_fields} | _OTHERS) - _KEPT:
    os.environ.pop(_name, None)
os.environ["MRD_ENV_FILE"] = ""  # a developer's .env says nothing here
if os.environ.get("TEST_DATABASE_URL"):
    os.environ["MRD_DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]

_var_dir = Path(tempfile.mkdtemp(prefix="mrd-tests-"))
_owner = os.getpid()
os.environ["MRD_VAR_DIR"] = str(_var_dir)
os.environ["MRD_LOG_LEVEL"] = "WARNING"  # a line a request is not what a failing test has to say


def _clear_away() -> None:
    if os.getpid() == _owner:  # not in a forked child
        shutil.rmtree(_var_dir, ignore_errors=True)


atexit.register(_clear_away)

from mrd_project.settings import *  # noqa: E402, F403

# `client.login` has no request to count attempts by. The tests of the lockout switch it on.
AXES_ENABLED = False
# What is tested is that passwords are asked for, not how slowly they are hashed.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Look for a static file when it is asked for: each test's client would list all of them.
WHITENOISE_AUTOREFRESH = True
