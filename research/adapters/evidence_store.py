"""Pin quotes into the texts of one team. A text never changes, so one that was read may be kept."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from typing import NamedTuple

from research.engine.domain.errors import QuoteNotFound
from research.engine.domain.evidence import Quote
from research.engine.verification import quotes
from research.models import ExtractedText

from .db import Bridge

# A long filing's text has about half a megabyte.
_KEPT_TEXTS = 32


class _Text(NamedTuple):
    text: str
    page_starts: list[int]


class Texts:
    """The texts read lately, of all teams, for a process. Each is known by its team too, and found by it alone."""

    def __init__(self, *, bridge: Bridge) -> None:
        self._bridge = bridge
        self._kept: OrderedDict[tuple[int, int], _Text] = OrderedDict()
        self._reading: defaultdict[tuple[int, int], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, *, team_id: int, text_id: int) -> _Text | None:
        """Return a text of the team, or None when it has none of that id."""
        key = (team_id, text_id)
        # Steps that end together pin into the same text: one reads it for all of them.
        async with self._reading[key]:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            found = await self._bridge.run(read_text, team_id=team_id, text_id=text_id)
            if found is not None:
                self._kept[key] = found
        while len(self._kept) > _KEPT_TEXTS:
            gone, _ = self._kept.popitem(last=False)
            self._reading.pop(gone, None)
        return found


class RowEvidenceStore:
    """Fills `ports.EvidenceStore` for one team."""

    def __init__(self, *, team_id: int, bridge: Bridge, texts: Texts | None = None) -> None:
        """texts: shared by the steps of a process, None for texts of its own."""
        self._team_id = team_id
        self._texts = texts or Texts(bridge=bridge)

    async def pin(self, quote: Quote) -> Quote:
        """Return the quote with its context.

        Raises `QuoteNotFound` when its words do not stand at its offsets, the page is wrong, or the team has no such
        text: another team's text is as unknown as none.
        """
        found = await self._texts.get(team_id=self._team_id, text_id=quote.extracted_text_id)
        if found is None:
            raise QuoteNotFound(
                f"There is no extracted text {quote.extracted_text_id} in this team's library: "
                "quote from what its search returned.",
                field="extracted_text_id",
            )
        return quotes.pin(found.text, found.page_starts, quote)


def read_text(*, team_id: int, text_id: int) -> _Text | None:
    """Return a text of the team with its page starts, or None."""
    row = (
        ExtractedText.objects.filter(pk=text_id, snapshot__source__team_id=team_id)
        .values_list("text", "page_starts")
        .first()
    )
    return None if row is None else _Text(*row)
