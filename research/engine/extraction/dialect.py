"""Find out how a delimited text is written: delimiter, quote, escape.

After the measure of G. van den Burg, A. Nazábal, C. Sutton, "Wrangling messy CSV files by detecting row and type
patterns", 2019: of all dialects the one whose rows are most alike (pattern score) and whose cells are most often
whole values (type score) is the right one. The standard library's `csv.Sniffer` guesses by single characters.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

DELIMITERS = ",;\t|"
_SAMPLE_CHARS = 40_000
_SAMPLE_ROWS = 120
# No type at all still counts a little: a table of free text is a table.
_UNTYPED = 0.1
# What a spreadsheet writes before its rows to say how they are parted.
_SEP_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_FIGURES = r"""
    [-+−(]?\s*[$€£¥]?\s*[-+−]?\d{1,3}(?:[,.' ]\d{3})*(?:[.,]\d+)?\s*[%$€£]?\)?    # number, amount, percent
  | [-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?
  | \d{4}[-/.]\d{1,2}(?:[-/.]\d{1,2})?(?:[T\ ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?
  | \d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}
"""
_WORDS = r"""
    [^\W\d_][\w.&'’+/-]*(?:\ [\w.&'’+/()-]+){0,5}    # a name of a few words
  | [\w.+-]+@[\w-]+(?:\.[\w-]+)+ | https?://\S+
  | -{1,3}|—|–|N/?A|\?
"""
_FIGURE = re.compile(rf"\s*(?:{_FIGURES})\s*", re.VERBOSE)
_VALUE = re.compile(rf"\s*(?:{_FIGURES}|{_WORDS})?\s*", re.VERBOSE | re.IGNORECASE)


class Dialect(NamedTuple):
    r"""How cells are parted.

    quote: "" for none. escape: a backslash, or "" where quotes are doubled. start: where the rows begin.
    """

    delimiter: str
    quote: str = '"'
    escape: str = ""
    start: int = 0
    score: float = 0.0


def detect(text: str) -> Dialect:
    """Return the best dialect of `text`. Its score is 0 when nothing parts its lines into cells."""
    said = _SEP_LINE.match(text)
    start = said.end() if said else 0
    sample = text[start : start + _SAMPLE_CHARS]
    delimiters = said.group(1) if said else "".join(d for d in DELIMITERS if d in sample)
    found = [
        dialect._replace(score=_score(sample, dialect, whole=len(text) <= _SAMPLE_CHARS))
        for delimiter in delimiters
        for dialect in _ways(sample, delimiter, start)
    ]
    # At equal scores the order of DELIMITERS and the plain quote decide.
    return max(found, key=lambda dialect: dialect.score, default=Dialect(",", start=start))


def rows_of(text: str, dialect: Dialect) -> Iterator[list[str]]:
    """Return a reader of the rows. It raises `csv.Error` on a cell over the module's limit."""
    return csv.reader(
        io.StringIO(text[dialect.start :] if dialect.start else text, newline=""),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        doublequote=not dialect.escape,
        escapechar=dialect.escape or None,
        skipinitialspace=bool(dialect.quote),
    )


def is_table(text: str) -> bool:
    """Tell whether `text` that no name calls a table is surely one: five rows or more, all of as many cells.

    Careful, as prose has commas: it must be three cells or more, one of them a figure or a date in every row below
    the head; with tabs two cells are enough.
    """
    dialect = detect(text)
    if not dialect.score:
        return False
    try:
        rows = [row for row in islice(rows_of(text[:_SAMPLE_CHARS], dialect), _SAMPLE_ROWS) if row]
    except csv.Error:
        return False
    rows = rows[:-1] if len(text) > _SAMPLE_CHARS else rows
    widths = {len(row) for row in rows}
    least_rows, least_cells = 5, 2 if dialect.delimiter == "\t" else 3
    if len(rows) < least_rows or len(widths) != 1 or widths.pop() < least_cells:
        return False
    figures = any(all(_FIGURE.fullmatch(row[at]) for row in rows[1:]) for at in range(len(rows[0])))
    return figures or dialect.delimiter == "\t"


def _ways(sample: str, delimiter: str, start: int) -> list[Dialect]:
    d = re.escape(delimiter)
    ways = [Dialect(delimiter, start=start)]
    if '\\"' in sample:
        ways.insert(0, Dialect(delimiter, escape="\\", start=start))
    if re.search(rf"(?:^|{d}|\n)'[^'\n]*{d}[^'\n]*'(?:{d}|\r?\n|$)", sample):
        ways.append(Dialect(delimiter, quote="'", start=start))
    return ways


def _score(sample: str, dialect: Dialect, *, whole: bool) -> float:
    try:
        rows = list(islice(rows_of(sample, dialect._replace(start=0)), _SAMPLE_ROWS + 1))
    except csv.Error:
        return 0.0
    # The sample's end may cut a row.
    rows = [row for row in (rows if whole and len(rows) <= _SAMPLE_ROWS else rows[:-1] or rows) if row]
    if not rows:
        return 0.0
    widths = Counter(map(len, rows))
    pattern = sum(count * (width - 1) / width for width, count in widths.items()) / len(widths)
    cells = [cell for row in rows for cell in row]
    typed = sum(bool(_VALUE.fullmatch(cell)) for cell in cells) / len(cells)
    return pattern * max(typed, _UNTYPED)
