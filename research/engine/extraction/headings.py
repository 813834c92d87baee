"""Tell headings and table rows from prose, by the line alone and the line before it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

MAX_HEADING_CHARS = 120

_MARKDOWN = re.compile(r"#{1,6} +\S")
# The numbered parts of SEC forms 10-K, 10-Q and 8-K, and the notes of their statements.
_FORM_PART = re.compile(r"(?:PART\s+[IVX]+\b|ITEM\s+\d+[A-C]?(?:\.\d+)?\b|NOTE\s+\d+\b)", re.IGNORECASE)
_NUMBERED = re.compile(r"\d{1,2}(?:\.\d{1,2}){0,3}\.?\s+[A-Z][A-Za-z]")
_WORD = re.compile(r"[^\W\d_][^\W_]*(?:['’.&/-][^\W_]+)*")
_FIGURE = re.compile(r"(?<![^\s$€£(|])[$€£(]?\d[\d,.]*[)%]?(?![^\s|%),;])|(?<!\S)[—–-](?!\S)")
_SENTENCE_END = (".", "!", "?", ";", ":", ",", "”", "’")
_FINISHED = (".", "!", "?", ":", "”")
_MAX_TITLE_WORDS = 12
# Small words of titles need no capital.
_SMALL = frozenset("a an and as at but by for from in into of on or our the to with vs".split())  # noqa: SIM905
_MIN_FIGURES = 2
_EDGE_LINES = 2
# A line at the edge of this many pages is a running header or footer.
_RUNNING_PAGES = 4


def is_table_row(line: str) -> bool:
    """Tell whether `line` looks like a row of a table: cells with bars, or figures that outweigh the words."""
    if " | " in line:
        return True
    if _FORM_PART.match(line):  # "NOTE 4 — LEASES" has a number and a dash, and is no row
        return False
    figures = _FIGURE.findall(line)
    return len(figures) >= _MIN_FIGURES and len(figures) * 2 >= len(_WORD.findall(line))


def is_heading(line: str, *, before: str) -> bool:
    """Tell whether `line` is a heading. `before` is the line above it, or "" after a blank line or a page's start.

    Careful: a sentence's wrapped last line is short and capitalised at times too, so an unnumbered heading must
    follow a finished line.
    """
    text = line.strip()
    if not text or len(text) > MAX_HEADING_CHARS or is_table_row(text):
        return False
    if _MARKDOWN.match(text):
        return True
    part = bool(_FORM_PART.match(text))
    if text.endswith(_SENTENCE_END) and not (part and len(text) <= MAX_HEADING_CHARS // 2):
        return False
    above = before.strip()
    if above and not above.endswith(_FINISHED) and not is_table_row(above) and not above.isdigit():
        # Two lines of one heading may follow one another.
        return text.isupper() and above.isupper()
    return part or _is_title(text)


def _is_title(text: str) -> bool:
    """Tell whether `text` is written as titles are: few words, capitals on all that matter, no figures."""
    words = _WORD.findall(text)
    if not words or len(words) > _MAX_TITLE_WORDS or sum(map(len, words)) * 2 < len(text):
        return False
    if words[-1].lower() in _SMALL or _FIGURE.search(text.lstrip("0123456789.")):
        return False
    return bool(_NUMBERED.match(text)) or (
        words[0][0].isupper() and all(w[0].isupper() or w.lower() in _SMALL for w in words)
    )


def heading_text(line: str) -> str:
    """Return a heading's words on one line, without Markdown's marks."""
    return " ".join(line.strip().lstrip("#").split())


def running_lines(pages: Iterable[Sequence[str]]) -> frozenset[str]:
    """Return the lines that stand at the top or bottom of four pages or more: headers and footers, no headings.

    `pages` are the lines of each page that are not blank, stripped.
    """
    seen = Counter(line for page in pages for line in {*page[:_EDGE_LINES], *page[-_EDGE_LINES:]})
    return frozenset(line for line, pages_with_it in seen.items() if pages_with_it >= _RUNNING_PAGES)
