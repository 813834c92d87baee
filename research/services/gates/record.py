"""What every gate shares: who decides, the run held, the Decision and its event written, the run moved."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple
from uuid import UUID

from research.engine.domain.errors import NotFound, StaleDigest, StaleState
from research.engine.domain.states import Gate, RunEvent, RunState, Verdict
from research.models import Decision, Run, User
from research.models.record import SubjectKind
from research.services import flow, recording


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
    run = Run.objects.select_for_update(no_key=True).filter(pk=run_id).first()
    if run is None:
        raise NotFound("There is no such run.")
    return run


def expect(run: Run, *states: RunState) -> None:
    """Raise `StaleState` unless the run is in one of `states`."""
    if run.state not in states:
        raise StaleState(
            f"The run is in state '{run.state}', where this cannot be decided. Reload the run and look again."
        )


def expect_digest(present: str, shown: str) -> None:
    if not shown or present != shown:
        raise StaleDigest("This has changed since it was shown to you. Reload it, read it again, then decide.")


def decide(
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


def fire(run: Run, event: RunEvent, by: By, data: dict[str, Any] | None = None) -> Run:
    return flow.fire(run_id=run.pk, event=event, actor=by.actor, now=by.now, data=data)
