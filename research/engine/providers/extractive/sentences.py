"""Sentences with their true offsets, and which of them can stand alone in front of a reader.

Text comes from PDF: a line ends where the page did, headings and table rows stand between paragraphs, and the first
and last sentence of a page are often cut. What is not certainly a whole sentence is left out: a claim lost costs
less than a claim nobody can read.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

from research.engine.extraction import headings
from research.engine.reading.addressed import gives_orders

from .boilerplate import BOILERPLATE, CITED, NOTE, NOTE_TEXT
from .sentence_words import LEANING, VERB
from .words import fold

MIN_CHARS = 40
MAX_CHARS = 400


class Sentence(NamedTuple):
    """A sentence at its place: code points from the start of the text it was split from, end exclusive.

    exact: the words as they stand, line breaks included. text: the same, white space folded. heading: the nearest
    heading above it within the text it was split from, "" when there is none.
    """

    start: int
    end: int
    exact: str
    text: str
    heading: str = ""


_ABBREVIATION_LIST = """
mr mrs ms dr prof inc corp co ltd llc no nos vs etc e.g i.e u.s u.k n.y n.j d.c st jr sr approx dept est fig sec art
jan feb mar apr jun jul aug sep sept oct nov dec plc bros cf al ca vol pp p
"""
_ABBREVIATIONS = frozenset(_ABBREVIATION_LIST.split())
_STARTER_LIST = """
The We Our In This These It As For If While Although However During On At By Under They There And But Such Additionally
Furthermore Any All Each Most Many Some Since When With To
"""
_STARTERS = frozenset(_STARTER_LIST.split())
_END = re.compile(r"[.!?][)\]”\"’']*(?=\s|$|\[\^?\d{1,3}\])")
_BULLET = re.compile(r"^\s*(?:[•●▪■◦‣·*–—o-]|\(?[a-z0-9]{1,3}[.)])\s+(?=\S)")
_FOOTER = re.compile(
    r"^\s*(?:table of contents|page\s+\d+|\d{1,4}|part\s+[ivx]+|item\s+\d+[a-c]?\.?.{0,60})\s*$", re.IGNORECASE
)
_LAST_WORD = re.compile(r"(\S+)$")
_SHORT_LINE = 0.75
_TITLE_LINE = 0.5
_KEPT_TEXTS = 2_000  # passages come back in search after search
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


@functools.lru_cache(maxsize=_KEPT_TEXTS)
def split(text: str) -> tuple[Sentence, ...]:
    """Return the sentences of `text` in order, each with its offsets into `text`, white space at its ends left out."""
    return tuple(
        sentence._replace(heading=heading)
        for start, end, heading in _blocks(text)
        for sentence in _in_block(text, start, end)
    )


def _blocks(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield stretches that hold whole paragraphs, each with the heading above it.

    Cut at blank lines, bullets, headings, table rows and page furniture.
    """
    begin: int | None = None
    last_end = 0
    before = ""  # the line above; "" after a blank line, at the start, and after furniture
    heading = ""
    wide = _width(text)
    lines = list(re.finditer(r"[^\r\n]*(?:\r\n|\r|\n|$)", text))
    for match, following in itertools.pairwise((*lines, None)):
        line = match.group().rstrip("\r\n") if match else ""
        bare = line.strip()
        bullet = _BULLET.match(line)
        title = _is_title(bare, before, following.group().strip() if following else "", wide)
        furniture = not bare or _FOOTER.match(line) or title or headings.is_table_row(bare)
        if begin is not None and (furniture or bullet or _ends_paragraph(before, bare, wide)):
            yield begin, last_end, heading
            begin = None
        if title:
            heading = headings.heading_text(bare)
        if match and not furniture:
            if begin is None:
                begin = match.start() + (bullet.end() if bullet else len(line) - len(line.lstrip()))
            last_end = match.start() + len(line)
        # A heading counts as a finished line for what stands below it.
        before = "" if furniture else bare
    if begin is not None:
        yield begin, last_end, heading


def _width(text: str) -> int:
    """Return the length that nine lines of ten do not pass."""
    widths = sorted(len(line.strip()) for line in text.splitlines() if line.strip())
    return widths[int(len(widths) * 0.9)] if widths else 0


def _is_title(line: str, before: str, following: str, wide: int) -> bool:
    """Tell whether `line` is a heading: written as one, or far too short to have been broken off by the margin.

    A line of running text goes to the margin or ends with a stop; a short one that does neither, above a fresh
    beginning, is a title in plain words ("What firms lack").
    """
    # A year does not keep a line of title words from being a heading ("Fiscal Year 2023 Compared with …").
    if headings.is_heading(_YEAR.sub("", line), before=before):
        return not headings.is_table_row(line)
    return (
        bool(following)
        and (not before or before.endswith((".", "!", "?", ":")))
        and 0 < len(line) < min(wide * _TITLE_LINE, headings.MAX_HEADING_CHARS)
        and line[0].isupper()
        and line[-1].isalnum()
        and (following[0].isupper() or following[0] in '“"')
    )


def _ends_paragraph(previous: str, line: str, wide: int) -> bool:
    """Tell whether `previous` closes a paragraph: a finished, short line with a fresh beginning below it."""
    short = len(previous) < wide * _SHORT_LINE
    return short and previous.endswith((".", ":", ";", "!", "?")) and not line[:1].islower()


def _in_block(text: str, start: int, end: int) -> Iterator[Sentence]:
    # What a document writes as a note of its own is no sentence of its text, to the end of the paragraph.
    note = NOTE_TEXT.search(text, start, end)
    begin, end = start, note.start() if note else end
    for match in _END.finditer(text, start, end):
        if _is_end(text, begin, match.end(), end):
            yield from _sentence(text, begin, match.end())
            mark = NOTE.match(text, match.end(), end)
            begin = mark.end() if mark else match.end()
    yield from _sentence(text, begin, end)


def _is_end(text: str, begin: int, at: int, end: int) -> bool:
    """Tell a full stop from the dot of an abbreviation, an initial or a numbered heading."""
    mark = NOTE.match(text, at, end)
    at, stop = (mark.end() if mark else at), at
    following = text[at : min(end, at + 40)].lstrip()
    if following and not (following[0].isupper() or following[0].isdigit() or following[0] in '“"‘($•'):
        return False
    last = _LAST_WORD.search(text, begin, stop)
    word = last.group().rstrip(".!?)”\"’'").lstrip('(“"‘') if last else ""
    if text[stop - 1] == "." and (word.casefold() in _ABBREVIATIONS or re.fullmatch(r"[A-Z]", word)):
        next_word = re.match(r"[A-Za-z]+", following)
        return not following or bool(next_word and next_word.group() in _STARTERS)
    return True


def _sentence(text: str, begin: int, end: int) -> Iterator[Sentence]:
    while begin < end and text[begin].isspace():
        begin += 1
    while end > begin and text[end - 1].isspace():
        end -= 1
    if end > begin:
        exact = text[begin:end]
        yield Sentence(begin, end, exact, fold(exact))


# ── what can stand alone ─────────────────────────────────────────────────────────────────────────

# "SA is included with …": letters that the sentences before have explained.
_LETTERS = re.compile(r"^(?!(?:AI|EU|UN|UK|US|IT|PC|HR|TV|PDF|API|CRM|ERP|GDP|GGR|ARR|ADR|VIP)s?\b)[A-Z]{2,3}s? (?!\()")
# Leans in its middle: "Competitors pursuing this model …".
_LEANS_INSIDE = re.compile(
    r"\b(?:pursuing|following|under|using) (?:this|these|that|such) (?:model|approach|method|strategy)", re.IGNORECASE
)
# So early in a sentence, what is meant stands before it: "Driving this increase was …", "Outcomes of these claims …".
_EARLY_CHARS = 45
_POINTS_BACK = re.compile(
    r"\b(?:this|these|those|such) (?!year|quarter|time|market|industry|century|and |as |report|document)[a-z]{3,}",
    re.IGNORECASE,
)
# A footnote's mark grown to a word: "margin(2) of 38%".
_MARKED = re.compile(r"[a-z]\(\d\)")
_NUMBER = re.compile(r"\d[\d,.]*")
_LEADER = re.compile(r"(?:[$(]*\d[\d,.]*[)%]*\s+){2,}[$(]*\d|\.{3,}|\s[.·]\s[.·]\s|_{3,}|\s{2}\S+\s{4,}")
# What some PDF fonts make of words: lost ligatures ("ef ect", "of er"), letters set apart ("Maca u").
_MANGLED = re.compile(
    r"\b(?:ef|af|dif|suf|of|signi|bene|de|re|pro|speci|identi)\s(?:ect|er\b|ers\b|ered|ering|icien|icul|ici|icant|ined|lect|fi)|(?:^|\s)[b-hj-z](?=[\s.,])|\ufffd"
)
_MAX_NUMBER_SHARE = 0.3
_MAX_CAPITAL_SHARE = 0.45
_MAX_ONE_LETTER = 0.15


def can_stand_alone(sentence: Sentence) -> bool:
    """Tell whether a reader who sees only this sentence can read and judge it.

    False for fragments, headings, table rows, contents lines, disclaimers, pointers to other pages, orders to
    the reader, and sentences that begin with a word that leans on the one before.
    """
    text = sentence.text
    if not MIN_CHARS <= len(text) <= MAX_CHARS:
        return False
    if not (text[0].isupper() or text[0].isdigit() or text[0] in '“"$€£'):
        return False
    if not re.search(r"[.!?][”\"’)]?$", text) or text.endswith(("..", "e.g.", "i.e.", "Inc.”)")):
        return False
    if (
        "•" in text
        or _MANGLED.search(text)
        or BOILERPLATE.search(text)
        or CITED.search(text)
        or gives_orders(text)
        or LEANING.match(text)
        or _LETTERS.match(text)
        or _LEANS_INSIDE.search(text)
        or _POINTS_BACK.search(text[:_EARLY_CHARS])
        or _MARKED.search(text)
        or not VERB.search(text)
    ):
        return False
    return not _looks_like_table(sentence) and _balanced(text)


_ADDS = re.compile(
    r"^(?:in addition|additionally|furthermore|further|moreover|finally|second|third|first)\b,?", re.IGNORECASE
)
_COUNTS_ON = re.compile(r"^(?:first|second|third|fourth|fifth|last)(?:ly)?,", re.IGNORECASE)
_UNDATED = re.compile(r"\b(?:current|prior)[- ](?:year|quarter|period)", re.IGNORECASE)
_DATED = re.compile(r"\b(?:19|20)\d\d\b")


def leans_a_little(text: str) -> bool:
    """Tell whether the sentence reads on its own, yet less well: "In addition, …", "the prior year" without a year."""
    return _ADDS.match(text) is not None or (_UNDATED.search(text) is not None and not _DATED.search(text))


def counts_on(text: str) -> bool:
    """Tell whether the sentence is one of a list whose others the reader does not see: "Second, …"."""
    return _COUNTS_ON.match(text) is not None


def goes_on_from(prefix: str) -> bool:
    """Tell whether words right before a quote show that it begins inside a sentence, as at the top of a page.

    `prefix` is what stands before (64 characters are enough); page numbers and titles at its end are passed over.
    """
    lines = [line.strip() for line in prefix.splitlines()]
    while lines and (not lines[-1] or _FOOTER.match(lines[-1])):
        lines.pop()
    last = lines[-1] if lines else ""
    if not last or last.endswith((".", "!", "?", ":", ";", ".”", '."', ".)", "•", "●")) or headings.is_table_row(last):
        return False
    above = lines[-2] if len(lines) > 1 else ""
    # A blank line parts paragraphs, and a line that is wholly seen in the prefix and begins with a capital is short:
    # a title in plain words ("Skill gaming note, March 2025").
    if re.search(r"\n\s*\n\s*$", prefix) and len(lines) > 1 and last[0].isupper() and not above[-1:].islower():
        return False
    # A whole line of capitals and title words is a heading; a line that fills the prefix, or ends low, is prose.
    return not headings.is_heading(last, before="") or (
        bool(above) and not above.endswith((".", ":", "!", "?")) and above[-1:].islower()
    )


def _looks_like_table(sentence: Sentence) -> bool:
    tokens = sentence.text.split()
    numbers = sum(1 for token in tokens if _NUMBER.search(token))
    capitals = sum(1 for token in tokens if token[:1].isupper())
    letters = sum(1 for word in tokens if len(word) == 1 and word.isalpha() and word not in "aAI")
    return (
        bool(_LEADER.search(sentence.exact))
        or numbers > len(tokens) * _MAX_NUMBER_SHARE
        or capitals > len(tokens) * _MAX_CAPITAL_SHARE
        or letters > len(tokens) * _MAX_ONE_LETTER
    )


def _balanced(text: str) -> bool:
    """Tell whether brackets and curly quotes close: an unclosed one betrays a cut."""
    return text.count("(") == text.count(")") and text.count("“") == text.count("”")
