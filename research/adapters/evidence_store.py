"""Pin quotes into the texts of one team. A text never changes, so one that was read may be kept."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from research.engine.domain.errors import QuoteNotFound
from research.engine.domain.evidence import Quote
from research.engine.verification import quotes
from research.models import ExtractedText

from .db import Bridge

# A task reads a handful of documents; a long filing's text has about half a megabyte.
_KEPT_TEXTS = 8


class _Text(NamedTuple):
    text: str
    page_starts: list[int]


class RowEvidenceStore:
    """Fills `ports.EvidenceStore` for one team."""

    def __init__(self, *, team_id: int, bridge: Bridge) -> None:
        self._team_id = team_id
        self._bridge = bridge
        self._kept: OrderedDict[int, _Text] = OrderedDict()

    async def pin(self, quote: Quote) -> Quote:
        """Return the quote with its context.

        Raises `QuoteNotFound` when its words do not stand at its offsets, the page is wrong, or the team has no such
        text: another team's text is as unknown as none.
        """
        found = self._kept.get(quote.extracted_text_id)
        if found is None:
            found = await self._bridge.run(read_text, team_id=self._team_id, text_id=quote.extracted_text_id)
            if found is None:
                raise QuoteNotFound(
                    f"There is no extracted text {quote.extracted_text_id} in this team's library: "
                    "quote from what its search returned.",
                    field="extracted_text_id",
                )
            self._kept[quote.extracted_text_id] = found
            while len(self._kept) > _KEPT_TEXTS:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(quote.extracted_text_id)
        return quotes.pin(found.text, found.page_starts, quote)


def read_text(*, team_id: int, text_id: int) -> _Text | None:
    """Return a text of the team with its page starts, or None."""
    row = (
        ExtractedText.objects.filter(pk=text_id, snapshot__source__team_id=team_id)
        .values_list("text", "page_starts")
        .first()
    )
    return None if row is None else _Text(*row)
