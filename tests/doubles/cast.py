"""People around a run: a team, each in one part, and two who are not of the team."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from django.contrib.auth.models import Group

from research.models import Team, User

PASSWORD = "nine-green-bottles"
_number = itertools.count(1)


class Cast(NamedTuple):
    """A team's people, each in the one part their name says, and two who are not of the team."""

    team: Team
    requester: User
    reviewer: User
    second_reviewer: User
    third_reviewer: User
    approver: User
    auditor: User
    outsider: User
    superuser: User


def person(name: str, *groups: str, team: Team | None = None, **more: object) -> User:
    """Make a staff member with the password `PASSWORD`, in `groups` and, where given, in `team`."""
    user = User(username=name, is_staff=True, **more)
    user.set_password(PASSWORD)
    user.save()
    user.groups.set([Group.objects.get_or_create(name=group)[0] for group in groups])
    if team is not None:
        team.members.add(user)
    return user


def cast(tag: str = "") -> Cast:
    """Make a team and its people. The outsider reviews for another team; the superuser belongs to none."""
    tag = tag or f"t{next(_number)}"
    team = Team.objects.create(name=f"Team {tag}", slug=tag)
    other = Team.objects.create(name=f"Others {tag}", slug=f"{tag}-others")
    both = ("reviewer", "regulatory reviewer")
    everything = ("reviewer", "regulatory reviewer", "approver")
    return Cast(
        team=team,
        # In every group that decides, so that nothing but their own part in the run keeps them from it.
        requester=person(f"{tag}-requester", "requester", *everything, team=team, first_name="Rita", last_name="Quest"),
        reviewer=person(f"{tag}-reviewer", *both, team=team, first_name="Vera", last_name="Lind"),
        second_reviewer=person(f"{tag}-second", *both, team=team, first_name="Otto", last_name="Berg"),
        third_reviewer=person(f"{tag}-third", *both, team=team),
        approver=person(f"{tag}-approver", "approver", team=team, first_name="Ada", last_name="Prove"),
        auditor=person(f"{tag}-auditor", "auditor", *everything, team=team),
        outsider=person(f"{tag}-outsider", *everything, team=other),
        superuser=person(f"{tag}-root", *everything, is_superuser=True),
    )
