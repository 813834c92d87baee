"""Sentences with their true offsets, and which of them can stand alone in front of a reader.

Text comes from PDF: a line ends where the page did, headings and table rows stand between paragraphs, and the first
and last sentence of a passage are often cut. What is not certainly a whole sentence is left out: a claim lost costs
less than a claim nobody can read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from .words import fold

MIN_CHARS = 40
MAX_CHARS = 400


class Sentence(NamedTuple):
    """A sentence at its place: code points from the start of the text it was split from, end exclusive.

    exact: the words as they stand, line breaks included. text: the same, white space folded.
    """

    start: int
    end: int
    exact: str
    text: str


_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof inc corp co ltd llc no nos vs etc e.g i.e u.s u.k n.y n.j d.c st jr sr approx dept est fig sec "
    "art jan feb mar apr jun jul aug sep sept oct nov dec plc bros cf al ca vol pp p".split()  # noqa: SIM905
)
_STARTERS = frozenset(
    "The We Our In This These It As For If While Although However During On At By Under They There And But Such "
    "Additionally Furthermore Any All Each Most Many Some Since When With To".split()  # noqa: SIM905
)
_END = re.compile(r"[.!?][)\]”\"’']*(?=\s|$)")
_BULLET = re.compile(r"^\s*(?:[•●▪■◦‣·*–—o-]|\(?[a-z0-9]{1,3}[.)])\s+(?=\S)")
_FOOTER = re.compile(r"^\s*(?:table of contents|page\s+\d+|\d{1,4}|part\s+[ivx]+|item\s+\d+[a-c]?\.?.{0,60})\s*$", re.IGNORECASE)
_LAST_WORD = re.compile(r"(\S+)$")
_SHORT_LINE = 0.75


def split(text: str) -> tuple[Sentence, ...]:
    """Return the sentences of `text` in order, each with its offsets into `text`; white space at the ends is outside."""
    return tuple(sentence for start, end in _blocks(text) for sentence in _in_block(text, start, end))


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Yield stretches that hold whole paragraphs: cut at blank lines, bullets, page furniture and after headings."""
    lines = [(m.start(), m.end(), m.group()) for m in re.finditer(r"[^\r\n]+|(?:\r\n|\n|\r)(?=\s*(?:\r|\n))", text)]
    widths = sorted(len(line.strip()) for _, _, line in lines if line.strip())
    wide = widths[int(len(widths) * 0.9)] if widths else 0
    begin: int | None = None
    last_end = 0
    previous = ""
    for start, end, line in lines:
        bare = line.strip()
        bullet = _BULLET.match(line)
        cut = not bare or bool(bullet) or _FOOTER.match(line) or _ends_block(previous, bare, wide)
        if cut and begin is not None:
            yield begin, last_end
            begin = None
        if bare and not _FOOTER.match(line):
            if begin is None:
                begin = start + (bullet.end() if bullet else len(line) - len(line.lstrip()))
            last_end = end
            previous = bare
        else:
            previous = ""
    if begin is not None:
        yield begin, last_end


def _ends_block(previous: str, line: str, wide: int) -> bool:
    """Tell whether a heading or the last line of a paragraph stands before `line`."""
    if not previous or len(previous) >= wide * _SHORT_LINE:
        return False
    return line[:1].isupper() or line[:1].isdigit() or line[:1] in "“\"$(•"


def _in_block(text: str, start: int, end: int) -> Iterator[Sentence]:
    begin = start
    for match in _END.finditer(text, start, end):
        if _is_end(text, begin, match.end(), end):
            yield from _sentence(text, begin, match.end())
            begin = match.end()
    yield from _sentence(text, begin, end)


def _is_end(text: str, begin: int, at: int, end: int) -> bool:
    """Tell a full stop from the dot of an abbreviation, an initial or a numbered heading."""
    following = text[at : min(end, at + 40)].lstrip()
    if following and not (following[0].isupper() or following[0].isdigit() or following[0] in "“\"‘($•"):
        return False
    last = _LAST_WORD.search(text, begin, at)
    word = last.group().rstrip(".!?)”\"’'").lstrip("(“\"‘") if last else ""
    if text[at - 1] == "." and (word.casefold() in _ABBREVIATIONS or re.fullmatch(r"[A-Z]", word)):
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

# Said in every filing, true of none in particular.
_BOILERPLATE = re.compile(
    r"forward[- ]looking|incorporated (?:herein )?by reference|undue reliance|safe harbor|accompanying notes|"
    r"following table|following is a summary|table below|as follows:|set forth (?:below|above|in)|discussed (?:below|above|within)|"
    r"described (?:below|above|in|under|elsewhere)|included elsewhere|elsewhere in this|this (?:annual |quarterly )?report|"
    r"form (?:10-k|10-q|8-k)|\bsee (?:note|item|part|the|“|\"|also)|\brefer to|for (?:more|additional|further) (?:information|detail|discussion)|"
    r"for a (?:more complete )?(?:discussion|description)|exhibit \d|hereof|hereto|herein\b|hereunder|"
    r"independent registered public accounting|in our opinion|our audit|audit committee|generally accepted accounting|"
    r"securities (?:and exchange commission|exchange act|act of)|nyse|nasdaq|investor relations|trademarks? (?:or|of|are)|"
    r"all rights reserved|annual meeting|proxy statement|indenture|credit agreement|non-gaap|"
    r"we (?:have provided|do not undertake|undertake no)|table of contents|certain (?:prior[- ]year|reclassif)|"
    r"webcast|conference call|we encourage (?:you|investors)|investors should|you should|click here|cookies?\b|"
    r"\bnote \d+|\bitems? \d+[ab]?\b|principally located at|statements? of (?:operations|cash flows|income)|"
    r"reporting unit|carrying (?:value|amount)|performance obligations? (?:is|are) (?:satisfied|generally)|"
    r"critical accounting|accounting (?:policy|policies|standard)|fair value|goodwill",
    re.IGNORECASE,
)
# Leans on a sentence the reader does not see.
_LEANING = re.compile(
    r"^(?:this|these|those|such|it|they|he|she|that|which|both|the (?:latter|former|foregoing|above|following)|"
    r"in (?:this|such|that|these) |as such|for example|for instance|likewise|similarly|thus|therefore|accordingly|"
    r"conversely|however|otherwise|moreover|also|then|if so|as a result|as discussed|as noted|as described|instead|"
    r"among other|other\b|nevertheless|see)\b",
    re.IGNORECASE,
)
# A verb somewhere: filings' prose always has one of these, headings and table rows seldom.
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|will|would|may|can|could|must|shall|should|do|does|did|"
    r"includes?|offers?|provides?|requires?|competes?|operates?|expects?|believes?|continues?|generates?|grew|grows?|"
    r"represents?|consists?|depends?|prohibits?|allows?|enables?|helps?|uses?|sells?|serves?|owns?|holds?|gives?|makes?|"
    r"markets?|delivers?|combines?|contains?|supports?|focus(?:es)?|\w{3,}ed)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d[\d,.]*")
_LEADER = re.compile(r"\.{3,}|\s[.·]\s[.·]\s|_{3,}|\s{2}\S+\s{4,}")
_MAX_NUMBER_SHARE = 0.3
_MAX_CAPITAL_SHARE = 0.45
_MAX_ONE_LETTER = 0.15


def can_stand_alone(sentence: Sentence) -> bool:
    """Tell whether a reader who sees only this sentence can read and judge it.

    False for fragments, headings, table rows, contents lines, disclaimers, pointers to other pages, and sentences
    that begin with a word that leans on the one before.
    """
    text = sentence.text
    if not MIN_CHARS <= len(text) <= MAX_CHARS:
        return False
    if not (text[0].isupper() or text[0].isdigit() or text[0] in "“\"$€£"):
        return False
    if not re.search(r"[.!?][”\"’)]?$", text) or text.endswith(("..", "e.g.", "i.e.", "Inc.”)")):
        return False
    if _BOILERPLATE.search(text) or _LEANING.match(text) or not _VERB.search(text):
        return False
    return not _looks_like_table(sentence) and _balanced(text)


def _looks_like_table(sentence: Sentence) -> bool:
    tokens = sentence.text.split()
    numbers = sum(1 for token in tokens if _NUMBER.search(token))
    capitals = sum(1 for token in tokens if token[:1].isupper())
    letters = sum(1 for token in tokens if len(token) == 1 and token.isalpha() and token not in "aAI")
    return (
        bool(_LEADER.search(sentence.exact))
        or numbers > len(tokens) * _MAX_NUMBER_SHARE
        or capitals > len(tokens) * _MAX_CAPITAL_SHARE
        or letters > len(tokens) * _MAX_ONE_LETTER
    )


def _balanced(text: str) -> bool:
    """Tell whether brackets and curly quotes close: an unclosed one betrays a cut."""
    return text.count("(") == text.count(")") and text.count("“") == text.count("”")
