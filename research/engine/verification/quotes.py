"""A quote against its text: the words stand exactly at the offsets, on the page that is named."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from research.engine.domain.claims import Part
from research.engine.domain.errors import QuoteNotFound
from research.engine.domain.evidence import CONTEXT_CHARS, EvidenceItem, Quote

from .words import excerpt

NAME = "quotes"


def page_at(page_starts: Sequence[int], offset: int) -> int:
    """Return the page (from 1) that holds `offset`. No page starts means one page."""
    return max(1, bisect_right(page_starts, offset))


def pin(text: str, page_starts: Sequence[int], quote: Quote) -> Quote:
    """Return `quote` with the `CONTEXT_CHARS` characters before and after it filled in as prefix and suffix.

    page_starts: offset at which each page begins, first page first. Offsets count code points.
    Raises `QuoteNotFound` when the text at the offsets is not exactly the quote's words, or its first
    character is on another page.
    """
    if not quote.exact.strip():
        raise QuoteNotFound("The quote holds only white space: quote the words that support the claim.", field="exact")
    if quote.start >= quote.end or quote.end > len(text):
        raise QuoteNotFound(
            f"The quote's place {quote.start}–{quote.end} is not inside the text of {len(text):,} characters: "
            "take the offsets from the passage.",
            field="start",
        )
    stands = text[quote.start : quote.end]
    if stands != quote.exact:
        raise QuoteNotFound(
            f"The text at {quote.start}–{quote.end} reads “{excerpt(stands)}”, not “{excerpt(quote.exact)}”: "
            "quote the words exactly as they stand.",
            field="exact",
        )
    page = page_at(page_starts, quote.start)
    if page != quote.page:
        raise QuoteNotFound(
            f"The quote “{excerpt(quote.exact)}” is on page {page}, not on page {quote.page}: name page {page}.",
            field="page",
        )
    prefix = text[max(0, quote.start - CONTEXT_CHARS) : quote.start]
    return quote.model_copy(update={"prefix": prefix, "suffix": text[quote.end : quote.end + CONTEXT_CHARS]})


def check(text: str, page_starts: Sequence[int], quote: Quote) -> Part:
    """Score whether `quote` is in `text` at its place, with its stored context: 1000, or 0 and why."""
    try:
        pinned = pin(text, page_starts, quote)
    except QuoteNotFound as error:
        return Part(name=NAME, score=0, reason=error.detail)
    for side in ("prefix", "suffix"):
        stored = getattr(quote, side)
        if stored and stored != getattr(pinned, side):
            return Part(name=NAME, score=0, reason=f"the stored {side} of the quote is not what stands beside it")
    return Part(name=NAME, score=1000, reason="the quote is in its text, word for word")


def consistent(evidence: Sequence[EvidenceItem]) -> Part:
    """Score whether there is evidence and each quote's words are as long as its place: 1000 or 0.

    The text itself is compared when evidence is pinned (`pin`); here what was stored is checked again.
    """
    if not evidence:
        return Part(name=NAME, score=0, reason="no quote stands behind the claim")
    for item in evidence:
        quote = item.quote
        if quote.end - quote.start != len(quote.exact):
            return Part(
                name=NAME, score=0, reason=f"the quote “{excerpt(quote.exact)}” is not as long as the place it names"
            )
    return Part(name=NAME, score=1000, reason=f"{len(evidence)} pinned quote{'s' if len(evidence) > 1 else ''}")
