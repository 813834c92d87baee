"""The plan gate: approve, edit or reject a plan as shown."""

from __future__ import annotations

from research.engine.domain.plans import Plan as PlanValue
from research.engine.domain.states import Gate, RunEvent, RunState, Verdict
from research.models import Decision, Plan, Run
from research.models.record import SubjectKind
from research.services import results, voiding

from . import record
from .record import By


def approve_plan(*, run: Run, plan: Plan, digest: str, by: By) -> Decision:
    """Approve a plan as shown: the research begins. Raises `StaleState`, `StaleDigest`."""
    record.expect(run, RunState.PLAN_REVIEW)
    record.expect_digest(plan.digest if plan.voided_at is None else "", digest)
    decision = record.decide(run, Gate.PLAN, SubjectKind.PLAN, plan.pk, digest, Verdict.APPROVE, by)
    Plan.objects.filter(pk=plan.pk).update(approved_at=by.now)
    record.fire(run, RunEvent.PLAN_APPROVED, by, {"plan": plan.revision, "digest": digest})
    return decision


def edit_plan(*, run: Run, plan: Plan, digest: str, new: PlanValue, by: By) -> Decision:
    """Put an edited revision in the plan's place; an approval already given is void. `new` has been checked.

    Raises `StaleState`, `StaleDigest`.
    """
    before = (RunState.PLAN_REVIEW,)
    after = (RunState.RESEARCHING, RunState.VALIDATING, RunState.CLAIM_REVIEW)
    record.expect(run, *before, *after)
    record.expect_digest(plan.digest if plan.voided_at is None else "", digest)
    decision = record.decide(run, Gate.PLAN, SubjectKind.PLAN, plan.pk, digest, Verdict.EDIT, by)
    results.save_plan(run=run, plan=new, author=by.person, comment=by.comment, now=by.now)
    if run.state in before:
        record.fire(run, RunEvent.PLAN_EDITED, by)
    else:
        voiding.supersede_claims(run, now=by.now)
        record.fire(run, RunEvent.PLAN_VOIDED, by)
    return decision


def reject_plan(*, run: Run, plan: Plan, digest: str, by: By) -> Decision:
    """Send the plan back to the planner with the comment. Raises `StaleState`, `StaleDigest`."""
    record.expect(run, RunState.PLAN_REVIEW)
    record.expect_digest(plan.digest if plan.voided_at is None else "", digest)
    decision = record.decide(run, Gate.PLAN, SubjectKind.PLAN, plan.pk, digest, Verdict.REJECT, by)
    Plan.objects.filter(pk=plan.pk).update(decision_comment=by.comment)
    record.fire(run, RunEvent.PLAN_REJECTED, by)
    return decision
