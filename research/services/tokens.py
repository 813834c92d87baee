"""Keys for the API: made, recognised, revoked. The key itself is shown once and kept nowhere."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import NamedTuple

from django.db.models import Q, QuerySet

from research.engine.domain.canonical import sha256_hex
from research.engine.domain.errors import InvalidInput, NotFound, StaleState
from research.models import ApiToken, User

from . import access

MARK = "mrd_"
_RANDOM_BYTES = 32
_PREFIX_CHARS = 12
_MAX_KEY_CHARS = 200
# A write a minute tells what people ask of it (is the key in use?) and costs busy integrators nothing.
_USED_EVERY = dt.timedelta(minutes=1)


class NewToken(NamedTuple):
    """A token and its key, which nobody can show again."""

    token: ApiToken
    key: str


def create(*, user: User, name: str) -> NewToken:
    """Make a key for the person who asks: nobody makes one for somebody else.

    Raises `InvalidInput` without a name, and for somebody who cannot sign in.
    """
    if not name.strip():
        raise InvalidInput("Name what the key is for, so that it can be told apart later.", field="name")
    if not user.is_active:
        raise InvalidInput("This person cannot sign in any more, so they get no key.", field="user")
    key = MARK + secrets.token_urlsafe(_RANDOM_BYTES)
    token = ApiToken.objects.create(
        user=user, name=name.strip()[:80], prefix=key[:_PREFIX_CHARS], sha256=sha256_hex(key.encode())
    )
    return NewToken(token, key)


def of(*, person: User) -> QuerySet[ApiToken]:
    """Return the keys a person sees and may revoke: their own, or everybody's for an administrator."""
    keys = ApiToken.objects.all()
    return keys if access.is_administrator(person) else keys.filter(user=person)


def revoke(*, token_id: int, by: User, now: dt.datetime) -> ApiToken:
    """End a key for good. Raises `NotFound` where `by` sees no such key, `StaleState` when it was revoked before."""
    won = of(person=by).filter(pk=token_id, revoked_at__isnull=True).update(revoked_at=now)
    token = of(person=by).filter(pk=token_id).first()
    if token is None:
        raise NotFound("There is no such key.")
    if won != 1:
        raise StaleState("This key was revoked before.")
    return token


def recognise(*, key: str, now: dt.datetime) -> ApiToken | None:
    """Return the live token of a key with its user, or None for a key that is unknown, revoked or of a closed account.

    The database looks up the key's hash: how long that takes says nothing of the key.
    """
    if not key.startswith(MARK) or len(key) > _MAX_KEY_CHARS:
        return None
    found = (
        ApiToken.objects.select_related("user")
        .filter(
            sha256=sha256_hex(key.encode("utf-8", "surrogateescape")), revoked_at__isnull=True, user__is_active=True
        )
        .first()
    )
    if found is not None and (found.last_used_at is None or found.last_used_at <= now - _USED_EVERY):
        unused = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - _USED_EVERY)
        ApiToken.objects.filter(unused, pk=found.pk).update(last_used_at=now)
    return found
