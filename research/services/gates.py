"""What a person's decision does. Only `reviews` may import this: nothing but a person passes a gate.

Every verb runs inside the caller's transaction, which holds the run's row (`hold`), and has asked the policy.
Each writes the Decision over the digest shown, its event, and then moves the run.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple
from uuid import UUID

from research.engine.domain.errors import NotFound, StaleDigest, StaleState
from research.engine.domain.plans import Plan as PlanValue
from research.engine.domain.states import ClaimStatus, Gate, RunEvent, RunState, Verdict
from research.models import Claim, Decision, Document, Plan, Run, SectionRevision, Signature, User
from research.models.record import SubjectKind

from . import dependents, flow, recording, results, voiding


class By(NamedTuple):
    """Who decides, through which door (admin, desk, api, bulk, cli, demo), with which words, when."""

    person: User
    door: str
    comment: str
    now: dt.datetime

    @property
    def actor(self) -> str:
        return str(self.person.actor_id)


def hold(run_id: UUID) -> Run:
    """Lock and return the run: decisions on it come one after another. Raises `NotFound`."""
    run = Run.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise NotFound("There is no such run.")
    return run


def expect(run: Run, *states: RunState) -> None:
    """Raise `StaleState` unless the run is in one of `states`."""
    if run.state not in states:
        raise StaleState(
            f"The run is in state '{run.state}', where this cannot be decided. Reload the run and look again."
        )


def _expect_digest(present: str, shown: str) -> None:
    if not shown or present != shown:
        raise StaleDigest("This has changed since it was shown to you. Reload it, read it again, then decide.")


def _decide(
    run: Run, gate: Gate, kind: SubjectKind, subject_id: int, digest: str, verdict: Verdict, by: By, slot: int = 1
) -> Decision:
    decision = Decision.objects.create(
        run=run,
        gate=gate,
        subject_kind=kind,
        subject_id=subject_id,
        subject_digest=digest,
        slot=slot,
        verdict=verdict,
        person=by.person,
        comment=by.comment,
        door=by.door,
        is_demo=run.is_demo,
        decided_at=by.now,
    )
    recording.append(
        run_id=run.pk,
        kind="decision.made",
        actor=by.actor,
        data={
            "decision": decision.pk,
            "gate": gate.value,
            "subject": f"{kind.value}:{subject_id}",
            "digest": digest,
            "verdict": verdict.value,
            "slot": slot,
            "record": recording.decision_record(decision),
        },
        now=by.now,
    )
    return decision


def _fire(run: Run, event: RunEvent, by: By, data: dict[str, Any] | None = None) -> Run:
    return flow.fire(run_id=run.pk, event=event, actor=by.actor, now=by.now, data=data)


# ── plan ─────────────────────────────────────────────────────────────────────────────────────────


def approve_plan(*, run: Run, plan: Plan, digest: str, by: By) -> Decision:
    """Approve a plan as shown: the research begins. Raises `StaleState`, `StaleDigest`."""
    expect(run, RunState.PLAN_REVIEW)
    _expect_digest(plan.digest if plan.voided_at is None else "", digest)
    decision = _decide(run, Gate.PLAN, SubjectKind.PLAN, plan.pk, digest, Verdict.APPROVE, by)
    Plan.objects.filter(pk=plan.pk).update(approved_at=by.now)
    _fire(run, RunEvent.PLAN_APPROVED, by, {"plan": plan.revision, "digest": digest})
    return decision


def edit_plan(*, run: Run, plan: Plan, digest: str, new: PlanValue, by: By) -> Decision:
    """Put an edited revision in the plan's place; an approval already given is void. `new` has been checked.

    Raises `StaleState`, `StaleDigest`.
    """
    before = (RunState.PLAN_REVIEW,)
    after = (RunState.RESEARCHING, RunState.VALIDATING, RunState.CLAIM_REVIEW)
    expect(run, *before, *after)
    _expect_digest(plan.digest if plan.voided_at is None else "", digest)
    decision = _decide(run, Gate.PLAN, SubjectKind.PLAN, plan.pk, digest, Verdict.EDIT, by)
    results.save_plan(run=run, plan=new, author=by.person, comment=by.comment, now=by.now)
    if run.state in before:
        _fire(run, RunEvent.PLAN_EDITED, by)
    else:
        voiding.supersede_claims(run)
        _fire(run, RunEvent.PLAN_VOIDED, by)
    return decision


def reject_plan(*, run: Run, plan: Plan, digest: str, by: By) -> Decision:
    """Send the plan back to the planner with the comment. Raises `StaleState`, `StaleDigest`."""
    expect(run, RunState.PLAN_REVIEW)
    _expect_digest(plan.digest if plan.voided_at is None else "", digest)
    decision = _decide(run, Gate.PLAN, SubjectKind.PLAN, plan.pk, digest, Verdict.REJECT, by)
    Plan.objects.filter(pk=plan.pk).update(decision_comment=by.comment)
    _fire(run, RunEvent.PLAN_REJECTED, by)
    return decision


# ── claims ───────────────────────────────────────────────────────────────────────────────────────


def decide_claim(*, run: Run, claim: Claim, digest: str, verdict: Verdict, by: By) -> Decision:
    """Accept or reject a queued claim as shown; the last one lets the gate pass.

    Nothing is accepted before what it rests on; what rests on a rejected claim goes to people again.
    Raises `StaleState`, `StaleDigest`, `Conflict`.
    """
    expect(run, RunState.CLAIM_REVIEW)
    if claim.status != ClaimStatus.QUEUED:
        raise StaleState(f"This claim is not waiting for a decision: it is {claim.status}.")
    _expect_digest(claim.shown_digest, digest)
    if verdict is Verdict.APPROVE:
        dependents.check_premises(claim)
    decision = _decide(run, Gate.CLAIMS, SubjectKind.CLAIM, claim.pk, digest, verdict, by)
    claim.status = ClaimStatus.ACCEPTED if verdict is Verdict.APPROVE else ClaimStatus.REJECTED
    claim.decided_by_rule = False
    claim.save(update_fields=["status", "decided_by_rule"])
    if verdict is Verdict.REJECT:
        dependents.reopen(claim=claim, why="was rejected", now=by.now)
    flow.pass_claims_if_decided(run, now=by.now, event=RunEvent.CLAIMS_PASSED, actor=by.actor)
    return decision


def edit_claim(*, run: Run, claim: Claim, digest: str, revise: Any, by: By) -> Decision:
    """Put an edited revision in the claim's place; it waits for another person, and what rested on it is void.

    revise: called with the claim; writes, checks and seals the new revision (reviews hands over the checked edit).
    Raises `StaleState`, `StaleDigest`.
    """
    later = (RunState.DRAFTING, RunState.REGULATORY_REVIEW, RunState.SIGN_OFF)
    expect(run, RunState.CLAIM_REVIEW, *later)
    if claim.status not in (ClaimStatus.QUEUED, ClaimStatus.ACCEPTED, ClaimStatus.REJECTED):
        raise StaleState(f"A claim that is {claim.status} cannot be edited.")
    _expect_digest(claim.shown_digest, digest)
    decision = _decide(run, Gate.CLAIMS, SubjectKind.CLAIM, claim.pk, digest, Verdict.EDIT, by)
    revise(claim)
    if run.state in later:
        voiding.void_sections(run, sections={claim.section})
        _fire(run, RunEvent.CLAIMS_VOIDED, by, {"claim": claim.key})
    return decision


def add_claim(*, run: Run, add: Any, by: By) -> Claim:
    """Let a person add a claim; it waits for another person, and what was drafted of its section is void.

    add: called with nothing; writes, checks and seals the claim (reviews hands over the checked addition).
    Raises `StaleState` before the claims gate and once the run has ended.
    """
    later = (RunState.DRAFTING, RunState.REGULATORY_REVIEW, RunState.SIGN_OFF)
    expect(run, RunState.CLAIM_REVIEW, *later)
    claim: Claim = add()
    digest = claim.current.digest if claim.current else ""
    _decide(run, Gate.CLAIMS, SubjectKind.CLAIM, claim.pk, digest, Verdict.EDIT, by)
    if run.state in later:
        voiding.void_sections(run, sections={claim.section})
        _fire(run, RunEvent.CLAIMS_VOIDED, by, {"claim": claim.key})
    return claim


# ── regulatory sections ──────────────────────────────────────────────────────────────────────────


def approve_section(*, run: Run, section: SectionRevision, digest: str, by: By) -> Decision:
    """Approve a regulatory section as shown, as the first or the second of two people.

    Raises `StaleState`, `StaleDigest`. The policy has refused the same person twice; the database does so too.
    """
    expect(run, RunState.REGULATORY_REVIEW)
    if section.status != "drafted" or not section.regulatory:
        raise StaleState("This section does not wait for a regulatory decision.")
    _expect_digest(section.digest, digest)
    slot = 1 if section.first_approver_id is None else 2
    decision = _decide(run, Gate.REGULATORY, SubjectKind.SECTION, section.pk, digest, Verdict.APPROVE, by, slot)
    if slot == 1:
        section.first_approver = by.person
    else:
        section.second_approver = by.person
        section.status = "approved"
    section.save(update_fields=["first_approver", "second_approver", "status"])
    flow.pass_regulatory_if_decided(run, now=by.now, event=RunEvent.REGULATORY_PASSED, actor=by.actor)
    return decision


def edit_section(*, run: Run, section: SectionRevision, digest: str, revise: Any, by: By) -> Decision:
    """Put an edited revision in the section's place; approvals already given are void.

    revise: called with the section; writes and returns the new, checked revision. Raises `StaleState`, `StaleDigest`.
    """
    expect(run, RunState.REGULATORY_REVIEW, RunState.SIGN_OFF)
    if section.status not in ("drafted", "approved"):
        raise StaleState("A later revision of this section stands in its place.")
    _expect_digest(section.digest, digest)
    decision = _decide(run, Gate.REGULATORY, SubjectKind.SECTION, section.pk, digest, Verdict.EDIT, by)
    new: SectionRevision = revise(section)
    voiding.void_document(run)
    recording.append(
        run_id=run.pk,
        kind="section.revised",
        actor=by.actor,
        data={"section": new.key, "revision": new.revision, "digest": new.digest},
        now=by.now,
    )
    _fire(run, RunEvent.REGULATORY_VOIDED, by, {"section": section.key})
    return decision


def reject_section(*, run: Run, section: SectionRevision, digest: str, back_to: RunState, by: By) -> Decision:
    """Send a regulatory section back to drafting, or its claims back to the claims gate.

    Raises `StaleState`, `StaleDigest`.
    """
    expect(run, RunState.REGULATORY_REVIEW)
    if section.status != "drafted" or not section.regulatory:
        raise StaleState("This section does not wait for a regulatory decision.")
    _expect_digest(section.digest, digest)
    slot = 1 if section.first_approver_id is None else 2
    decision = _decide(run, Gate.REGULATORY, SubjectKind.SECTION, section.pk, digest, Verdict.REJECT, by, slot)
    section.status = "rejected"
    section.save(update_fields=["status"])
    if back_to is RunState.CLAIM_REVIEW:
        voiding.return_claims(run, section, reason="returned by the regulatory gate", now=by.now)
        _fire(run, RunEvent.SECTION_RECLAIM, by, {"section": section.key})
    else:
        _fire(run, RunEvent.SECTION_REDRAFT, by, {"section": section.key})
    return decision


# ── sign-off ─────────────────────────────────────────────────────────────────────────────────────


def sign(*, run: Run, document: Document, digest: str, meaning: str, by: By) -> Signature:
    """Sign the document as shown: the run is completed. The caller has checked the password again.

    Raises `StaleState`, `StaleDigest`.
    """
    expect(run, RunState.SIGN_OFF)
    _expect_digest(document.digest if document.status == "composed" else "", digest)
    decision = _decide(run, Gate.SIGN_OFF, SubjectKind.DOCUMENT, document.pk, digest, Verdict.APPROVE, by)
    signature = Signature.objects.create(
        run=run,
        document=document,
        decision=decision,
        signer=by.person,
        signer_name=by.person.display_name,
        meaning=meaning,
        digest=digest,
        signed_at=by.now,
    )
    Document.objects.filter(pk=document.pk).update(status="signed")
    recording.append(
        run_id=run.pk,
        kind="signature.made",
        actor=by.actor,
        data={
            "signature": signature.pk,
            "decision": decision.pk,
            "document": document.revision,
            "digest": digest,
            "record": recording.signature_record(signature),
        },
        now=by.now,
    )
    _fire(run, RunEvent.SIGNED, by, {"digest": digest})
    return signature


def reject_document(*, run: Run, document: Document, digest: str, by: By) -> Decision:
    """Send the whole document back to drafting. Raises `StaleState`, `StaleDigest`."""
    expect(run, RunState.SIGN_OFF)
    _expect_digest(document.digest if document.status == "composed" else "", digest)
    decision = _decide(run, Gate.SIGN_OFF, SubjectKind.DOCUMENT, document.pk, digest, Verdict.REJECT, by)
    Document.objects.filter(pk=document.pk).update(status="rejected")
    SectionRevision.objects.filter(run=run, status__in=["drafted", "approved"]).update(status="rejected")
    _fire(run, RunEvent.DOCUMENT_REJECTED, by)
    return decision
