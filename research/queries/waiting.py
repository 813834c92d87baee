"""What a run waits for: the gate, and the subjects to decide with the digests to name."""

from __future__ import annotations

from typing import NamedTuple

from research.engine.domain.states import GATE_STATE, Gate
from research.models import (
    Claim,
    Document,
    Plan,
    Run,
    SectionRevision,
)


class Subject(NamedTuple):
    """One thing a gate waits for a decision on: what it is, and the digest the decision must name."""

    kind: str
    id: int
    key: str
    revision: int
    digest: str
    approvals: int
    approvals_needed: int


class Waiting(NamedTuple):
    """The gate a run waits at, how many subjects are open, and the first of them."""

    gate: Gate
    open: int
    subjects: tuple[Subject, ...]


def waiting(run: Run, *, limit: int = 100) -> Waiting | None:
    """Return the gate the run waits at, with the first `limit` subjects to decide, or None when it waits for nobody."""
    gate = next((gate for gate, state in GATE_STATE.items() if state == run.state), None)
    if gate is None:
        return None
    subjects = _subjects(run, gate)
    return Waiting(gate, len(subjects), tuple(subjects[:limit]))


def _subjects(run: Run, gate: Gate) -> list[Subject]:
    if gate is Gate.PLAN:
        plans = Plan.objects.filter(run=run, voided_at__isnull=True).values_list("pk", "revision", "digest")
        return [Subject("plan", pk, "plan", revision, digest, 0, 1) for pk, revision, digest in plans]
    if gate is Gate.CLAIMS:
        queued = Claim.objects.filter(run=run, status="queued").order_by("pk")
        rows = queued.values_list("pk", "key", "current__revision", "shown_digest")
        return [Subject("claim", pk, key, revision or 0, digest, 0, 1) for pk, key, revision, digest in rows]
    if gate is Gate.REGULATORY:
        drafted = SectionRevision.objects.filter(run=run, regulatory=True, status="drafted").order_by("position")
        return [
            Subject("section", row.pk, row.key, row.revision, row.digest, int(row.first_approver_id is not None), 2)
            for row in drafted.defer("body")
        ]
    composed = Document.objects.filter(run=run, status="composed").values_list("pk", "revision", "digest")
    return [Subject("document", pk, "document", revision, digest, 0, 1) for pk, revision, digest in composed]
