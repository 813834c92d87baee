"""What every test stands on: no network but this machine, a temporary place for files, people by their part."""

from __future__ import annotations

import importlib
import ipaddress
import os
import socket
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models.signals import post_migrate


class NetworkRefused(RuntimeError):
    """A test tried to leave this machine."""


def refuse_network(address: object) -> None:
    """Raise `NetworkRefused` unless the address is on this machine: loopback, or a socket that is a file."""
    if not isinstance(address, tuple):
        return
    host = str(address[0])
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host in {"localhost", ""}
    if not local:
        raise NetworkRefused(f"Tests do not leave this machine; something connects to {host}. Use a loopback server.")


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    real_connect, real_connect_ex, real_lookup = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def connect(self, address):
        refuse_network(address)
        return real_connect(self, address)

    def connect_ex(self, address):
        refuse_network(address)
        return real_connect_ex(self, address)

    def getaddrinfo(host, *args, **kwargs):
        refuse_network((host.decode() if isinstance(host, bytes) else host or "",))
        return real_lookup(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        patch.setattr(socket.socket, "connect_ex", connect_ex)
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield


@pytest.fixture(autouse=True, scope="session")
def _reference_rows() -> Iterator[None]:
    """Put back what migrations insert after a transactional test has emptied the tables."""
    migration = importlib.import_module("research.migrations.0002_groups_and_feed")

    def restore(sender, **kwargs):
        migration.forwards(apps, None)

    post_migrate.connect(restore, sender=apps.get_app_config("research"), dispatch_uid="tests.reference_rows")
    yield
    post_migrate.disconnect(sender=apps.get_app_config("research"), dispatch_uid="tests.reference_rows")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> Iterator[None]:
    """End the sessions killed drivers left on PostgreSQL, which may not have noticed, before it drops the database."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


def pytest_report_header() -> str:
    database = settings.DATABASES["default"]
    return f"database: {database['ENGINE'].rpartition('.')[2]} ({database.get('HOST') or 'a file'})"


@pytest.fixture
def var_dir():
    """Return the folder this test session writes to."""
    return settings.VAR_DIR


@pytest.fixture
def child_env(transactional_db) -> dict[str, str]:
    """Return the environment in which a child process sees this test's database and files."""
    now = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{now['NAME']}"
    else:
        url = f"postgres://{now['USER']}:{now['PASSWORD']}@{now['HOST']}:{now['PORT']}/{now['NAME']}"
    return os.environ | {"MRD_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "mrd_project.settings"}


@pytest.fixture
def people(db):
    """Return a team and everybody who plays a part in it (tests.doubles.rows.Cast)."""
    from tests.doubles import rows

    return rows.cast()


@pytest.fixture
def team(people):
    return people.team


@pytest.fixture
def requester(people):
    return people.requester


@pytest.fixture
def reviewer(people):
    return people.reviewer


@pytest.fixture
def second_reviewer(people):
    return people.second_reviewer


@pytest.fixture
def approver(people):
    return people.approver


@pytest.fixture
def auditor(people):
    return people.auditor


@pytest.fixture
def outsider(people):
    """Return a reviewer and approver of another team."""
    return people.outsider


@pytest.fixture
def superuser(people):
    return people.superuser


@pytest.fixture
def administrator(people):
    from tests.doubles import rows

    return rows.person(f"{people.team.slug}-administrator", "administrator", team=people.team)


@pytest.fixture
def run_factory(people):
    """Return `make(state, **more)`: a run of the team that waits in that state (tests.doubles.rows.run_at)."""
    from tests.doubles import rows

    return lambda state, **more: rows.run_at(state, people, **more)
