"""Bring together what the policy judges by: who the person is, what the subject is, who wrote it, who decided it."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from research import queries
from research.engine.domain.errors import NotFound
from research.engine.domain.states import Verdict
from research.engine.verticals import registry
from research.models import Claim, ClaimRevision, Document, Plan, Run, SectionRevision, User
from research.models.people import Membership
from research.models.record import Decision, SubjectKind

from .policy import Facts
from .requests import GATE_OF

NO_SUCH_RUN = "There is no such run."
MAX_ID = 2**63 - 1


class Standing(NamedTuple):
    """Who a person is to a run at this moment."""

    person_id: int
    is_active: bool
    is_superuser: bool
    is_member: bool
    groups: frozenset[str]


class Subject(NamedTuple):
    """What is decided: its row, and what the policy asks of it (see `policy.Facts`)."""

    kind: SubjectKind
    row: Any
    regulatory: bool = False
    author_ids: frozenset[int] = frozenset()
    decider_ids: frozenset[int] = frozenset()


def standing_of(*, person: User, run: Run) -> Standing:
    """Read who the person is now, not when their session began. Raises `NotFound` where the account is gone."""
    row = User.objects.filter(pk=person.pk).values_list("is_active", "is_superuser").first()
    if row is None:
        raise NotFound(NO_SUCH_RUN)
    groups = frozenset(person.groups.values_list("name", flat=True))
    return Standing(person.pk, row[0], row[1], is_member(person=person, run=run), groups)


def run_of(*, person: User, run_id: UUID) -> Run:
    """Return a run the person may see, with its team and requester. Raises `NotFound`."""
    run = queries.runs_of(person).select_related("team", "requester").filter(pk=run_id).first()
    if run is None:
        raise NotFound(NO_SUCH_RUN)
    return run


def is_member(*, person: User, run: Run) -> bool:
    """Tell whether the person belongs to the run's team. A superuser sees every run and belongs where they belong."""
    return Membership.objects.filter(team_id=run.team_id, user_id=person.pk).exists()


def facts_for(
    *,
    who: Standing,
    run: Run,
    subject: Subject,
    verdict: Verdict,
    door: str,
    comment: str = "",
    meaning: str = "",
    password_confirmed: bool = False,
) -> Facts:
    """Return the facts of one decision."""
    return Facts(
        gate=GATE_OF[subject.kind],
        verdict=verdict,
        door=door,
        person_id=who.person_id,
        requester_id=run.requester_id,
        is_active=who.is_active,
        is_member=who.is_member,
        is_superuser=who.is_superuser,
        groups=who.groups,
        regulatory=subject.regulatory,
        author_ids=subject.author_ids,
        decider_ids=subject.decider_ids,
        comment=comment,
        meaning=meaning,
        password_confirmed=password_confirmed,
        is_demo=run.is_demo,
    )


def locate(*, run: Run, kind: SubjectKind, subject_id: int) -> Subject:
    """Return the subject of the run with what the policy asks of it. Raises `NotFound`."""
    if not 0 < subject_id <= MAX_ID:
        raise NotFound(f"This run has no such {kind.value}.")
    return _LOCATE[kind](run, subject_id)


def _plan(run: Run, subject_id: int) -> Subject:
    return plan_subject(_one(Plan.objects.filter(run=run, pk=subject_id), SubjectKind.PLAN))


def plan_subject(plan: Plan) -> Subject:
    """Return a plan revision as a subject: whoever edited any revision of the run's plan is one of its authors."""
    editors = Plan.objects.filter(run_id=plan.run_id, author__isnull=False).values_list("author_id", flat=True)
    return Subject(SubjectKind.PLAN, plan, author_ids=_ids(editors))


def with_last_editor(claims: QuerySet[Claim]) -> QuerySet[Any]:
    """Annotate claims with `last_editor_id`: who last edited each, or None where nobody did."""
    edits = ClaimRevision.objects.filter(claim=OuterRef("pk"), author__isnull=False).order_by("-revision")
    return claims.annotate(last_editor_id=Subquery(edits.values("author_id")[:1]))


def regulatory_keys(run: Run) -> frozenset[str]:
    """Return the keys of the run's regulatory sections."""
    return frozenset(section.key for section in registry.get(run.vertical).sections if section.regulatory)


def _claim(run: Run, subject_id: int) -> Subject:
    rows = with_last_editor(Claim.objects.filter(run=run, pk=subject_id)).select_related("current", "assessment")
    return claim_subject(_one(rows, SubjectKind.CLAIM), regulatory=regulatory_keys(run))


def claim_subject(claim: Any, *, regulatory: frozenset[str]) -> Subject:
    """Return a claim that has been through `with_last_editor` as a subject, without another query."""
    authors = {claim.last_editor_id} - {None}
    return Subject(SubjectKind.CLAIM, claim, claim.section in regulatory, author_ids=frozenset(authors))


def new_claim_subject(*, run: Run, section: str) -> Subject:
    """Return a claim that is to be added to `section` as a subject: nobody wrote or decided it yet."""
    return Subject(SubjectKind.CLAIM, None, section in regulatory_keys(run))


def _section(run: Run, subject_id: int) -> Subject:
    return section_subject(_one(SectionRevision.objects.filter(run=run, pk=subject_id), SubjectKind.SECTION))


def section_subject(section: SectionRevision) -> Subject:
    """Return a section as a subject; see `section_subjects`."""
    return section_subjects([section])[0]


def section_subjects(sections: Sequence[SectionRevision]) -> list[Subject]:
    """Return sections as subjects, in two queries: whoever edited one since the engine drafted it is an author."""
    runs = {section.run_id for section in sections}
    history = SectionRevision.objects.filter(run__in=runs).order_by("-revision")
    revisions: dict[tuple[UUID, str], list[tuple[int, int | None]]] = defaultdict(list)
    for run_id, key, revision, author_id in history.values_list("run_id", "key", "revision", "author_id"):
        revisions[run_id, key].append((revision, author_id))
    decisions = Decision.objects.filter(
        subject_kind=SubjectKind.SECTION, subject_id__in=[section.pk for section in sections]
    ).exclude(verdict=Verdict.EDIT)
    deciders: dict[tuple[int, str], set[int]] = defaultdict(set)
    for section_id, digest, person_id in decisions.values_list("subject_id", "subject_digest", "person_id"):
        deciders[section_id, digest].add(person_id)
    return [
        Subject(
            SubjectKind.SECTION,
            section,
            section.regulatory,
            _since_draft(
                author for revision, author in revisions[section.run_id, section.key] if revision <= section.revision
            ),
            frozenset(deciders[section.pk, section.digest]),
        )
        for section in sections
    ]


def _since_draft(newest_first: Iterable[int | None]) -> frozenset[int]:
    """Return the authors before the first None, which is the engine: its draft has no words of theirs."""
    return frozenset(one for one in itertools.takewhile(lambda author: author is not None, newest_first) if one)


def _document(run: Run, subject_id: int) -> Subject:
    return document_subject(_one(Document.objects.filter(run=run, pk=subject_id), SubjectKind.DOCUMENT))


def document_subject(document: Document) -> Subject:
    """Return a document as a subject: whoever edited a section that stands in it is one of its authors."""
    standing = SectionRevision.objects.filter(run_id=document.run_id, status__in=("drafted", "approved"))
    authors = standing.filter(author__isnull=False).values_list("author_id", flat=True)
    return Subject(SubjectKind.DOCUMENT, document, author_ids=_ids(authors))


def _ids(found: Any) -> frozenset[int]:
    return frozenset(one for one in found if one is not None)


def _one(rows: QuerySet[Any], kind: SubjectKind) -> Any:
    row = rows.first()
    if row is None:
        raise NotFound(f"This run has no such {kind.value}.")
    return row


_LOCATE: dict[SubjectKind, Callable[[Run, int], Subject]] = {
    SubjectKind.PLAN: _plan,
    SubjectKind.CLAIM: _claim,
    SubjectKind.SECTION: _section,
    SubjectKind.DOCUMENT: _document,
}
