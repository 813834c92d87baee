"""Canonical JSON: one value has one spelling, and what has no spelling is refused."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from research.engine.domain.canonical import Frozen, canonical_bytes, digest, sha256_hex
from research.engine.domain.claims import TypedValue

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcé", max_size=3), inner, max_size=3),
    max_leaves=8,
)


class Pair(Frozen):
    b: int
    a: str


def test_keys_are_sorted_and_nothing_is_put_between():
    assert canonical_bytes({"b": 1, "a": [1, 2, {"d": None, "c": True}]}) == b'{"a":[1,2,{"c":true,"d":null}],"b":1}'


def test_letters_stand_as_they_are_in_utf8():
    assert canonical_bytes("Québec – 東京") == '"Québec – 東京"'.encode()


def test_a_model_is_spelt_as_its_fields():
    assert canonical_bytes(Pair(b=1, a="x")) == b'{"a":"x","b":1}'


@given(_json)
def test_the_order_things_were_put_in_does_not_matter(value):
    def turned(one):
        if isinstance(one, dict):
            return {key: turned(one[key]) for key in reversed(one)}
        return [turned(each) for each in one] if isinstance(one, list) else one

    assert canonical_bytes(turned(value)) == canonical_bytes(value)
    assert digest(turned(value)) == digest(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), {"a": [float("nan")]}])
def test_what_is_not_a_number_has_no_spelling(value):
    with pytest.raises(ValueError, match="JSON"):
        canonical_bytes(value)


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", object()])
def test_what_json_does_not_know_is_refused(value):
    with pytest.raises(TypeError):
        canonical_bytes(value)


def test_half_a_letter_is_refused():
    with pytest.raises(UnicodeEncodeError):
        canonical_bytes("\ud800")


def test_a_digest_is_the_sha256_of_those_bytes():
    assert digest({"a": 1}) == hashlib.sha256(b'{"a":1}').hexdigest() == sha256_hex(b'{"a":1}')


def test_a_figure_keeps_the_digits_it_was_written_with():
    """1.50 and 1.5 are two spellings of what a source said; neither becomes a float."""
    assert digest(TypedValue(number=Decimal("1.50"))) != digest(TypedValue(number=Decimal("1.5")))


def test_a_domain_value_cannot_be_changed_nor_have_an_unknown_field():
    value = Pair(b=1, a="x")
    with pytest.raises(ValidationError):
        value.b = 2
    with pytest.raises(ValidationError):
        Pair(b=1, a="x", c=3)
