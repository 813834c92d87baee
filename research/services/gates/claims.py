"""The claims gate: accept, reject, edit or add claims."""

from __future__ import annotations

from typing import Any

from research.engine.domain.errors import StaleState
from research.engine.domain.states import ClaimStatus, Gate, RunEvent, RunState, Verdict
from research.models import Claim, Decision, Run
from research.models.record import SubjectKind
from research.services import dependents, flow, voiding

from . import record
from .record import By


def decide_claim(*, run: Run, claim: Claim, digest: str, verdict: Verdict, by: By) -> Decision:
    """Accept or reject a queued claim as shown; the last one lets the gate pass. One a rule let pass may be rejected.

    Nothing is accepted before what it rests on; what rests on a rejected claim goes to people again.
    Raises `StaleState`, `StaleDigest`, `Conflict`.
    """
    record.expect(run, RunState.CLAIM_REVIEW)
    by_rule = claim.status == ClaimStatus.ACCEPTED and claim.decided_by_rule
    if claim.status != ClaimStatus.QUEUED and not (by_rule and verdict is Verdict.REJECT):
        raise StaleState(f"This claim is not waiting for a decision: it is {claim.status}.")
    record.expect_digest(claim.shown_digest, digest)
    if verdict is Verdict.APPROVE:
        dependents.check_premises(claim)
    decision = record.decide(run, Gate.CLAIMS, SubjectKind.CLAIM, claim.pk, digest, verdict, by)
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
    record.expect(run, RunState.CLAIM_REVIEW, *later)
    if claim.status not in (ClaimStatus.QUEUED, ClaimStatus.ACCEPTED, ClaimStatus.REJECTED):
        raise StaleState(f"A claim that is {claim.status} cannot be edited.")
    record.expect_digest(claim.shown_digest, digest)
    decision = record.decide(run, Gate.CLAIMS, SubjectKind.CLAIM, claim.pk, digest, Verdict.EDIT, by)
    revise(claim)
    if run.state in later:
        voiding.void_sections(run, sections={claim.section})
        record.fire(run, RunEvent.CLAIMS_VOIDED, by, {"claim": claim.key})
    return decision


def add_claim(*, run: Run, add: Any, by: By) -> Claim:
    """Let a person add a claim; it waits for another person, and what was drafted of its section is void.

    add: called with nothing; writes, checks and seals the claim (reviews hands over the checked addition).
    Raises `StaleState` before the claims gate and once the run has ended.
    """
    later = (RunState.DRAFTING, RunState.REGULATORY_REVIEW, RunState.SIGN_OFF)
    record.expect(run, RunState.CLAIM_REVIEW, *later)
    claim: Claim = add()
    digest = claim.current.digest if claim.current else ""
    record.decide(run, Gate.CLAIMS, SubjectKind.CLAIM, claim.pk, digest, Verdict.EDIT, by)
    if run.state in later:
        voiding.void_sections(run, sections={claim.section})
        record.fire(run, RunEvent.CLAIMS_VOIDED, by, {"claim": claim.key})
    return claim
