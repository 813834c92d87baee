"""The regulatory gate: approve, edit or reject a section as shown."""

from __future__ import annotations

from typing import Any

from research.engine.domain.errors import StaleState
from research.engine.domain.states import Gate, RunEvent, RunState, Verdict
from research.models import Decision, Run, SectionRevision
from research.models.record import SubjectKind
from research.services import flow, recording, voiding

from . import record
from .record import By


def approve_section(*, run: Run, section: SectionRevision, digest: str, by: By) -> Decision:
    """Approve a regulatory section as shown, as the first or the second of two people.

    Raises `StaleState`, `StaleDigest`. The policy has refused the same person twice; the database does so too.
    """
    record.expect(run, RunState.REGULATORY_REVIEW)
    if section.status != "drafted" or not section.regulatory:
        raise StaleState("This section does not wait for a regulatory decision.")
    record.expect_digest(section.digest, digest)
    slot = 1 if section.first_approver_id is None else 2
    decision = record.decide(run, Gate.REGULATORY, SubjectKind.SECTION, section.pk, digest, Verdict.APPROVE, by, slot)
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
    record.expect(run, RunState.REGULATORY_REVIEW, RunState.SIGN_OFF)
    if section.status not in ("drafted", "approved"):
        raise StaleState("A later revision of this section stands in its place.")
    record.expect_digest(section.digest, digest)
    decision = record.decide(run, Gate.REGULATORY, SubjectKind.SECTION, section.pk, digest, Verdict.EDIT, by)
    new: SectionRevision = revise(section)
    voiding.void_document(run)
    recording.append(
        run_id=run.pk,
        kind="section.revised",
        actor=by.actor,
        data={"section": new.key, "revision": new.revision, "digest": new.digest},
        now=by.now,
    )
    record.fire(run, RunEvent.REGULATORY_VOIDED, by, {"section": section.key})
    return decision


def reject_section(*, run: Run, section: SectionRevision, digest: str, back_to: RunState, by: By) -> Decision:
    """Send a regulatory section back to drafting, or its claims back to the claims gate.

    Raises `StaleState`, `StaleDigest`.
    """
    record.expect(run, RunState.REGULATORY_REVIEW)
    if section.status != "drafted" or not section.regulatory:
        raise StaleState("This section does not wait for a regulatory decision.")
    record.expect_digest(section.digest, digest)
    slot = 1 if section.first_approver_id is None else 2
    decision = record.decide(run, Gate.REGULATORY, SubjectKind.SECTION, section.pk, digest, Verdict.REJECT, by, slot)
    section.status = "rejected"
    section.save(update_fields=["status"])
    if back_to is RunState.CLAIM_REVIEW:
        voiding.return_claims(run, section, reason="returned by the regulatory gate", now=by.now)
        record.fire(run, RunEvent.SECTION_RECLAIM, by, {"section": section.key})
    else:
        record.fire(run, RunEvent.SECTION_REDRAFT, by, {"section": section.key})
    return decision
