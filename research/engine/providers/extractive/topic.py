"""How well a sentence answers a task: which of the task's searches its words cover.

Searches of the template are written so that a sentence holding most of a search's words is about it. Coverage of the
best search, that of the others, the subject and a figure where one is asked for make the relevance.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from research.engine.domain.plans import PlanTask
from research.engine.domain.vertical import Vertical

from .words import content_stems, form_pattern, mentions

# A sentence is about a search when it holds this share of its words (tuned on MGM, Microsoft and Adobe reports: at a
# half, one word of two is enough and anything passes; at two thirds, little that is off the topic does).
ENOUGH_COVERAGE = 0.6
_WANTS_FIGURE = re.compile(r"\bhow (?:large|much|many|fast)|what share|at what rates|values do\b|\brevenues?\b", re.IGNORECASE)
_FIGURE = re.compile(r"\d+(?:\.\d+)?\s*(?:%|percent)|[$€£]\s*\d|\d\s*(?:million|billion)", re.IGNORECASE)
_ADVERSE = re.compile(r"advers|harm|negative(?:ly)? (?:impact|affect)|could (?:cause|result)|no assurance|cannot (?:assure|guarantee)", re.IGNORECASE)

# Weights of relevance, in thousandths; they add up to 1000.
_BEST, _SECOND, _FIGURES, _SUBJECT = 600, 150, 100, 150
_ADVERSE_OUT_OF_PLACE = 200
# A search of one word is worth 0.65 of one of three or more: "gaming" alone says little.
_ONE_WORD, _EACH_WORD = 0.475, 0.175


class Unit(NamedTuple):
    """One thing a search asks for: any of several groups of stems will do (a word, or its synonyms)."""

    any_of: tuple[frozenset[str], ...]
    weight: int


class Topic(NamedTuple):
    """What a task is about, ready to score sentences with."""

    searches: tuple[tuple[Unit, ...], ...]
    subject_forms: tuple[str, ...]
    wants_figure: bool
    about_risk: bool

    def relevance(self, text: str, *, about_subject: bool) -> int:
        """Return 0…1000; 0 when no search is covered well enough.

        `about_subject` tells whether sentence, heading or source is about the task's subject (True when it has none).
        """
        stems = frozenset(content_stems(text))
        covers = sorted((_coverage(search, stems) for search in self.searches), reverse=True)
        if not covers or covers[0] < ENOUGH_COVERAGE:
            return 0
        score = _BEST * covers[0]
        score += _SECOND * (covers[1] if len(covers) > 1 else covers[0])
        score += _FIGURES * (1 if not self.wants_figure or _FIGURE.search(text) else 0)
        score += _SUBJECT * (1 if about_subject else 0)
        if _ADVERSE.search(text) and not self.about_risk:
            score -= _ADVERSE_OUT_OF_PLACE
        return max(0, min(1000, int(score)))


def _coverage(search: tuple[Unit, ...], stems: frozenset[str]) -> float:
    total = sum(unit.weight for unit in search)
    met = sum(unit.weight for unit in search if any(group <= stems for group in unit.any_of))
    return met / total * min(1.0, _ONE_WORD + _EACH_WORD * total) if total else 0.0


def units(query: str, glossary: dict[str, tuple[str, ...]]) -> tuple[Unit, ...]:
    """Return what `query` asks for: terms of the glossary with their synonyms, then the single words left over."""
    found: list[Unit] = []
    rest = query
    for term, synonyms in sorted(glossary.items(), key=lambda item: -len(item[0])):
        pattern = form_pattern(term)
        if pattern.search(rest):
            rest = pattern.sub(" ", rest)
            groups = tuple(frozenset(content_stems(form)) for form in (term, *synonyms))
            found.append(Unit(groups, max(1, len(term.split()))))
    for each in dict.fromkeys(content_stems(rest)):
        found.append(Unit((frozenset((each,)),), 1))
    return tuple(found)


def forms_of(name: str, vertical: Vertical) -> tuple[str, ...]:
    """Return how `name` is written: its forms in the vertical's lexicons, or itself."""
    for lexicon in (vertical.jurisdictions, vertical.competitors, vertical.products):
        if name in lexicon:
            return (name, *lexicon[name])
    return (name,)


def queries_of(task: PlanTask) -> tuple[str, ...]:
    """Return the task's searches, narrowest first; the question itself when it names none."""
    return tuple(query for query in task.queries if content_stems(query)) or (task.question,)


def topic_of(task: PlanTask, vertical: Vertical) -> Topic:
    """Return what `task` is about."""
    subject = forms_of(task.subject, vertical) if task.subject else ()
    searches = []
    for query in queries_of(task):
        bare = query
        for form in subject:  # the subject is weighed on its own, so that it cannot stand in for the topic
            bare = form_pattern(form).sub(" ", bare)
        asked = units(bare, vertical.glossary)
        if asked:
            searches.append(asked)
    return Topic(
        searches=tuple(searches),
        subject_forms=subject,
        wants_figure=bool(_WANTS_FIGURE.search(task.question)),
        about_risk="risk" in task.section,
    )


def about(topic: Topic, *texts: str) -> bool:
    """Tell whether any of `texts` names the topic's subject; True when it has none."""
    return not topic.subject_forms or any(mentions(text, topic.subject_forms) for text in texts)
