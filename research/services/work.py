"""Carry out one claimed step: load what it needs, run the engine's stage, write what came of it under its token."""

from __future__ import annotations

import datetime as dt
from typing import Any

from research.adapters import runtime
from research.adapters.runtime import StepPorts
from research.engine.domain.canonical import digest
from research.engine.domain.plans import Plan as PlanValue
from research.engine.domain.plans import PlanTask
from research.engine.domain.states import ClaimStatus, StepKind
from research.engine.ports import RunBrief
from research.engine.stages import draft as draft_stage
from research.engine.stages import extract as extract_stage
from research.engine.stages import investigate as investigate_stage
from research.engine.stages import plan as plan_stage
from research.engine.stages import verify as verify_stage
from research.engine.verticals import registry
from research.models import Plan, Run, Step, Task

from . import claims, composing, flow, memory, recording, results, steps


def brief_of(run: Run) -> RunBrief:
    """Return what every role is told of the run."""
    rejections = (
        Plan.objects.filter(run=run, decision_comment__gt="")
        .order_by("revision")
        .values_list("decision_comment", flat=True)
    )
    return RunBrief(
        run_id=str(run.pk),
        prompt=run.prompt,
        vertical=registry.get(run.vertical),
        rejections=tuple(rejections),
        as_of=run.created_at.date(),
    )


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
    return Task.objects.get(steps=step)


def load(step: Step) -> dict[str, Any]:
    """Return the inputs of a step, read in one transaction."""
    run = Run.objects.get(pk=step.run_id)
    inputs: dict[str, Any] = {"brief": brief_of(run)}
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
    if step.kind == StepKind.INVESTIGATE:
        inputs["brief"] = inputs["brief"].model_copy(update={"memory": memory.of(step)})
    if step.kind == StepKind.EXTRACT:
        rows = claims.evidence_rows(run=run, task_key=task.key)
        inputs["evidence"] = [claims.evidence_item(row) for row in rows]
        inputs["premises"] = composing.premises(run, task) if task.layer != "research" else []
    return inputs


async def perform(step: Step, inputs: dict[str, Any], ports: StepPorts) -> Any:
    """Run the engine's stage for the step and return what it gives (a model or a tuple of models)."""
    match StepKind(step.kind):
        case StepKind.PLAN:
            return await plan_stage.plan(ports.model, inputs["brief"], tools=runtime.tool_names(step.run.engine))
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


def complete(*, step: Step, input_digest: str, result: Any, now: dt.datetime) -> None:
    """Write a step's result and move the run on, in one transaction, if its token still holds.

    Raises `LostLease` when it does not; nothing is written then. Safe to run again after a lost commit answer.
    """
    # The run's row first, always: two last steps of a state must not both think the other is still running.
    run = Run.objects.select_for_update().get(pk=step.run_id)
    present = Step.objects.get(pk=step.pk)
    output = results.output_of(result)
    if present.state == "done" and present.token == step.token and present.output == output:
        return
    steps.finish(step_id=step.pk, token=step.token, input_digest=input_digest, output=output, now=now)
    _save(run, step, result, now=now)
    recording.append(
        run_id=run.pk,
        kind="step.done",
        actor=recording.ENGINE,
        data={
            "step": step.key,
            "kind": step.kind,
            "round": step.generation,
            "input": input_digest,
            "output": digest(output),
            "calls": recording.calls_record(step.pk, until=now),
        },
        now=now,
    )
    if step.kind in (StepKind.INVESTIGATE, StepKind.EXTRACT):
        steps.unblock(run=run, kind=StepKind(step.kind))
    flow.advance(run_id=run.pk, now=now)


def _save(run: Run, step: Step, result: Any, *, now: dt.datetime) -> None:
    match StepKind(step.kind):
        case StepKind.PLAN:
            plan: PlanValue = result
            results.save_plan(run=run, plan=plan, author=None, comment="", now=now)
        case StepKind.INVESTIGATE:
            results.save_investigation(run=run, task=_task(step), found=result, now=now)
        case StepKind.EXTRACT:
            results.save_claims(run=run, task=_task(step), drafts=result, now=now)
        case StepKind.VERIFY:
            results.save_verification(run=run, step=step, verification=result, now=now)
        case StepKind.DRAFT:
            results.save_section(run=run, draft=result, now=now)


def digest_of_inputs(inputs: dict[str, Any]) -> str:
    """Return the digest of a step's inputs: what its output was made from."""
    plain: dict[str, Any] = {}
    for name, value in inputs.items():
        if isinstance(value, list):
            plain[name] = [item.model_dump(mode="json") for item in value]
        elif isinstance(value, dt.date):
            plain[name] = value.isoformat()
        else:
            plain[name] = value.model_dump(mode="json")
    return digest(plain)
