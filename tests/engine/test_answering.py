"""An answer about figures is compared with what its question comes to by the statements, not with words alone."""

from __future__ import annotations

from decimal import Decimal

import pytest

from research.engine.verification import answering, asking, entail, equations, expected, formulas, line_items

INCOME = """Harbour Mills Inc.
Consolidated Statements of Operations
(in millions, except per share data)
Years ended December 31,
2022
2021
2020
Revenues:
Net sales
$
900
$
750
$
600
Service income
100
50
40
Total revenues
1,000
800
640
Cost of sales
(600)
(500)
(420)
Gross profit
400
300
220
Net income attributable to noncontrolling interests
5
4
3
Net income attributable to Harbour Mills
80
60
50
"""
BALANCE = """Harbour Mills Inc.
Consolidated Balance Sheets (in millions)
December 31,
2022
2021
Inventories
120
80
Total current assets
450
390
Accounts payable
90
70
Total current liabilities
300
260
Total assets
2,100
1,900
"""
SEGMENTS = """Operating profit by segment (in millions)
Year ended December 31,
2022
2021
Bread
310
150
Flour
205
260
Feed
40
30
"""
PASSAGES = (INCOME, BALANCE)


def fit(question: str, answer: str, passages: tuple[str, ...] = PASSAGES) -> float:
    return answering.compare(question, answer, passages).fit


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        (
            "What is Harbour Mills's FY2022 total revenue (in USD millions)?",
            "It was $1,000 million.",
            "It was $800 million.",
        ),
        ("What is the FY2022 gross margin for Harbour Mills?", "It is 400 / 1,000 = 40.0%.", "It is 37.5%."),
        ("What is Harbour Mills's FY2022 inventory turnover?", "The ratio is 6.0 times.", "The ratio is 4.2 times."),
        ("What is the FY2021 - FY2022 total revenue growth rate?", "It grew by 25%.", "It grew by 30%."),
        ("What is the average of revenue in 2020, 2021 and 2022?", "The average is 813.3.", "The average is 900.4."),
        ("What is the FY2022 return on assets of Harbour Mills?", "ROA is 0.04.", "ROA is 0.08."),
        (
            "What is FY2022 stock cover? Defined as: 365 * (average inventory between FY2021 and FY2022) / COGS.",
            "It comes to 60.83 days.",
            "It comes to 73.00 days.",
        ),
    ],
)
def test_the_figure_asked_for_is_told_from_another(question: str, right: str, wrong: str) -> None:
    assert fit(question, right) == 1.0
    assert fit(question, wrong) == -1.0


def test_an_answer_without_a_figure_does_not_say_the_amount() -> None:
    assert fit("What is the FY2022 total revenue of Harbour Mills?", "Revenue is recognised on delivery.") == -1.0


def test_another_line_that_may_be_meant_is_neither_right_nor_wrong() -> None:
    """Sales without services may be called revenue too."""
    assert fit("What is the FY2022 total revenue of Harbour Mills?", "It was $900 million.") == 0.0


def test_a_year_that_ends_in_january_may_be_called_by_either_year() -> None:
    early = INCOME.replace("December 31,", "January 31,")
    question = "What is the FY2021 total revenue of Harbour Mills?"
    assert fit(question, "It was $1,000 million.", (early,)) == 0.0
    assert fit(question, "It was $1,000 million.", (INCOME,)) == -1.0
    assert fit(question, "It was $1,234 million.", (early,)) == -1.0


@pytest.mark.parametrize(
    "question",
    [
        "What drove the revenue in FY2022?",
        "What is the revenue from bread in FY2022?",
        "What was the revenue in the second quarter of 2022?",
        "What is the revenue of Harbour Mills?",
        "Did the gross margin improve in FY2022?",
        "What are the goodwill impairments in FY2022?",
    ],
)
def test_nothing_is_held_against_an_answer_where_it_cannot_be_told_what_is_asked(question: str) -> None:
    assert fit(question, "It was $123 million.") == 0.0


def test_income_of_other_holders_is_not_the_income_of_the_firm() -> None:
    lines = line_items.read(PASSAGES)
    assert formulas.cell("net income", 2022, lines, []) == Decimal(80)


def test_years_are_read_only_where_they_fit_the_cells() -> None:
    broken = "Revenues by year\n2022\n2021\nNet sales\n1\n2\n3\n4\n5\n"
    assert line_items.read((broken,)) == ()
    changes = "Results\n2022\n2021\nNet sales\n900\n750\n20%\n"
    assert line_items.read((changes,))[0].values == {2022: Decimal(900), 2021: Decimal(750)}


def test_the_largest_line_is_the_one_to_be_named() -> None:
    question = "Which segment had the highest operating profit in 2022?"
    assert fit(question, "Bread had the highest operating profit.", (SEGMENTS,)) == 1.0
    assert fit(question, "Flour had the highest operating profit.", (SEGMENTS,)) == -1.0
    assert fit(question, "It was the milling business.", (SEGMENTS,)) == 0.0
    assert fit("Which segment had the lowest operating profit in 2022?", "Feed had the lowest.", (SEGMENTS,)) == 1.0


def test_a_reckoning_written_down_must_come_out() -> None:
    assert equations.wrong("(1,000 - 800) / 800 = 25%") is None
    assert equations.wrong("($5 million + $3 million) / 2 = $4 million") is None
    assert equations.wrong("(1,000 - 800) / 800 = 20%") is not None
    assert equations.wrong("The note runs from 2020 to 2025 = five years") is None


@pytest.mark.parametrize("text", ["", "(", "365 *", "a / (b", ")", "= 3"])
def test_what_is_no_formula_is_refused(text: str) -> None:
    assert formulas.parse(text) is None or formulas.reckon(formulas.parse(text) or Decimal(0), 2022, (), []) is None


def test_the_judgement_gives_the_cells_it_reckoned_from() -> None:
    question = "What is the FY2022 gross margin for Harbour Mills?"
    wrong = entail.judge_answer(question, "The gross margin was 37.5% of total revenues.", PASSAGES)
    right = entail.judge_answer(question, "The gross margin was 40.0% of total revenues.", PASSAGES)
    assert right.score > wrong.score
    assert any("“Gross profit”, 2022: 400" in reason and "37.5%" in reason for reason in wrong.reasons)


def test_every_item_of_every_ratio_is_known() -> None:
    named = {name for _, nodes in formulas.ratios() for node in nodes for name in formulas.names_of(node)}
    assert named <= set(formulas.items())
    assert all(nodes for _, nodes in formulas.ratios())


def test_a_question_without_words_asks_for_nothing() -> None:
    assert asking.asked("") is None
    assert expected.compare("", "", ()) == expected.UNKNOWN
