"""The catalogue of a team's documents, kept in the process until the library's feed moves on."""

from __future__ import annotations

import weakref

from research.engine.retrieval.documents import Card, Directory
from research.models import Source

from .db import Bridge
from .index_feed import FeedState
from .search_index import SearchIndex

# For each index of this process, by team: the state of the feed it was read at, and the directory.
_kept: weakref.WeakKeyDictionary[SearchIndex, dict[int, tuple[FeedState, Directory]]] = weakref.WeakKeyDictionary()


async def directory(*, index: SearchIndex, team_id: int, now: FeedState, bridge: Bridge) -> Directory:
    """Return the names of the team's documents as of `now`, read from the database once for each state of the feed.

    A title or publisher mended by hand counts from the next document on, as in the index itself.
    """
    of_index = _kept.setdefault(index, {})
    seen = of_index.get(team_id)
    if seen is None or seen[0] != now:
        seen = (now, Directory(await bridge.run(_cards, team_id=team_id)))
        of_index[team_id] = seen
    return seen[1]


def _cards(*, team_id: int) -> list[Card]:
    rows = Source.objects.filter(team_id=team_id).order_by("pk")
    return [Card(*row) for row in rows.values_list("pk", "title", "publisher", "published_date")]
