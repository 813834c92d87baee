"""Keys for the API: shown once, kept as a hash, refused once they end."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest

from research.engine.domain.errors import InvalidInput, NotFound, StaleState
from research.models import ApiToken
from research.services import tokens
from tests.doubles import rows

NOW = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)


@pytest.fixture
def people(db):
    return rows.cast()


def test_a_key_is_recognised_and_only_its_hash_is_kept(people):
    made = tokens.create(user=people.requester, name="ci")
    assert made.key.startswith("mrd_")
    assert len(made.key) > 40
    row = ApiToken.objects.get()
    assert row.sha256 == hashlib.sha256(made.key.encode()).hexdigest()
    assert row.prefix == made.key[:12]
    assert made.key not in str(row.__dict__)
    assert tokens.recognise(key=made.key, now=NOW).user == people.requester


@pytest.mark.parametrize("key", ["", "mrd_", "mrd_nonsense", "Bearer", "mrd_" + "x" * 5000, "mrd_\udcff"])
def test_what_is_no_key_is_not_recognised(people, key):
    tokens.create(user=people.requester, name="ci")
    assert tokens.recognise(key=key, now=NOW) is None


def test_a_revoked_key_and_the_key_of_a_closed_account_are_refused(people):
    first, second = (tokens.create(user=people.requester, name=name) for name in ("a", "b"))
    tokens.revoke(token_id=first.token.pk, by=people.requester, now=NOW)
    assert tokens.recognise(key=first.key, now=NOW) is None
    assert tokens.recognise(key=second.key, now=NOW) is not None
    people.requester.is_active = False
    people.requester.save()
    assert tokens.recognise(key=second.key, now=NOW) is None


def test_a_key_is_revoked_once(people):
    made = tokens.create(user=people.requester, name="a")
    tokens.revoke(token_id=made.token.pk, by=people.requester, now=NOW)
    with pytest.raises(StaleState):
        tokens.revoke(token_id=made.token.pk, by=people.requester, now=NOW)
    with pytest.raises(NotFound):
        tokens.revoke(token_id=10**6, by=people.requester, now=NOW)


def test_use_is_written_down_at_most_once_a_minute(people):
    made = tokens.create(user=people.requester, name="a")

    def used(after_s: int) -> dt.datetime | None:
        tokens.recognise(key=made.key, now=NOW + dt.timedelta(seconds=after_s))
        return ApiToken.objects.get().last_used_at

    assert used(0) == NOW
    assert used(59) == NOW
    assert used(60) == NOW + dt.timedelta(seconds=60)


def test_a_key_needs_a_name_and_a_person_who_can_sign_in(people):
    with pytest.raises(InvalidInput) as refused:
        tokens.create(user=people.requester, name="  ")
    assert refused.value.field == "name"
    people.requester.is_active = False
    with pytest.raises(InvalidInput):
        tokens.create(user=people.requester, name="ci")
    assert not ApiToken.objects.exists()


def test_ones_own_key_is_revoked_and_anybodys_by_an_administrator(people):
    boss = rows.person("boss", "administrator")
    first, second = (tokens.create(user=people.requester, name=name) for name in ("a", "b"))
    with pytest.raises(NotFound):
        tokens.revoke(token_id=first.token.pk, by=people.auditor, now=NOW)
    assert tokens.recognise(key=first.key, now=NOW) is not None
    tokens.revoke(token_id=first.token.pk, by=people.requester, now=NOW)
    tokens.revoke(token_id=second.token.pk, by=boss, now=NOW)
    assert not ApiToken.objects.filter(revoked_at__isnull=True).exists()
