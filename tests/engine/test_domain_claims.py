"""Claims as values: the confidence that passes, the key that stays, what a draft may not be."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from research.engine.domain.claims import (
    PASSING_CONFIDENCE,
    ClaimDraft,
    Part,
    TypedValue,
    confidence_in_thousandths,
    passes,
)
from research.engine.domain.errors import InvalidInput


@pytest.mark.parametrize(("confidence", "does"), [(0, False), (599, False), (600, True), (1000, True), (None, False)])
def test_exactly_six_tenths_passes_and_less_or_nothing_goes_to_people(confidence, does):
    assert passes(confidence) is does
    assert PASSING_CONFIDENCE == 600


@pytest.mark.parametrize(
    ("value", "thousandths"),
    [
        (0, 0), (1, 1000), (0.6, 600), (0.599, 599), (0.5999999, 599), (Decimal("0.5999"), 599), (0.29, 290),
        (0.0009, 0), (None, None), (float("nan"), None), (Decimal("NaN"), None),
    ],
)  # fmt: skip
def test_thousandths_are_cut_and_never_rounded_up(value, thousandths):
    """0.5999 must not pass as 0.600; nothing and not-a-number stay nothing, which goes to people."""
    assert confidence_in_thousandths(value) == thousandths


@pytest.mark.parametrize("value", [-0.001, 1.001, 2, float("inf"), float("-inf"), Decimal("1.0000001")])
def test_a_confidence_outside_0_to_1_is_refused(value):
    with pytest.raises(InvalidInput) as refusal:
        confidence_in_thousandths(value)
    assert refusal.value.field == "confidence"


@given(st.integers(0, 1000))
def test_thousandths_written_as_a_fraction_come_back_as_they_were(thousandths):
    assert confidence_in_thousandths(thousandths / 1000) == thousandths


@pytest.mark.parametrize("score", [-1, 1001])
def test_a_part_outside_0_to_1000_is_refused(score):
    with pytest.raises(ValidationError):
        Part(name="quotes", score=score, reason="")


def draft(**changes):
    return ClaimDraft(**({"task_key": "t", "section": "s", "text": "Players come back."} | changes))


def test_the_same_statement_of_the_same_task_has_the_same_key():
    assert draft(text="  PLAYERS   come\nback. ").key() == draft().key()
    assert draft(evidence_ids=(1, 2)).key() == draft().key()


@pytest.mark.parametrize("changes", [{"text": "Players do not come back."}, {"task_key": "u"}, {"kind": "inferred"}])
def test_another_statement_task_or_kind_has_another_key(changes):
    assert draft(**changes).key() != draft().key()


@pytest.mark.parametrize(
    "changes", [{"text": ""}, {"text": "ab"}, {"text": "x" * 2001}, {"kind": "guessed"}, {"more": 1}]
)
def test_a_draft_without_words_with_too_many_or_of_an_unknown_kind_is_refused(changes):
    with pytest.raises(ValidationError):
        draft(**changes)


def test_an_amount_is_the_figure_times_its_scale_exactly():
    assert TypedValue(number=Decimal("1.92"), scale=Decimal(1_000_000_000)).amount == Decimal(1_920_000_000)
