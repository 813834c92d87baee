"""The demo's people, documents and runs. Everything it makes is marked as a demo, decisions included."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction

from research.engine.domain.errors import Conflict
from research.engine.domain.states import WORKING, ClaimStatus, RunState, Verdict
from research.models import Claim, Document, Plan, Run, SectionRevision, Team, User
from research.models.record import SubjectKind
from research.services import library, runs
from reviews import decide as deciding
from reviews.requests import DecisionRequest

# Known to everybody who reads this: the demo serves on the loopback address alone and refuses production.
PASSWORD = "mrd-desk-demo"  # noqa: S105
MEANING = "Demo decision: approved to show what a signed document looks like."
SAMPLES = settings.BASE_DIR / "research" / "samples"

GAMBLING = "A real-money skill-gaming app for New Jersey and Ontario, against Brightdeck Games and Oakline Arcade"
SAAS = "A contract-review SaaS for mid-size law firms in the United States and Germany"


class Person(NamedTuple):
    """A demo login and the groups it is in."""

    username: str
    first_name: str
    last_name: str
    groups: tuple[str, ...]
    does: str


PEOPLE = (
    Person("rita", "Rita", "Requester", ("requester",), "asks for documents"),
    Person(
        "ravi", "Ravi", "Reviewer", ("reviewer", "regulatory reviewer"), "reviews plans, claims, regulatory sections"
    ),
    Person(
        "rosa", "Rosa", "Reviewer", ("reviewer", "regulatory reviewer"), "is the second person on regulatory sections"
    ),
    Person("anna", "Anna", "Approver", ("approver",), "signs"),
    Person("otto", "Otto", "Auditor", ("auditor",), "looks at everything, decides nothing"),
    Person("ada", "Ada", "Administrator", ("administrator",), "people, keys, stuck steps"),
)


class Show(NamedTuple):
    """One run of the demo and the state it is to be looked at in."""

    prompt: str
    vertical: str
    ends_in: RunState


SHOWS = (
    Show(GAMBLING, "gambling", RunState.COMPLETED),
    Show(SAAS, "saas", RunState.CLAIM_REVIEW),
    Show("A real-money card and puzzle league for Ontario", "gambling", RunState.PLAN_REVIEW),
)


def people() -> tuple[Team, dict[str, User]]:
    """Make the demo team and its people, or find them; their password is set anew."""
    with transaction.atomic():
        team, _ = Team.objects.get_or_create(slug="demo", defaults={"name": "Demo team"})
        found = {}
        for person in PEOPLE:
            user, _ = User.objects.update_or_create(
                username=person.username,
                defaults={"first_name": person.first_name, "last_name": person.last_name, "is_staff": True},
            )
            user.set_password(PASSWORD)
            user.save(update_fields=["password"])
            user.groups.set(Group.objects.filter(name__in=person.groups))
            team.members.add(user)
            found[person.username] = user
    return team, found


def load_samples(team: Team, user: User, *, progress: Callable[[library.Progress], None]) -> library.Report:
    """Add the bundled sample library; what the team has already is known and adds nothing."""
    return library.add_files(team=team, paths=[SAMPLES], added_by=user, progress=progress)


def run_for(show: Show, *, team: Team, requester: User, engine: str) -> Run:
    """Return the demo's run for `show` on `engine`, created unless an earlier demo left it."""
    earlier = Run.objects.filter(team=team, prompt=show.prompt, is_demo=True, engine=engine).exclude(
        state__in=[RunState.CANCELLED, RunState.FAILED]
    )
    return earlier.first() or runs.create(
        team=team,
        requester=requester,
        prompt=show.prompt,
        vertical=show.vertical,
        engine=engine,
        now=dt.datetime.now(dt.UTC),
        is_demo=True,
    )


def is_there(run: Run, show: Show) -> bool:
    """Tell whether the run needs nothing more from the demo: at its gate, past it, or stuck."""
    return run.state == show.ends_in or run.state not in (
        WORKING
        | {RunState.IDLE, RunState.PLAN_REVIEW, RunState.CLAIM_REVIEW, RunState.REGULATORY_REVIEW, RunState.SIGN_OFF}
    )


def decide(run: Run, found: dict[str, User]) -> None:
    """Let the demo people decide what waits at the run's gate, as shown to them, through the same policy as anybody."""
    match RunState(run.state):
        case RunState.PLAN_REVIEW:
            plan = Plan.objects.get(run=run, voided_at__isnull=True)
            _decide(run, found["ravi"], SubjectKind.PLAN, plan.pk, plan.digest)
        case RunState.CLAIM_REVIEW:
            _decide_claims(run, found["ravi"])
        case RunState.REGULATORY_REVIEW:
            for section in SectionRevision.objects.filter(run=run, regulatory=True, status="drafted"):
                for name in ("ravi", "rosa"):
                    _decide(run, found[name], SubjectKind.SECTION, section.pk, section.digest)
        case RunState.SIGN_OFF:
            document = Document.objects.get(run=run, status="composed")
            _decide(run, found["anna"], SubjectKind.DOCUMENT, document.pk, document.digest)


def _decide_claims(run: Run, reviewer: User) -> None:
    """Accept what waits, but reject law that verification calls stale and what rests on it: nobody would sign for it.

    The stale first, as what rests on them changes with them; so each claim is read again when its turn comes.
    """
    queued = Claim.objects.filter(run=run, status=ClaimStatus.QUEUED).select_related("assessment", "current")
    for key in [claim.pk for claim in sorted(queued, key=lambda claim: (not _is_stale(claim), claim.pk))]:
        claim = queued.filter(pk=key).first()
        if claim is None:
            continue
        shown = (run, reviewer, SubjectKind.CLAIM, claim.pk, claim.shown_digest)
        if _is_stale(claim):
            _decide(*shown, rejected="stale, a newer source says otherwise")
            continue
        try:
            _decide(*shown)
        except Conflict:
            _decide(*shown, rejected="it rests on a rejected claim")


def _is_stale(claim: Claim) -> bool:
    """Tell whether verification found the law that the claim states out of effect or replaced.

    An older figure of a market is none: both are shown, and the newer one need not be the better.
    """
    if claim.assessment is None or claim.current is None or claim.current.role != "regulation":
        return False
    return any(why.startswith("stale") for why in claim.assessment.to_people)


def _decide(run: Run, person: User, kind: SubjectKind, subject_id: int, digest: str, *, rejected: str = "") -> None:
    signs = kind is SubjectKind.DOCUMENT
    request = DecisionRequest(
        run_id=run.pk,
        subject=kind,
        subject_id=subject_id,
        digest=digest,
        verdict=Verdict.REJECT if rejected else Verdict.APPROVE,
        comment=f"Demo decision: {rejected}." if rejected else "Demo decision.",
        meaning=MEANING if signs else "",
        password=PASSWORD if signs else "",
    )
    deciding.decide(person=person, door="demo", request=request, now=dt.datetime.now(dt.UTC))
