"""What the tests of rows, pages and endpoints share."""

from __future__ import annotations

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _fast_passwords(settings):
    """Hash passwords cheaply: a test makes many people and signs in few."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _no_throttle_history():
    """Begin with no request counted against anybody."""
    cache.clear()
