"""Circuit breakers as people see them: in what state one is and until when, and closing one by hand."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Literal, NamedTuple

from django.db import transaction

from research.adapters.breakers import HALF_OPEN_AFTER, OPENS_AFTER
from research.engine.domain.errors import NotFound
from research.models import Breaker

log = logging.getLogger(__name__)

State = Literal["closed", "open", "half-open"]


class Standing(NamedTuple):
    """state: "half-open" when the next call, or one that is out, decides. since: opened at, None while it is closed.

    next_probe_at: when a single call is let through next, None while it is closed and while a probe is out.
    """

    state: State
    says: str
    since: dt.datetime | None
    next_probe_at: dt.datetime | None


def standing(breaker: Breaker, *, now: dt.datetime) -> Standing:
    """Return how a breaker stands at `now`, by the same rules as `adapters.breakers.allow`."""
    if breaker.opened_at is None:
        failed = breaker.failures
        says = f"closed: {failed} of {OPENS_AFTER} failures in a row" if failed else "closed: calls go through"
        return Standing("closed", says, None, None)
    due = breaker.opened_at + HALF_OPEN_AFTER
    if breaker.probe_at is not None:
        # A probe that never came back expires as an opening does.
        due = max(due, breaker.probe_at + HALF_OPEN_AFTER)
        if now < due:
            return Standing("half-open", "half-open: one call is out to try it", breaker.opened_at, None)
    if now < due:
        return Standing("open", "open: no call goes through", breaker.opened_at, due)
    return Standing("half-open", "half-open: the next call tries it", breaker.opened_at, due)


def reset(*, name: str, actor: str, now: dt.datetime) -> Breaker:
    """Close a breaker by hand and forget its failures: calls go through again, in every process.

    actor: a person's opaque id, for the log. Raises `NotFound`.
    """
    with transaction.atomic():
        breaker = Breaker.objects.select_for_update().filter(pk=name).first()
        if breaker is None:
            raise NotFound(f"There is no breaker called '{name}': nothing has failed there.")
        before = standing(breaker, now=now)
        breaker.failures, breaker.opened_at, breaker.probe_at = 0, None, None
        breaker.save(update_fields=["failures", "opened_at", "probe_at"])
    log.warning("breaker closed by hand", extra={"breaker": name, "actor": actor, "was": before.state})
    return breaker
