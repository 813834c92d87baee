"""Words are found where they stand, however white space and quotation marks are set, and not when a letter differs."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef, SourceText
from research.engine.providers.anthropic import quoting

SOURCE = SourceRef(id=1, kind="web_page", title="A page")
TEXT = "First it rained. The “gaming tax” was 6.75 %\n  of revenue — in Nevada’s casinos. Then it stopped."
TAX = "The “gaming tax” was 6.75 %\n  of revenue — in Nevada’s casinos."
LETTERS = st.text(alphabet="ab \n\t\u00a0.“”\"'’–-()[]*+?\\", max_size=40)


@given(LETTERS, LETTERS)
def test_a_place_that_is_found_holds_the_words(text, words):
    place = quoting.find(text, words)
    plain = str.maketrans({"’": "'", "“": '"', "”": '"', "–": "-"})
    wanted, there = ("".join(each.split()).translate(plain) for each in (words, text))
    if place is None:
        assert not wanted or wanted not in there
    else:
        found = text[place.start : place.end]
        assert "".join(found.split()).translate(plain) == wanted
        assert found == found.strip()


@given(st.text(min_size=1, max_size=60), st.data())
def test_whatever_stands_in_a_text_is_found_in_it(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    words = text[start : data.draw(st.integers(start + 1, len(text)))]
    assume(words.strip())
    assert quoting.find(text, words) is not None


@pytest.mark.parametrize(
    "words",
    [
        TAX,
        'The "gaming tax" was 6.75 % of revenue - in Nevada\'s casinos.',
        "  The “gaming tax” was 6.75% of revenue—in Nevada's casinos.\n",
    ],
)
def test_white_space_and_marks_may_be_set_otherwise_and_the_quote_is_the_texts_own_words(words):
    quote = quoting.quote_of(text_of(TEXT), words)
    assert (quote.exact, quote.start, quote.end) == (TAX, 17, 17 + len(TAX))


@pytest.mark.parametrize(
    "words",
    [
        TAX.replace("6.75", "6.7"), TAX.replace("was", "is"), TAX.replace("Nevada", "nevada"),
        TAX.replace("casinos.", "casinos…"), "tax was", "x" * 13, "", "   ", TEXT * 40,
    ],
)  # fmt: skip
def test_a_letter_that_differs_too_few_and_too_many_words_are_refused(words):
    assert quoting.quote_of(text_of(TEXT * 40), words) is None


def text_of(text: str, starts=(0,)) -> SourceText:
    return SourceText(extracted_text_id=7, source=SOURCE, media_type="text/plain", text=text, page_starts=starts)


def test_the_page_is_that_of_the_place():
    text = text_of(f"{TEXT}\n{TEXT.replace('6.75', '8.00')}\n", starts=(0, len(TEXT) + 1))
    assert quoting.quote_of(text, TAX).page == 1
    assert quoting.quote_of(text, TAX.replace("6.75", "8.00")).page == 2


@pytest.mark.parametrize("part", ["gaming tax” was 6.75", "The “gaming tax", "Nevada’s casinos.", TAX])
def test_a_part_is_widened_to_its_sentence(part):
    text = " ".join(TEXT.split())
    assert quoting.quote_of(text_of(text), part, whole=True).exact == " ".join(TAX.split())


def test_a_sentence_ends_with_its_line_and_with_the_text():
    text = text_of("It is taxed here at 6.75 percent\n\nand not elsewhere at all")
    assert quoting.quote_of(text, "taxed here at 6.75", whole=True).exact == "It is taxed here at 6.75 percent"
    assert quoting.quote_of(text, "not elsewhere", whole=True).exact == "and not elsewhere at all"


def test_a_sentence_longer_than_a_quote_may_be_is_not_widened_to():
    text = text_of("word " * 900)
    assert quoting.quote_of(text, "word word word", whole=True).exact == "word word word"


@given(st.text(alphabet="ab. !\n", min_size=20, max_size=200), st.data())
def test_a_widened_place_holds_the_narrow_one(text, data):
    start = data.draw(st.integers(0, len(text) - 13))
    words = text[start : start + 13]
    narrow, wide = (quoting.place_of(text, words, whole=whole) for whole in (False, True))
    if narrow is not None:
        assert wide.start <= narrow.start < narrow.end <= wide.end


@pytest.mark.parametrize(
    ("given_words", "left"),
    [("Said here…", "Said here"), ("… said here ...", "said here"), ("a … b", "a … b"), ("said […] ...", "said")],
)
def test_the_dots_that_say_where_an_excerpt_was_cut_are_left_out(given_words, left):
    assert quoting.uncut(given_words) == left


def test_evidence_holds_its_words_and_no_others():
    quote = Quote(extracted_text_id=1, page=1, start=0, end=len(TAX), exact=TAX)
    item = EvidenceItem(id=1, quote=quote, source=SOURCE, task_key="t")
    assert quoting.holds(item, "was 6.75 % of revenue")
    assert not quoting.holds(item, "was 7.75 % of revenue")
    assert not quoting.holds(item, "")
