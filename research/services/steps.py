"""The life of a step: added, claimed under a lease, completed, deferred, failed, swept, quarantined, retried."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber
from django.db.models.query import QuerySet

from research.adapters import bulk, compiled
from research.adapters.compiled import CompiledQuery
from research.engine.domain.errors import LostLease, NotFound, StaleState
from research.engine.domain.states import STEP_STATE, StepKind, StepState
from research.models import Call, Run, Step, Task

from . import recording


def add(
    *, run: Run, kind: StepKind, key: str, now: dt.datetime, task: Task | None = None, blocked: bool = False
) -> bool:
    """Add a step of the run's present round unless it is there. Return whether it is new."""
    _, created = Step.objects.get_or_create(
        run=run,
        kind=kind,
        key=key,
        generation=run.generation,
        defaults={
            "task": task,
            "created_at": now,
            "state": StepState.BLOCKED if blocked else StepState.READY,
        },
    )
    return created


def add_all(*, run: Run, kind: StepKind, tasks: Sequence[Task], now: dt.datetime) -> None:
    """Add a step of the run's present round for each task that has none; one with dependencies is blocked."""
    bulk.insert(
        [
            Step(
                run=run,
                kind=kind,
                key=task.key,
                generation=run.generation,
                task=task,
                created_at=now,
                state=StepState.BLOCKED if task.depends_on else StepState.READY,
            )
            for task in tasks
        ],
        ignore_conflicts=True,
    )


def claimable(*, now: dt.datetime) -> QuerySet[Step]:
    """Return the ready steps that may start now, of runs that are in the state the step belongs to."""
    in_state = Q()
    for kind, state in STEP_STATE.items():
        in_state |= Q(kind=kind, run__state=state)
    due = Q(not_before__isnull=True) | Q(not_before__lte=now)
    return Step.objects.filter(in_state, due, state=StepState.READY)


def claim(*, driver_id: UUID, limit: int, lease_s: float, now: dt.datetime) -> list[Step]:
    """Claim up to `limit` ready steps, fairly across runs, and return them. Call inside a transaction.

    Fair: a run's n-th candidate counts behind the steps it has running, so no run waits while another has many.
    Attempts are counted here, before anything executes; the token rises, which shuts out any earlier holder.
    """
    ready = claimable(now=now).order_by("pk")
    # Other drivers may be choosing the same rows: skip what they hold (on SQLite the transaction is exclusive anyway).
    free = ready.select_for_update(skip_locked=True, of=("self",)).select_related("run", "task")
    chosen = list(free[:limit])
    if len(chosen) == limit:
        # There may be more: then some have to come first. Where all that is free can be had, nobody has.
        order = _fairly(limit=limit, now=now)
        chosen = sorted(free.filter(pk__in=order), key=lambda step: order[step.pk])[:limit]
    if not chosen:
        return []
    lease = {
        "state": StepState.RUNNING,
        "lease_owner": driver_id,
        "lease_until": now + dt.timedelta(seconds=lease_s),
        "started_at": now,
        "error": "",
    }
    Step.objects.filter(pk__in=[step.pk for step in chosen]).update(
        attempts=F("attempts") + 1, token=F("token") + 1, **lease
    )
    for step in chosen:
        step.attempts, step.token = step.attempts + 1, step.token + 1
        for name, value in lease.items():
            setattr(step, name, value)
    return chosen


def _fairly(*, limit: int, now: dt.datetime) -> dict[int, int]:
    """Return the places of the ready steps that come first, by id: some more than wanted, as others may hold some."""
    turn = Window(RowNumber(), partition_by=[F("run_id")], order_by=[F("id").asc()])
    # Of no run more than `limit` can be taken; of every run the first is looked at, however many there are.
    rows = list(claimable(now=now).annotate(turn=turn).filter(turn__lte=limit).values_list("id", "run_id", "turn"))
    counts = Step.objects.filter(state=StepState.RUNNING).values_list("run_id").annotate(n=Count("id"))
    running = dict(counts.values_list("run_id", "n"))
    rows.sort(key=lambda row: (running.get(row[1], 0) + row[2], row[0]))
    return {row[0]: place for place, row in enumerate(rows[: limit * 4])}


def extend(*, driver_id: UUID, lease_s: float, now: dt.datetime) -> int:
    """Extend the leases of all steps the driver runs. Return how many it holds. Call inside a transaction."""
    held = Step.objects.filter(lease_owner=driver_id, state=StepState.RUNNING)
    # Locked in the order everybody locks several steps in, or this and a group of the ledger wait for each other.
    mine = list(held.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    return held.filter(pk__in=mine).update(lease_until=now + dt.timedelta(seconds=lease_s))


def fence(*, step_id: int, token: int) -> Step:
    """Lock and return the step if this token still holds it. Raises `LostLease`."""
    step = (
        Step.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk=step_id, token=token, state=StepState.RUNNING)
        .first()
    )
    if step is None:
        raise LostLease("Another worker holds this step now; this one's result is refused.")
    return step


def _leave(step_id: int, token: int, **changes: Any) -> None:
    won = Step.objects.filter(pk=step_id, token=token, state=StepState.RUNNING).update(
        lease_owner=None, lease_until=None, **changes
    )
    if won != 1:
        raise LostLease("Another worker holds this step now; this one's result is refused.")


def finish(*, step_id: int, token: int, input_digest: str, output: dict[str, Any], now: dt.datetime) -> None:
    """Mark a step done with its output (JSON). Raises `LostLease`."""
    _leave(
        step_id, token, state=StepState.DONE, output=output, input_digest=input_digest, finished_at=now, not_before=None
    )


class Finished(NamedTuple):
    """A step's end: its output as JSON, and the digest of what it was made from."""

    step_id: int
    token: int
    input_digest: str
    output: dict[str, Any]
    now: dt.datetime


@CompiledQuery
def _ending(step_ids: Any) -> QuerySet[Any, Any]:
    rows = Step.objects.select_for_update(no_key=True).filter(pk__in=step_ids)
    return rows.order_by("pk").values_list("pk", "state", "token")


def finish_all(ends: Sequence[Finished], writes: bulk.Writes) -> list[LostLease | bool]:
    """Lock steps, and add to what is written that those are done whose token holds them.

    Return for each True when it is marked, False when the same holder had done so before (the answer to its commit
    was lost), or `LostLease`.
    """
    [rows] = compiled.read(_ending(step_ids=[end.step_id for end in ends]))
    found = {pk: (state, token) for pk, state, token in rows}
    answers: list[LostLease | bool] = []
    for end in ends:
        state, token = found.get(end.step_id, ("", -1))
        if token == end.token and state == StepState.RUNNING:
            answers.append(True)
        elif token == end.token and state == StepState.DONE and _output_of(end.step_id) == end.output:
            answers.append(False)
        else:
            answers.append(LostLease("Another worker holds this step now; this one's result is refused."))
    writes.change(
        Step,
        [
            (
                end.step_id,
                {
                    "state": StepState.DONE,
                    "output": end.output,
                    "input_digest": end.input_digest,
                    "finished_at": end.now,
                    "not_before": None,
                    "lease_owner": None,
                    "lease_until": None,
                },
            )
            for end, answer in zip(ends, answers, strict=True)
            if answer is True
        ],
    )
    return answers


def _output_of(step_id: int) -> dict[str, Any] | None:
    return Step.objects.values_list("output", flat=True).get(pk=step_id)


def release(*, step_id: int, token: int) -> None:
    """Give a step back unharmed: this start does not count as an attempt. Raises `LostLease`."""
    _leave(step_id, token, state=StepState.READY, attempts=F("attempts") - 1)


def defer(*, step_id: int, token: int, not_before: dt.datetime, error: str, counts: bool = True) -> None:
    """Put a step back for a later try. counts: whether this start was an attempt. Raises `LostLease`."""
    more = {} if counts else {"attempts": F("attempts") - 1}
    _leave(step_id, token, state=StepState.READY, not_before=not_before, error=error, **more)


def fail(*, step_id: int, token: int, error: str, now: dt.datetime) -> None:
    """Mark a step failed; `error` is a sentence people read. Raises `LostLease`."""
    step = fence(step_id=step_id, token=token)
    _leave(step_id, token, state=StepState.FAILED, error=error, finished_at=now)
    recording.append(
        run_id=step.run_id,
        kind="step.failed",
        actor=recording.ENGINE,
        data={"step": step.key, "kind": step.kind, "attempts": step.attempts},
        now=now,
    )


def sweep(*, now: dt.datetime, max_crashes: int) -> list[Step]:
    """Take back the steps whose lease has run out and return them. Call inside a transaction.

    A step that has taken its worker down `max_crashes` times is quarantined instead of run again.
    """
    swept = []
    expired = Step.objects.filter(state=StepState.RUNNING, lease_until__lt=now)
    # A step that is quarantined moves its run on, and everybody locks a run before its steps.
    moved = expired.filter(crashes__gte=max_crashes - 1).values("run_id")
    list(Run.objects.select_for_update(no_key=True).filter(pk__in=moved).order_by("pk").values_list("pk"))
    for step in expired.select_for_update(skip_locked=True, of=("self",)):
        crashes = step.crashes + 1
        state = StepState.QUARANTINED if crashes >= max_crashes else StepState.READY
        won = Step.objects.filter(pk=step.pk, token=step.token, state=StepState.RUNNING, lease_until__lt=now).update(
            state=state,
            crashes=crashes,
            # The token rises here too, so that the one who let the lease run out is shut out at once.
            token=F("token") + 1,
            lease_owner=None,
            lease_until=None,
            error="" if state == StepState.READY else f"Its worker died {crashes} times while running it.",
        )
        if won == 1:
            step.refresh_from_db()
            swept.append(step)
    return swept


def unblock(*, run: Run, kind: StepKind) -> int:
    """Make the blocked steps of this round ready whose tasks' dependencies are all done. Return how many."""
    rows = Step.objects.filter(run=run, kind=kind, generation=run.generation).select_related("task")
    # One left out by a person's choice keeps nobody waiting: what depends on it goes on without it.
    done = {row.key for row in rows if row.state in (StepState.DONE, StepState.SUPERSEDED)}
    ready = [
        row.pk
        for row in rows
        if row.state == StepState.BLOCKED and row.task is not None and set(row.task.depends_on) <= done
    ]
    return Step.objects.filter(pk__in=ready, state=StepState.BLOCKED).update(state=StepState.READY)


def retry(*, step_id: int, actor: str, now: dt.datetime) -> Step:
    """Put a failed or quarantined step back by a person's click; calls of unknown outcome may be made once more.

    Call inside a transaction; the caller then lets the run go on (services.flow.retry_step).
    Raises `NotFound`, `StaleState`.
    """
    step = Step.objects.select_for_update(of=("self",)).filter(pk=step_id).first()
    if step is None:
        raise NotFound("There is no such step.")
    won = Step.objects.filter(pk=step_id, state__in=[StepState.FAILED, StepState.QUARANTINED]).update(
        state=StepState.READY, attempts=0, crashes=0, not_before=None, error=""
    )
    if won != 1:
        raise StaleState(f"Only a failed or quarantined step can be retried; this one is {step.state}.")
    Call.objects.filter(step_id=step_id, state="unknown").update(written_off=True)
    recording.append(
        run_id=step.run_id, kind="step.retried", actor=actor, data={"step": step.key, "kind": step.kind}, now=now
    )
    step.refresh_from_db()
    return step
