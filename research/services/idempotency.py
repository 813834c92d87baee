"""One request, one run: the same `Idempotency-Key` gives the same run again."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from research.engine.domain.canonical import digest
from research.engine.domain.errors import InvalidInput
from research.models import ApiIdempotency, Run, User

_KEY = re.compile(r"[\x21-\x7e]{1,100}")


class KeyReused(InvalidInput):
    """The key came before with another body."""

    code = "idempotency_key_reused"


class Made(NamedTuple):
    """The run of a request, and whether this very request made it."""

    run: Run
    is_new: bool


def once(*, user: User, key: str, body: Any, make: Callable[[], Run], now: dt.datetime) -> Made:
    """Return the run this person's key stands for, or make it. `body` is the request's JSON.

    Raises `InvalidInput` for a key that is not 1 to 100 printable ASCII characters, `KeyReused` for another body.
    Two requests at once: the database lets one through; the other's run is rolled back and the first one's returned.
    """
    if not _KEY.fullmatch(key):
        raise InvalidInput(
            "The Idempotency-Key must have 1 to 100 printable ASCII characters without spaces.", field="Idempotency-Key"
        )
    body_digest = digest(body)
    known = _known(user, key, body_digest)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            run = make()
            ApiIdempotency.objects.create(user=user, key=key, body_digest=body_digest, run=run, created_at=now)
    except IntegrityError:
        known = _known(user, key, body_digest)
        if known is None:
            raise
        return known
    return Made(run, is_new=True)


def _known(user: User, key: str, body_digest: str) -> Made | None:
    row = ApiIdempotency.objects.filter(user=user, key=key).select_related("run").first()
    if row is None:
        return None
    if row.body_digest != body_digest:
        raise KeyReused(
            "This Idempotency-Key was used for another request: send a new key, or the same body.",
            field="Idempotency-Key",
        )
    return Made(row.run, is_new=False)
