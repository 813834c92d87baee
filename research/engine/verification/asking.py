"""Read what a question about figures asks for: a line item or ratio, the years, and what to do with them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from . import formulas
from .formulas import Node
from .words import STOPWORDS, fold, lower_words, sentences, word_set

_FY = re.compile(r"\b(?:FY\s?|fiscal\s+(?:year\s+)?)?(20\d\d)\b|\bFY\s?'?(\d\d)\b", re.IGNORECASE)
QUARTER = re.compile(r"\bQ[1-4]\b|\bquarter", re.IGNORECASE)
_DEFINED = re.compile(
    r"\b(?:is|are)?\s*(?:[Dd]efined|calculated|computed|measured)\s+as\s*:?\s*(.+?)(?:\.(?:\s+[A-Z]|\s*\Z)|\?|\Z)|"
    r"\b[Dd]efine\s+[\w\s%&]+?\s+as\s+(.+?)(?:\.(?:\s|\Z)|\Z)",
    re.DOTALL,
)
# Asked for are reasons, or a part of the firm whose lines bear other names: nothing that could be looked up here.
_OTHER = re.compile(
    r"\b(?:dr[io]ves?n?|drivers?|why|reasons?|caused?|factors?|segments?|regions?|geograph\w+|international|domestic|"
    r"divisions?|countr\w+|products?|categor\w+|brands?|other (?=\w)|per (?:common |diluted |basic )?shares?|highest|"
    r"lowest|largest|smallest|most|least|subsidiar\w+|guidance|forecast|outlook)\b",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"%|\bpercent|\brate\b|\bgrowth\b|\bgr[eo]w\b|\byoy\b", re.IGNORECASE)
_SHARE = re.compile(
    r"\bratio of (?P<a>.{3,60}?) to (?P<b>.{3,60})|"
    r"(?P<c>.{3,90}?) as a (?:percentage|percent|%|share|proportion|fraction) of (?P<d>.{3,60})",
    re.IGNORECASE,
)
_GROWTH = re.compile(
    r"\bgrowth\b|\bgr[eo]w\b|year[\s-]over[\s-]year|\byoy\b|percent(?:age)? change|% change|change in", re.IGNORECASE
)
_MEAN = re.compile(r"(?<!weighted )(?<!weighted-)\baverage\b", re.IGNORECASE)
_CHANGE = re.compile(r"\b(?:increase|decrease|change|difference)\b", re.IGNORECASE)
_SUM = re.compile(r"\b(?:sum|total|cumulative|combined)\b", re.IGNORECASE)
_CAGR = re.compile(r"\bCAGR\b|compound annual", re.IGNORECASE)
_ADJUSTED = re.compile(r"(?<!un)adjusted|non[\s-]gaap", re.IGNORECASE)
_WHETHER = re.compile(r"(?:\A|[.?:]\s+)(?:did|does|do|has|have|is|are|was|were)\b", re.IGNORECASE)
_MOVES = re.compile(
    r"\b(?:increas|improv|gr[eo]w|ris|rose|higher|decreas|declin|drop|fall|fell|lower|worse)", re.IGNORECASE
)
_HOW_MUCH = re.compile(r"\b(?:what|how much|how many|calculate|compute|which amount)\b", re.IGNORECASE)


class Asked(NamedTuple):
    """What a question asks for.

    formulas: the first is the usual one. years: named, ascending. operation: "growth", "change", "mean", "sum",
    "cagr" or "" for the value itself. rate: no money, so that 0.1 may be said as 10 %.
    sure: whether exactly this amount is asked for; else an answer with another one need not be wrong.
    """

    name: str
    formulas: tuple[Node, ...]
    years: tuple[int, ...]
    operation: str
    rate: bool
    sure: bool


def years_of(text: str) -> tuple[int, ...]:
    """Return the years `text` names ("FY2022", "FY22", "2022"), ascending."""
    return tuple(sorted({int(a) if a else 2000 + int(b) for a, b in _FY.findall(text)}))


def asked(question: str) -> Asked | None:
    """Return what `question` asks to be looked up or reckoned for fiscal years, None when that cannot be told."""
    text = fold(question)
    if not years_of(text) or QUARTER.search(text) or (_WHETHER.search(text) and _MOVES.search(text)):
        return None
    defined = _DEFINED.search(text)
    own = formulas.parse((defined[1] or defined[2]).strip()) if defined else None
    ask = text[: defined.start()] if defined and defined.start() else text
    years = years_of(ask) or years_of(text)
    name, nodes = _named(ask)
    if own is not None and ("/" in _signs(own) or not nodes):
        name, nodes = name or "the defined measure", (own,)
    elif _ADJUSTED.search(ask):
        name = f"adjusted {name}"
        nodes = (formulas.Term(name),)
    if not nodes:
        return None
    # Asked for more than a line by its name: that the answer says its value speaks for it, another against nothing.
    sure = own is not None or (_plainly(ask, name) and not _OTHER.search(ask))
    rate = any("/" in _signs(node) for node in nodes)
    operation = _operation(ask, years, rate=rate)
    if own is None and not operation and (len(years) > 1 or _CHANGE.search(ask)):
        sure = False  # several years and nothing to do with them, or a change from an unnamed one
    return Asked(name, nodes, years, operation, rate, sure and bool(_HOW_MUCH.search(text)))


def _operation(ask: str, years: Sequence[int], *, rate: bool) -> str:
    several = len(years) > 1
    if _CAGR.search(ask):
        return "cagr"
    if several and _MEAN.search(ask):
        return "mean"
    if _GROWTH.search(ask) or (several and _CHANGE.search(ask)):
        return "growth" if _PERCENT.search(ask) and not rate else "change"
    return "sum" if several and _SUM.search(ask) else ""


# Words that ask, name a unit or a statement, and say nothing of what is asked for.
_FRAME = word_set(
    "year end fiscal amount value total net usd dollars dollar million millions billion billions thousand thousands "
    "percent percents percentage rate growth annual ratio cash company much pay paid average inc corp corporation "
    "balance sheet statement statements income flow flows answer question unadjusted change year-over-year yoy fy "
    "increase increased improve improved improving decrease decreased decline declined grow grew between compared "
    "business level based information provided primarily calculate compute what difference sum cumulative combined "
    "value amounts years using clearly shown reported recorded three two units points basis see was were"
)
_FIRM = re.compile(
    r"\([^()]*\)|(?:[A-Z0-9][\w.&-]*\s+)*[A-Z0-9][\w.&-]*['’]s?\b|"
    r"(?<=\b(?:for|did|has|had|was|are) )[A-Z][\w.&-]*(?:\s+[A-Z&][\w.&-]*)*|"
    r"(?<=\b(?:is|of|by|at|do|if) )[A-Z][\w.&-]*(?:\s+[A-Z&][\w.&-]*)*|(?<=\bdoes )[A-Z][\w.&-]*(?:\s+[A-Z&][\w.&-]*)*"
)


def _plainly(ask: str, name: str) -> bool:
    """Tell whether a question asks for a plain line item: nothing is said beside its name, the firm's and the frame."""
    if name not in formulas.items():
        return True
    first = next((part for part in sentences(ask) if formulas.named_in(part) == name), ask)
    forms = {word for form in formulas.items()[name].asked for word in lower_words(form)}
    said = lower_words(_FIRM.sub(" ", first))
    return not {word for word in said if word.isalpha() and word not in STOPWORDS | _FRAME | forms}


def _named(text: str) -> tuple[str, tuple[Node, ...]]:
    """Return the ratio, share or line item `text` names with its formulas, "" and none when it names none."""
    low = f" {re.sub(r'[^a-z0-9&%]+', ' ', text.casefold())} "
    for form, nodes in formulas.ratios():
        if f" {re.sub(r'[^a-z0-9&%]+', ' ', form)} " in low:
            return form, nodes
    share = _SHARE.search(text)
    if share:
        part, whole = (formulas.named_in(each) for each in share.groups() if each)
        if not part or not whole or part == whole:
            return "", ()
        return f"{part} / {whole}", (("/", formulas.Term(part), formulas.Term(whole)),)
    item = formulas.named_in(text)
    return (item, (formulas.Term(item),)) if item else ("", ())


def _signs(node: Node) -> frozenset[str]:
    if not isinstance(node, tuple) or isinstance(node, formulas.Term):
        return frozenset()
    return frozenset({node[0]}) | _signs(node[1]) | _signs(node[2])
