"""Split extracted text into passages: what search returns and evidence is read in.

A passage lies within one page, has about 400 to 1,200 characters and begins and ends where a reader would: at a
heading, a paragraph, a sentence, the edge of a table. Together the passages hold every character but white space.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from . import headings

MIN_CHARS = 400
TARGET_CHARS = 900
MAX_CHARS = 1_200

# How good a place is to break, best last. The distance between two is what a break may lie off the target for it.
_SPACE, _LINE, _ROW, _SENTENCE, _TABLE_EDGE, _PARAGRAPH, _HEADING = range(7)
_WORTH_CHARS = (0, 60, 120, 260, 340, 400, 520)

# A passage's heading stands in its first quarter or before it.
_TOP_SHARE = 4
# Not after an initial ("U.S. law") or a usual abbreviation.
_SENTENCE_BREAK = re.compile(
    r"[.!?](?<!\b[A-Z]\.)(?<!\bNo\.)(?<!\bMr\.)(?<!\bCo\.)(?<!\bInc\.)(?<!\bCorp\.)"
    r"[\"”’)\]]*\s+(?=[\"“‘(\[]?[A-Z0-9•])"
)
_GAP = re.compile(r"\s+")
_FINISHED = (".", "!", "?", ":", ".”", '."', ".)")


class Span(NamedTuple):
    """Where a passage lies: page from 1, code points into the text (end exclusive), the heading above it or ""."""

    page: int
    start: int
    end: int
    heading: str


class _Line(NamedTuple):
    start: int
    end: int
    text: str


def split(text: str, page_starts: Sequence[int]) -> tuple[Span, ...]:
    """Return the passages of `text` in order.

    page_starts: offset of each page, ascending, the first 0. A heading holds on over the following pages until
    another comes. Every character that is no white space is in exactly one span.
    """
    bounds = [*page_starts, len(text)]
    pages = [_lines(text, bounds[i], bounds[i + 1]) for i in range(len(page_starts))]
    running = headings.running_lines([line.text.strip() for line in page if line.text.strip()] for page in pages)
    spans: list[Span] = []
    heading = ""
    for number, lines in enumerate(pages, start=1):
        breaks, titles = _marks(text, lines, running)
        title_starts = [start for start, _ in titles]
        for start, end in _cut(text, bounds[number - 1], bounds[number], breaks):
            # A heading near the top (below a page's running header, say) is the passage's own.
            at = bisect_right(title_starts, start + (end - start) // _TOP_SHARE) - 1
            spans.append(Span(number, start, end, titles[at][1] if at >= 0 else heading))
        heading = titles[-1][1] if titles else heading
    return tuple(spans)


def _lines(text: str, start: int, end: int) -> list[_Line]:
    lines: list[_Line] = []
    at = start
    for line in text[start:end].split("\n"):
        lines.append(_Line(at, at + len(line), line))
        at += len(line) + 1
    return lines


def _marks(text: str, lines: Sequence[_Line], running: frozenset[str]) -> tuple[dict[int, int], list[tuple[int, str]]]:
    """Return where the page may be broken (offset → how good a place) and its headings (offset, words) in order."""
    breaks: dict[int, int] = {}
    titles: list[tuple[int, str]] = []
    before = ""
    row_before = heading_before = False
    for line in lines:
        stripped = line.text.strip()
        if not stripped:
            before = ""
            continue
        first = line.end - len(line.text.lstrip())
        row = headings.is_table_row(stripped)
        is_title = not row and stripped not in running and headings.is_heading(stripped, before=before)
        breaks[first] = _quality(before=before, row=(row_before, row), title=(heading_before, is_title))
        if is_title:
            # A heading over two lines is one heading.
            above = f"{titles[-1][1]} " if heading_before and before else ""
            titles.append((first, (above + headings.heading_text(stripped))[: 2 * headings.MAX_HEADING_CHARS]))
        if not row:
            for found in _SENTENCE_BREAK.finditer(text, line.start, line.end):
                breaks[found.end()] = _SENTENCE
        before, row_before, heading_before = stripped, row, is_title
    return breaks, titles


def _quality(*, before: str, row: tuple[bool, bool], title: tuple[bool, bool]) -> int:
    """Return how good a break is before a line; `before` is the line above, each pair is (line above, this line)."""
    if any(title):  # never part a heading from what it heads
        return _SPACE if title[0] else _HEADING
    if row[0]:
        return _ROW if row[1] else _TABLE_EDGE
    if row[1]:
        return _LINE  # the line above a table is its caption or its column heads
    if not before:
        return _PARAGRAPH
    return _SENTENCE if before.endswith(_FINISHED) else _LINE


def _cut(text: str, start: int, end: int, breaks: dict[int, int]) -> list[tuple[int, int]]:
    """Return the (start, end) of each passage of a page, white space cut off both ends."""
    offsets = sorted(breaks)
    pieces: list[tuple[int, int]] = []
    end = start + len(text[start:end].rstrip())
    while start < end:
        gap = _GAP.match(text, start, end)
        start = gap.end() if gap else start
        left = end - start
        if left <= MAX_CHARS:
            pieces.append((start, end))
            break
        # Even shares, so that no crumb is left at a page's end.
        target = left / -(-left // TARGET_CHARS)
        stop = _best_break(text, start, target, offsets, breaks)
        pieces.append((start, start + len(text[start:stop].rstrip())))
        start = stop
    return pieces


def _best_break(text: str, start: int, target: float, offsets: Sequence[int], breaks: dict[int, int]) -> int:
    low, high = bisect_left(offsets, start + MIN_CHARS), bisect_right(offsets, start + MAX_CHARS)
    if low < high:
        return max(offsets[low:high], key=lambda at: _WORTH_CHARS[breaks[at]] - abs(at - start - target))
    # No line ends, no sentences: a word's end, else wherever the passage is full.
    space = max(text.rfind(gap, start + MIN_CHARS, start + MAX_CHARS) for gap in (" ", "\t", "\n", "\xa0"))
    return space + 1 if space >= 0 else start + MAX_CHARS
