"""People, teams and keys: an administrator's work, within limits."""

from __future__ import annotations

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.urls import reverse

from research.models import ApiToken, Team, User
from research.services import tokens
from tests.doubles import rows
from tests.research.test_admin_pages import assert_clean, client_of, page_of

KEYS = reverse("admin:research_apitoken_changelist")
NEW_KEY = reverse("admin:research_apitoken_add")


@pytest.fixture
def boss(people):
    return rows.person("boss", "administrator", team=people.team)


@pytest.mark.parametrize("role", ["requester", "auditor", "approver"])
def test_a_key_is_shown_once_and_works(people, role):
    person = getattr(people, role)
    client = client_of(person)
    assert_clean(client.get(NEW_KEY).content.decode())
    response = client.post(NEW_KEY, {"name": "nightly"})
    page = response.content.decode()
    key = re.search(r"mrd_[\w-]{20,}", page)[0]
    assert "no-store" in response["Cache-Control"]
    assert_clean(page)
    assert tokens.recognise(key=key, now=rows.NOW).user == person
    token = ApiToken.objects.get()
    for address in (KEYS, page_of("apitoken", token.pk), reverse("admin:index")):
        page = client.get(address)
        assert page.status_code == 200
        assert key not in page.content.decode()


def test_a_key_needs_a_name(people):
    assert "errorlist" in client_of(people.requester).post(NEW_KEY, {"name": " "}).content.decode()
    assert not ApiToken.objects.exists()


def test_nobody_makes_a_key_for_somebody_else(people, boss):
    """Whoever asks, and whomever they name, the key is their own: none acts in another person's name."""
    for maker in (boss, people.superuser, people.requester):
        client = client_of(maker)
        assert 'name="user"' not in client.get(NEW_KEY).content.decode()
        client.post(NEW_KEY, {"user": people.auditor.pk, "name": "theirs"})
        assert ApiToken.objects.order_by("-pk")[0].user == maker
    assert not ApiToken.objects.filter(user=people.auditor).exists()


def test_others_neither_see_nor_revoke_ones_keys(people):
    made = tokens.create(user=people.auditor, name="the auditor's own")
    client = client_of(people.requester)
    assert made.token.prefix not in client.get(KEYS).content.decode()
    assert client.get(page_of("apitoken", made.token.pk)).status_code in (302, 404)
    client.post(KEYS, {"action": "revoke", "_selected_action": [made.token.pk]})
    assert tokens.recognise(key=made.key, now=rows.NOW) is not None


def test_ones_own_key_is_revoked_by_oneself(people):
    made = tokens.create(user=people.auditor, name="x")
    client_of(people.auditor).post(KEYS, {"action": "revoke", "_selected_action": [made.token.pk]})
    assert tokens.recognise(key=made.key, now=rows.NOW) is None


def test_a_password_and_groups_that_an_administrator_sets_stand_in_the_log(people, boss):
    """What the threat model says shows: who set whose password or groups, and when."""
    client = client_of(boss)
    address = page_of("user", people.auditor.pk)
    group = Group.objects.get(name="reviewer")
    client.post(address, form_of(client, address) | {"groups": [group.pk]})
    new = {"password1": "swordfish-swordfish", "password2": "swordfish-swordfish", "usable_password": "true"}
    client.post(reverse("admin:auth_user_password_change", args=[people.auditor.pk]), new)
    logged = LogEntry.objects.filter(user=boss, object_id=str(people.auditor.pk)).order_by("pk")
    said = " ".join(entry.get_change_message().lower() for entry in logged)
    assert "groups" in said
    assert "password" in said
    history = client.get(reverse("admin:research_user_history", args=[people.auditor.pk])).content.decode()
    assert boss.username in history


def test_a_key_is_revoked_by_the_action_and_never_deleted(people, boss):
    made = tokens.create(user=people.auditor, name="x")
    client = client_of(boss)
    page = client.post(KEYS, {"action": "revoke", "_selected_action": [made.token.pk]}, follow=True).content.decode()
    assert "is revoked" in page
    assert tokens.recognise(key=made.key, now=rows.NOW) is None
    assert (
        client.post(reverse("admin:research_apitoken_delete", args=[made.token.pk]), {"post": "yes"}).status_code == 403
    )


def form_of(client, address):
    """Return what the form at the address would post, unchanged."""
    page = client.get(address)
    form = page.context["adminform"].form
    data = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    for formset in page.context["inline_admin_formsets"]:
        management = formset.formset.management_form
        data |= {management.add_prefix(name): management[name].value() for name in management.fields}
    joined = data.pop("date_joined", None)
    if joined:
        data |= {"date_joined_0": joined.date(), "date_joined_1": joined.time()}
    data.pop("last_login", None)
    return data


def test_an_administrator_puts_people_in_groups_but_makes_no_superuser(people, boss):
    client = client_of(boss)
    address = page_of("user", people.auditor.pk)
    group = Group.objects.get(name="reviewer")
    data = form_of(client, address) | {"groups": [group.pk], "is_superuser": "on"}
    assert client.post(address, data).status_code == 302
    people.auditor.refresh_from_db()
    assert list(people.auditor.groups.all()) == [group]
    assert not people.auditor.is_superuser


def test_an_administrator_does_not_touch_a_superuser(people, boss):
    client = client_of(boss)
    address = page_of("user", people.superuser.pk)
    assert client.post(address, {"username": "mine", "is_active": "on"}).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[people.superuser.pk])
    new = {"password1": "swordfish-swordfish", "password2": "swordfish-swordfish", "usable_password": "true"}
    assert client.post(password, new).status_code == 403
    people.superuser.refresh_from_db()
    assert people.superuser.username != "mine"
    assert people.superuser.check_password(rows.PASSWORD)


def test_people_are_not_deleted(people, boss):
    for user in (boss, people.superuser):
        address = reverse("admin:research_user_delete", args=[people.auditor.pk])
        assert client_of(user).post(address, {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=people.auditor.pk).exists()


def test_an_administrator_makes_a_team_with_its_people(people, boss):
    client = client_of(boss)
    address = reverse("admin:research_team_add")
    page = client.get(address)
    assert_clean(page.content.decode())
    data = form_of(client, address) | {"name": "New team", "slug": "new-team"}
    prefix = next(name for name in data if name.endswith("-TOTAL_FORMS")).removesuffix("-TOTAL_FORMS")
    data |= {f"{prefix}-TOTAL_FORMS": 1, f"{prefix}-0-user": people.auditor.pk}
    assert client.post(address, data).status_code == 302
    assert list(Team.objects.get(slug="new-team").members.all()) == [people.auditor]


def test_others_do_not_change_teams(people):
    for user in (people.requester, people.auditor):
        assert (
            client_of(user).post(page_of("team", people.team.pk), {"name": "Mine", "slug": "mine"}).status_code == 403
        )
