"""Confidence is computed from parts, never above what a failed check allows, and unknown is for people."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.engine.domain.claims import PASSING_CONFIDENCE, Part, passes
from research.engine.domain.errors import InvalidInput
from research.engine.verification import confidence

GOOD = {"quotes": 1000, "support": 1000, "figures": 1000, "relevance": 700, "reliability": 800, "independence": 600}
SHARE = st.decimals(0, 1, allow_nan=False, places=3)


def parts(**changes: int) -> list[Part]:
    return [Part(name=name, score=score, reason="") for name, score in (GOOD | changes).items()]


def of(*, competitor: bool = False, independent: int = 1, **changes: int) -> int | None:
    return confidence.of(parts(**changes), confidence.Facts(competitor, independent))


def test_the_weights_add_up_to_one():
    assert sum(confidence.WEIGHTS.values()) == 1000


def test_a_verbatim_relevant_claim_of_one_known_reliable_source_passes():
    assert of() == 785
    assert passes(of())


def test_one_unattributed_upload_with_weak_relevance_does_not_pass():
    assert of(relevance=350, reliability=600, independence=300) == 582


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ({"quotes": 0}, confidence.CAP_QUOTE_FAILED),
        ({"quotes": 999}, confidence.CAP_QUOTE_FAILED),
        ({"figures": 999}, confidence.CAP_FIGURE_UNTRACED),
        ({"support": 599}, confidence.CAP_UNSUPPORTED),
        ({"relevance": 349}, 599),
        ({"competitor": True, "independent": 1}, 599),
        ({"competitor": True, "independent": 0}, 599),
    ],
)
def test_a_failed_check_keeps_the_claim_under_the_mark_however_good_the_rest(changes, limit):
    best = dict.fromkeys(GOOD, 1000) | {"independent": 3} | changes
    assert of(**best) <= limit < PASSING_CONFIDENCE


def test_a_competitor_claim_with_two_independent_sources_may_pass():
    assert passes(of(competitor=True, independent=2, independence=850))


@given(st.fixed_dictionaries({name: st.integers(0, 1000) for name in GOOD}), st.integers(0, 3), st.booleans())
def test_no_mixture_of_parts_passes_with_a_failed_check(scores, independent, competitor):
    value = of(**scores, independent=independent, competitor=competitor)
    assert 0 <= value <= 1000
    failed = scores["quotes"] < 1000 or scores["figures"] < 1000 or scores["support"] < confidence.SUPPORTED
    if failed or (competitor and independent < 2):
        assert value < PASSING_CONFIDENCE


@given(st.fixed_dictionaries(dict.fromkeys(confidence.WEIGHTS, SHARE)), st.sampled_from(list(confidence.WEIGHTS)))
def test_a_better_part_never_lowers_confidence(scores, name):
    assert confidence.combine(scores | {name: Decimal(1)}) >= confidence.combine(scores)


@pytest.mark.parametrize("missing", list(confidence.PARTS))
def test_a_missing_part_gives_no_confidence(missing):
    rest = [part for part in parts() if part.name != missing]
    assert confidence.of(rest, confidence.Facts(independent=1)) is None


@pytest.mark.parametrize(("name", "bad"), list(itertools.product(confidence.WEIGHTS, [None, math.nan, Decimal("NaN")])))
def test_an_unknown_or_nan_part_gives_no_confidence(name, bad):
    assert confidence.combine(dict.fromkeys(confidence.WEIGHTS, 1.0) | {name: bad}) is None


@pytest.mark.parametrize("bad", [-0.001, 1.001, math.inf, -math.inf, Decimal(2)])
def test_a_part_outside_zero_to_one_is_refused_by_name(bad):
    with pytest.raises(InvalidInput) as refusal:
        confidence.combine(dict.fromkeys(confidence.WEIGHTS, 1.0) | {"support": bad})
    assert refusal.value.field == "support"


def test_exactly_the_mark_passes_and_a_hair_below_is_rounded_down():
    exact = dict.fromkeys(confidence.WEIGHTS, Decimal("0.6"))
    assert confidence.combine(exact) == 600
    assert passes(600)
    assert confidence.combine(exact | {"support": Decimal("0.5999")}) == 599
    assert not passes(599)
    assert not passes(None)
