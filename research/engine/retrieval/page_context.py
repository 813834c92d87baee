"""What a passage takes along from its page: what kind of page it is, and the head of the table it goes on with.

A table longer than a passage is cut, and only its first piece holds the caption, the column heads and "(in
thousands)". The later pieces carry these lines with them, verbatim and in order, so that search finds them by the
words above them and a figure can be read in its units.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from research.engine.reading import table_heads

from .page_types import PageType, page_type

MAX_CONTEXT_CHARS = 400
_PROSE_CHARS = 110  # a longer line without figures is running text
_PROSE_LINES = 2  # so many of them in a row end a table; one may be a long label
_CAPTION_CHARS = 120
# What a line of a table's head may hold at all; most lines hold none of it.
_HINT = re.compile(r"(?:19|20)\d\d|ended|thousand|million|billion|change", re.IGNORECASE)
_ENDS_IN_FIGURE = re.compile(r"\d[\d,.]*[)%]*\s*\|?\Z")


class Placed(Protocol):
    """A passage by its place: page from 1, code points into the text, the section heading above it."""

    @property
    def page(self) -> int: ...
    @property
    def start(self) -> int: ...
    @property
    def heading(self) -> str: ...


class About(NamedTuple):
    """page_type: of the whole page. context: lines above the table the passage goes on with, by line ends, or ""."""

    page_type: PageType
    context: str


def describe(text: str, page_starts: Sequence[int], spans: Sequence[Placed]) -> tuple[About, ...]:
    """Return what each of `spans` (in order) takes along from its page of `text`; page_starts as passages have them."""
    bounds = [*page_starts, len(text)]
    first_heading: dict[int, str] = {}
    for span in spans:
        first_heading.setdefault(span.page, span.heading)
    kinds = {page: page_type(text[bounds[page - 1] : bounds[page]], heading) for page, heading in first_heading.items()}
    starts: dict[int, list[int]] = {}
    for span in spans:
        starts.setdefault(span.page, []).append(span.start)
    contexts: dict[int, str] = {}
    for page, places in starts.items():
        contexts.update(_contexts(text, bounds[page - 1], bounds[page], places))
    return tuple(About(kinds[span.page], contexts[span.start]) for span in spans)


def _contexts(text: str, start: int, end: int, places: Sequence[int]) -> dict[int, str]:
    """Return the context of the passages that begin at `places` (ascending) of the page from `start` to `end`."""
    head = _Head()
    found: dict[int, str] = {}
    left = list(places)
    at = start
    for line in text[start:end].split("\n"):
        while left and at + len(line) >= left[0]:
            found[left.pop(0)] = head.said(line)
        head.take(line.strip())
        at += len(line) + 1
    found.update(dict.fromkeys(left, ""))
    return found


class _Head:
    """The head of the table that is being read down a page, empty outside of one."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._units = ""
        self._above = ""
        self._rows = self._prose = 0

    def take(self, line: str) -> None:
        """Read the next line of the page."""
        if not line:
            return
        hinted = len(line) <= _CAPTION_CHARS and _HINT.search(line) is not None
        if hinted and table_heads.is_head_line(line):
            if self._rows or self._prose:
                self._lines = []
            if not self._lines and self._above and len(self._above) <= _CAPTION_CHARS:
                self._lines = [self._above]
            self._lines.append(line)
            self._rows = self._prose = 0
        elif _ENDS_IN_FIGURE.search(line):
            self._rows += 1
            self._prose = 0
        elif len(line) > _PROSE_CHARS:
            self._prose += 1
            if self._prose >= _PROSE_LINES:
                self._lines, self._rows = [], 0
        if hinted and table_heads.names_units(line):
            self._units = line
        self._above = line

    def said(self, line: str) -> str:
        """Return the head for a passage that begins with `line`: "" where it begins a table itself, or is in none."""
        if not self._lines or not self._rows or table_heads.is_head_line(line.strip()):
            return ""
        units = [self._units] if self._units and self._units not in self._lines else []
        return "\n".join((*units, *self._lines))[:MAX_CONTEXT_CHARS]
