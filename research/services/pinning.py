"""Evidence that a person brings: words of the team's own documents, found at their place and pinned there."""

from __future__ import annotations

import datetime as dt
import re

from research.engine.domain.errors import InvalidInput, QuoteNotFound
from research.engine.domain.evidence import Quote
from research.engine.verification import quotes
from research.models import Evidence, ExtractedText, Run

MIN_WORDS_CHARS = 8
# A person chose it for the claim, so there is nothing to doubt about its relevance.
_RELEVANCE = 1000


def pin(*, run: Run, task_key: str, source_id: int, words: str, page: int | None, now: dt.datetime) -> Evidence:
    """Pin `words` in the newest text of a source of the run's team and return the evidence, made once a task.

    White space may differ from the text's; everything else must stand there exactly. page: where to look, None for
    the whole text. Raises `InvalidInput` (field `quotes`) for an unknown source or words too short, `QuoteNotFound`
    when the words do not stand there, or stand at several places.
    """
    # The newest reading of the newest bytes.
    text = (
        ExtractedText.objects.filter(snapshot__source_id=source_id, snapshot__source__team_id=run.team_id)
        .order_by("-snapshot_id", "-pk")
        .first()
    )
    if text is None:
        raise InvalidInput(
            f"The team's library has no readable document {source_id}: choose one of its documents.", field="quotes"
        )
    wanted = words.split()
    if sum(map(len, wanted)) < MIN_WORDS_CHARS:
        raise InvalidInput(
            f"A quote needs at least {MIN_WORDS_CHARS} characters: quote the whole statement.", field="quotes"
        )
    start, end, on_page = _place(text, wanted, page)
    quote = quotes.pin(
        text.text,
        text.page_starts,
        Quote(extracted_text_id=text.pk, page=on_page, start=start, end=end, exact=text.text[start:end]),
    )
    row, _ = Evidence.objects.get_or_create(
        run=run,
        task_key=task_key,
        key=quote.key(),
        defaults={**quote.model_dump(), "relevance": _RELEVANCE, "created_at": now},
    )
    return row


def _place(text: ExtractedText, wanted: list[str], page: int | None) -> tuple[int, int, int]:
    """Return start, end and page of the words. Raises `QuoteNotFound`."""
    pattern = re.compile(r"\s+".join(map(re.escape, wanted)))
    places = [
        (found.start(), found.end(), quotes.page_at(text.page_starts, found.start()))
        for found in pattern.finditer(text.text)
    ]
    if page is not None:
        places = [place for place in places if place[2] == page]
    where = "the document" if page is None else f"page {page} of the document"
    if not places:
        raise QuoteNotFound(
            f"“{' '.join(wanted)[:80]}” does not stand in {where}: copy the words exactly as they are there.",
            field="quotes",
        )
    if len(places) > 1:
        pages = ", ".join(str(number) for number in sorted({place[2] for place in places})[:8])
        raise QuoteNotFound(
            f"“{' '.join(wanted)[:80]}” stands {len(places)} times in {where} (pages {pages}): quote more words, or "
            "name the page.",
            field="quotes",
        )
    return places[0]
