"""The feed the search index follows: every new text gets a number in commit order, the index says how far it is.

The index is a projection that may be deleted at any time. It also notices that it was made from another database
(a file `database` beside it names the first text of the feed) or from a later state of this one, and starts anew.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import uuid
from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import F, Max, Subquery

from research.models import ExtractedText, LibraryFeed, Passage

from .search_index import IndexLost, SearchIndex
from .search_schema import IndexDoc

# A long filing has some 2,000 passages of 1 kB, so a batch holds a few tens of megabytes.
BATCH_TEXTS = 16
_TRIES = 3


class FeedState(NamedTuple):
    """The last number given out, 0 for none, and what tells this database from another, "" while it has no text."""

    last_seq: int
    database: str


class Batch(NamedTuple):
    """The next stretch of the feed: passages to add, texts to remove, the watermark after it, and how many texts."""

    docs: tuple[IndexDoc, ...]
    without: tuple[int, ...]
    watermark: int
    texts: int


# ── the database's side ──────────────────────────────────────────────────────────────────────────


def publish(*, text_id: int) -> int:
    """Give a text the next number of the feed and return it. Must run inside the transaction that wrote the text.

    The UPDATE holds the feed row's lock to the commit, so numbers become visible in their own order: an index at
    watermark n has seen everything up to n. Call it last, as every other addition waits behind it.
    """
    feed = LibraryFeed.objects.filter(pk=1)
    if not feed.update(last_seq=F("last_seq") + 1):
        LibraryFeed.objects.get_or_create(pk=1)
        feed.update(last_seq=F("last_seq") + 1)
    seq = feed.values_list("last_seq", flat=True).get()
    ExtractedText.objects.filter(pk=text_id).update(feed_seq=seq)
    return seq


def state() -> FeedState:
    """Return where the feed is, by one query."""
    first = ExtractedText.objects.filter(feed_seq__gt=0).order_by("feed_seq")
    row = (
        LibraryFeed.objects.filter(pk=1)
        .annotate(first_id=Subquery(first.values("pk")[:1]), first_at=Subquery(first.values("created_at")[:1]))
        .values_list("last_seq", "first_id", "first_at")
        .first()
    )
    if row is None or row[1] is None:
        return FeedState(0, "")
    return FeedState(row[0], f"text {row[1]} of {row[2].isoformat()}")


def read_batch(*, after: int, texts: int = BATCH_TEXTS) -> Batch | None:
    """Return the next `texts` texts of the feed after a watermark, or None at its end.

    Of a snapshot's texts only the newest (highest id) is searchable; the others are to be removed.
    """
    found = list(
        ExtractedText.objects.filter(feed_seq__gt=after)
        .order_by("feed_seq")
        .values_list("pk", "snapshot_id", "feed_seq", named=True)[:texts]
    )
    if not found:
        return None
    siblings = ExtractedText.objects.filter(snapshot_id__in={row.snapshot_id for row in found})
    newest = set(siblings.values("snapshot_id").annotate(newest=Max("pk")).values_list("newest", flat=True))
    wanted = [row.pk for row in found if row.pk in newest]
    passages = Passage.objects.filter(extracted_text_id__in=wanted).order_by("extracted_text_id", "pk")
    docs = passages.values_list(
        "pk",
        "extracted_text_id",
        "team_id",
        "extracted_text__snapshot__source_id",
        "extracted_text__snapshot__source__title",
        "heading",
        "text",
        "page",
        "page_type",
        "context",
    )
    without = siblings.exclude(pk__in=newest).values_list("pk", flat=True)
    return Batch(tuple(IndexDoc(*row) for row in docs), tuple(without), int(found[-1].feed_seq or 0), len(found))


# ── the index's side ─────────────────────────────────────────────────────────────────────────────


def is_current(index: SearchIndex, now: FeedState) -> bool:
    """Tell whether the index holds all of the feed. Raises `IndexLost`."""
    return _database_of(index) == now.database and index.watermark() == now.last_seq


@contextlib.contextmanager
def following(index: SearchIndex) -> Iterator[None]:
    """Hold the index's catch-up lock: one process of the host reads the feed, the others wait and find it done."""
    with (index.path / "catch-up.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # let go when the file closes, also by a process that dies
        yield


def start(index: SearchIndex, now: FeedState) -> int:
    """Return the watermark to go on from, emptying an index that is not of this database. Call under `following`.

    `now` must have been read under the lock, so a watermark past it means that the database was set back.
    """
    if _database_of(index) != now.database or index.watermark() > now.last_seq:
        index.destroy()
        (index.path / "database").write_text(now.database, encoding="utf-8")
    return index.watermark()


def apply(index: SearchIndex, batch: Batch) -> int:
    """Put a batch into the index, with its watermark in the same commit, which is returned."""
    index.add(batch.docs, watermark=batch.watermark, without=batch.without)
    return batch.watermark


def catch_up(index: SearchIndex, *, batch: int = BATCH_TEXTS) -> int:
    """Bring the index up to the end of the feed and return how many texts were read.

    batch: texts a commit. An index damaged on the way begins again. Raises `IndexLost` when that does not help.
    """
    read = 0
    with following(index):
        for left in reversed(range(_TRIES)):
            try:
                after = start(index, state())
                while (found := read_batch(after=after, texts=batch)) is not None:
                    after = apply(index, found)
                    read += found.texts
            except IndexLost:
                if not left:
                    raise
            else:
                break
    return read


def rebuild(index: SearchIndex, *, batch: int = BATCH_TEXTS) -> int:
    """Build the index from nothing beside the old one, which serves until the new takes its place; return the texts."""
    directory = index.path / f"rebuild-{uuid.uuid4().hex[:12]}"
    fresh = SearchIndex(directory)
    try:
        read = catch_up(fresh, batch=batch)
        with following(index):
            read += catch_up(fresh, batch=batch)  # what came in meanwhile
            index.adopt(fresh)
            (index.path / "database").write_text(_database_of(fresh), encoding="utf-8")
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return read


def _database_of(index: SearchIndex) -> str:
    try:
        return (index.path / "database").read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
