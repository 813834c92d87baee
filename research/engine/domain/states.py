"""The run's state machine as one table, and the states of a step, a task and a claim.

`RUN_TRANSITIONS` holds every move a run can make. Nothing else in the project knows one.
The diagram in docs/reference/states.md is generated from it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from .errors import StaleState


class RunState(StrEnum):
    IDLE = "idle"
    PLANNING = "planning"
    PLAN_REVIEW = "plan_review"
    RESEARCHING = "researching"
    VALIDATING = "validating"
    CLAIM_REVIEW = "claim_review"
    DRAFTING = "drafting"
    REGULATORY_REVIEW = "regulatory_review"
    SIGN_OFF = "sign_off"
    COMPLETED = "completed"
    PAUSED = "paused"
    FAILED = "failed"
    CANCELLED = "cancelled"


WORKING = frozenset({RunState.PLANNING, RunState.RESEARCHING, RunState.VALIDATING, RunState.DRAFTING})
WAITING = frozenset({RunState.PLAN_REVIEW, RunState.CLAIM_REVIEW, RunState.REGULATORY_REVIEW, RunState.SIGN_OFF})
TERMINAL = frozenset({RunState.COMPLETED, RunState.CANCELLED})


class Gate(StrEnum):
    PLAN = "plan"
    CLAIMS = "claims"
    REGULATORY = "regulatory"
    SIGN_OFF = "sign_off"


GATE_STATE = {
    Gate.PLAN: RunState.PLAN_REVIEW,
    Gate.CLAIMS: RunState.CLAIM_REVIEW,
    Gate.REGULATORY: RunState.REGULATORY_REVIEW,
    Gate.SIGN_OFF: RunState.SIGN_OFF,
}


class RunEvent(StrEnum):
    STARTED = "run.started"
    PLAN_READY = "plan.ready"
    PLAN_APPROVED = "plan.approved"
    PLAN_EDITED = "plan.edited"
    PLAN_REJECTED = "plan.rejected"
    PLAN_VOIDED = "plan.voided"
    RESEARCHED = "run.researched"
    VALIDATED = "run.validated"
    CLAIMS_PASSED = "claims.passed"
    CLAIMS_EMPTY = "claims.nothing_to_decide"
    CLAIMS_VOIDED = "claims.voided"
    DRAFTED = "run.drafted"
    REGULATORY_PASSED = "regulatory.passed"
    REGULATORY_EMPTY = "regulatory.nothing_to_decide"
    REGULATORY_VOIDED = "regulatory.voided"
    SECTION_REDRAFT = "section.rejected_to_drafting"
    SECTION_RECLAIM = "section.rejected_to_claims"
    SIGNED = "document.signed"
    DOCUMENT_REJECTED = "document.rejected"
    PAUSED = "run.paused"
    RESUMED = "run.resumed"
    FAILED = "run.failed"
    RETRIED = "run.retried"
    CANCELLED = "run.cancelled"


class Transition(NamedTuple):
    """One row. `target` None means: back to where the run was when it was paused or failed."""

    source: RunState
    event: RunEvent
    target: RunState | None
    kind: str  # forward, backward, void, empty, side


def _rows() -> tuple[Transition, ...]:
    s, e = RunState, RunEvent
    main = (
        Transition(s.IDLE, e.STARTED, s.PLANNING, "forward"),
        Transition(s.PLANNING, e.PLAN_READY, s.PLAN_REVIEW, "forward"),
        Transition(s.PLAN_REVIEW, e.PLAN_APPROVED, s.RESEARCHING, "forward"),
        Transition(s.PLAN_REVIEW, e.PLAN_EDITED, s.PLAN_REVIEW, "void"),
        Transition(s.PLAN_REVIEW, e.PLAN_REJECTED, s.PLANNING, "backward"),
        Transition(s.RESEARCHING, e.PLAN_VOIDED, s.PLAN_REVIEW, "void"),
        Transition(s.RESEARCHING, e.RESEARCHED, s.VALIDATING, "forward"),
        Transition(s.VALIDATING, e.PLAN_VOIDED, s.PLAN_REVIEW, "void"),
        Transition(s.VALIDATING, e.VALIDATED, s.CLAIM_REVIEW, "forward"),
        Transition(s.CLAIM_REVIEW, e.PLAN_VOIDED, s.PLAN_REVIEW, "void"),
        Transition(s.CLAIM_REVIEW, e.CLAIMS_PASSED, s.DRAFTING, "forward"),
        Transition(s.CLAIM_REVIEW, e.CLAIMS_EMPTY, s.DRAFTING, "empty"),
        Transition(s.DRAFTING, e.DRAFTED, s.REGULATORY_REVIEW, "forward"),
        Transition(s.DRAFTING, e.CLAIMS_VOIDED, s.CLAIM_REVIEW, "void"),
        Transition(s.REGULATORY_REVIEW, e.REGULATORY_PASSED, s.SIGN_OFF, "forward"),
        Transition(s.REGULATORY_REVIEW, e.REGULATORY_EMPTY, s.SIGN_OFF, "empty"),
        Transition(s.REGULATORY_REVIEW, e.SECTION_REDRAFT, s.DRAFTING, "backward"),
        Transition(s.REGULATORY_REVIEW, e.SECTION_RECLAIM, s.CLAIM_REVIEW, "backward"),
        Transition(s.REGULATORY_REVIEW, e.CLAIMS_VOIDED, s.CLAIM_REVIEW, "void"),
        Transition(s.REGULATORY_REVIEW, e.REGULATORY_VOIDED, s.REGULATORY_REVIEW, "void"),
        Transition(s.SIGN_OFF, e.SIGNED, s.COMPLETED, "forward"),
        Transition(s.SIGN_OFF, e.DOCUMENT_REJECTED, s.DRAFTING, "backward"),
        Transition(s.SIGN_OFF, e.CLAIMS_VOIDED, s.CLAIM_REVIEW, "void"),
        Transition(s.SIGN_OFF, e.REGULATORY_VOIDED, s.REGULATORY_REVIEW, "void"),
    )
    side = [Transition(s.PAUSED, e.RESUMED, None, "side"), Transition(s.FAILED, e.RETRIED, None, "side")]
    for state in sorted(WORKING):
        side.append(Transition(state, e.PAUSED, s.PAUSED, "side"))
        side.append(Transition(state, e.FAILED, s.FAILED, "side"))
    side.extend(Transition(state, e.CANCELLED, s.CANCELLED, "side") for state in s if state not in TERMINAL)
    return main + tuple(side)


RUN_TRANSITIONS: tuple[Transition, ...] = _rows()
_BY_PAIR = {(row.source, row.event): row for row in RUN_TRANSITIONS}


def target_of(state: RunState, event: RunEvent, *, resume_to: RunState | None = None) -> RunState:
    """Return the state `event` leads to from `state`.

    `resume_to` is where a paused or failed run was; it is needed for those two rows alone.
    Raises `StaleState` when the table has no such row.
    """
    row = _BY_PAIR.get((state, event))
    if row is None:
        raise StaleState(f"A run in state '{state}' does not take '{event}'. Reload the run and look at its state.")
    if row.target is not None:
        return row.target
    if resume_to is None:
        raise StaleState(f"The run in state '{state}' has no recorded state to go back to.")
    return resume_to


class StepKind(StrEnum):
    PLAN = "plan"
    INVESTIGATE = "investigate"
    EXTRACT = "extract"
    VERIFY = "verify"
    DRAFT = "draft"


STEP_STATE = {
    StepKind.PLAN: RunState.PLANNING,
    StepKind.INVESTIGATE: RunState.RESEARCHING,
    StepKind.EXTRACT: RunState.VALIDATING,
    StepKind.VERIFY: RunState.VALIDATING,
    StepKind.DRAFT: RunState.DRAFTING,
}


class StepState(StrEnum):
    BLOCKED = "blocked"  # waits for the steps of the tasks it depends on
    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    QUARANTINED = "quarantined"  # killed its worker too often; an operator looks
    SUPERSEDED = "superseded"  # the run went back; a later generation does this again


class TaskOutcome(StrEnum):
    PENDING = "pending"
    FOUND = "found"
    ESTIMATED = "estimated"
    INSUFFICIENT = "insufficient_data"


class ClaimStatus(StrEnum):
    PROPOSED = "proposed"  # not verified yet
    QUEUED = "queued"  # waits for a person at the claims gate
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    MERGED = "merged"  # says what another claim says; its evidence went there
    SUPERSEDED = "superseded"  # the plan it came from was voided


class Verdict(StrEnum):
    APPROVE = "approve"
    EDIT = "edit"
    REJECT = "reject"
