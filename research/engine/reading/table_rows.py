"""Read one line of a table: its label and the cells behind it.

A PDF's text keeps a row's label and figures on one line and loses the columns: "Casino $ 5,734 $ 5,362". A cell is a
figure with its sign, a dash for nothing, or a mark for "not meaningful"; what stands before the first is the label.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

_CURRENCY = r"US\$|CA?\$|AU?\$|HK\$|[$€£¥]"
_CELL = re.compile(
    rf"""
    (?<!\S)(?:(?P<currency>{_CURRENCY})\s?)?
    (?:
      (?P<open>\(\s?)?(?:(?P<inner>{_CURRENCY})\s?)?(?P<minus>[-−–](?=[\d.$]))?(?:(?P<later>{_CURRENCY}))?
      (?P<number>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)
      (?P<inside>\s?%)?(?(open)\s?\))(?:\s?(?P<unit>%|pts\.?|bps|points?|x)(?![\w(]))?
    | (?P<nil>[—–-]{{1,2}})(?P<nilunit>\s?%)?
    | (?P<none>\*{{1,3}}|N/?[AM]|n/?[am]|NM)
    )(?=\s|$)
    """,
    re.VERBOSE,
)
_FOOTNOTE = re.compile(r"\(\d\)\Z")
_ENDS_IN_CELL = re.compile(r"[\d)%*—–-]\Z|(?:pts\.?|bps|points?|[ .\d]x|N/?[AM]|n/?[am])\Z")
_LETTER = re.compile(r"[^\W\d_]")
_UNITS = {
    "%": "percent", "pts": "points", "pts.": "points", "point": "points", "points": "points", "bps": "bps", "x": "x",
}  # fmt: skip
_CODES = {"$": "USD", "US$": "USD", "C$": "CAD", "CA$": "CAD", "A$": "AUD", "AU$": "AUD", "HK$": "HKD", "€": "EUR",
          "£": "GBP", "¥": "JPY"}  # fmt: skip


class Cell(NamedTuple):
    """One cell. raw: as it stands. value: signed, None when the cell says that there is none ("N/A", "*").

    A dash is zero. unit: percent, points, bps, x or None. currency: ISO 4217 code where a sign stands at the figure.
    start, end: code points into the text the table was read from, end exclusive.
    """

    raw: str
    value: Decimal | None
    unit: str | None
    currency: str | None
    start: int
    end: int


class Line(NamedTuple):
    """A line of text with its place; `text` has no white space at its ends."""

    text: str
    start: int
    end: int


class Parts(NamedTuple):
    """A row's label ("" when it has none) and its cells in order."""

    label: str
    cells: tuple[Cell, ...]


def lines_of(text: str) -> list[Line]:
    """Return the lines of `text` in order, blank ones too, each at its place without outer white space."""
    found = []
    at = 0
    for line in text.split("\n"):
        bare = line.strip()
        first = at + len(line) - len(line.lstrip()) if bare else at
        found.append(Line(bare, first, first + len(bare)))
        at += len(line) + 1
    return found


def parts_of(line: Line) -> Parts:
    """Return label and trailing cells of a line; no cells when it does not end in one."""
    if not _ENDS_IN_CELL.search(line.text):
        return Parts(line.text, ())
    last = len(line.text)
    matches: list[re.Match[str]] = []
    for match in reversed(list(_CELL.finditer(line.text))):
        if line.text[match.end() : last].strip():
            break
        matches.append(match)
        last = match.start()
    cells = tuple(_cell(match, line.start) for match in reversed(matches))
    return Parts(line.text[:last].strip() if cells else line.text, cells)


def parts_of_text(text: str) -> Parts:
    """Return label and cells of a row's words, which may go over several lines; no cells when they end in none."""
    bare = " ".join(text.split())
    return parts_of(Line(bare, 0, len(bare)))


def has_letters(text: str) -> bool:
    """Tell whether `text` holds a letter, as a label does."""
    return _LETTER.search(text) is not None


def without_footnote(parts: Parts) -> Parts:
    """Return the parts with a first cell that is a footnote's mark ("(1)") given back to the label."""
    if parts.cells and _FOOTNOTE.match(parts.cells[0].raw):
        return Parts(f"{parts.label} {parts.cells[0].raw}", parts.cells[1:])
    return parts


def _cell(match: re.Match[str], offset: int) -> Cell:
    sign = match["currency"] or match["inner"] or match["later"]
    written = (match["unit"] or match["inside"] or match["nilunit"] or "").strip()
    value: Decimal | None = None
    if match["nil"]:
        value = Decimal(0)
    elif match["number"]:
        value = Decimal(match["number"].replace(",", ""))
        # (12) is minus twelve, as accountants write it.
        value = -value if match["open"] or match["minus"] else value
    return Cell(
        raw=match.group(),
        value=value,
        unit=_UNITS.get(written),
        currency=_CODES.get(sign) if sign else None,
        start=offset + match.start(),
        end=offset + match.end(),
    )
