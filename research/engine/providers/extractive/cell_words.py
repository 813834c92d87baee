"""How a table's cell is put in words: one fixed sentence, from which row, column and value can be read back.

    MGM Example reported Casino (Revenues) of $5,734 (in thousands) for the year ended December 31, 2022
    (Consolidated Statements of Operations).

Label, group, caption and figure stand as they do in the table; what is changed is changed by rule: brackets around a
figure become "minus", capitals of a caption become lower case, "Years Ended" before one date becomes "the year ended".
"""

from __future__ import annotations

import re
from decimal import Decimal

from research.engine.reading import tables

_SCALES = {Decimal(1000): "thousands", Decimal(1000) ** 2: "millions", Decimal(1000) ** 3: "billions"}
_NAMES = {"USD": "dollars", "EUR": "euros", "GBP": "pounds sterling"}
_INTRODUCES = re.compile(
    r"^(?:the following (?:tables?|is)(?: below)? "
    r"(?:presents?|shows?|summarizes?|sets? forth|provides?|details?|reconciles?)? ?"
    r"|the (?:components|details) of |information regarding )",
    re.IGNORECASE,
)
_TRAILS = re.compile(
    r"\s+(?:were|was|is|are|consist(?:s|ed) of the following|(?:was|were|is|are)? ?as follows.*)$", re.IGNORECASE
)
_NOTE = re.compile(r"\s*\((?:[^()]*\bin (?:thousand|million|billion)s?\b[^()]*|unaudited|continued)\)", re.IGNORECASE)
_SPAN = re.compile(r"^(?:for the )?(?P<span>.*?\bend(?:ed|ing)\b)", re.IGNORECASE)
_CAPITALS = ("EBITDA", "EBITDAR", "REIT", "GAAP", "ADR", "RevPAR", "US", "EMEA", "ARR", "RPO")
_SMALL = frozenset("a an and as at by for from in into of on or our the to with".split())  # noqa: SIM905


def said(cell: tables.Cell, measure: tables.Measure) -> str:
    """Return a cell's figure with sign, unit and scale, as in "minus $1,204 (in thousands)"."""
    raw = re.sub(r"(?<=[$€£¥(])\s+|\s+(?=[)%])", "", cell.raw)
    if cell.value is not None and cell.value < 0:
        raw = "minus " + re.sub(r"[()−–-]", "", raw)
    unit = {"points": " points", "bps": " bps"}.get(measure.unit or "", "")
    if unit and not re.search(r"pts|points?|bps", raw):
        raw += unit
    if measure.unit == "percent" and "%" not in raw:
        raw += "%"
    scale = _SCALES.get(measure.scale or Decimal(1))
    money = _NAMES.get(measure.currency or "", measure.currency) if measure.currency and not cell.currency else None
    if scale:
        return f"{raw} (in {scale}{f' of {money}' if money else ''})"
    return f"{raw} {money}" if money else raw


def when(head: str, *, is_day: bool) -> str:
    """Return a column's head as a phrase: "for the year ended June 30, 2023", "as of June 30, 2023", "in 2022"."""
    head = re.sub(r"^for the\s+", "", head, flags=re.IGNORECASE)
    span = _SPAN.match(head)
    if span:
        words = re.sub(r"^(fiscal )?(year|quarter|period)s\b", r"\1\2", span["span"].lower())
        return f"for the {words}{head[span.end('span') :]}"
    if is_day:
        return f"as of {re.sub('^(?:as of|at) ', '', head, flags=re.IGNORECASE)}"
    if re.match(r"years?\b", head, re.IGNORECASE):
        return f"for the year{head[4:].removeprefix('s')}"
    return f"in {head[:1].lower()}{head[1:]}" if re.match(r"fiscal\b", head, re.IGNORECASE) else f"in {head}"


def titled(caption: str, *, keep: str) -> str:
    """Return a caption without what only introduces it; one in capitals gets small letters but for words of `keep`."""
    text = _NOTE.sub("", _TRAILS.sub("", _INTRODUCES.sub("", caption))).strip(" :")
    if not text.isupper():
        return text
    names = {word.casefold(): word for word in (*keep.split(), *_CAPITALS)}
    return " ".join(
        names.get(word.casefold()) or (word.lower() if at and word.lower() in _SMALL else word.capitalize())
        for at, word in enumerate(text.split())
    )
