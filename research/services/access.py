"""Who may look, begin and operate. Who may decide is not asked here: `reviews.policy` says that."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from research.engine.domain.errors import Refused
from research.models import Membership, Run, User

REQUESTER = "requester"
ADMINISTRATOR = "administrator"
AUDITOR = "auditor"
GROUPS = frozenset({REQUESTER, "reviewer", "regulatory reviewer", "approver", AUDITOR, ADMINISTRATOR})

Person = User | AnonymousUser


def groups_of(user: Person) -> frozenset[str]:
    """Return the names of the user's groups, asked once for each user object (one request)."""
    if not isinstance(user, User):
        return frozenset()
    known: frozenset[str] | None = getattr(user, "_mrd_groups", None)
    if known is None:
        known = frozenset(user.groups.values_list("name", flat=True))
        user._mrd_groups = known  # type: ignore[attr-defined]  # noqa: SLF001 - ours, for one request
    return known


def may_view(user: Person) -> bool:
    """Tell whether the user may look at what belongs to their teams: an active member of one of the six groups."""
    return bool(user.is_active and (user.is_superuser or groups_of(user) & GROUPS))


def is_administrator(user: Person) -> bool:
    return bool(user.is_active and (user.is_superuser or ADMINISTRATOR in groups_of(user)))


def may_create(user: Person) -> bool:
    """Tell whether the user may ask for runs: requesters and administrators."""
    return bool(user.is_active and (is_administrator(user) or REQUESTER in groups_of(user)))


def may_operate(user: Person, run: Run) -> bool:
    """Tell whether the user may pause, resume, retry, cancel and fund the run.

    Its requester or an administrator, and in either case a member of the run's team: a superuser reads across teams
    and operates in their own alone.
    """
    if not isinstance(user, User):
        return False
    in_the_part = is_administrator(user) or (may_create(user) and run.requester_id == user.pk)
    return in_the_part and Membership.objects.filter(team_id=run.team_id, user_id=user.pk).exists()


def may_reset_breakers(user: Person) -> bool:
    """Tell whether the user may close breakers by hand: administrators, as a breaker stands for every team's runs."""
    return is_administrator(user)


def require_view(user: Person) -> None:
    """Raise `Refused` unless the user may look."""
    if not may_view(user):
        raise Refused("You are in no group of MRD Desk yet: ask an administrator to add you to one.", rule="group")


def require_create(user: Person) -> None:
    """Raise `Refused` unless the user may ask for runs."""
    if not may_create(user):
        raise Refused("Only requesters and administrators may ask for a run.", rule="create_run")


def require_operate(user: Person, run: Run) -> None:
    """Raise `Refused` unless the user may operate the run."""
    if not may_operate(user, run):
        raise Refused(
            "Only the run's requester or an administrator, as a member of its team, may do this.", rule="operate_run"
        )
