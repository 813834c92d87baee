"""The executor whose thread used last is used next."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from concurrent.futures import CancelledError

import pytest

from research.adapters.threads import RecentFirst


@pytest.fixture
def threads():
    made = RecentFirst(threads=3, name="t")
    yield made
    made.shutdown()


def held(threads: RecentFirst, count: int) -> list[tuple[threading.Event, object]]:
    """Keep so many threads busy, each until its event is set."""
    events = [threading.Event() for _ in range(count)]
    return [(event, threads.submit(lambda event=event: (event.wait(20), threading.get_ident())[1])) for event in events]


def test_one_thing_after_the_other_is_done_by_one_thread_whichever_was_busy_last(threads):
    first, second, third = held(threads, 3)
    for event, future in (first, third, second):
        event.set()
        future.result(20)
    assert {threads.submit(threading.get_ident).result(20) for _ in range(500)} == {second[1].result()}


def test_what_is_brought_by_the_first_to_hear_of_a_result_is_done_by_the_same_thread(threads):
    """As an event loop may: it hears of a result the moment it is there."""
    seen: list[int] = []
    heard = threading.Event()

    def hear(future) -> None:
        seen.append(future.result(0))
        if len(seen) < 20:
            threads.submit(threading.get_ident).add_done_callback(hear)
        else:
            heard.set()

    [(event, first)] = held(threads, 1)
    first.add_done_callback(hear)
    event.set()
    assert heard.wait(20)
    assert len(set(seen)) == 1


def test_several_things_at_once_have_a_thread_each_and_what_waits_is_done_in_its_order(threads):
    busy = held(threads, 3)
    done: list[int] = []
    waiting = [threads.submit(done.append, n) for n in range(50)]
    assert done == []
    busy[1][0].set()  # one free thread does them all
    for future in waiting:
        future.result(20)
    assert done == list(range(50))
    for event, _ in busy:
        event.set()
    assert len({future.result(20) for _, future in busy}) == 3


def test_what_is_raised_is_handed_on_and_harms_no_thread(threads):
    for _ in range(5):
        with pytest.raises(KeyError):
            threads.submit({}.pop, "missing").result(20)
    with pytest.raises(SystemExit):
        threads.submit(sys.exit).result(20)
    busy = held(threads, 3)
    for event, future in busy:
        event.set()
        future.result(20)


class Thing:
    def fail(self) -> None:
        raise KeyError


def test_what_is_done_is_not_kept_alive_not_even_when_it_failed(threads):
    thing = Thing()
    gone = weakref.ref(thing)
    gc.disable()
    try:
        future = threads.submit(thing.fail)
        assert isinstance(future.exception(20), KeyError)
        del thing, future
        threads.submit(print, end="").result(20)
        assert gone() is None
    finally:
        gc.enable()


def test_the_threads_are_there_from_the_beginning(threads):
    """One that cannot be started is told at once, rather than lost with the work it should have done."""
    assert sum(thread.name.startswith("t-") for thread in threading.enumerate()) == 3


def test_work_that_no_thread_takes_loses_no_thread(threads):
    """As when the interpreter ends: what is refused once is refused again, and nobody waits for it for ever."""
    for thread in threads._all:
        thread.shutdown()
    for _ in range(5):
        with pytest.raises(RuntimeError):
            threads.submit(print)


def test_what_is_cancelled_before_its_turn_is_not_done(threads):
    busy = held(threads, 3)
    done: list[int] = []
    first, second = threads.submit(done.append, 1), threads.submit(done.append, 2)
    assert first.cancel()
    for event, _ in busy:
        event.set()
    second.result(20)
    assert done == [2]


def test_the_end_waits_for_what_waits_unless_it_is_told_not_to_and_takes_nothing_more():
    for cancel in (False, True):
        threads = RecentFirst(threads=1, name="t")
        [(event, first)] = held(threads, 1)
        last = threads.submit(lambda: "done")
        threading.Timer(0.05, event.set).start()
        threads.shutdown(cancel_futures=cancel)
        assert first.done()
        if cancel:
            with pytest.raises(CancelledError):
                last.result(0)
        else:
            assert last.result(0) == "done"
        with pytest.raises(RuntimeError, match="shutdown"):
            threads.submit(print)
