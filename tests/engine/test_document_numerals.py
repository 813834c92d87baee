"""No untraced numeral leaves a document: the finder and the trace."""

import datetime as dt
from decimal import Decimal

import document_sample as sample
import pytest

from research.engine.document import numerals
from research.engine.domain.claims import TypedValue


def found(text, **more):
    return [(n.amount, n.unit) for n in numerals.find_numerals(text, **more)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$13.1 billion", [(13_100_000_000, "$")]),
        ("13,127 in thousands", [(13_127, "")]),
        ("US$1.2bn and €5m and 12.5 €", [(1_200_000_000, "$"), (5_000_000, "€"), (Decimal("12.5"), "€")]),
        ("35%, 35 percent, 35 per cent", [(35, "%")] * 3),
        ("50 basis points, 3 percentage points, 5 pp", [(50, "bps"), (3, "pp"), (5, "pp")]),
        ("2022-12-31", [(2022, ""), (12, ""), (31, "")]),
        ("Form 10-K, Q3 FY2022, 5G", [(10, ""), (3, ""), (2022, ""), (5, "")]),
        ("one hundred and fifty-two million players", [(152_000_000, "")]),
        ("a dozen states, a million players", [(12, ""), (1_000_000, "")]),
        ("９９ and ٣", [(99, ""), (3, "")]),
        ("½ of m²", [(Decimal("0.5"), ""), (2, "")]),
        ("nothing to see", []),
    ],
)
def test_numerals_are_found_with_amount_and_unit(text, expected):
    assert found(text) == expected


def test_small_counts_in_words_are_prose_unless_a_unit_follows():
    assert found("the two sources disagree", every=False) == []
    assert found("five percent of the two, and eleven more", every=False) == [(5, "%"), (11, "")]


def test_only_markers_of_known_citations_are_ignored():
    text = "Revenue grew [1][^2], [1, 2] and [1–2] but not [2022] or [3]"
    assert found(text, markers={1, 2}) == [(2022, ""), (3, "")]


def allowed(text, **more):
    return numerals.of_claim(sample.claim(1, text, **more))


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        ("Revenue was $13.1 billion.", "It took $13,100 million."),
        ("Revenue was $13.1 billion.", "It took 13.1 billion."),
        ("It works in twelve states.", "It works in 12 states."),
        ("Churn was 5 percent.", "Churn: 5%."),
    ],
)
def test_a_numeral_is_traced_to_the_same_amount_however_it_is_written(claim, sentence):
    assert numerals.untraced(sentence, allowed=allowed(claim)) == ()


@pytest.mark.parametrize(
    ("claim", "sentence", "loose"),
    [
        ("Revenue was $13.1 billion.", "It took $13.1 million.", "$13.1 million"),
        ("Revenue was $13.1 billion.", "It took €13.1 billion.", "€13.1 billion"),
        ("Revenue was $13.1 billion.", "It took $13 billion.", "$13 billion"),
        ("Churn was 5%.", "Churn was 5 percentage points.", "5 percentage points"),
        ("Churn was 5%.", "Churn was 5.", "5"),
        ("It has users.", "It has three million users.", "3000000"),
        ("It grew in 2022.", "It grew by 2022%.", "2022%"),
        ("It has users.", "It has ½ of them.", "0.5"),
    ],
)
def test_a_numeral_of_another_amount_or_unit_is_untraced(claim, sentence, loose):
    assert numerals.untraced(sentence, allowed=allowed(claim)) == (loose,)


def test_a_typed_value_allows_its_full_amount_and_its_period():
    value = TypedValue(number=Decimal(13127), scale=Decimal(1_000_000), currency="USD", period="FY2022")
    known = allowed("Revenue is in the table.", value=value)
    assert numerals.untraced("$13.127 billion in 2022", allowed=known) == ()
    assert numerals.untraced("$13,127", allowed=known) == ("$13,127",)


def test_a_source_allows_its_years_for_attribution_but_not_its_figures():
    where = sample.source(1, "950 million players: the 2021 report", "The Ledger")
    known = numerals.of_claim(sample.claim(1, "Players like it.", sample.evidence(1, "37 like it", where)))
    assert where.published_date == dt.date(2023, 2, 24)
    assert numerals.untraced("The 2021 report, published in 2023", allowed=known) == ()
    assert numerals.untraced("950 million", allowed=known) == ("950 million",)
    assert numerals.untraced("37", allowed=known) == ("37",), "a quote's figure that no claim took up is not a claim"


def test_a_typed_percentage_allows_that_percentage_alone():
    known = allowed("Growth is in the table.", value=TypedValue(number=Decimal(35), unit="percent", metric="growth"))
    assert numerals.untraced("35%", allowed=known) == ()
    assert numerals.untraced("$35 or 35", allowed=known) == ("$35", "35")
