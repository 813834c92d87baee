"""Runs that wait at a gate, with people around them: real rows, written through the services wherever they can be."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import transaction

from research.adapters import bulk, texts
from research.engine.domain.canonical import sha256_hex
from research.engine.domain.claims import ClaimDraft, TypedValue
from research.engine.domain.documents import SectionDraft, Sentence
from research.engine.domain.evidence import CONTEXT_CHARS, Finding, Investigation, Quote, SearchRecord
from research.engine.domain.plans import Plan as PlanValue
from research.engine.domain.plans import PlanTask
from research.engine.domain.states import ClaimStatus, RunEvent, RunState
from research.engine.verification.assess import verify
from research.engine.verticals import registry
from research.models import (
    Claim,
    Document,
    Evidence,
    ExtractedText,
    Plan,
    Run,
    SectionRevision,
    Snapshot,
    Source,
    Task,
    Team,
)
from research.services import claims, composing, flow, recording, results, runs, transitions

from .cast import PASSWORD, Cast, cast, person

__all__ = ["PASSWORD", "Cast", "cast", "person"]

NOW = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)
PROMPT = "A real-money skill-gaming app for New Jersey and Ontario, against DraftKings"


TASKS = (
    PlanTask(
        key="market-revenue",
        question="How large are online gaming revenues in New Jersey, and in which period?",
        section="market_size",
        tools=("library_search", "library_scan"),
        critical=True,
        queries=("New Jersey internet gaming revenue",),
        subject="New Jersey",
    ),
    PlanTask(
        key="rivals",
        question="What do DraftKings and others offer to players of skill games?",
        section="competitors",
        tools=("library_search",),
        subject="DraftKings",
    ),
    PlanTask(
        key="law-nj",
        question="What licence does a skill-gaming operator need in New Jersey?",
        section="regulation",
        tools=("library_search",),
        critical=True,
        depends_on=("market-revenue",),
        subject="New Jersey",
    ),
    PlanTask(
        key="protection",
        question="Which protections against harm do regulators of online gaming demand?",
        section="responsible_gambling",
        tools=("library_search",),
    ),
)
_REPORT = (
    "New Jersey Internet gaming win was $1.92 billion in 2023, up 15.9% on the year before. Retail casinos in Atlantic "
    "City won $2.85 billion in the same year. DraftKings offers daily fantasy contests and an online casino in New "
    "Jersey to players of 21 and over. An operator of games of skill needs a casino service industry enterprise "
    "licence in New Jersey before it takes a stake. Players may exclude themselves from Internet gaming for one year "
    "or five years, and every operator must honour the list."
)
_ESTIMATE = (
    "Our estimate: New Jersey Internet gaming win was $2.4 billion in 2023. DraftKings holds about a third of it, "
    "people familiar with the figures say."
)
_LICENCE = (
    "An operator of games of skill needs a casino service industry enterprise licence in New Jersey before it takes "
    "a stake."
)
_CLAIMS = (
    ("market-revenue", "market_size", "New Jersey Internet gaming win was $1.92 billion in 2023.", "1.92", 0),
    ("market-revenue", "market_size", "New Jersey Internet gaming win was $2.4 billion in 2023.", "2.4", 1),
    ("rivals", "competitors", "DraftKings offers daily fantasy contests and an online casino in New Jersey.", None, 0),
    ("law-nj", "regulation", _LICENCE, None, 0),
    (
        "protection",
        "responsible_gambling",
        "Players may exclude themselves from Internet gaming for one year or five years.",
        None,
        0,
    ),
)


def _text(team: Team, words: str, title: str, **about: object) -> ExtractedText:
    sha = sha256_hex(words.encode())
    uri = about.pop("uri", None) or f"sha256:{sha}"
    source, _ = Source.objects.get_or_create(
        team=team, uri=uri, defaults={"kind": "upload", "title": title, "created_at": NOW, **about}
    )
    snapshot, _ = Snapshot.objects.get_or_create(
        source=source, sha256=sha, defaults={"size": len(words), "media_type": "text/plain", "captured_at": NOW}
    )
    made, _ = ExtractedText.objects.get_or_create(
        snapshot=snapshot,
        extractor="text",
        extractor_version="1",
        defaults={"text": words, "sha256": sha, "page_starts": [0], "created_at": NOW},
    )
    return made


def _finding(text: ExtractedText, exact: str) -> Finding:
    start = text.text.index(exact)
    end = start + len(exact)
    return Finding(
        quote=Quote(
            extracted_text_id=text.pk,
            page=1,
            start=start,
            end=end,
            exact=exact,
            prefix=text.text[max(0, start - CONTEXT_CHARS) : start],
            suffix=text.text[end : end + CONTEXT_CHARS],
        ),
        source=texts.source_ref(text.snapshot.source),
        call_key="0" * 64,
        relevance=800,
    )


def _sentence_of(text: ExtractedText, claim: str) -> str:
    """Return the whole words of the text a claim was taken from: the claim without its full stop."""
    return claim.rstrip(".") if claim.rstrip(".") in text.text else text.text.split(". ")[0]


def keep_investigation(*, run: Run, task: Task, found: Investigation, now: dt.datetime = NOW) -> None:
    """Write what an investigation of a task found."""
    writes = bulk.Writes()
    results.save_investigations([results.Found(run.pk, task, found, now)], writes)
    with transaction.atomic():
        writes.send()


def new_run(people: Cast, *, is_demo: bool = False, prompt: str = PROMPT) -> Run:
    """Create a run of the team's requester; it is planning."""
    return runs.create(
        team=people.team,
        requester=people.requester,
        prompt=prompt,
        vertical="gambling",
        engine="extractive",
        now=NOW,
        is_demo=is_demo,
    )


def _move(run: Run, event: RunEvent) -> Run:
    return transitions.apply(run=Run.objects.get(pk=run.pk), event=event, actor=recording.ENGINE, now=NOW)


@transaction.atomic
def run_at(state: RunState, people: Cast, *, more_claims: int = 0, is_demo: bool = False, prompt: str = PROMPT) -> Run:
    """Return a run that waits in `state` (one of the four gates), with all that stands there.

    more_claims: how many further claims wait at the claims gate, beside the five that always do.
    """
    run = new_run(people, is_demo=is_demo, prompt=prompt)
    plan = PlanValue(
        vertical="gambling",
        prompt=run.prompt,
        products=("skill games",),
        jurisdictions=("New Jersey", "Ontario"),
        competitors=("DraftKings",),
        tasks=TASKS,
    )
    results.save_plan(run=run, plan=plan, author=None, comment="", now=NOW)
    run = _move(run, RunEvent.PLAN_READY)
    if state is RunState.PLAN_REVIEW:
        return run
    Plan.objects.filter(run=run).update(approved_at=NOW)
    for event in (RunEvent.PLAN_APPROVED, RunEvent.RESEARCHED, RunEvent.VALIDATED):
        run = _move(run, event)
    _write_claims(run, people.team, more_claims)
    if state is RunState.CLAIM_REVIEW:
        return run
    Claim.objects.filter(run=run).update(status=ClaimStatus.ACCEPTED)
    run = _move(run, RunEvent.CLAIMS_PASSED)
    _write_sections(run)
    run = _move(run, RunEvent.DRAFTED)
    if state is RunState.REGULATORY_REVIEW:
        return run
    SectionRevision.objects.filter(run=run, regulatory=True).update(
        status="approved", first_approver=people.reviewer, second_approver=people.second_reviewer
    )
    return flow.fire(run_id=run.pk, event=RunEvent.REGULATORY_PASSED, actor=recording.RULE, now=NOW)


def _write_claims(run: Run, team: Team, more: int) -> None:
    extra = [f"Observer {n} counted skill players in New Jersey in wave {n} of its panel." for n in range(1, 1 + more)]
    texts = (
        _text(
            team,
            " ".join([_REPORT, *extra]),
            "Internet gaming in New Jersey: annual report",
            publisher="Division of Gaming Enforcement",
            published_date=dt.date(2024, 1, 16),
            reliability=900,
        ),
        _text(team, _ESTIMATE, "Skill gaming weekly, issue 14", reliability=400),
    )
    wanted = [*_CLAIMS, *(("rivals", "competitors", text, None, 0) for text in extra)]
    drafts: dict[str, list[ClaimDraft]] = {}
    for task_key, section, text, number, where in wanted:
        task = Task.objects.get(plan__run=run, key=task_key)
        finding = _finding(texts[where], _sentence_of(texts[where], text))
        search = SearchRecord(tool="library_search", query=task.question, hits=3)
        keep_investigation(
            run=run,
            task=task,
            found=Investigation(
                task_key=task_key, outcome="found", reason="found", findings=(finding,), searches=(search,)
            ),
            now=NOW,
        )
        row = Evidence.objects.get(run=run, task_key=task_key, key=finding.quote.key())
        value = number and TypedValue(
            number=Decimal(number),
            scale=Decimal(1_000_000_000),
            currency="USD",
            period="2023",
            entity="New Jersey",
            metric="internet gaming win",
        )
        drafts.setdefault(task_key, []).append(
            ClaimDraft(task_key=task_key, section=section, text=text, value=value or None, evidence_ids=(row.pk,))
        )
    for some in drafts.values():
        claims.propose(run=run, drafts=some, now=NOW)
    questions = dict(Task.objects.filter(plan__run=run).values_list("key", "question"))
    hands = claims.in_hand(run, registry.get(run.vertical), questions, statuses=[ClaimStatus.PROPOSED])
    results.save_verification(run=run, step=None, verification=verify(hands), now=NOW)
    # Every one of them waits, whatever verification thought: gates are what is tested here.
    Claim.objects.filter(run=run).exclude(status=ClaimStatus.MERGED).update(
        status=ClaimStatus.QUEUED, decided_by_rule=False
    )


def _write_sections(run: Run) -> None:
    accepted = composing.accepted_claims(run)
    for spec in registry.get(run.vertical).sections:
        mine = [claim for claim in accepted if claim.section == spec.key]
        sentences = tuple(Sentence(text=claim.text, claims=(claim.revision_id,)) for claim in mine)
        nothing = (Sentence(text="Insufficient data: the sources hold nothing on this.", kind="gap"),)
        draft = SectionDraft(key=spec.key, title=spec.title, regulatory=spec.regulatory, sentences=sentences or nothing)
        results.save_section(run=run, draft=draft, now=NOW)


def plan_of(run: Run) -> Plan:
    return Plan.objects.get(run=run, voided_at__isnull=True)


def claim_of(run: Run, *, section: str = "competitors") -> Claim:
    """Return the first waiting claim of a section. "regulation" is regulatory, "competitors" is not."""
    return Claim.objects.filter(run=run, section=section).exclude(status=ClaimStatus.MERGED).order_by("pk")[0]


def section_of(run: Run, key: str = "regulation") -> SectionRevision:
    return SectionRevision.objects.get(run=run, key=key, status__in=["drafted", "approved"])


def document_of(run: Run) -> Document:
    return Document.objects.filter(run=run).order_by("-revision")[0]
