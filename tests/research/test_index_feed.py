"""The feed and the index that follows it: order of commits, catching up after any loss, one text a snapshot."""

from __future__ import annotations

import datetime as dt
import shutil
import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from research.adapters import index_feed, texts
from research.adapters.search_index import SearchIndex
from research.engine.extraction.result import whole
from research.models import ExtractedText, LibraryFeed, Snapshot, Source
from tests.doubles.library import team

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def index(tmp_path):
    return SearchIndex(tmp_path / "index")


def snapshot_of(name: str, *, to: str = "alpha") -> Snapshot:
    source = Source.objects.create(team=team(to), kind="upload", uri=name, title=name, created_at=NOW)
    return Snapshot.objects.create(source=source, sha256=name, size=1, media_type="text/plain", captured_at=NOW)


def add(words: str, *, snapshot: Snapshot | None = None, version: str = "1", to: str = "alpha") -> ExtractedText:
    extraction = whole(text=words, media_type="text/plain")._replace(extractor_version=version)
    with transaction.atomic():
        snapshot = snapshot or snapshot_of(words[:60], to=to)
        return texts.add(team_id=snapshot.source.team_id, snapshot=snapshot, extraction=extraction, now=timezone.now())


def find(index: SearchIndex, words: str, *, to: str = "alpha") -> int:
    return len(index.search(words, team_id=team(to).pk, limit=10))


@pytest.mark.django_db
def test_catching_up_reads_the_feed_in_batches_and_ends_at_its_last_number(index):
    for number in range(5):
        add(f"walrus number {number}")
    assert index_feed.catch_up(index, batch=2) == 5
    assert index.watermark() == LibraryFeed.objects.get(pk=1).last_seq == 5
    assert find(index, "walrus") == 5
    assert index_feed.catch_up(index) == 0


@pytest.mark.django_db
def test_a_team_finds_its_own_passages_alone(index):
    add("walrus of alpha")
    add("walrus of beta", to="beta")
    index_feed.catch_up(index)
    assert find(index, "walrus") == find(index, "walrus", to="beta") == 1
    assert find(index, "walrus", to="gamma") == 0


@pytest.mark.django_db
def test_an_index_that_was_deleted_is_filled_again(index):
    add("walrus")
    index_feed.catch_up(index)
    shutil.rmtree(index.path)
    fresh = SearchIndex(index.path)
    assert not index_feed.is_current(fresh, index_feed.state())
    assert index_feed.catch_up(fresh) == 1
    assert find(fresh, "walrus") == 1


@pytest.mark.django_db
def test_an_index_damaged_on_disk_is_filled_again(index):
    add("walrus")
    index_feed.catch_up(index)
    for path in index.path.glob("f*/*"):
        path.write_bytes(b"damaged")
    fresh = SearchIndex(index.path)
    index_feed.catch_up(fresh)
    assert find(fresh, "walrus") == 1
    assert index_feed.is_current(fresh, index_feed.state())


@pytest.mark.django_db
def test_an_index_of_another_database_is_begun_anew_though_the_numbers_agree(index):
    add("walrus")
    index_feed.catch_up(index)
    (index.path / "database").write_text("text 1 of another database")
    assert not index_feed.is_current(index, index_feed.state())
    index_feed.catch_up(index)
    assert index_feed.is_current(index, index_feed.state())
    assert find(index, "walrus") == 1


@pytest.mark.django_db
def test_an_index_ahead_of_a_database_set_back_is_begun_anew(index):
    add("walrus")
    index_feed.catch_up(index)
    index.set_watermark(99)
    assert not index_feed.is_current(index, index_feed.state())
    index_feed.catch_up(index)
    assert index.watermark() == 1
    assert find(index, "walrus") == 1


@pytest.mark.django_db
@pytest.mark.parametrize("between", [True, False])
def test_only_the_newest_text_of_a_snapshot_is_searchable(index, between):
    old = add("walrus of the old parser", snapshot=snapshot_of("title"))
    if between:
        index_feed.catch_up(index)
    add("walrus of the new parser", snapshot=old.snapshot, version="2")
    index_feed.catch_up(index)
    assert find(index, "walrus") == 1
    assert find(index, "old") == 0
    index_feed.rebuild(index)
    assert (find(index, "walrus"), find(index, "old")) == (1, 0)


@pytest.mark.django_db
def test_a_rebuild_takes_the_old_ones_place_for_readers_that_hold_it_open(index):
    add("walrus")
    index_feed.catch_up(index)
    held = SearchIndex(index.path)
    assert find(held, "walrus") == 1
    index.remove_text(ExtractedText.objects.get().pk)
    assert find(held, "walrus") == 0
    assert index_feed.rebuild(index) == 1
    assert find(held, "walrus") == find(index, "walrus") == 1
    assert index_feed.is_current(index, index_feed.state())
    assert not list(index.path.glob("rebuild-*"))


@pytest.mark.django_db
def test_where_the_feed_is_costs_one_query(index, django_assert_num_queries):
    add("walrus")
    with django_assert_num_queries(1):
        assert index_feed.state().last_seq == 1


@pytest.mark.django_db
def test_an_empty_library_is_current_at_once(index):
    assert index_feed.is_current(index, index_feed.state())
    assert index_feed.catch_up(index) == 0


@pytest.mark.django_db(transaction=True)
def test_numbers_of_the_feed_become_visible_in_their_own_order(index):
    """Two transactions at once: the second gets no number before the first has committed its own."""
    team("alpha")
    holds, may_commit = threading.Event(), threading.Event()
    seen: list[int] = []
    done: list[str] = []

    def first() -> None:
        with transaction.atomic():
            add("walrus of the first")
            holds.set()
            may_commit.wait(20)
            done.append("first")
        connection.close()

    def second() -> None:
        holds.wait(20)
        add("walrus of the second")
        done.append("second")
        connection.close()

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    for thread in threads:
        thread.start()
    holds.wait(20)
    threads[1].join(0.5)  # it waits for the first one's commit
    seen.append(index_feed.catch_up(index))
    may_commit.set()
    for thread in threads:
        thread.join()
    seen.append(index_feed.catch_up(index))
    assert done == ["first", "second"]
    assert seen == [0, 2]
    assert find(index, "walrus") == 2
    assert list(ExtractedText.objects.order_by("feed_seq").values_list("text", flat=True)) == [
        "walrus of the first",
        "walrus of the second",
    ]


@pytest.mark.django_db(transaction=True)
def test_processes_that_catch_up_at_once_end_with_one_whole_index(index):
    for number in range(6):
        add(f"walrus number {number}")
    read: list[int] = []

    def work() -> None:
        try:
            read.append(index_feed.catch_up(SearchIndex(index.path), batch=1))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(read) == 6
    assert find(index, "walrus") == index.count() == 6
