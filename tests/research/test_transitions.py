"""Moving a run: one guarded update and its event, together or not at all, by one writer."""

from __future__ import annotations

import ast
import itertools
import threading
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from research.engine.domain.errors import StaleState
from research.engine.domain.states import RUN_TRANSITIONS, RunEvent, RunState
from research.models import Event, Run, Step
from research.services import recording, transitions
from tests.doubles import rows
from tests.research import play

ROWS = {(row.source, row.event): row for row in RUN_TRANSITIONS}
NOW = play.NOW


def put(run: Run, state: RunState, was: RunState = RunState.RESEARCHING) -> Run:
    """Put the run's row into a state without any service."""
    aside = state in (RunState.PAUSED, RunState.FAILED)
    Run.objects.filter(pk=run.pk).update(state=state, resume_to=was if aside else "")
    run.refresh_from_db()
    return run


def apply(run: Run, event: RunEvent, **more) -> Run:
    return transitions.apply(run=Run.objects.get(pk=run.pk), event=event, actor="engine", now=NOW, **more)


@pytest.mark.parametrize("state", list(RunState))
def test_every_event_moves_the_row_as_the_table_says_or_changes_nothing(people, state):
    """All pairs over a real row: the target and one event naming both ends, or `StaleState` and no trace."""
    run = rows.new_run(people)
    for event in RunEvent:
        put(run, state)
        before = Event.objects.filter(run=run).count()
        row = ROWS.get((state, event))
        if row is None:
            with pytest.raises(StaleState), transaction.atomic():
                apply(run, event)
            assert Run.objects.get(pk=run.pk).state == state
            assert Event.objects.filter(run=run).count() == before
            continue
        moved = apply(run, event)
        assert moved.state == (row.target or RunState.RESEARCHING)
        last = Event.objects.filter(run=run).order_by("-seq")[0]
        assert last.seq == before + 1
        assert last.kind == event.value
        assert f'"from":"{state.value}"' in last.payload
        assert f'"to":"{moved.state}"' in last.payload


@pytest.mark.parametrize("was", ["planning", "researching", "validating", "drafting"])
@pytest.mark.parametrize(("away", "back"), [(RunEvent.PAUSED, RunEvent.RESUMED), (RunEvent.FAILED, RunEvent.RETRIED)])
def test_a_run_set_aside_goes_back_where_it_was(people, was, away, back):
    run = put(rows.new_run(people), RunState(was))
    aside = apply(run, away, reason="because", not_before=play.later(60))
    assert (aside.resume_to, aside.state_reason, aside.not_before) == (was, "because", play.later(60))
    home = apply(run, back)
    assert (home.state, home.resume_to, home.state_reason, home.not_before) == (was, "", "", None)


def test_the_move_and_its_event_are_undone_together(people):
    run = rows.new_run(people)
    before = Event.objects.filter(run=run).count()
    with transaction.atomic():
        apply(run, RunEvent.PLAN_READY)
        transaction.set_rollback(True)
    assert Run.objects.get(pk=run.pk).state == RunState.PLANNING
    assert Event.objects.filter(run=run).count() == before


def test_an_event_that_cannot_be_written_takes_the_move_with_it(people):
    """A run does not move unheard: data that has no canonical spelling undoes the update."""
    run = rows.new_run(people)
    with pytest.raises(ValueError, match="JSON"), transaction.atomic():
        apply(run, RunEvent.PLAN_READY, data={"share": float("nan")})
    assert Run.objects.get(pk=run.pk).state == RunState.PLANNING


def test_the_reason_stays_out_of_the_trail(people):
    run = rows.new_run(people)
    apply(run, RunEvent.PAUSED, reason="Vera Lind asked for it")
    assert not Event.objects.filter(run=run, payload__contains="Vera").exists()


@pytest.mark.parametrize("event", sorted(transitions.NEW_ROUND))
def test_going_back_begins_a_round_and_sets_unfinished_steps_aside(people, event):
    """Every live step is superseded and has no lease; what was done stays done."""
    run = rows.new_run(people)
    source = next(row.source for row in RUN_TRANSITIONS if row.event is event)
    put(run, source)
    Step.objects.filter(run=run).delete()
    for state in ("blocked", "ready", "running", "done", "failed", "quarantined"):
        Step.objects.create(
            run=run, kind="investigate", key=state, generation=1, state=state, created_at=NOW,
            lease_owner=uuid.uuid4() if state == "running" else None, lease_until=NOW if state == "running" else None,
        )  # fmt: skip
    assert apply(run, event).generation == 2
    left = dict(Step.objects.filter(run=run).values_list("key", "state"))
    assert left.pop("done") == "done"
    assert set(left.values()) == {"superseded"}
    assert not Step.objects.filter(run=run, lease_owner__isnull=False).exists()


def test_other_events_begin_no_round():
    back = {row.event for row in RUN_TRANSITIONS if row.kind in ("backward", "void")}
    # An edit before approval voids nothing that was worked on; nor does it end any step.
    assert back - {RunEvent.PLAN_EDITED} == transitions.NEW_ROUND


@pytest.mark.parametrize("event", [RunEvent.CANCELLED, RunEvent.SIGNED])
def test_the_end_leaves_no_step_to_claim(people, event):
    run = put(rows.new_run(people), RunState.SIGN_OFF)
    ended = apply(run, event)
    assert not Step.objects.filter(run=run, state__in=["ready", "running", "blocked"]).exists()
    assert ended.completed_at == (NOW if event is RunEvent.SIGNED else None)


def test_a_run_that_was_changed_past_the_lock_is_not_moved(people):
    """The update is guarded by the old state, so even a writer that ignores the row's lock loses nothing silently."""
    run = rows.new_run(people)
    moved = threading.Event()

    def sneak(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and "research_run" in sql and not moved.is_set():
            moved.set()
            with connection.cursor() as cursor:
                cursor.execute("UPDATE research_run SET state = 'cancelled'")
        return execute(sql, params, many, context)

    with pytest.raises(StaleState, match="a moment ago"), transaction.atomic(), connection.execute_wrapper(sneak):
        apply(run, RunEvent.PLAN_READY)
    assert moved.is_set()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_move_a_run_at_once_one_wins(people):
    run = rows.new_run(people)
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def move():
        try:
            together.wait()
            with transaction.atomic():
                apply(run, RunEvent.PLAN_READY)
            outcomes.append("moved")
        except StaleState:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=move) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["moved", "refused"]
    assert Event.objects.filter(run=run, kind="plan.ready").count() == 1


def _writes_of_state(tree: ast.AST) -> list[tuple[int, str]]:
    """Return (line, text) of what may write `state` of a run: an assignment to it, or Run's update or create."""
    found = []
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in itertools.chain.from_iterable(
            one.elts if isinstance(one, ast.Tuple) else [one] for one in targets if one is not None
        ):
            if isinstance(target, ast.Attribute) and target.attr == "state" and "run" in ast.unparse(target.value):
                found += [(node.lineno, ast.unparse(node))]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            text = ast.unparse(node.func)
            writes = node.func.attr in ("update", "create", "update_or_create", "bulk_update", "get_or_create")
            named = any(key.arg in ("state", None) for key in node.keywords) or node.func.attr == "bulk_update"
            if writes and named and "Run.objects" in text:
                found.append((node.lineno, ast.unparse(node)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "research_run " in node.value:
            found.append((node.lineno, node.value))
    return found


def test_nobody_else_writes_a_runs_state():
    """Only services/transitions.py assigns or updates `state` of a run, by attribute, queryset or SQL."""
    root = Path(settings.BASE_DIR)
    writers = {
        str(path.relative_to(root))
        for package in ("research", "reviews", "mrd_project")
        for path in (root / package).rglob("*.py")
        if "migrations" not in path.parts and _writes_of_state(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert writers == {"research/services/transitions.py"}


@pytest.mark.parametrize(
    "line",
    ["run.state = 'x'", "self.run.state = 'x'", "a, run.state = 1, 2", "Run.objects.filter(pk=1).update(state='x')",
     "Run.objects.filter(pk=1).update(**changes)", "Run.objects.create(state='x')", "f('UPDATE research_run SET x')"],
)  # fmt: skip
def test_the_search_for_writers_sees_each_way_to_write(line):
    assert _writes_of_state(ast.parse(line))


def test_actors_that_are_no_people_have_fixed_names():
    assert (recording.ENGINE, recording.RULE, recording.CLOCK) == ("engine", "rule", "clock")
