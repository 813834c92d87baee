"""Breakers as people see them: the same rules as calls are let through by, and closed by hand by administrators."""

from __future__ import annotations

import logging

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.urls import reverse

from research.adapters import breakers
from research.engine.domain.errors import NotFound
from research.models import Breaker
from research.services import breaking
from tests.doubles import rows
from tests.research import play
from tests.research.test_admin_pages import assert_clean, client_of, page_of

NAME = "anthropic/claude-sonnet-5-5"
LISTS = reverse("admin:research_breaker_changelist")
RESET = reverse("admin:research_breaker_reset", args=[NAME])


def opened(**more) -> Breaker:
    return Breaker.objects.create(name=NAME, failures=3, opened_at=play.NOW, **more)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "after_s", "state", "next_s"),
    [
        ({}, 0, "closed", None),
        ({"failures": 2}, 0, "closed", None),
        ({"failures": 3, "opened_at": 0}, 0, "open", 60),
        ({"failures": 3, "opened_at": 0}, 59, "open", 60),
        ({"failures": 3, "opened_at": 0}, 60, "half-open", 60),
        ({"failures": 3, "opened_at": 0, "probe_at": 70}, 71, "half-open", None),
        ({"failures": 3, "opened_at": 0, "probe_at": 70}, 130, "half-open", 130),
    ],
)
def test_what_is_shown_is_what_calls_meet(row, after_s, state, next_s):
    """Where the state says that the next call is let through, `allow` lets it through, and nowhere else."""
    times = {name: play.later(row[name]) for name in ("opened_at", "probe_at") if name in row}
    breaker = Breaker.objects.create(name=NAME, failures=row.get("failures", 0), **times)
    now = play.later(after_s)
    found = breaking.standing(breaker, now=now)
    assert found.state == state
    assert found.says.startswith(state)
    assert found.next_probe_at == (None if next_s is None else play.later(next_s))
    through = state == "closed" or (found.next_probe_at is not None and found.next_probe_at <= now)
    with transaction.atomic():
        assert breakers.allow(name=NAME, now=now) is through


@pytest.mark.django_db
def test_closed_by_hand_it_lets_calls_through_and_the_log_says_by_whom(caplog):
    opened(probe_at=play.NOW)
    with caplog.at_level(logging.WARNING):
        breaking.reset(name=NAME, actor="actor-7", now=play.NOW)
    assert breakers.allow(name=NAME, now=play.NOW)
    assert breakers.troubled() == set()
    (record,) = [record for record in caplog.records if "closed by hand" in record.getMessage()]
    assert (record.breaker, record.actor, record.was) == (NAME, "actor-7", "half-open")
    with pytest.raises(NotFound):
        breaking.reset(name="nothing", actor="actor-7", now=play.NOW)


def test_the_pages_say_in_words_how_a_breaker_stands(people):
    opened()
    client = client_of(people.auditor)
    for address in (LISTS, page_of("breaker", "anthropic_2Fclaude-sonnet-5-5")):
        page = client.get(address).content.decode()
        assert_clean(page)
        assert "half-open" in page
        assert "the next call tries it" in page
        assert RESET not in page


def test_administrators_alone_close_one_by_a_button_and_it_is_in_its_history(people):
    opened()
    boss = rows.person("boss", "administrator")
    page = client_of(boss).get(page_of("breaker", "anthropic_2Fclaude-sonnet-5-5")).content.decode()
    assert f'action="{RESET}"' in page
    assert client_of(boss).get(RESET).status_code == 405
    assert client_of(people.requester).post(RESET).status_code == 403
    assert Breaker.objects.get().opened_at is not None
    assert "calls go through again" in client_of(boss).post(RESET, follow=True).content.decode()
    assert Breaker.objects.get().opened_at is None
    assert LogEntry.objects.get(object_id=NAME).user == boss
    missing = reverse("admin:research_breaker_reset", args=["nothing"])
    assert "There is no breaker" in client_of(boss).post(missing, follow=True).content.decode()
