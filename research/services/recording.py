"""The one writer of a run's trail: append-only events, each chained to the one before by its hash."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models.query import QuerySet

from research.adapters import bulk, compiled
from research.adapters.compiled import CompiledQuery
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
    return calls_records({step_id: until})[step_id]


def calls_records(until: Mapping[int, dt.datetime]) -> dict[int, str]:
    """Return the same of several steps, by id; `until` is each one's own."""
    found: dict[int, list[list[Any]]] = {step_id: [] for step_id in until}
    [rows] = compiled.read(_ended_calls(step_ids=until.keys()))
    for step_id, finished_at, *said, cost_usd in rows:
        if finished_at <= until[step_id]:
            found[step_id].append([*said, str(cost_usd)])
    return {step_id: digest(said) for step_id, said in found.items()}


@CompiledQuery
def _ended_calls(step_ids: Any) -> QuerySet[Any, Any]:
    rows = Call.objects.filter(step_id__in=step_ids, finished_at__isnull=False).order_by("key", "repeat")
    return rows.values_list(
        "step_id", "finished_at", "key", "repeat", "name", "state", "arguments", "outcome", "error", "cost_usd"
    )


def open_trail(run: Run) -> None:
    """Make the empty trail of a new run."""
    Trail.objects.create(run=run, length=0, head=genesis(run.pk))


def append(*, run_id: UUID, kind: str, actor: str, data: dict[str, Any], now: dt.datetime) -> None:
    """Append one event in the caller's transaction, which holds the trail's lock from then on; see also `together`.

    `actor` is a person's opaque id or one of ENGINE, RULE, CLOCK. `data` holds ids, digests and numbers, never
    personal data or fetched text. Every event of a demo says that it is one. Raises `ValueError` for an unknown kind.
    """
    append_all([Said(run_id, kind, actor, data, now)])


class Said(NamedTuple):
    """What an event tells; see `append`."""

    run_id: UUID
    kind: str
    actor: str
    data: dict[str, Any]
    now: dt.datetime


class _Gathered:
    """What is appended within `together` and not written yet. is_open: until its end."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.is_open = True


# None outside. A task begun within may know it longer than it is open.
_gathered: ContextVar[_Gathered | None] = ContextVar("gathered", default=None)


@contextlib.contextmanager
def together() -> Iterator[None]:
    """Write all that is appended within at the end, in its order and in one go. Call inside a transaction.

    When an error comes out nothing is written, so let it undo the transaction too, and undo no part of it within.
    """
    if _gathered.get() is not None:
        raise RuntimeError("What is appended is being gathered already.")
    gathered = _Gathered()
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
        gathered.is_open = False
    append_all(gathered.said)


def append_all(said: Sequence[Said]) -> None:
    """Append events of any runs, in their order; see `append`. The trails are locked by their runs' ids."""
    for one in said:
        if one.kind not in KINDS:
            raise ValueError(f"Unknown kind of event: {one.kind}")
    gathered = _gathered.get()
    if gathered is not None and gathered.is_open:
        gathered.said.extend(said)
    else:
        _write(said)


def _write(said: Sequence[Said]) -> None:
    [rows] = compiled.read(_trails(run_ids={one.run_id for one in said}))
    ends = {run_id: (length, head) for run_id, length, head, _ in rows}
    demos = {run_id for run_id, *_, is_demo in rows if is_demo}
    events = []
    for one in said:
        event = _next(*ends[one.run_id], one, is_demo=one.run_id in demos)
        ends[one.run_id] = event.seq, event.hash
        events.append(event)
    writes = bulk.Writes()
    writes.insert(events)
    writes.change(Trail, [(run_id, {"length": length, "head": head}) for run_id, (length, head) in ends.items()])
    writes.send()


@CompiledQuery
def _trails(run_ids: Any) -> QuerySet[Any, Any]:
    locked = Trail.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=run_ids).order_by("pk")
    return locked.values_list("pk", "length", "head", "run__is_demo")


def _next(length: int, head: str, said: Said, *, is_demo: bool) -> Event:
    """Return the next event of a trail that has this length and head, not yet written."""
    seq = length + 1
    body = {
        "run": str(said.run_id),
        "seq": seq,
        "kind": said.kind,
        "actor": said.actor,
        "at": said.now.isoformat(),
        "data": said.data,
    }
    if is_demo:
        body["demo"] = True
    payload = canonical_bytes(body).decode("utf-8")
    return Event(
        run_id=said.run_id,
        seq=seq,
        kind=said.kind,
        actor=said.actor,
        at=said.now,
        payload=payload,
        previous=head,
        hash=link(head, payload),
    )
