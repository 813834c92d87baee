"""How well a sentence answers a task: which of the task's searches its words cover.

Searches of the template are written so that a sentence holding most of a search's words is about it. Coverage of the
best search, that of the others, the subject and a figure where one is asked for make the relevance.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from research.engine.domain.evidence import Hit
from research.engine.domain.plans import PlanTask
from research.engine.domain.vertical import Vertical

from .sentences import leans_a_little
from .subjects import forms_of
from .words import content_stems, form_pattern, mentions

# A sentence is about a search when it holds this share of its words (tuned on MGM, Microsoft and Adobe reports: at a
# half, one word of two is enough and anything passes; at two thirds, little that is off the topic does).
ENOUGH_COVERAGE = 0.6
_OWN = re.compile(r"\b(?:we|our|us|the company)\b", re.IGNORECASE)
_WANTS_FIGURE = re.compile(
    r"\bhow (?:large|much|many|fast)|what share|at what rates|values do\b|\brevenues?\b", re.IGNORECASE
)
_FIGURE = re.compile(r"\d+(?:\.\d+)?\s*(?:%|percent)|[$€£]\s*\d|\d\s*(?:million|billion)", re.IGNORECASE)
_AMOUNTS = frozenset({"million", "billion"})
_ADVERSE = re.compile(
    r"advers|harm|negative(?:ly)? (?:impact|affect)|could (?:cause|result)|no assurance|cannot (?:assure|guarantee)",
    re.IGNORECASE,
)

# Weights of relevance, in thousandths; they add up to 1000.
_BEST, _SECOND, _FIGURES, _SUBJECT = 600, 150, 100, 150
_ADVERSE_OUT_OF_PLACE, _LEANS = 200, 60
# A search of one word is worth 0.65 of one of three or more: "gaming" alone says little.
_ONE_WORD, _EACH_WORD = 0.475, 0.175


class Unit(NamedTuple):
    """One thing a search asks for: any of several runs of stems will do (a word, or a term and its synonyms)."""

    any_of: tuple[str, ...]
    weight: int


class Topic(NamedTuple):
    """What a task is about, ready to score sentences with."""

    searches: tuple[tuple[Unit, ...], ...]
    subject_forms: tuple[str, ...]
    is_place: bool
    wants_figure: bool
    about_risk: bool

    def relevance(self, text: str, *, heading: str = "", about_subject: bool) -> int:
        """Return 0…1000; 0 when no search is covered well enough.

        heading: what stands above; a word found there alone counts half.
        `about_subject` tells whether sentence, heading or source is about the task's subject (True when it has none).
        """
        stems, above = _row(text), _row(heading)
        covers = sorted((_coverage(search, stems, above) for search in self.searches), reverse=True)
        if not covers or covers[0] < ENOUGH_COVERAGE:
            return 0
        score = _BEST * covers[0]
        score += _SECOND * (covers[1] if len(covers) > 1 else covers[0])
        score += _FIGURES * (1 if not self.wants_figure or _FIGURE.search(text) else 0)
        score += _SUBJECT * (1 if about_subject else 0)
        if _ADVERSE.search(text) and not self.about_risk:
            score -= _ADVERSE_OUT_OF_PLACE
        if leans_a_little(text):
            score -= _LEANS
        return max(0, min(1000, int(score)))


def _row(text: str) -> str:
    """Return the stems of `text` in one row with spaces around each, so that a run of them is found as it stands."""
    return f" {' '.join(content_stems(text))} "


def _coverage(search: tuple[Unit, ...], stems: str, above: str) -> float:
    total = sum(unit.weight for unit in search)
    met = 0.0
    for unit in search:
        if any(run in stems for run in unit.any_of):
            met += unit.weight
        elif any(run in above for run in unit.any_of):
            met += unit.weight / 2
    return met / total * min(1.0, _ONE_WORD + _EACH_WORD * total) if total else 0.0


def units(query: str, glossary: dict[str, tuple[str, ...]]) -> tuple[Unit, ...]:
    """Return what `query` asks for: terms of the glossary with their synonyms, then the single words left over."""
    found: list[Unit] = []
    rest = query
    for term, synonyms in sorted(glossary.items(), key=lambda item: -len(item[0])):
        forms = (term, *synonyms)
        asked = [form for form in forms if form_pattern(form).search(rest)]
        if asked:
            for form in asked:
                rest = form_pattern(form).sub(" ", rest)
            found.append(Unit(tuple(_row(form) for form in forms), len(asked[0].split())))
    # Who searches for "million users" wants a number of them; users alone are no answer.
    found += (Unit((f" {each} ",), 2 if each in _AMOUNTS else 1) for each in dict.fromkeys(content_stems(rest)))
    return tuple(found)


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
        is_place=task.subject in vertical.jurisdictions,
        wants_figure=bool(_WANTS_FIGURE.search(task.question)),
        about_risk="risk" in task.section,
    )


def about(topic: Topic, text: str, hit: Hit) -> bool:
    """Tell whether a sentence is about the topic's subject; True when it has none.

    It names the subject, stands under a heading or in a document that does, or, in a document the subject itself
    published, speaks of "we".
    """
    forms = topic.subject_forms
    if not forms or mentions(text, forms):
        return True
    if topic.is_place:
        return mentions(hit.heading, forms) or mentions(hit.source.title, forms)
    return mentions(hit.source.publisher or "", forms) and _OWN.search(text) is not None
