"""How well a sentence answers a task: which of the task's searches its words cover.

Searches of the template are written so that a sentence holding most of a search's words is about it. Coverage of the
best search, that of the others, the subject and a figure where one is asked for make the relevance.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

from research.engine.domain.evidence import Hit
from research.engine.domain.plans import PlanTask
from research.engine.domain.vertical import Vertical
from research.engine.verticals import base

from . import signs
from .sentences import leans_a_little
from .subjects import forms_of
from .words import content_stems, form_pattern, mentions, words

# A sentence is about a search when it holds this share of its words (tuned on MGM, Microsoft and Adobe reports: at a
# half, one word of two is enough and anything passes; at two thirds, little that is off the topic does).
ENOUGH_COVERAGE = 0.6
# Weights of relevance, in thousandths; they add up to 1000.
_BEST, _SECOND, _FIGURES, _SUBJECT = 600, 150, 100, 150
_ADVERSE_OUT_OF_PLACE, _LEANS, _NO_RULE, _NORM_OUT_OF_PLACE = 450, 60, 300, 250
# Who asks for values is answered by a figure, or by the name of a measure.
_NO_VALUE = 200
# A company that speaks of itself seldom speaks of what its customers lack.
_OWN_PROBLEM = 270
# A search of one word is worth 0.65 of one of three or more: "gaming" alone says little.
_ONE_WORD, _EACH_WORD = 0.475, 0.175


class Unit(NamedTuple):
    """One thing a search asks for: any of several runs of stems will do (a word, or a term and its synonyms).

    needed: without it the rest counts for nothing. It is written with a plus in the search ("+tax gaming percent").
    """

    any_of: tuple[str, ...]
    weight: int
    needed: bool = False


class Topic(NamedTuple):
    """What a task is about, ready to score sentences with."""

    searches: tuple[tuple[Unit, ...], ...]
    subject_forms: tuple[str, ...]
    is_place: bool
    wants_figure: bool
    about_risk: bool
    wants_rule: bool = False
    takes_norms: bool = True
    about_problem: bool = False
    other_places: tuple[str, ...] = ()
    hears_voices: bool = False
    defines: bool = False
    names_measures: bool = False
    about_price: bool = False
    sizes: bool = False
    tells_who: bool = False
    needs: bool = False

    def relevance(self, text: str, *, heading: str = "", about_subject: bool) -> int:
        """Return 0…1000; 0 when no search is covered well enough.

        heading: what stands above; a word found there alone counts half.
        `about_subject` tells whether sentence, heading or source is about the task's subject (True when it has none).
        """
        if self.hears_voices and (signs.OWN.search(text) or not signs.VOICE.search(text)):
            return 0
        if (self.sizes and not signs.NUMBER.search(text)) or (self.about_price and signs.PIRACY.search(text)):
            return 0
        stems, above = _row(text), _row(heading)
        covers = sorted((_coverage(search, stems, above) for search in self.searches), reverse=True)
        if not covers or covers[0] < ENOUGH_COVERAGE:
            return 0
        score = _BEST * covers[0]
        score += _SECOND * (covers[1] if len(covers) > 1 else covers[0])
        score += _FIGURES * (1 if not self.wants_figure or signs.FIGURE.search(text) else 0)
        score += _SUBJECT * (1 if about_subject else 0)
        score -= self._out_of_place(text)
        if leans_a_little(text):
            score -= _LEANS
        return max(0, min(1000, int(score)))

    def _out_of_place(self, text: str) -> int:
        """Return what a sentence loses for saying what the section does not ask for, in thousandths."""
        less = 0
        if signs.ADVERSE.search(text) and not self.about_risk:
            less += _ADVERSE_OUT_OF_PLACE
        if (
            self.wants_figure
            and not signs.FIGURE.search(text)
            and not (self.names_measures and signs.MEASURE.search(text))
        ):
            less += _NO_VALUE
        merely_evolves = signs.EVOLVES.search(text) and not signs.DEMANDS.search(text)
        if self.wants_rule and (merely_evolves or not signs.RULE.search(text)):
            less += _NO_RULE
        if not self.takes_norms and signs.NORM.search(text):
            less += _NORM_OUT_OF_PLACE
        return less + self._of_another_section(text)

    def _of_another_section(self, text: str) -> int:
        less = 0
        if self.defines and signs.RIVALRY.search(text):
            less += _NORM_OUT_OF_PLACE
        own = (signs.OWN, signs.PITCH, signs.OWN_COST)
        if self.about_problem and (any(sign.search(text) for sign in own) or signs.OF_A_NAME.match(text)):
            less += _OWN_PROBLEM
        if self.needs and (signs.RIVALRY.search(text) or signs.OTHERS_OFFER.search(text)):
            less += _OWN_PROBLEM
        if self.tells_who and (signs.SEGMENT_SELLS.search(text) or not signs.GROUP.search(text)):
            less += _OWN_PROBLEM
        if self.subject_forms and not self.is_place and signs.RIVALS.search(text):
            less += _ADVERSE_OUT_OF_PLACE
        if self.about_price and not signs.PRICE.search(text):
            less += _ADVERSE_OUT_OF_PLACE
        if self.about_risk and not signs.HAZARD.search(text):
            less += _ADVERSE_OUT_OF_PLACE
        return less


@functools.lru_cache(maxsize=20_000)
def _row(text: str) -> str:
    """Return the stems of `text` in one row with spaces around each, so that a run of them is found as it stands.

    Its words follow as written, in lower case, behind "=": a glossary's "=includes" is not met by "including".
    """
    return f" {' '.join(content_stems(text))} {' '.join(f'={word.casefold()}' for word in words(text))} "


def _coverage(search: tuple[Unit, ...], stems: str, above: str) -> float:
    total = sum(unit.weight for unit in search)
    met = 0.0
    for unit in search:
        if any(run in stems for run in unit.any_of):
            met += unit.weight
        elif any(run in above for run in unit.any_of):
            met += unit.weight / 2
        elif unit.needed:
            return 0.0
    return met / total * min(1.0, _ONE_WORD + _EACH_WORD * total) if total else 0.0


def units(query: str, glossary: dict[str, tuple[str, ...]]) -> tuple[Unit, ...]:
    """Return what `query` asks for: terms of the glossary with their synonyms, then the single words left over."""
    found: list[Unit] = []
    rest = query
    for term, synonyms in sorted(glossary.items(), key=lambda item: -len(item[0])):
        forms = (term, *synonyms)
        asked = [plain for plain in (form.removeprefix("=") for form in forms) if form_pattern(plain).search(rest)]
        if asked:
            needed = any(f"+{form}".casefold() in rest.casefold() for form in asked)
            for form in asked:
                rest = form_pattern(form).sub(" ", rest)
            found.append(Unit(_rows(forms), len(asked[0].split()), needed))
    needed_words = {each for word in rest.split() if word.startswith("+") for each in content_stems(word)}
    # Who searches for "million users" wants a number of them; users alone are no answer.
    found += (
        Unit((f" {each} ",), 2 if each in signs.AMOUNTS else 1, each in needed_words)
        for each in dict.fromkeys(content_stems(rest))
    )
    return tuple(found)


@functools.lru_cache(maxsize=1_000)
def _rows(forms: tuple[str, ...]) -> tuple[str, ...]:
    """Return what each form looks like in a row: its stems, or behind "=" its words as written."""
    runs = (
        " ".join(f"={word.casefold()}" for word in form[1:].split())
        if form.startswith("=")
        else " ".join(content_stems(form))
        for form in forms
    )
    return tuple(dict.fromkeys(f" {run} " for run in runs if run))


def queries_of(task: PlanTask) -> tuple[str, ...]:
    """Return the task's searches, narrowest first; the question itself when it names none."""
    return tuple(query for query in task.queries if content_stems(query)) or (task.question,)


def topic_of(task: PlanTask, vertical: Vertical) -> Topic:
    """Return what `task` is about."""
    subject = forms_of(task.subject, vertical) if task.subject else ()
    is_place = task.subject in vertical.jurisdictions
    # What holds in a part holds in that much of the whole: a state's law is law of the United States.
    parts = sorted(base.PARTS.get(task.subject or "", ())) if is_place else []
    about_it = (*subject, *(form for part in parts for form in forms_of(part, vertical)))
    regulatory = task.section in {section.key for section in vertical.sections if section.regulatory}
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
        subject_forms=about_it,
        other_places=_others(task.subject, vertical) if task.subject and is_place else (),
        is_place=is_place,
        wants_figure=bool(signs.WANTS_FIGURE.search(task.question)),
        about_risk="risk" in task.section,
        # "What is required and done" is answered by what is done, too.
        wants_rule=regulatory and not signs.ASKS_WHAT_IS_DONE.search(task.question),
        about_problem=task.section == "market_problem",
        names_measures=task.section == "success_metrics",
        sizes=task.section == "market_size",
        about_price=task.section == "pricing",
        defines=task.section == "definition",
        hears_voices=task.section == "voice_of_customer",
        tells_who=task.section == "personas",
        needs=task.section == "requirements",
        takes_norms=regulatory or task.layer == "requirements" or "risk" in task.section,
    )


def _others(place: str, vertical: Vertical) -> tuple[str, ...]:
    """Return the forms of the places that neither hold `place` nor lie in it."""
    apart = (
        name
        for name in vertical.jurisdictions
        if name != place and name not in base.PARTS.get(place, ()) and place not in base.PARTS.get(name, ())
    )
    return tuple(dict.fromkeys(form for name in apart for form in (name, *vertical.jurisdictions[name])))


def about(topic: Topic, text: str, hit: Hit, *, heading: str) -> bool:
    """Tell whether a sentence is about the topic's subject; True when it has none.

    It names the subject, stands under a heading or in a document that does, or, in a document the subject itself
    published, speaks of "we".
    """
    forms = topic.subject_forms
    if not forms or mentions(text, forms):
        return True
    if topic.is_place:
        # What names another place is about that one, and a title of two places says nothing of its sentences.
        if mentions(text, topic.other_places):
            return False
        return any(
            mentions(said, forms) and not mentions(said, topic.other_places) for said in (heading, hit.source.title)
        )
    return mentions(hit.source.publisher or "", forms) and signs.OWN.search(text) is not None
