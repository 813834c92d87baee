"""The admin's front page: grouped by what people come for, and no more than each may see."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission

from mrd_project import site

pytestmark = pytest.mark.django_db


def groups_of(rf, user) -> dict[str, list[str]]:
    request = rf.get("/admin/")
    request.user = user
    return {group["name"]: [m["object_name"] for m in group["models"]] for group in admin.site.get_app_list(request)}


def test_the_groups_stand_in_their_order_and_hold_what_they_name(rf, django_user_model):
    shown = groups_of(rf, django_user_model.objects.create_superuser("boss"))
    titles = [title for title, _ in site.GROUPS]
    assert [title for title in shown if title != "More"] == titles
    for title, names in site.GROUPS:
        assert shown[title] == [name for name in names if name in shown[title]]


def test_every_model_of_the_admin_is_shown_once(rf, django_user_model):
    """A model no group names is not lost: it stands under "More"."""
    shown = groups_of(rf, django_user_model.objects.create_superuser("boss"))
    found = sorted(name for names in shown.values() for name in names)
    assert found == sorted({model.__name__ for model in admin.site._registry})


def test_a_person_sees_what_they_may_and_nothing_else(rf, django_user_model):
    """The groups hold exactly the models whose own admin lets this person in."""
    person = django_user_model.objects.create_user("clerk", is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_group"))
    request = rf.get("/admin/")
    request.user = person
    allowed = {model.__name__ for model, its in admin.site._registry.items() if its.has_view_permission(request)}
    shown = groups_of(rf, person)
    assert {name for names in shown.values() for name in names} == allowed
    assert shown["People"] == ["Group"]
    assert all(shown.values())


def test_an_apps_own_page_lists_that_app(client, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("boss"))
    assert client.get("/admin/research/").status_code == 200
