"""Find the words a model gives in the text they are said to come from: its letters, white space aside."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from research.engine.domain.evidence import EvidenceItem, Quote, SourceText

# What a model or a search engine puts for letters it cut or set otherwise. Nothing else is forgiven.
_ALIKE = {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-", "\u00a0": " "}
_CUT = re.compile(r"(?:\s*(?:…|\.\.\.|\[…\]))+\s*\Z|\A\s*(?:…|\.\.\.)\s*")
# Where a sentence ends: its full stop with white space after it, or the end of its line.
_END = re.compile(r"[.!?]\s+|\s*\n\s*")
MIN_CHARS = 12
MAX_CHARS = 2_000


class Place(NamedTuple):
    """Where words stand in a text: code points, end exclusive."""

    start: int
    end: int


def find(text: str, words: str) -> Place | None:
    """Return where `words` stand in `text`, however white space is set there; None when they do not.

    Quotation marks and dashes may be set otherwise. The first place counts.
    """
    wanted = "".join(words.split()).translate(_TABLE)
    if not wanted:
        return None
    pattern = r"\s*".join(re.escape(sign) for sign in wanted)
    # The text's own signs are compared in the same form; each is one code point in both, so offsets stay true.
    found = re.search(pattern, text.translate(_TABLE))
    return Place(*found.span()) if found else None


_TABLE = str.maketrans(_ALIKE)


def place_of(text: str, words: str, *, whole: bool = False) -> Place | None:
    """Return the place of a quote; None for words that are not there, are under 12 characters or over 2,000.

    whole: of the sentence the words stand in.
    """
    if not MIN_CHARS <= len(words.strip()) <= MAX_CHARS:
        return None
    place = find(text, words)
    return _sentence_at(text, place) if place is not None and whole else place


def _sentence_at(text: str, place: Place) -> Place:
    """Return the place with what belongs to its sentence on either side, as far as a quote may be long."""
    before = [found.end() for found in _END.finditer(text, max(0, place.start - MAX_CHARS), place.start)]
    after = _END.search(text, max(place.start, place.end - 1))
    start = before[-1] if before else (0 if place.start <= MAX_CHARS else place.start)
    end = len(text.rstrip())
    if after is not None:
        end = after.start() + (1 if after[0][0] in ".!?" else 0)
    wider = Place(start, max(end, place.end))
    return wider if wider.end - wider.start <= MAX_CHARS else place


def quote_of(text: SourceText, words: str, *, whole: bool = False) -> Quote | None:
    """Return the quote of `words` in a text, its words as the text has them; None where `place_of` finds none."""
    place = place_of(text.text, words, whole=whole)
    if place is None:
        return None
    return Quote(
        extracted_text_id=text.extracted_text_id,
        page=max(1, bisect_right(text.page_starts, place.start)),
        start=place.start,
        end=place.end,
        exact=text.text[place.start : place.end],
    )


def uncut(words: str) -> str:
    """Return a search engine's excerpt without the dots that say where it was cut."""
    return _CUT.sub("", words).strip()


def holds(item: EvidenceItem, words: str) -> bool:
    """Tell whether a piece of evidence holds the words, however white space is set."""
    return find(item.quote.exact, words) is not None
