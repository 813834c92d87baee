"""Runs with a row of everything the admin shows."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from research.engine.domain.states import RunState
from research.models import Breaker, Call, DayBudget, Driver, Run, Step
from research.services import gates, tokens
from tests.doubles import rows

NOW = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)


def completed(people: rows.Cast) -> Run:
    """Return a signed run of the team, with a call, a driver, a breaker, a day's account and a key beside it."""
    run = rows.run_at(RunState.SIGN_OFF, people)
    document = rows.document_of(run)
    by = gates.By(person=people.approver, door="admin", comment="", now=NOW)
    with transaction.atomic():
        gates.sign(run=gates.hold(run.pk), document=document, digest=document.digest, meaning="Approved", by=by)
    number = Run.objects.count()
    step = Step.objects.filter(run=run).order_by("pk")[0]
    call_of(step)
    Driver.objects.create(host="host", seat=number, pid=number, capacity=5, started_at=NOW, beat_at=NOW)
    Breaker.objects.create(name=f"tool-{number}", failures=3, opened_at=NOW)
    DayBudget.objects.create(scope=DayBudget.of_user(number), day=NOW.date(), used_calls=1)
    tokens.create(user=people.auditor, name=f"key {number}")
    run.refresh_from_db()
    return run


def call_of(step: Step) -> Call:
    return Call.objects.create(
        run=step.run, step=step, phase="research", kind="tool", name="library_search", key=f"{step.pk:064d}", token=1,
        arguments={"query": "<script>alert(1)</script>"}, state="done", outcome={"payload": {"hits": [1, 2]}},
        possible_duplicate=True, started_at=NOW, finished_at=NOW,
    )  # fmt: skip


def failed(people: rows.Cast, *, state: str = "failed") -> tuple[Run, Step]:
    """Return a run whose one step failed or is quarantined."""
    run = rows.new_run(people)
    step = Step.objects.get(run=run)
    Step.objects.filter(pk=step.pk).update(state=state, error="The tool answered nothing.", finished_at=NOW)
    Run.objects.filter(pk=run.pk).update(
        state="failed", resume_to="planning", state_reason="1 step(s) could not be done."
    )
    run.refresh_from_db()
    step.refresh_from_db()
    return run, step
