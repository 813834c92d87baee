"""Write rows of cells as lines of text, the same way for every kind of table; `reading.sheets` reads them back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from research.engine.domain.errors import Unreadable

from .result import Limits, clean_text

SEPARATOR = " | "
# A wider row is a matrix of numbers or a stray cell at the edge of the sheet, not a table people read.
MAX_COLUMNS = 512
# A bar that a reader of the line would take for the cells' own.
_LOOSE_BAR = re.compile(r"(?:(?<=\s)|^)\||\|(?=\s|$)")


def line(cells: Sequence[str]) -> str:
    """Return the row as one line; "" for a row of empty cells. Empty cells at its end are left out.

    An empty cell keeps its place, so that each row's cells stand under their heads. White space in a cell becomes
    one blank; a bar beside white space becomes a broken bar.
    """
    tidy = [_cell(cell) for cell in cells[:MAX_COLUMNS]]
    while tidy and not tidy[-1]:
        tidy.pop()
    return SEPARATOR.join(tidy)


def _cell(text: str) -> str:
    flat = " ".join(clean_text(text).split())
    return _LOOSE_BAR.sub("¦", flat) if "|" in flat else flat


class Lines:
    """Collects lines under the limit of characters; several blank lines become one."""

    def __init__(self, *, limits: Limits) -> None:
        self._limits = limits
        self._parts: list[str] = []
        self._blank = True
        self.length = 0

    def add(self, text: str) -> None:
        """Add one line. Raises `Unreadable` over `max_chars`."""
        if not text and self._blank:
            return
        self._blank = not text
        self._parts.append(text)
        self.length += len(text) + 1
        if self.length > self._limits.max_chars:
            raise Unreadable(
                f"The file holds more than {self._limits.max_chars:,} characters of text: split it into smaller files."
            )

    def extend(self, texts: Iterable[str]) -> None:
        """Add lines in order."""
        for text in texts:
            self.add(text)

    def text(self) -> str:
        """Return all lines, each with its end."""
        return "".join(f"{part}\n" for part in self._parts)
