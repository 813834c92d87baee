"""A small world to run in: a team and its people, one document in the library, and people who decide.

Used by the crash harness, the flow tests and the benches, which run outside pytest too.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, NamedTuple

from django.contrib.auth.models import Group
from django.db import transaction

from research.adapters import texts
from research.engine.domain.canonical import sha256_hex
from research.engine.domain.evidence import Finding, Quote
from research.engine.domain.states import ClaimStatus, RunState, Verdict
from research.engine.verticals import registry
from research.models import (
    Claim,
    Document,
    ExtractedText,
    Plan,
    Run,
    SectionRevision,
    Snapshot,
    Source,
    Team,
    User,
)
from research.services import gates

GROUPS = {
    "requester": ["requester"],
    "reviewer": ["reviewer", "regulatory reviewer"],
    "second_reviewer": ["reviewer", "regulatory reviewer"],
    "approver": ["approver"],
    "auditor": ["auditor"],
    "administrator": ["administrator"],
}


class People(NamedTuple):
    team: Team
    requester: User
    reviewer: User
    second_reviewer: User
    approver: User
    auditor: User
    administrator: User


def people(prefix: str) -> People:
    """Make a team with one person of each role; `prefix` keeps several worlds apart."""
    tag = f"{prefix}-{uuid.uuid4().hex[:6]}"
    team = Team.objects.create(name=f"Team {tag}", slug=tag)
    made = {}
    for role, groups in GROUPS.items():
        user = User.objects.create(username=f"{tag}-{role}", is_staff=True)
        user.groups.set(Group.objects.filter(name__in=groups))
        team.members.add(user)
        made[role] = user
    return People(team=team, **made)


def vertical_sections(name: str) -> tuple[str, ...]:
    return registry.get(name).section_keys()


def quotes(world: People, *, count: int) -> list[dict[str, Any]]:
    """Put one document of `count` plain sentences into the team's library; return a Finding as JSON for each."""
    now = dt.datetime.now(dt.UTC)
    words = [
        "Desks",
        "Reviewers",
        "Auditors",
        "Queues",
        "Archives",
        "Ledgers",
        "Gates",
        "Signatures",
        "Snapshots",
        "Claims",
        "Plans",
        "Teams",
    ]
    sentences = [
        f"{words[n % len(words)]} of market {n} answer the point under research in their own words."
        for n in range(count)
    ]
    text = "\n".join(sentences)
    source = Source.objects.create(
        team=world.team,
        kind="upload",
        uri=f"sha256:{sha256_hex(text.encode())}",
        title="Scripted",
        reliability=300,
        created_at=now,
    )
    from research.adapters import snapshots

    digest = snapshots.local().put(team_id=world.team.pk, data=text.encode())
    snapshot = Snapshot.objects.create(
        source=source, sha256=digest, size=len(text), media_type="text/plain", captured_at=now
    )
    extracted = ExtractedText.objects.create(
        snapshot=snapshot,
        extractor="text",
        extractor_version="1",
        text=text,
        sha256=sha256_hex(text.encode()),
        page_starts=[0],
        created_at=now,
    )
    found = []
    for sentence in sentences:
        start = text.index(sentence)
        quote = Quote(extracted_text_id=extracted.pk, page=1, start=start, end=start + len(sentence), exact=sentence)
        found.append(Finding(quote=quote, source=texts.source_ref(source), relevance=300).model_dump(mode="json"))
    return found


def by(person: User, comment: str = "") -> gates.By:
    return gates.By(person=person, door="demo", comment=comment, now=dt.datetime.now(dt.UTC))


def decide_all(run: Run, world: People) -> None:
    """Let the people approve whatever waits at the run's present gate, as shown."""
    with transaction.atomic():
        held = gates.hold(run.pk)
        match RunState(held.state):
            case RunState.PLAN_REVIEW:
                plan = Plan.objects.get(run=run, voided_at__isnull=True)
                gates.approve_plan(run=held, plan=plan, digest=plan.digest, by=by(world.reviewer))
            case RunState.CLAIM_REVIEW:
                for claim in Claim.objects.filter(run=run, status=ClaimStatus.QUEUED).order_by("pk"):
                    held = gates.hold(run.pk)
                    gates.decide_claim(
                        run=held, claim=claim, digest=claim.shown_digest, verdict=Verdict.APPROVE, by=by(world.reviewer)
                    )
            case RunState.REGULATORY_REVIEW:
                waiting = SectionRevision.objects.filter(run=run, regulatory=True, status="drafted").order_by(
                    "position"
                )
                for section in waiting:
                    for person in (world.reviewer, world.second_reviewer):
                        held = gates.hold(run.pk)
                        gates.approve_section(run=held, section=section, digest=section.digest, by=by(person))
            case RunState.SIGN_OFF:
                document = Document.objects.get(run=run, status="composed")
                gates.sign(
                    run=held, document=document, digest=document.digest, meaning="Approved", by=by(world.approver)
                )
            case _:
                return
    run.refresh_from_db()
    if run.state == RunState.SIGN_OFF:
        decide_all(run, world)
