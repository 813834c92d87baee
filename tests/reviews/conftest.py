"""Named people and runs at each gate, for the tests of how people decide."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.doubles import rows


@pytest.fixture(autouse=True)
def _fast_passwords(settings):
    """Hash passwords cheaply: what is tested is that they are asked for."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def people(db) -> rows.Cast:
    """Return a team and everybody who plays a part in it."""
    return rows.cast()


@pytest.fixture
def as_person():
    """Return `as_person(user)`: a browser signed in as that user."""

    def sign_in(person) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return sign_in
