"""Search as the library gives it: the index finds candidates, the engine chooses documents and orders passages.

Knows neither Django nor the database, so that a bench measures exactly what the product does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from research.adapters.search_index import SearchIndex
from research.adapters.search_results import Within
from research.engine.retrieval import documents, query, ranking
from research.engine.retrieval.documents import Directory
from research.engine.retrieval.page_types import STATEMENTS
from research.engine.retrieval.ranking import Candidate, Ranked

# Passages the index is asked for before they are put in order: at large, in the documents a query names, and there
# on the kinds of page that answer it.
CANDIDATES, IN_DOCUMENTS, ON_PAGES = 60, 60, 30
# Of the documents a query names, those that fit within this of the best are looked through.
_NEAR_BEST = 0.6


class Catalogue(NamedTuple):
    """The documents of a team, and the trade's glossary, {} for none."""

    directory: Directory = Directory(())
    glossary: Mapping[str, tuple[str, ...]] = {}


def search(
    index: SearchIndex,
    asked_for: str,
    *,
    team_id: int,
    limit: int,
    catalogue: Catalogue,
    any_word: bool = True,
    sources: Sequence[int] | None = None,
) -> list[Ranked]:
    """Return the team's passages for a query, best first, at most `limit`. Raises `IndexLost`.

    any_word False demands every word of the query, so nothing is added to it; the order is the same. sources: in
    these alone, None for all.
    """
    if limit < 1:
        return []
    asked = query.understand(asked_for, glossary=catalogue.glossary)
    if not any_word:
        words = dict.fromkeys(query.plain_terms(asked_for), 1.0)
        found = index.candidates(
            words, team_id=team_id, limit=max(limit, CANDIDATES), within=Within(sources, any_word=False)
        )
        return ranking.rank(asked, found, {})[:limit]
    choice = documents.choose(asked_for, catalogue.directory, asked.wanted)
    if sources is not None:
        choice = choice.among(frozenset(sources))
    found = _candidates(index, asked, choice, team_id=team_id, limit=limit, sources=sources)
    return ranking.rank(asked, found, choice.scores)[:limit]


def _candidates(
    index: SearchIndex,
    asked: query.Asked,
    choice: documents.Choice,
    *,
    team_id: int,
    limit: int,
    sources: Sequence[int] | None,
) -> list[Candidate]:
    """Return what the index finds: at large, in the chosen documents, and there on the kinds of page that answer."""
    wide = max(limit, CANDIDATES)
    best = max(choice.scores.values(), default=0.0)
    named = sorted(key for key, fit in choice.scores.items() if fit >= best - _NEAR_BEST)
    inside: Sequence[int] | None = named or sources
    # A single document given needs its name in no word either.
    terms = asked.within(choice.names) if named else asked.terms
    found: list[Candidate] = []
    if named:
        found += index.candidates(terms, team_id=team_id, limit=max(limit, IN_DOCUMENTS), within=Within(named))
    # Others always get a hearing too: what a company says of itself wants a second source.
    found += index.candidates(asked.terms, team_id=team_id, limit=wide, within=Within(sources))
    kinds = [kind for kind in asked.pages if kind in STATEMENTS or named or sources is not None]
    if kinds:
        found += index.candidates(terms, team_id=team_id, limit=ON_PAGES, within=Within(inside, kinds))
    return found
