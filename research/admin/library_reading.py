"""Prepare a text for reading: its pages, and a quote marked where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from research.engine.extraction.result import page_at


class Place(NamedTuple):
    """Code points of a quote, end exclusive, and the words it should have (None: not said)."""

    start: int
    end: int
    exact: str | None = None


class PageView(NamedTuple):
    """One page in three parts; `mark` is "" on a page without the quote."""

    number: int
    before: str
    mark: str
    after: str


class Reading(NamedTuple):
    """The pages to show, of how many, their neighbours (None at an end), and what is wrong with the quote, or ""."""

    pages: tuple[PageView, ...]
    page_count: int
    previous: int | None
    next: int | None
    warning: str


def read(*, text: str, page_starts: Sequence[int], page: int = 1, place: Place | None = None) -> Reading:
    """Return the page asked for or, given a place, the pages its quote stands on, with the quote marked."""
    count = max(1, len(page_starts))
    warning = _wrong(text, place)
    if place is not None and not warning:
        first, last = page_at(page_starts, place.start), page_at(page_starts, place.end - 1)
    else:
        place = None
        first = last = min(max(page, 1), count)
    bounds = [*(page_starts or [0]), len(text)]
    pages = tuple(_page(text, bounds[n - 1], bounds[n], n, place) for n in range(first, last + 1))
    return Reading(pages, count, first - 1 or None, last + 1 if last < count else None, warning)


def _page(text: str, start: int, end: int, number: int, place: Place | None) -> PageView:
    if place is None:
        return PageView(number, text[start:end], "", "")
    mark_start, mark_end = min(max(place.start, start), end), max(min(place.end, end), start)
    return PageView(number, text[start:mark_start], text[mark_start:mark_end], text[mark_end:end])


def _wrong(text: str, place: Place | None) -> str:
    if place is None:
        return ""
    if not 0 <= place.start < place.end <= len(text):
        return "The link names a place that this text does not have."
    if place.exact is not None and text[place.start : place.end] != place.exact:
        return "The words at the place in the link are not the words in the link: nothing is marked."
    return ""
