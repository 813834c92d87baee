"""What a query asks for: its words with their weights, the periods, the kinds of page and of document."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from research.engine.reading import periods
from research.engine.reading.periods import Kind, Period

from . import glossary as finance
from . import words
from .documents import KIND_WORDS, DocumentKind, Wanted
from .page_types import PageType

# Weights of words beside the query's own (1): printed forms of what it asks for, a trade's synonyms, and what says
# little within the documents chosen already: the company's name and the years.
PRINTED_WEIGHT = 0.5
SYNONYM_WEIGHT = 0.5
CHOSEN_WEIGHT = 0.1
MAX_TERMS = 64
# How sure a page type is: the statement is named; a term is asked for that lives there.
NAMED_PAGE, CONCEPT_PAGE = 1.0, 0.6
# What a question is put in and says nothing of what is asked.
_PHRASING_LIST = """
answer question please calculate compute define defined definition round rounded decimal decimals place places unit
units based basing base judgments judgment information provided provide primarily shown show clearly outlined details
detail using utilizing utilize according assume assuming approach perspective standpoint analyst investment banking
only access displayed line item items give response relying rely explain state stated whether useful relevant metric
metrics then something ask help best abilities following drawing conclusions taking account considering data year end
formerly known roughly many much times does did has
"""
_PHRASING = frozenset(words.query_words(_PHRASING_LIST, most=None))


# Which kinds of document report on a year, on a part of it, on a day.
_REPORTS_YEARS = {
    DocumentKind.ANNUAL: 1.0,
    DocumentKind.EARNINGS: 0.6,
    DocumentKind.QUARTERLY: 0.2,
    DocumentKind.CURRENT: 0.2,
}
_REPORTS_PARTS = {
    DocumentKind.QUARTERLY: 1.0,
    DocumentKind.EARNINGS: 0.9,
    DocumentKind.ANNUAL: 0.4,
    DocumentKind.CURRENT: 0.2,
}
_REPORTS_EVENTS = {
    DocumentKind.CURRENT: 0.8,
    DocumentKind.QUARTERLY: 0.7,
    DocumentKind.ANNUAL: 0.7,
    DocumentKind.EARNINGS: 0.5,
}


class Asked(NamedTuple):
    """A query understood. terms: analysed words with weights (0…1], the query's own first.

    periods: those it names. pages: how sure (0…1) it is that a kind of page answers it. wanted: of documents.
    """

    terms: Mapping[str, float]
    periods: tuple[Period, ...]
    pages: Mapping[PageType, float]
    wanted: Wanted

    @property
    def years(self) -> frozenset[int]:
        """The years it names."""
        return frozenset(period.year for period in self.periods)

    def within(self, names: Collection[str]) -> Mapping[str, float]:
        """Return the terms for documents chosen by `names` already: names, years and kinds weigh little there."""
        quiet = {*words.query_words(" ".join(names)), *(str(year) for year in self.years)}
        quiet |= {word for word in self.terms if word.startswith("fy") and word[2:].isdigit()}
        return {word: weight * (CHOSEN_WEIGHT if word in quiet else 1.0) for word, weight in self.terms.items()}


def understand(query: str, *, glossary: Mapping[str, tuple[str, ...]] | None = None) -> Asked:
    """Return what `query` asks for. glossary: the trade's terms with what means the same, or None."""
    own = words.query_words(query)
    telling = [word for word in own if word not in _PHRASING] or own
    terms = dict.fromkeys(telling, 1.0)
    met = finance.met(query)
    printed = [form for concept in met.concepts for form in concept.printed]
    for forms, weight in ((printed, PRINTED_WEIGHT), (finance.synonyms(query, glossary or {}), SYNONYM_WEIGHT)):
        for word in words.query_words(" ".join(forms)):
            terms.setdefault(word, weight)
    pages = dict.fromkeys((kind for concept in met.concepts for kind in concept.pages), CONCEPT_PAGE)
    pages.update(dict.fromkeys(met.statements, NAMED_PAGE))
    found = tuple(dict.fromkeys(one.period for one in periods.find(query)))
    return Asked(
        terms=dict(list(terms.items())[:MAX_TERMS]),
        periods=found,
        pages=pages,
        wanted=Wanted(found, _kinds(query, found)),
    )


def plain_terms(query: str) -> tuple[str, ...]:
    """Return the analysed words of `query` as they stand, with nothing added or left out but stop words."""
    return tuple(words.query_words(query))


def _kinds(query: str, found: tuple[Period, ...]) -> Mapping[DocumentKind, float]:
    """Return how welcome each kind of document is: the one named, else the one that reports such a period."""
    named = [kind for kind, sign in KIND_WORDS.items() if kind is not DocumentKind.EARNINGS and sign.search(query)]
    if named:
        return dict.fromkeys(named, 1.0)
    if any(period.kind in {Kind.QUARTER, Kind.MONTHS} for period in found):
        return _REPORTS_PARTS
    if found and all(period.kind is Kind.DATE for period in found):
        return _REPORTS_EVENTS
    return _REPORTS_YEARS if found else {}
