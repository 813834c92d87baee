"""Ask again who it is: the password of a person who signs. Never stored, never logged."""

from __future__ import annotations

import logging

from django.contrib.auth import authenticate
from django.http import HttpRequest

from research.models import User

log = logging.getLogger(__name__)


def confirm(*, person: User, password: str, http: HttpRequest | None = None) -> bool:
    """Tell whether `password` is the person's.

    With the web request at hand, failures count towards the same lock-out as those at sign-in (django-axes).
    """
    if not password:
        return False
    if http is not None:
        found = authenticate(request=http, username=person.get_username(), password=password)
        confirmed = found is not None and found.pk == person.pk
    else:
        confirmed = person.check_password(password)
    if not confirmed:
        log.warning("password not confirmed", extra={"actor": str(person.actor_id)})
    return confirmed
