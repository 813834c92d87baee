"""Judge whether a claim follows from passages: a few measures, weighed by a small logistic model, with reasons.

The weights were fitted by `bench/evidence/fit.py` on the fit halves of the development data (items split by the
hash of their id): `CLAIM` on WiCE, AttributionBench and FinDVer, each set and each verdict counting the same,
`ANSWER` on the FinanceBench answers that people labelled. What they reach on the other halves
`bench/evidence/verification.py` prints. They are for statements in general; a changed digit, negation or name is
found by the checks in `support` and `figures`, which stand beside this and cap it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from .features import Measured, measure
from .words import excerpt

# From here a claim is supported, in thousandths: the same mark as `confidence.SUPPORTED`.
SUPPORTED = 600
_WHOLE = 1000
_EVEN = 0.5
_NAMED = 4  # so many names or figures are listed in a reason

CLAIM: Mapping[str, float] = MappingProxyType(
    {
        "bias": -1.10,
        "window": 2.04,
        "bigrams": 1.16,
        "strangers": -0.82,
        "dates": -1.19,
        "has_figure": 0.16,
        "lost": -2.22,
        "fit": 0.18,
        "negation_added": -0.56,
        "negation_dropped": -0.03,
        "flipped": -1.18,
        "hedge_dropped": -0.24,
        "hedge_added": -0.40,
    }
)
ANSWER: Mapping[str, float] = MappingProxyType(
    {
        "bias": -0.76,
        "window": 1.52,
        "bigrams": 2.97,
        "lost_share": -1.41,
        "fit": 1.20,
        "denies": -0.80,
        "reckons": 1.32,
        "misreckons": -2.02,
    }
)


class Judgement(NamedTuple):
    """Whether a claim follows, how sure that is (0…1000, from `SUPPORTED` on it does), and why, weightiest first."""

    supported: bool
    score: int
    reasons: tuple[str, ...]


def judge(claim: str, passages: Sequence[str]) -> Judgement:
    """Return whether `claim` follows from `passages` taken together. No passages: it does not."""
    if not passages:
        return Judgement(supported=False, score=0, reasons=("there is nothing it could follow from",))
    return _judgement(measure(claim, passages), CLAIM)


def judge_answer(question: str, answer: str, passages: Sequence[str]) -> Judgement:
    """Return whether `answer` answers `question` and follows from `passages`. No passages: it does not."""
    if not passages:
        return Judgement(supported=False, score=0, reasons=("there is nothing it could follow from",))
    return _judgement(measure(answer, passages, question), ANSWER)


def chance(values: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return the logistic of the weighted measures, 0…1; `weights` names the measures, "bias" stands alone."""
    total = weights["bias"] + sum(weight * values[name] for name, weight in weights.items() if name != "bias")
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def _judgement(measured: Measured, weights: Mapping[str, float]) -> Judgement:
    share = chance(measured.values, weights)
    # An even chance is the mark; below and above it the scale is straight.
    below = share < _EVEN
    score = share / _EVEN * SUPPORTED if below else SUPPORTED + (share - _EVEN) / _EVEN * (_WHOLE - SUPPORTED)
    return Judgement(supported=not below, score=int(score), reasons=_reasons(measured))


def _reasons(measured: Measured) -> tuple[str, ...]:
    values = measured.values
    near = excerpt(measured.nearest[0].text) if measured.nearest else ""
    lost = dict.fromkeys(each.figure.text for each in measured.traced if not each.how)
    again = next((each for each in measured.traced if each.how not in ("", "found")), None)
    said = (
        (lost, f"neither found nor recomputed: {', '.join([*lost][:_NAMED])}"),
        (measured.dates, f"the period {', '.join(measured.dates)} is not in the passages"),
        (measured.strangers, f"not named in the passages: {', '.join(measured.strangers[:_NAMED])}"),
        (values["flipped"], f"it says the opposite of “{near}”"),
        (values["negation_dropped"], f"it drops the negation of “{near}”"),
        (values["negation_added"], f"it negates what “{near}” does not"),
        (values["hedge_dropped"], "it states as fact what the passages hedge"),
        (values["hedge_added"], "it hedges what the passages do not"),
        (measured.compared.fit, measured.compared.reason),
        (values.get("denies"), "it says that something is not to be found"),
        (True, f"{values['window']:.0%} of its words stand together in the passages"),
        (again, again and f"{again.figure.text} is the {again.how} of {' and '.join(again.operands[:_NAMED])}"),
    )
    return tuple(str(reason) for holds, reason in said if holds)
