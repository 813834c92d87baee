"""Check that what stands follows from what was decided: states, statuses and approvals against decisions and events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from research.engine.domain.canonical import sha256_hex
from research.engine.domain.claims import passes
from research.engine.domain.evidence import Quote
from research.engine.domain.states import ClaimStatus, RunState, Verdict
from research.models import Claim, ClaimEvidence, ClaimRevision, Decision, Evidence, Plan, Run, SectionRevision, Step
from research.models.record import SubjectKind

from . import claims, recording

Told = Sequence[tuple[str, str, dict[str, Any]]]

# Once a run is here, no claim may wait for a person.
PAST_CLAIMS = (RunState.DRAFTING, RunState.REGULATORY_REVIEW, RunState.SIGN_OFF, RunState.COMPLETED)


def problems_of(run: Run, told: Told) -> Iterator[str]:
    """Yield a sentence for everything that stands without having been decided. told: kind, actor, payload, in order."""
    yield from _request(run, told)
    yield from _state(run, told)
    verdicts: dict[tuple[str, int], list[Decision]] = {}
    for row in Decision.objects.filter(run=run).order_by("pk"):
        verdicts.setdefault((row.subject_kind, row.subject_id), []).append(row)
    yield from _plans(run, verdicts)
    yield from _claims(run, verdicts)
    yield from _sections(run, verdicts)
    yield from _documents(run)
    yield from _revisions(run)
    yield from _calls(run, told)


def _request(run: Run, told: Told) -> Iterator[str]:
    first = next(((actor, body) for kind, actor, body in told if kind == "run.created"), ("", {}))
    actor, body = first
    data = body.get("data", {})
    asked = (str(run.requester.actor_id), sha256_hex(run.prompt.encode()), run.vertical, run.engine, run.team_id)
    if (actor, data.get("prompt"), data.get("vertical"), data.get("engine"), data.get("team")) != asked:
        yield "the request (who, prompt, vertical, engine, team) is not what its first event says"
    if any(bool(body.get("demo")) != run.is_demo for _, _, body in told):
        yield "the run is marked as a demo where its events are not, or the other way round"


def _state(run: Run, told: Told) -> Iterator[str]:
    states = [body["data"]["to"] for _, _, body in told if "to" in body.get("data", {})]
    stands = states[-1] if states else RunState.IDLE
    if run.state != stands:
        yield f"the run is in state '{run.state}' and its events lead to '{stands}'"


def _plans(run: Run, verdicts: dict[tuple[str, int], list[Decision]]) -> Iterator[str]:
    for plan in Plan.objects.filter(run=run):
        given = [row for row in verdicts.get((SubjectKind.PLAN, plan.pk), []) if row.verdict == Verdict.APPROVE]
        approved = any(row.subject_digest == plan.digest for row in given)
        if approved != (plan.approved_at is not None):
            yield f"plan revision {plan.revision} and the decisions on it disagree on whether it was approved"


def _claims(run: Run, verdicts: dict[tuple[str, int], list[Decision]]) -> Iterator[str]:
    for claim in Claim.objects.filter(run=run).select_related("current", "assessment"):
        seen = claim.assessment
        if claim.status == ClaimStatus.QUEUED and run.state in PAST_CLAIMS:
            yield f"claim {claim.key} waits for a person, and the run is past its gate"
        if claim.status not in (ClaimStatus.ACCEPTED, ClaimStatus.REJECTED):
            continue
        if claim.status == ClaimStatus.ACCEPTED and claim.decided_by_rule:
            if seen is None or seen.to_people or not passes(seen.confidence) or seen.revision_id != claim.current_id:
                yield f"claim {claim.key} is accepted by rule, and its assessment sends it to people"
            continue
        wanted = Verdict.APPROVE if claim.status == ClaimStatus.ACCEPTED else Verdict.REJECT
        decided = [
            row
            for row in verdicts.get((SubjectKind.CLAIM, claim.pk), [])
            if row.verdict == wanted and seen is not None and row.decided_at >= seen.created_at
        ]
        if not decided:
            yield f"claim {claim.key} is {claim.status}, and nobody decided so on what it now says"


def _sections(run: Run, verdicts: dict[tuple[str, int], list[Decision]]) -> Iterator[str]:
    for section in SectionRevision.objects.filter(run=run, regulatory=True):
        given = {
            row.person_id
            for row in verdicts.get((SubjectKind.SECTION, section.pk), [])
            if row.verdict == Verdict.APPROVE and row.subject_digest == section.digest
        }
        named = {pk for pk in (section.first_approver_id, section.second_approver_id) if pk is not None}
        if named != given or (section.status == "approved" and len(given) < 2):  # noqa: PLR2004 - two people
            yield f"section {section.key} revision {section.revision} and the decisions on it disagree"


def _documents(run: Run) -> Iterator[str]:
    signed = [row for row in run.documents.all() if row.status == "signed"]
    signatures = {row.document_id for row in run.signatures.all()}
    if {row.pk for row in signed} != signatures:
        yield "a document is marked as signed without a signature, or a signature is over one that is not"
    if (run.state == RunState.COMPLETED) != bool(signed):
        yield "the run is completed without a signed document, or has one and is not"


def _revisions(run: Run) -> Iterator[str]:
    links: dict[int, list[str]] = {}
    for link in ClaimEvidence.objects.filter(revision__claim__run=run).select_related("evidence"):
        links.setdefault(link.revision_id, []).append(link.evidence.key)
    for row in ClaimRevision.objects.filter(claim__run=run).select_related("claim"):
        if claims.revision_digest(row, evidence=links.get(row.pk, [])) != row.digest:
            yield f"revision {row.revision} of claim {row.claim.key} is not what its digest says"
    for evidence in Evidence.objects.filter(run=run):
        quote = Quote(
            extracted_text_id=evidence.extracted_text_id,
            page=evidence.page,
            start=evidence.start,
            end=evidence.end,
            exact=evidence.exact,
        )
        if quote.key() != evidence.key:
            yield f"evidence {evidence.pk} is not what its key says"


def _calls(run: Run, told: Told) -> Iterator[str]:
    records = {
        (body["data"]["kind"], body["data"]["step"], body["data"]["round"]): body["data"].get("calls")
        for kind, _, body in told
        if kind == "step.done" and {"kind", "step", "round"} <= set(body.get("data", {}))
    }
    for step in Step.objects.filter(run=run, state="done", finished_at__isnull=False):
        until = step.finished_at
        present = recording.calls_record(step.pk, until=until) if until else None
        if records.get((step.kind, step.key, step.generation)) != present:
            yield f"the calls of step {step.kind}:{step.key} are not those its event tells of"
