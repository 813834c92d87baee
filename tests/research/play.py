"""Carry a run through by hand: claim its steps and write results through the services, on the test's own connection."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db import transaction

from research.adapters import texts
from research.adapters.ledger import StepLedger
from research.engine.domain.canonical import sha256_hex
from research.engine.domain.claims import ClaimDraft
from research.engine.domain.documents import SectionDraft, Sentence
from research.engine.domain.evidence import Finding, Investigation, Quote, SearchRecord
from research.engine.domain.plans import Plan, PlanTask
from research.engine.domain.states import RunState, StepKind
from research.engine.ports import CallOutcome, CallRequest
from research.engine.verification.assess import verify
from research.models import Evidence, ExtractedText, Run, Snapshot, Source, Step, Task
from research.services import steps, work
from tests.doubles import rows, world

NOW = rows.NOW
LEASE_S = 30.0
WORDS = {
    "first": "Desks of the first market answer the point under research in their own words.",
    "second": "Reviewers of the second market answer the point under research in their own words.",
    "third": "Auditors of the third market answer the point under research in their own words.",
}


def later(seconds: float) -> dt.datetime:
    """Return the moment `seconds` after NOW."""
    return NOW + dt.timedelta(seconds=seconds)


def tasks(*, section: str = "competitors") -> tuple[PlanTask, ...]:
    """Return three tasks, the third waiting for the first two."""
    common: dict[str, Any] = {"section": section, "tools": ("library_search",)}
    return (
        PlanTask(key="first", question="What do the sources say of the first market?", **common),
        PlanTask(key="second", question="What do the sources say of the second market?", **common),
        PlanTask(
            key="third",
            question="What follows from both?",
            depends_on=("first", "second"),
            layer="synthesis",
            queries=("third market",),
            **common,
        ),
    )


def plan_for(run: Run, *, section: str = "competitors") -> Plan:
    return Plan(vertical=run.vertical, prompt=run.prompt, tasks=tasks(section=section))


def text_of(run: Run) -> ExtractedText:
    """Return the one text of the team's library, made on first use, its bytes archived."""
    from research.adapters import snapshots

    whole = "\n".join(WORDS.values())
    sha = snapshots.local().put(team_id=run.team_id, data=whole.encode())
    source, _ = Source.objects.get_or_create(
        team=run.team,
        uri=f"sha256:{sha}",
        defaults={"kind": "upload", "title": "Of markets", "publisher": "A desk", "created_at": NOW},
    )
    snapshot, _ = Snapshot.objects.get_or_create(
        source=source, sha256=sha, defaults={"size": len(whole), "media_type": "text/plain", "captured_at": NOW}
    )
    made, _ = ExtractedText.objects.get_or_create(
        snapshot=snapshot,
        extractor="text",
        extractor_version="1",
        defaults={"text": whole, "sha256": sha256_hex(whole.encode()), "page_starts": [0], "created_at": NOW},
    )
    return made


def finding(run: Run, key: str) -> Finding:
    text = text_of(run)
    start = text.text.index(WORDS[key])
    return Finding(
        quote=Quote(
            extracted_text_id=text.pk,
            page=1,
            start=start,
            end=start + len(WORDS[key]),
            exact=WORDS[key],
            prefix=text.text[max(0, start - 64) : start],
            suffix=text.text[start + len(WORDS[key]) :][:64],
        ),
        source=texts.source_ref(text.snapshot.source),
    )


@transaction.atomic
def claim(*, limit: int = 100, now: dt.datetime = NOW, driver: uuid.UUID | None = None) -> list[Step]:
    return steps.claim(driver_id=driver or uuid.uuid4(), limit=limit, lease_s=LEASE_S, now=now)


def result_of(step: Step, *, section: str = "competitors") -> Any:
    """Return what a well-behaved engine gives for the step."""
    run = Run.objects.get(pk=step.run_id)
    match StepKind(step.kind):
        case StepKind.PLAN:
            return plan_for(run, section=section)
        case StepKind.INVESTIGATE:
            return Investigation(
                task_key=step.key,
                outcome="found",
                reason="as played",
                findings=(finding(run, step.key),),
                searches=(SearchRecord(tool="library_search", query=step.key, hits=1),),
            )
        case StepKind.EXTRACT:
            task = Task.objects.get(pk=step.task_id)
            return tuple(
                ClaimDraft(task_key=task.key, section=task.section, text=row.exact, evidence_ids=(row.pk,))
                for row in Evidence.objects.filter(run=run, task_key=task.key).order_by("pk")
            )
        case StepKind.VERIFY:
            return verify(work.load(step)["claims"])
        case StepKind.DRAFT:
            bundle = work.load(step)["bundle"]
            sentences = tuple(Sentence(text=one.text, claims=(one.revision_id,)) for one in bundle.claims)
            return SectionDraft(
                key=bundle.brief.key,
                title=bundle.brief.title,
                regulatory=bundle.brief.regulatory,
                sentences=sentences or (Sentence(text="Insufficient data: nothing was found.", kind="gap"),),
            )


@transaction.atomic
def complete(step: Step, *, result: Any = None, now: dt.datetime = NOW, section: str = "competitors") -> None:
    given = result_of(step, section=section) if result is None else result
    work.complete(step=step, input_digest=sha256_hex(b"inputs"), result=given, now=now)


def drive(run: Run, *, now: dt.datetime = NOW, section: str = "competitors") -> Run:
    """Claim and complete steps until there is none; return the run as it is then."""
    while claimed := claim(now=now):
        for step in claimed:
            complete(step, now=now, section=section)
    run.refresh_from_db()
    return run


def carry_to(state: RunState, run: Run, people: Any, *, section: str = "competitors") -> Run:
    """Let steps and people do their parts until the run is in `state`."""
    for _ in range(12):
        drive(run, section=section)
        if run.state == state:
            return run
        world.decide_all(run, people)
        run.refresh_from_db()
    raise AssertionError(f"the run is {run.state}, not {state}")


async def made(ledger: StepLedger, request: CallRequest, perform: Any) -> CallOutcome:
    """Make a call as the only one of its step: its outcome is written when this returns."""
    outcome = await ledger.call(request, perform)
    await ledger.written()
    return outcome
