"""What the page of one run shows, prepared: the templates decide nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse

from research import queries
from research.engine.domain.states import RUN_TRANSITIONS, WORKING, Gate, RunEvent, RunState
from research.models import Run, Task
from research.services import access, account, exports, recording

from .base import address

_STAGE_WORDS = {RunState.IDLE: "asked for"}
_TASKS_SHOWN = 60


class Button(NamedTuple):
    verb: str
    words: str
    address: str


class Stage(NamedTuple):
    """One stage of the flow. mark: done, now or next."""

    words: str
    mark: str


class GateLink(NamedTuple):
    """Where the gate's decisions are made; `address` is "" while no desk serves it."""

    words: str
    address: str


class TaskRow(NamedTuple):
    task: Task
    depth: str
    outcome: str
    queries: str
    waits_for: str


class WaysOn(NamedTuple):
    """What a paused run waits for. until: the time of its next try, None while it waits for a person.

    budget: it would pass a limit, so that a person raises it or finishes the run with what there is.
    """

    until: dt.datetime | None
    budget: bool


_OPERATIONS = (
    ("pause", "Pause", RunEvent.PAUSED),
    ("resume", "Resume", RunEvent.RESUMED),
    ("cancel", "Cancel run", RunEvent.CANCELLED),
)


def live(run: Run) -> dict[str, Any]:
    """Return what moves while the run works: its stage, progress, budgets, stuck steps."""
    progress = queries.progress(run)
    return {
        "run": run,
        "stages": _stages(run, progress.stage),
        "progress": progress,
        "budgets": account.budget_rows(progress.budgets),
        "is_moving": RunState(run.state) in WORKING,
        "ways_on": _ways_on(run),
        "stuck": queries.stuck_steps(run),
        "task_counts": _words(progress.tasks),
        "claim_counts": _words(progress.claims),
    }


def page(run: Run, request: HttpRequest) -> dict[str, Any]:
    """Return all that the page of a run shows to this user."""
    plan = queries.current_plan(run)
    may_operate = access.may_operate(request.user, run)
    tasks = queries.tasks_in_order(plan)
    waiting = queries.waiting(run, limit=20)
    documents = queries.documents(run)
    return {
        **live(run),
        "may_operate": may_operate,
        "buttons": buttons(run) if may_operate else [],
        "plan": plan,
        "tasks": _tasks(tasks),
        "account": account.account_of(run, plan, tasks),
        "waiting": waiting,
        "gate_words": f"{waiting.gate.value.replace('_', '-')} gate" if waiting else "",
        "gates": _gates(run, waiting),
        "entries": queries.timeline(run),
        "sections": queries.standing_sections(run),
        "documents": documents,
        "may_export": any(document.status in ("signed", "composed") for document in documents),
        "formats": [(form, reverse("admin:research_run_export", args=[run.pk, form])) for form in exports.MEDIA_TYPES],
    }


def buttons(run: Run) -> list[Button]:
    """Return what may be done with the run in its present state."""
    taken = {row.event for row in RUN_TRANSITIONS if row.source == run.state}
    found = [
        Button(verb, words, reverse("admin:research_run_operate", args=[run.pk, verb]))
        for verb, words, event in _OPERATIONS
        if event in taken
    ]
    if run.state in (RunState.PAUSED, RunState.FAILED) and run.resume_to != RunState.PLANNING:
        place = 1 if run.state == RunState.PAUSED else 0
        where = reverse("admin:research_run_operate", args=[run.pk, "finish"])
        found.insert(place, Button("finish", "Finish with what there is", where))
    if RunEvent.CANCELLED in taken:
        found.insert(
            0, Button("budget", "Raise budget", reverse("admin:research_run_operate", args=[run.pk, "budget"]))
        )
    return found


def _ways_on(run: Run) -> WaysOn | None:
    """Return what a paused run waits for, None for one that is not paused."""
    if run.state != RunState.PAUSED:
        return None
    # The engine pauses a run until a time, or without one where a call would pass a limit (execution.setback_of).
    budget = run.not_before is None and queries.paused_by(run) == recording.ENGINE
    return WaysOn(run.not_before, budget)


def _stages(run: Run, reached: int) -> list[Stage]:
    if run.state == RunState.CANCELLED:
        return []
    finished = run.state == RunState.COMPLETED
    marks = ["done" if place < reached or finished else "now" if place == reached else "next" for place in range(10)]
    return [
        Stage(_STAGE_WORDS.get(state, state.value.replace("_", " ")), mark)
        for state, mark in zip(queries.STAGES, marks, strict=True)
    ]


def _words(counts: dict[str, int]) -> list[tuple[str, str, int]]:
    return [(name, name.replace("_", " "), number) for name, number in counts.items()]


def _tasks(tasks: list[Task]) -> list[TaskRow]:
    depths = queries.depths(tasks)
    return [
        TaskRow(
            task=task,
            depth=f"depth-{min(depths[task.key], 4)}",
            outcome=task.outcome,
            queries=" · ".join(f"{search['query']} ({search['hits']})" for search in task.searches[:8]),
            waits_for=", ".join(task.depends_on),
        )
        for task in tasks[:_TASKS_SHOWN]
    ]


def _gates(run: Run, waiting: queries.Waiting | None) -> list[GateLink]:
    if waiting is None:
        return []
    if waiting.gate is Gate.PLAN:
        return [GateLink("Review the plan", address("reviews:plan", run.pk))]
    # From the claims gate until the signature people may add what the agent did not find.
    add = GateLink("Add a claim by hand", address("reviews:add_claim", run.pk))
    if waiting.gate is Gate.CLAIMS:
        return [GateLink(f"Review {waiting.open} claims", address("reviews:claims", run.pk)), add]
    if waiting.gate is Gate.SIGN_OFF:
        return [GateLink("Read and sign the document", address("reviews:sign_off", run.pk)), add]
    sections = [
        GateLink(
            f"Review section {one.key.replace('_', ' ')}: {one.approvals} of {one.approvals_needed} approvals",
            address("reviews:section", one.id),
        )
        for one in waiting.subjects
    ]
    return [*sections, add]
