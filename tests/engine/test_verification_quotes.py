"""A quote is accepted at its exact place alone, and every numeral of a claim is traced to its quotes."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from research.engine.domain.claims import TypedValue
from research.engine.domain.errors import QuoteNotFound
from research.engine.domain.evidence import CONTEXT_CHARS, EvidenceItem, Quote, SourceRef
from research.engine.verification import figures, quotes, support

TEXT = "First page says little.\fThe tax rate is 15 percent.\nIt rose in 2023."
PAGES = [0, 24]


def quote_of(text: str, exact: str, page: int) -> Quote:
    start = text.index(exact)
    return Quote(extracted_text_id=1, page=page, start=start, end=start + len(exact), exact=exact)


def item(exact: str, *, prefix: str = "", title: str = "T") -> EvidenceItem:
    quote = Quote(extracted_text_id=1, page=1, start=5, end=5 + len(exact), exact=exact, prefix=prefix)
    return EvidenceItem(id=1, quote=quote, source=SourceRef(id=1, kind="upload", title=title), task_key="t")


def test_a_quote_at_its_place_is_pinned_with_what_stands_around_it():
    pinned = quotes.pin(TEXT, PAGES, quote_of(TEXT, "The tax rate is 15 percent.", 2))
    assert pinned.prefix == "First page says little.\f"
    assert pinned.suffix == "\nIt rose in 2023."
    assert quotes.check(TEXT, PAGES, pinned).score == 1000


def test_context_is_cut_at_its_length():
    text = "x" * 500 + " the words " + "y" * 500
    pinned = quotes.pin(text, [0], quote_of(text, "the words", 1))
    assert len(pinned.prefix) == len(pinned.suffix) == CONTEXT_CHARS


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"exact": "The tax rate is 16 percent."}, "reads “The tax rate is 15 percent.”"),
        ({"start": 25, "end": 52}, "exactly as they stand"),
        ({"page": 1}, "on page 2, not on page 1"),
        ({"page": 3}, "on page 2, not on page 3"),
        ({"start": 5_000, "end": 5_027}, "not inside the text"),
        ({"start": 30, "end": 30}, "not inside the text"),
        ({"exact": "  \n"}, "only white space"),
    ],
)
def test_a_quote_that_is_not_exactly_there_is_refused_in_one_sentence(changes, says):
    quote = quote_of(TEXT, "The tax rate is 15 percent.", 2).model_copy(update=changes)
    with pytest.raises(QuoteNotFound) as refusal:
        quotes.pin(TEXT, PAGES, quote)
    assert says in refusal.value.detail
    assert "\n" not in refusal.value.detail
    assert quotes.check(TEXT, PAGES, quote).score == 0


def test_a_stored_context_that_is_not_beside_the_quote_fails_the_check():
    quote = quote_of(TEXT, "It rose in 2023.", 2).model_copy(update={"prefix": "It never "})
    assert quotes.check(TEXT, PAGES, quote).score == 0


def test_a_text_without_page_starts_is_one_page():
    assert quotes.pin("some words", [], quote_of("some words", "words", 1)).page == 1


@given(st.text(min_size=1, max_size=80), st.data())
def test_every_stretch_of_any_text_is_found_at_its_offsets_and_nowhere_else(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    exact = text[start:end]
    assume(exact.strip())
    quote = Quote(extracted_text_id=1, page=1, start=start, end=end, exact=exact)
    assert quotes.pin(text, [0], quote).exact == exact
    moved = quote.model_copy(update={"start": start + 1, "end": end + 1})
    if text[start + 1 : end + 1] != exact:
        with pytest.raises(QuoteNotFound):
            quotes.pin(text, [0], moved)


def test_evidence_is_consistent_only_with_quotes_as_long_as_their_place():
    assert quotes.consistent([item("some words")]).score == 1000
    assert quotes.consistent([]).score == 0
    bent = item("some words").model_copy(update={"quote": item("some words").quote.model_copy(update={"end": 99})})
    assert quotes.consistent([item("ok words"), bent]).score == 0


# ── figures ──────────────────────────────────────────────────────────────────────────────────────

TRACED = [
    ("Revenue was 1234.5 dollars.", ["Revenue was $1,234.5."]),
    ("Revenue was $1,300 million.", ["Revenue reached $1.3 billion."]),
    ("Revenue was $1.3bn.", ["Revenue reached $1,300 million."]),
    ("A share of 12 percent.", ["A share of 12%."]),
    ("A share of 12 per cent.", ["A share of 12 percent."]),
    ("3 licences exist.", ["There are three licenses."]),
    ("Twelve months are allowed.", ["within 12 months"]),
    ("It grew in 2022.", ["growth in FY2022"]),
    ("Between 5 and 7 firms.", ["5 firms", "7 firms"]),
    ("The market is 5 million to 7 million euros.", ["It is 5 to 7 million euros."]),
    ("Revenue increased 22 percent, and reached $111.6 billion.", ["Revenue increased 22% to $111.6 billion."]),
    ("The fee is $5 million.", ["The fee is $5 to $7 million."]),
    ("About $1.3 billion was paid.", ["$1,314 million was paid."]),
    ("Revenue was $1,314 million.", ["(in millions) Revenue $ 1,314"]),
    ("(in millions) Revenue $1,314", ["(in millions) Revenue $1,314"]),
    ("On December 31 revenue was $5 million.", ["(in millions) December 31 Revenue $ 5"]),
    ("The fee is USD 100,000.", ["a fee of $100,000"]),
    ("Standard GLI-19 in Q2 2023.", ["In Q2 2023 standard GLI-19"]),
    ("It cost HK$5 million.", ["HKD 5 million was its cost"]),
    ("No figure at all, and no one minds.", ["nothing"]),
    ("One of the firms left.", ["A firm left."]),
]
UNTRACED = [
    ("The fee is $5.", ["The fee is $5 to $7 million."], "5"),
    ("Revenue was $1,234.6.", ["Revenue was $1,234.5."], "1,234.6"),
    ("Revenue was $1.3 million.", ["Revenue reached $1.3 billion."], "1.3 million"),
    ("Revenue was 1.3 billion euros.", ["Revenue reached $1.3 billion."], "USD|\\$"),
    ("Revenue was C$5 million.", ["Revenue was $5 million."], "CAD"),
    ("Revenue was 5 million.", ["Revenue was $5 million."], "none"),
    ("A share of 12.", ["A share of 12%."], "percent"),
    ("It rose 12 percentage points.", ["It rose 12%."], "percent"),
    ("It takes 12 days.", ["It takes 12 months."], "month"),
    ("It grew in 2023.", ["It grew in 2022."], "2023"),
    ("Results of Q3 2022.", ["Results of Q2 2022."], "Q3"),
    ("It changed by -5%.", ["It changed by 5%."], "-5%"),
    ("Four firms left.", ["Three firms left."], "Four"),
    ("It rose from 12 to 12.", ["It rose from 12 to 13."], "12"),
    ("It rose from 12 to 12.", ["It rose from 12 to 13.", "It rose from 12 to 13."], "12"),
    ("About $1.2 billion was paid.", ["$1,314 million was paid."], "1.2"),
    ("$1.3 billion was paid.", ["$1,314 million was paid."], "1.3"),
    ("Revenue was $1,314 thousand.", ["(in millions) Revenue $ 1,314"], "1,314"),
    ("Revenue was $1,314.", ["(in millions) Revenue $ 1,314"], "1,314"),
    ("The rate is 15%.", [], "15%"),
    ("Under GLI-16.", ["Under GLI-19."], "16"),
]


@pytest.mark.parametrize(("claim", "evidence"), TRACED)
def test_a_figure_written_another_way_is_the_same_figure(claim, evidence):
    part = figures.trace(claim, evidence)
    assert part.score == 1000, part.reason


@pytest.mark.parametrize(("claim", "evidence", "names"), UNTRACED)
def test_a_figure_that_differs_is_named_as_untraced(claim, evidence, names):
    part = figures.trace(claim, evidence)
    assert part.score < 1000
    assert re.search(names, part.reason), part.reason


def test_the_score_is_the_share_of_figures_found():
    assert figures.trace("It was 10, 20 and 30 in 2022.", ["10 and 20 in 2022"]).score == 750


SENTENCE = st.lists(
    st.one_of(
        st.sampled_from(["revenue", "grew", "to", "and", "about", "players", "no", "in", "the", "million", "%", "$"]),
        st.from_regex(r"\A[$€]?[1-9][0-9]{0,2}(,[0-9]{3}){0,2}(\.[0-9]{1,2})?(%| million|bn|k)?\Z"),
        st.integers(1900, 2100).map(str),
        st.from_regex(r"\A(FY20[0-9][0-9]|Q[1-4]|GLI-[0-9][0-9]|[0-9][0-9]?-month|13:69O-1\.[0-9])\Z"),
    ),
    min_size=1,
    max_size=12,
).map(" ".join)


@given(SENTENCE)
def test_any_sentence_passes_figures_and_support_against_itself(sentence):
    assert figures.trace(sentence, [sentence]).score == 1000
    assert support.check(sentence, [item(sentence)]).score == 1000
    assert figures.trace(sentence, ["Before it. " + sentence + "\n After it."]).score == 1000


@given(SENTENCE, st.data())
def test_changing_any_digit_is_caught(sentence, data):
    places = [i for i, character in enumerate(sentence) if character.isdigit()]
    assume(places)
    place = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != sentence[place]]))
    changed = sentence[:place] + other + sentence[place + 1 :]
    part = figures.trace(changed, [sentence, sentence])
    assert part.score < 1000, (changed, sentence)


def value(**fields) -> TypedValue:
    return TypedValue(**{"number": Decimal("1.3"), "scale": Decimal(10**9), "currency": "USD", **fields})


CLAIM = "Revenue was $1.3 billion in 2022."


@pytest.mark.parametrize(
    "fields", [{}, {"period": "FY2022"}, {"period": "2022-12-31"}, {"number": Decimal(1300), "scale": Decimal(10**6)}]
)
def test_a_typed_value_that_is_the_one_written_passes(fields):
    assert figures.check(CLAIM, value(**fields), [item(CLAIM)]).score == 1000


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"number": Decimal("1.4")}, "amount"),
        ({"scale": Decimal(10**6)}, "amount"),
        ({"currency": "EUR"}, "currency"),
        ({"period": "FY2021"}, "period"),
        ({"period": "Q3 2022"}, "Q3"),
    ],
)
def test_a_typed_value_that_is_not_the_one_written_is_refused(fields, says):
    part = figures.check(CLAIM, value(**fields), [item(CLAIM)])
    assert part.score == 0
    assert says in part.reason


def test_a_quarter_may_be_written_as_the_months_that_end_in_it():
    exact = "Revenue was $1.3 billion in the three months ended June 30, 2023."
    assert figures.check(exact, value(period="2023-Q2"), [item(exact)]).score == 1000
    assert figures.check(exact, value(period="2023-Q3"), [item(exact)]).score == 0


def test_the_period_of_a_typed_value_may_stand_beside_the_quote():
    exact = "Revenue was $1.3 billion."
    assert figures.check(exact, value(period="2022"), [item(exact, prefix="Results of 2022. ")]).score == 1000
    assert figures.check(exact, value(period="2022"), [item(exact, title="Annual report 2022")]).score == 1000
    assert figures.check(exact, value(period="2022"), [item(exact)]).score == 0
