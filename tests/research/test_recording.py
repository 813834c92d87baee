"""The trail: every link holds to the one before, in order, and holds no personal data."""

from __future__ import annotations

import contextvars
import datetime as dt
import hashlib
import json
import threading

import pytest
from django.db import connection, transaction

from research.engine.domain.states import RunEvent, RunState
from research.models import Event, Run, Trail
from research.services import audit, recording, runs
from tests.doubles import rows, world
from tests.research import play

NOW = play.NOW
CANARY = "canary-7f3a of the Quetzal market"


def append(run: Run, kind: str = "export.made", **data):
    recording.append(run_id=run.pk, kind=kind, actor="engine", data=data, now=NOW)
    return Event.objects.filter(run=run).latest("seq")


def test_each_link_is_the_hash_of_the_one_before_and_its_own_bytes(people):
    run = rows.new_run(people)
    append(run, n=1)
    previous = hashlib.sha256(f"mrd-desk/trail/1/{run.pk}".encode()).hexdigest()
    for place, event in enumerate(Event.objects.filter(run=run).order_by("seq"), start=1):
        assert (event.seq, event.previous) == (place, previous)
        assert event.hash == hashlib.sha256((previous + event.payload).encode()).hexdigest()
        previous = event.hash
    assert place == 3
    trail = Trail.objects.get(run=run)
    assert (trail.length, trail.head) == (3, previous)


def test_the_payload_says_what_the_columns_say(people):
    run = rows.new_run(people)
    event = append(run, n=1)
    assert json.loads(event.payload) == {
        "run": str(run.pk), "seq": 3, "kind": "export.made", "actor": "engine", "at": NOW.isoformat(), "data": {"n": 1},
    }  # fmt: skip


def test_two_runs_have_two_chains(people):
    first, second = rows.new_run(people), rows.new_run(people)
    assert recording.genesis(first.pk) != recording.genesis(second.pk)
    append(first)
    assert list(audit.problems_of(first)) == list(audit.problems_of(second)) == []


@pytest.mark.parametrize("kind", ["", "run.exploded", "Run.created", "decision"])
def test_an_unknown_kind_is_refused_and_leaves_nothing(people, kind):
    run = rows.new_run(people)
    with pytest.raises(ValueError, match="Unknown kind"):
        append(run, kind)
    assert Trail.objects.get(run=run).length == Event.objects.filter(run=run).count() == 2


def test_every_event_of_a_run_is_a_known_kind():
    assert {event.value for event in RunEvent} < recording.KINDS


def test_a_demo_says_so_in_every_link(people):
    run = rows.new_run(people, is_demo=True)
    play.drive(run)
    payloads = Event.objects.filter(run=run).values_list("payload", flat=True)
    assert [one for one in payloads if json.loads(one).get("demo") is not True] == []


def test_only_a_demo_says_so(people):
    run = rows.new_run(people)
    assert not Event.objects.filter(run=run, payload__contains="demo").exists()


def test_a_transaction_that_is_undone_leaves_no_gap(people):
    run = rows.new_run(people)
    with transaction.atomic():
        append(run)
        transaction.set_rollback(True)
    assert append(run).seq == 3
    assert list(audit.problems_of(run)) == []


def test_what_is_appended_together_is_written_at_the_end_each_run_in_its_order(people):
    first, second = rows.new_run(people), rows.new_run(people)
    with transaction.atomic(), recording.together():
        for n, run in enumerate((first, second, first)):
            append(run, n=n)
        assert Event.objects.filter(kind="export.made").count() == 0
        with pytest.raises(ValueError, match="Unknown kind"):
            append(first, "run.exploded")
        with pytest.raises(RuntimeError, match="already"), recording.together():
            pass
    for run, numbers in ((first, [0, 2]), (second, [1])):
        events = Event.objects.filter(run=run, kind="export.made").order_by("seq")
        assert [json.loads(event.payload)["data"]["n"] for event in events] == numbers
        assert [event.seq for event in events] == list(range(3, 3 + len(numbers)))
        assert list(audit.problems_of(run)) == []


def test_what_is_appended_together_before_an_error_is_not_written(people):
    run = rows.new_run(people)

    def work() -> None:
        with transaction.atomic(), recording.together():
            append(run)
            raise KeyError

    with pytest.raises(KeyError):
        work()
    assert append(run).seq == 3
    assert list(audit.problems_of(run)) == []


def test_what_is_appended_by_a_task_that_outlives_the_gathering_is_written(people):
    run = rows.new_run(people)
    with transaction.atomic():
        with recording.together():
            task = contextvars.copy_context()
        task.run(append, run)
    assert Event.objects.filter(run=run, kind="export.made").count() == 1
    assert list(audit.problems_of(run)) == []


def test_a_whole_run_writes_nothing_personal(db):
    """Names, addresses, the prompt, comments, quotes and the document's words are nowhere in any payload."""
    people = world.people("whole")
    for number, person in enumerate(people[1:]):
        person.first_name, person.last_name = f"Firstname{number}", f"Lastname{number}"
        person.email = f"someone{number}@example.test"
        person.save()
    run = runs.create(
        team=people.team, requester=people.requester, prompt=f"Documents on {CANARY}", vertical="gambling",
        engine="extractive", now=NOW, correlation_id="request-42",
    )  # fmt: skip
    runs.pause(run_id=run.pk, actor=str(people.requester.actor_id), reason="Firstname0 is away", now=NOW)
    runs.resume(run_id=run.pk, actor=str(people.requester.actor_id), now=NOW)
    play.carry_to(RunState.COMPLETED, run, people, section="regulation")
    kinds = set(Event.objects.filter(run=run).values_list("kind", flat=True))
    assert {"run.created", "plan.approved", "decision.made", "document.signed", "signature.made"} <= kinds
    trail = "\n".join(Event.objects.filter(run=run).values_list("payload", flat=True))
    told = [people.team.name, CANARY, "Quetzal", "Firstname", "Lastname", "example.test", "request-42", "is away"]
    told += [person.username for person in people[1:]] + list(play.WORDS.values()) + ["Desks", "Auditors"]
    assert [word for word in told if word.casefold() in trail.casefold()] == []
    actors = set(Event.objects.filter(run=run).values_list("actor", flat=True))
    assert actors <= {"engine", "rule", "clock"} | {str(person.actor_id) for person in people[1:]}
    assert list(audit.problems_of(run)) == []


@pytest.mark.django_db(transaction=True)
def test_many_who_append_at_once_make_one_chain(people):
    run = rows.new_run(people)
    each, threads = 5, 6
    together = threading.Barrier(threads)

    def work(name: int):
        try:
            together.wait()
            for n in range(each):
                with transaction.atomic():
                    recording.append(
                        run_id=run.pk, kind="export.made", actor="engine", data={"by": name, "n": n},
                        now=dt.datetime.now(dt.UTC),
                    )  # fmt: skip
        finally:
            connection.close()

    running = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
    for one in running:
        one.start()
    for one in running:
        one.join()
    assert list(audit.problems_of(run)) == []
    told = [json.loads(event.payload)["data"] for event in Event.objects.filter(run=run).order_by("seq")[2:]]
    assert len(told) == each * threads
    for name in range(threads):
        assert [one["n"] for one in told if one["by"] == name] == list(range(each))
