"""The one writer of a run's trail: append-only events, each chained to the one before by its hash."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from research.engine.domain.canonical import canonical_bytes, digest, sha256_hex
from research.engine.domain.states import RunEvent
from research.models import Call, Decision, Event, Run, Signature, Trail

ENGINE = "engine"
RULE = "rule"
CLOCK = "clock"

# Every kind of event there is. They are stored data: review a change here like a migration.
KINDS = frozenset(
    {event.value for event in RunEvent}
    | {
        "run.created",
        "run.budget_raised",
        "run.finishing",
        "plan.revised",
        "step.done",
        "step.failed",
        "step.quarantined",
        "step.retried",
        "claims.proposed",
        "claims.verified",
        "claim.added",
        "claim.revised",
        "section.drafted",
        "section.revised",
        "document.composed",
        "decision.made",
        "signature.made",
        "export.made",
    }
)


def genesis(run_id: UUID) -> str:
    """Return the hash the first event of a run is chained to."""
    return sha256_hex(f"mrd-desk/trail/1/{run_id}".encode())


def link(previous: str, payload: str) -> str:
    """Return the hash of an event: SHA-256 over the previous hash (64 hex digits) and the payload's bytes."""
    return sha256_hex(previous.encode("ascii") + payload.encode("utf-8"))


def decision_record(decision: Decision) -> str:
    """Return the digest of what a decision's event does not say in clear: comment, door, time, demo or not."""
    at = decision.decided_at.isoformat()
    return digest({"comment": decision.comment, "door": decision.door, "at": at, "demo": decision.is_demo})


def signature_record(signature: Signature) -> str:
    """Return the digest of what a signature's event does not say in clear: name, meaning, time."""
    at = signature.signed_at.isoformat()
    return digest({"name": signature.signer_name, "meaning": signature.meaning, "at": at})


def calls_record(step_id: int, *, until: dt.datetime) -> str:
    """Return the digest over the calls of a step that had ended by `until`: what was asked and what came back."""
    rows = Call.objects.filter(step_id=step_id, finished_at__lte=until).order_by("key", "repeat")
    return digest(
        [
            [row.key, row.repeat, row.name, row.state, row.arguments, row.outcome, row.error, str(row.cost_usd)]
            for row in rows
        ]
    )


def open_trail(run: Run) -> None:
    """Make the empty trail of a new run."""
    Trail.objects.create(run=run, length=0, head=genesis(run.pk))


def append(*, run_id: UUID, kind: str, actor: str, data: dict[str, Any], now: dt.datetime) -> Event:
    """Append one event in the caller's transaction, which holds the trail's lock until it ends.

    `actor` is a person's opaque id or one of ENGINE, RULE, CLOCK. `data` holds ids, digests and numbers, never
    personal data or fetched text. Every event of a demo says that it is one. Raises `ValueError` for an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"Unknown kind of event: {kind}")
    trail = Trail.objects.select_for_update(of=("self",)).select_related("run").get(pk=run_id)
    seq = trail.length + 1
    body = {"run": str(run_id), "seq": seq, "kind": kind, "actor": actor, "at": now.isoformat(), "data": data}
    if trail.run.is_demo:
        body["demo"] = True
    payload = canonical_bytes(body).decode("utf-8")
    event = Event.objects.create(
        run_id=run_id,
        seq=seq,
        kind=kind,
        actor=actor,
        at=now,
        payload=payload,
        previous=trail.head,
        hash=link(trail.head, payload),
    )
    Trail.objects.filter(pk=run_id).update(length=seq, head=event.hash)
    return event
