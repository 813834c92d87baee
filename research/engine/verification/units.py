"""Cut passages into units that say one thing each: a sentence, or a row of a table with its heading."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from .numerals import SCALES, Figure, figures, header_scales
from .words import content_stems, fold, sentences

# A cell that holds nothing but a figure, a sign or a dash: what tables are made of once their lines are lost.
_CELL = re.compile(r"[\s|$€£%()\u2014\u2013\-+.,\d]*(?:bps|pts|x)?[\s|)%]*\Z")
_WIDE = re.compile(r"\s{2,}|\s*\|\s*|\t")
_DIGIT = re.compile(r"\d")
_SPLIT_PAREN = re.compile(r"\(\s+(\d[\d.,]*)\s*\)")
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_NO_AMOUNT = re.compile(
    rf"\b{_MONTH}\s+\d{{1,2}}\b|\b\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}(?=\W)|"
    r"\b(?:notes?|items?|pages?|exhibits?|sections?|rules?|forms?|parts?|tables?|asc|asu|ifrs|no\.)\s+\d[\d.\-]*|"
    r"\b(?:one|two|three|six|nine|twelve|thirteen|\d{1,2})[\s-]+(?:months?|weeks?|quarters?)(?:\s+periods?)?\s+end|"
    r"\b(?:three|six|nine|twelve)[\s-]months?\b|\b\d{1,2}-[KQF]\b|(?:^|(?<=[:.;)]\s))\d{1,2}[.)](?=\s)|"
    r"(?<=[a-z]-)\d+",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d[\d.,]*")
_YEAR = re.compile(r"(?:19|20)\d\d,?")
_SHORT_SCALE = re.compile(
    r"\((?:us)?[$€£]?\s*(?:in\s+)?(?:(?P<thousand>'?000s?|thousands?|k)|(?P<million>mm?|mn|millions?)|(?P<billion>bn?|billions?))\b",
    re.IGNORECASE,
)
# A heading is what stands before the first row; more than this is prose that only happens to come before a table.
_HEAD_CHARS = 400


class Unit(NamedTuple):
    """One sentence or table row.

    text: white space folded. head: of a row the lines above its table (periods, scale), else "".
    stems: content stems of text; head_stems: of the heading. row: whether it is a row of figures.
    amounts: its figures without dates and labels (`amounts`).
    scales: what its table's figures may be multiplied with; 1 is always among them.
    """

    text: str
    head: str
    stems: frozenset[str]
    head_stems: frozenset[str]
    amounts: tuple[Figure, ...]
    row: bool
    scales: frozenset[Decimal]


@lru_cache(maxsize=8192)
def amounts(text: str) -> tuple[Figure, ...]:
    """Return the figures of `text` that are amounts: no years, days of a date, labels, numbers of notes or periods."""
    spans = [match.span() for match in _NO_AMOUNT.finditer(text)]
    return tuple(
        f
        for f in figures(text)
        if f.label is None and not f.is_year and not any(start <= place_of(f, text) < end for start, end in spans)
    )


def place_of(figure: Figure, text: str) -> int:
    """Return where the words of `figure` begin in `text` (its start may be the space before them)."""
    return max(figure.start, text.find(figure.text, figure.start))


@lru_cache(maxsize=2048)
def units(passage: str) -> tuple[Unit, ...]:
    """Return the units of a passage, in order. Cells on lines of their own join the row's label before them."""
    scales = frozenset({Decimal(1), *header_scales(passage)})
    scales |= {Decimal(SCALES[found.lastgroup]) for found in _SHORT_SCALE.finditer(passage) if found.lastgroup}
    cut: list[Unit] = []
    head: list[str] = []
    in_table = False
    for block, is_row in _blocks(passage):
        if is_row:
            in_table = True
            cut.append(_unit(block, " ".join(head)[-_HEAD_CHARS:], scales, row=True))
            continue
        if in_table:
            head, in_table = [], False
        head.append(block)
        cut += [_unit(sentence, "", scales, row=False) for sentence in sentences(block)]
    return tuple(unit for unit in cut if unit.stems or unit.amounts)


def _unit(text: str, head: str, scales: frozenset[Decimal], *, row: bool) -> Unit:
    plain = fold(_SPLIT_PAREN.sub(r"(\1)", text))
    return Unit(plain, fold(head), content_stems(plain), content_stems(fold(head)), amounts(plain), row, scales)


class _Blocks:
    """What a passage is cut into, line by line: stretches of prose and rows, each with whether it is a row."""

    def __init__(self) -> None:
        self.done: list[tuple[str, bool]] = []
        self._prose: list[str] = []

    def end_prose(self) -> None:
        if self._prose:
            self.done.append((" ".join(self._prose), False))
            self._prose = []

    def prose(self, line: str) -> None:
        self._prose.append(line)

    def row(self, line: str) -> None:
        self.end_prose()
        self.done.append((line.strip("| "), True))

    def cell(self, line: str) -> None:
        """Add a cell to the row before it, or make a row of it and the last line of what was taken for prose."""
        if self._prose:
            label = self._prose.pop()
            self.end_prose()
            self.done.append((f"{label} | {line}", True))
        elif self.done and self.done[-1][1]:
            self.done[-1] = (f"{self.done[-1][0]} | {line}", True)


def _blocks(passage: str) -> list[tuple[str, bool]]:
    """Return stretches of prose (lines joined) and rows (label with its cells), each with whether it is a row."""
    blocks = _Blocks()
    gap = False
    for raw in passage.splitlines():
        line = raw.replace("\u200b", "").strip()
        if not line:
            gap = True
            continue
        is_cell = _CELL.match(line) is not None
        # A gap before a cell is only the space of an empty column.
        if gap and not is_cell:
            blocks.end_prose()
        gap = False
        if is_cell and not _only_years(line):
            blocks.cell(line)
        elif _is_row(line):
            blocks.row(line)
        else:
            blocks.prose(line)
    blocks.end_prose()
    return blocks.done


def _is_row(line: str) -> bool:
    """Tell whether a line is a label with cells of figures: cut at bars or wide gaps, most of it is cells."""
    parts = [part for part in _WIDE.split(line.strip("| ")) if part.strip()]
    cells = [part for part in parts if _CELL.match(part)]
    labels = len(parts) - len(cells)
    return labels <= len(cells) and any(_DIGIT.search(cell) for cell in cells) and not _only_years(" ".join(cells))


def _only_years(line: str) -> bool:
    """Tell whether a line holds nothing but years: the columns of a table, not a row of it."""
    found = _NUMBER.findall(line)
    return bool(found) and all(_YEAR.fullmatch(number) for number in found)
