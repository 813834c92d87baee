"""Carry out one claimed step: load what it needs, run the engine's stage, write what came of it under its token."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from research.adapters import bulk, engines
from research.adapters.runtime import StepPorts
from research.engine.domain.canonical import canonical_bytes, digest, joined, sha256_hex
from research.engine.domain.errors import LostLease
from research.engine.domain.plans import Plan as PlanValue
from research.engine.domain.plans import PlanTask
from research.engine.domain.states import ClaimStatus, StepKind
from research.engine.ports import Memory, RunBrief
from research.engine.stages import draft as draft_stage
from research.engine.stages import extract as extract_stage
from research.engine.stages import investigate as investigate_stage
from research.engine.stages import plan as plan_stage
from research.engine.stages import verify as verify_stage
from research.engine.verticals import registry
from research.models import Plan, Run, Step, Task

from . import claims, composing, flow, memory, recording, results, steps


def briefs_of(runs: Iterable[Run]) -> dict[UUID, RunBrief]:
    """Return what every role is told of the runs, by run."""
    runs = list(runs)
    rejections: dict[UUID, list[str]] = {run.pk: [] for run in runs}
    # A rejection begins another round.
    again = [run for run in runs if run.generation > 1]
    rows = Plan.objects.filter(run__in=again, decision_comment__gt="").order_by("revision")
    for run_id, comment in rows.values_list("run_id", "decision_comment"):
        rejections[run_id].append(comment)
    return {
        run.pk: RunBrief(
            run_id=str(run.pk),
            prompt=run.prompt,
            vertical=registry.get(run.vertical),
            rejections=tuple(rejections[run.pk]),
            as_of=run.created_at.date(),
        )
        for run in runs
    }


def task_of(task: Task) -> PlanTask:
    """Return a task row as the engine sees it."""
    return PlanTask(
        key=task.key,
        question=task.question,
        section=task.section,
        tools=tuple(task.tools),
        critical=task.critical,
        depends_on=tuple(task.depends_on),
        layer=task.layer,
        queries=tuple(task.queries),
        subject=task.subject,
    )


def _task(step: Step) -> Task:
    if step.task is None:
        raise Task.DoesNotExist(f"step {step.pk} has no task")
    return step.task


def load(step: Step) -> dict[str, Any]:
    """Return the inputs of a step, read in one transaction."""
    [inputs] = load_all(entries=[step])
    return inputs


def load_all(*, entries: Sequence[Step]) -> list[dict[str, Any]]:
    """Return the inputs of each of the steps, read in one transaction."""
    briefs = briefs_of({step.run_id: step.run for step in entries}.values())
    memories = memory.of_all([step for step in entries if step.kind == StepKind.INVESTIGATE])
    return [_inputs(step, step.run, briefs[step.run_id], memories.get(step.pk, ())) for step in entries]


def _inputs(step: Step, run: Run, brief: RunBrief, remembered: tuple[Memory, ...]) -> dict[str, Any]:
    inputs: dict[str, Any] = {"brief": brief}
    if step.kind == StepKind.PLAN:
        return inputs
    if step.kind == StepKind.DRAFT:
        return inputs | {"bundle": composing.bundle(run, step.key)}
    if step.kind == StepKind.VERIFY:
        questions = {task.key: task.question for task in flow.approved_tasks(run)}
        vertical = registry.get(run.vertical)
        found = claims.in_hand(run, vertical, questions, statuses=[ClaimStatus.PROPOSED])
        # The step's own day: tried again tomorrow, it still has the same inputs.
        return inputs | {"claims": found, "as_of": step.created_at.date()}
    task = _task(step)
    inputs["task"] = task_of(task)
    if step.kind == StepKind.INVESTIGATE and remembered:
        inputs["brief"] = brief.model_copy(update={"memory": remembered})
    if step.kind == StepKind.EXTRACT:
        rows = claims.evidence_rows(run=run, task_key=task.key)
        inputs["evidence"] = [claims.evidence_item(row) for row in rows]
        inputs["premises"] = composing.premises(run, task) if task.layer != "research" else []
    return inputs


async def perform(step: Step, inputs: dict[str, Any], ports: StepPorts) -> Any:
    """Run the engine's stage for the step and return what it gives (a model or a tuple of models)."""
    match StepKind(step.kind):
        case StepKind.PLAN:
            return await plan_stage.plan(ports.model, inputs["brief"], tools=engines.tool_names(step.run.engine))
        case StepKind.INVESTIGATE:
            return await investigate_stage.investigate(
                ports.model, inputs["brief"], inputs["task"], ports.shelf, ports.store
            )
        case StepKind.EXTRACT:
            drafts = await extract_stage.extract(ports.model, inputs["brief"], inputs["task"], inputs["evidence"])
            return drafts + await extract_stage.conclude(
                ports.model, inputs["brief"], inputs["task"], inputs["premises"], observer=ports.observer
            )
        case StepKind.VERIFY:
            return await verify_stage.verify(
                inputs["claims"],
                as_of=inputs["as_of"],
                register=ports.register,
                model=ports.model,
                brief=inputs["brief"],
            )
        case StepKind.DRAFT:
            return await draft_stage.draft(ports.model, inputs["brief"], inputs["bundle"], observer=ports.observer)


class Done(NamedTuple):
    """A step that was carried out: what it was made from, and the result of its stage."""

    step: Step
    input_digest: str
    result: Any
    now: dt.datetime


def complete(*, step: Step, input_digest: str, result: Any, now: dt.datetime) -> None:
    """Write a step's result and move the run on, in one transaction, if its token still holds.

    Raises `LostLease` when it does not; nothing is written then. Safe to run again after a lost commit answer.
    """
    [answer] = complete_all(entries=[Done(step, input_digest, result, now)])
    if answer is not None:
        raise answer


def complete_all(*, entries: Sequence[Done]) -> list[LostLease | None]:
    """Do the same for several steps, of any runs. Return for each None, or `LostLease`: nothing of it is written."""
    # The runs' rows first, always: two last steps of a state must not both think the other is still running.
    held = Run.objects.select_for_update(no_key=True).filter(pk__in={done.step.run_id for done in entries})
    runs = {run.pk: run for run in held.order_by("pk")}
    ends = [
        steps.Finished(done.step.pk, done.step.token, done.input_digest, results.output_of(done.result), done.now)
        for done in entries
    ]
    writes = bulk.Writes()
    answers = steps.finish_all(ends, writes)
    new = [(done, end) for done, end, answer in zip(entries, ends, answers, strict=True) if answer is True]
    if new:
        with recording.together():
            _save_all([done for done, _ in new], runs, writes)
            calls = recording.calls_records({done.step.pk: done.now for done, _ in new})
            recording.append_all([_said(done, end, calls[done.step.pk]) for done, end in new])
            touched = {done.step.run_id for done, _ in new}
            flow.go_on(runs=[run for run in runs.values() if run.pk in touched], now=max(done.now for done, _ in new))
    return [answer if isinstance(answer, LostLease) else None for answer in answers]


def _said(done: Done, end: steps.Finished, calls: str) -> recording.Said:
    data = {
        "step": done.step.key,
        "kind": done.step.kind,
        "round": done.step.generation,
        "input": done.input_digest,
        "output": digest(end.output),
        "calls": calls,
    }
    return recording.Said(done.step.run_id, "step.done", recording.ENGINE, data, done.now)


def _save_all(several: Sequence[Done], runs: Mapping[UUID, Run], writes: bulk.Writes) -> None:
    investigated = [done for done in several if done.step.kind == StepKind.INVESTIGATE]
    found = [results.Found(done.step.run_id, _task(done.step), done.result, done.now) for done in investigated]
    results.save_investigations(found, writes)
    writes.send()
    for done in several:
        _save(runs[done.step.run_id], done.step, done.result, now=done.now)


def _save(run: Run, step: Step, result: Any, *, now: dt.datetime) -> None:
    match StepKind(step.kind):
        case StepKind.PLAN:
            plan: PlanValue = result
            results.save_plan(run=run, plan=plan, author=None, comment="", now=now)
        case StepKind.INVESTIGATE:
            pass  # written together, in `_save_all`
        case StepKind.EXTRACT:
            results.save_claims(run=run, task=_task(step), drafts=result, now=now)
        case StepKind.VERIFY:
            results.save_verification(run=run, step=step, verification=result, now=now)
        case StepKind.DRAFT:
            results.save_section(run=run, draft=result, now=now)


def digest_of_inputs(inputs: dict[str, Any]) -> str:
    """Return the digest of a step's inputs: what its output was made from."""
    return sha256_hex(joined({name: _canonical(value) for name, value in inputs.items()}))


def _canonical(value: Any) -> bytes:
    if isinstance(value, list):
        return canonical_bytes([item.model_dump(mode="json") for item in value])
    if isinstance(value, dt.date):
        return canonical_bytes(value.isoformat())
    if isinstance(value, RunBrief):
        # The vertical is most of it, and the same for every step.
        rest = value.model_dump(mode="json", exclude={"vertical"})
        parts = {name: canonical_bytes(part) for name, part in rest.items()}
        return joined(parts | {"vertical": _vertical_bytes(value.vertical.name)})
    return canonical_bytes(value)


@functools.cache
def _vertical_bytes(name: str) -> bytes:
    return canonical_bytes(registry.get(name))
