"""What waits for people, and what of it for one person. A fixed number of queries, however many runs wait."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count

from research import queries
from research.engine.domain.states import GATE_STATE, ClaimStatus, Gate, Verdict
from research.models import Claim, Plan, Run, SectionRevision, User
from research.models.people import Membership
from research.models.record import SubjectKind

from . import facts, policy

GATE_OF_STATE: dict[str, Gate] = {state: gate for gate, state in GATE_STATE.items()}
GATE_NAMES = {
    Gate.PLAN: "Plan",
    Gate.CLAIMS: "Claims",
    Gate.REGULATORY: "Regulatory",
    Gate.SIGN_OFF: "Sign-off",
}
_DECIDED = (ClaimStatus.ACCEPTED, ClaimStatus.REJECTED)
STANDING = ("drafted", "approved")


class Row(NamedTuple):
    """One run at a gate. open, mine: subjects that wait, and those this person may approve. done of total: decided."""

    run: Run
    gate: Gate
    gate_name: str
    since: dt.datetime
    open: int
    mine: int
    done: int
    total: int
    why_not: str

    @property
    def share(self) -> int:
        """Return the decided part in whole per cent."""
        return self.done * 100 // self.total if self.total else 0


class _Waiting(NamedTuple):
    """Subjects of one run that the policy judges alike, and how many they are."""

    subject: facts.Subject
    size: int = 1


def waiting(*, person: User, gate: Gate | None = None) -> list[Row]:
    """Return the runs of the person's teams that wait at a gate, those waiting longest first."""
    states = [GATE_STATE[gate]] if gate else list(GATE_STATE.values())
    runs = list(
        queries.runs_of(person)
        .filter(state__in=states)
        .select_related("team", "requester")
        .order_by("state_since", "pk")
    )
    by_gate: dict[Gate, list[Run]] = defaultdict(list)
    for run in runs:
        by_gate[GATE_OF_STATE[run.state]].append(run)
    subjects: dict[UUID, list[_Waiting]] = defaultdict(list)
    done: dict[UUID, int] = defaultdict(int)
    _plans(by_gate[Gate.PLAN], subjects)
    _claims(by_gate[Gate.CLAIMS], subjects, done)
    _sections(by_gate[Gate.REGULATORY], subjects, done)
    _documents(by_gate[Gate.SIGN_OFF], subjects)
    groups = frozenset(person.groups.values_list("name", flat=True))
    teams = set(Membership.objects.filter(user_id=person.pk).values_list("team_id", flat=True))
    return [_row(run, _who(person, run, groups, teams), subjects[run.pk], done[run.pk]) for run in runs]


def _who(person: User, run: Run, groups: frozenset[str], teams: set[int]) -> facts.Standing:
    return facts.Standing(person.pk, person.is_active, person.is_superuser, run.team_id in teams, groups)


def _row(run: Run, who: facts.Standing, subjects: Iterable[_Waiting], done: int) -> Row:
    gate = GATE_OF_STATE[run.state]
    waits = mine = 0
    why_not = ""
    for subject, size in subjects:
        waits += size
        judged = facts.facts_for(who=who, run=run, subject=subject, verdict=Verdict.APPROVE, door="desk")
        refused = policy.objection(judged, leave_out=policy.ASKED)
        if refused is None:
            mine += size
        else:
            why_not = refused.detail
    return Row(run, gate, GATE_NAMES[gate], run.state_since, waits, mine, done, waits + done, "" if mine else why_not)


def _plans(runs: list[Run], subjects: dict[UUID, list[_Waiting]]) -> None:
    authors = defaultdict(set)
    for run_id, author_id in Plan.objects.filter(run__in=runs).values_list("run_id", "author_id"):
        authors[run_id].add(author_id)
    for run in runs:
        who = frozenset(one for one in authors[run.pk] if one is not None)
        subjects[run.pk].append(_Waiting(facts.Subject(SubjectKind.PLAN, None, author_ids=who)))


def _claims(runs: list[Run], subjects: dict[UUID, list[_Waiting]], done: dict[UUID, int]) -> None:
    regulatory = {run.pk: facts.regulatory_keys(run) for run in runs}
    rows = facts.with_last_editor(Claim.objects.filter(run__in=runs, status=ClaimStatus.QUEUED))
    alike = rows.values("run_id", "section", "last_editor_id").annotate(n=Count("pk")).order_by()
    for row in alike:
        authors = frozenset({row["last_editor_id"]} - {None})
        is_regulatory = row["section"] in regulatory[row["run_id"]]
        subject = facts.Subject(SubjectKind.CLAIM, None, is_regulatory, author_ids=authors)
        subjects[row["run_id"]].append(_Waiting(subject, row["n"]))
    decided = Claim.objects.filter(run__in=runs, status__in=_DECIDED, decided_by_rule=False)
    done.update(decided.values_list("run_id").annotate(n=Count("pk")).order_by())


def _sections(runs: list[Run], subjects: dict[UUID, list[_Waiting]], done: dict[UUID, int]) -> None:
    standing = SectionRevision.objects.filter(run__in=runs, regulatory=True, status__in=STANDING).defer("body")
    for subject in facts.section_subjects(list(standing)):
        if subject.row.status == "approved":
            done[subject.row.run_id] += 1
        else:
            subjects[subject.row.run_id].append(_Waiting(subject))


def _documents(runs: list[Run], subjects: dict[UUID, list[_Waiting]]) -> None:
    authors = defaultdict(set)
    standing = SectionRevision.objects.filter(run__in=runs, status__in=STANDING, author__isnull=False)
    for run_id, author_id in standing.values_list("run_id", "author_id"):
        authors[run_id].add(author_id)
    for run in runs:
        subject = facts.Subject(SubjectKind.DOCUMENT, None, author_ids=frozenset(authors[run.pk]))
        subjects[run.pk].append(_Waiting(subject))
