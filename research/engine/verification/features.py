"""Measure how a claim stands to its passages: what is covered, what is traced, what speaks against it.

Few measures, each with one direction that makes sense (see `entail.CLAIM` for what they weigh).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from . import answering, opposites, tracing
from .expected import UNKNOWN, Compared
from .matching import Vocabulary
from .numerals import figures
from .units import Unit, units
from .words import STOPWORDS, content_stems, fold, lower_words, names, stem, word_set

HEDGES = word_set(
    "may might could can expects expect expected plans intends believes potentially possibly likely estimate estimated"
)
# "May" is left out: it is a verb too often.
_MONTHS = word_set("january february march april june july august september october november december")
_DENIES = re.compile(
    r"(?:not|n't|no|unable|cannot|without)\b[^.]{0,60}\b(?:provid|mention|contain|specif|disclos|information|determin|"
    r"possible|available|explicit|includ|meaningful|useful|relevant|find|found|data)|\bI'm sorry\b|\binsufficient\b",
    re.IGNORECASE,
)
_NEAREST = 4  # units nearest to the claim, by covered words, that its negation and hedge are compared with


class Measured(NamedTuple):
    """What was measured. values: by name, most of them 0…1, counts as log(1 + n).

    nearest: the units nearest to the claim, nearest first. missing: content stems no passage holds.
    strangers: names no passage holds. dates: years and months no passage holds. traced: the claim's figures.
    compared: how an answer stands to what its question comes to, not known for claims without a question.
    """

    values: Mapping[str, float]
    nearest: tuple[Unit, ...]
    missing: tuple[str, ...]
    strangers: tuple[str, ...]
    dates: tuple[str, ...]
    traced: tuple[tracing.Traced, ...]
    compared: Compared = UNKNOWN


def measure(claim: str, passages: Sequence[str], question: str = "") -> Measured:
    """Return what `entail` weighs. question: what the claim is to answer, "" when it stands for itself."""
    said, claim = claim, fold(claim)
    held = [unit for passage in passages for unit in units(passage)]
    stems = [unit.stems | unit.head_stems for unit in held]
    wanted = content_stems(claim)
    vocabulary = Vocabulary(frozenset().union(*stems))
    forms = {one: vocabulary.forms(one) for one in wanted}

    def covered(there: frozenset[str]) -> float:
        return sum(bool(forms[one] & there) for one in wanted) / len(wanted) if wanted else 0.0

    scores = [covered(each) for each in stems]
    order = sorted(range(len(held)), key=lambda place: (-scores[place], place))
    ranked = [held[place] for place in order]
    # What the question gives ("365 days") the answer need not find.
    traced = tracing.trace(claim, [*held, *units(question)], ranked, vocabulary)
    text = " ".join(passages)
    strangers, dates = _strangers(claim, text), _dates(claim, text)
    values = {
        "window": max((covered(each) for each in _windows(stems)), default=0.0),
        "bigrams": _bigrams(claim, held, wanted),
        "strangers": math.log1p(len(strangers)),
        "dates": float(bool(dates)),
        **_figures(traced),
        **_against(claim, ranked[:_NEAREST]),
    }
    compared = UNKNOWN
    if question:
        compared = answering.compare(question, said, passages)
        values["denies"] = float(bool(_DENIES.search(claim)))
        values["reckons"], values["misreckons"] = max(0.0, compared.fit), max(0.0, -compared.fit)
    missing = tuple(sorted(one for one, found in forms.items() if not found))
    return Measured(values, tuple(ranked[:_NEAREST]), missing, strangers, dates, traced, compared)


def _windows(stems: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """Return what each unit holds together with the one before and the one after."""
    return [frozenset().union(*stems[max(0, place - 1) : place + 2]) for place in range(len(stems))]


def _bigrams(claim: str, held: Sequence[Unit], wanted: frozenset[str]) -> float:
    """Return the share of the claim's neighbouring content words that are neighbours in a unit too."""
    mine = set(_neighbours(claim))
    if not mine:
        return 0.0
    found: set[tuple[str, str]] = set()
    for unit in held:
        if len(unit.stems & wanted) > 1:
            found |= mine & set(_neighbours(unit.text))
    return len(found) / len(mine)


def _neighbours(text: str) -> list[tuple[str, str]]:
    row = [stem(word) for word in lower_words(text) if word not in STOPWORDS and len(word) > 1]
    return [(one, other) for one, other in pairwise(row) if one != other]


def _strangers(claim: str, text: str) -> tuple[str, ...]:
    known = {word.removesuffix("'s") for word in lower_words(fold(text))}
    stems = {stem(word) for word in known}
    return tuple(sorted(name for name in names(claim) if name not in known and stem(name) not in stems))


def _dates(claim: str, text: str) -> tuple[str, ...]:
    low = fold(text).casefold()
    said = [str(int(f.amount)) for f in figures(claim) if f.is_year]
    said += [word for word in lower_words(claim) if word in _MONTHS]
    # "Dec. 31" and "FY22" say the month and the year too.
    return tuple(one for one in dict.fromkeys(said) if one not in low and not _shortened(one, low))


def _shortened(one: str, low: str) -> bool:
    return f"fy{one[2:]}" in low if one.isdigit() else re.search(rf"\b{one[:3]}\b", low) is not None


def _figures(traced: Sequence[tracing.Traced]) -> dict[str, float]:
    count = len(traced)
    lost = sum(not each.how for each in traced)
    fits = [each.fit for each in traced if each.how == "found"]
    return {
        "has_figure": float(count > 0),
        "lost": float(lost > 0),
        "lost_share": lost / count if count else 0.0,
        "fit": sum(fits) / len(fits) if fits else 0.0,
    }


def _against(claim: str, near: Sequence[Unit]) -> dict[str, float]:
    first = near[0].text if near else ""
    negated = opposites.is_negated(claim)
    mine = set(lower_words(claim))
    theirs = {word for unit in near[:3] for word in lower_words(unit.text)}
    return {
        "negation_added": float(negated and not any(opposites.is_negated(unit.text) for unit in near)),
        "negation_dropped": float(not negated and opposites.is_negated(first)),
        "flipped": float(opposites.flipped(claim, first) is not None),
        "hedge_dropped": float(bool(theirs & HEDGES) and not mine & HEDGES),
        "hedge_added": float(bool(mine & HEDGES) and not theirs & HEDGES),
    }
