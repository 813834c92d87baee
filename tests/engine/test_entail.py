"""The judgement: what follows from passages is supported with reasons, what does not is not, figures recomputed."""

from __future__ import annotations

import pytest

from research.engine.verification import computing, entail, units

OPENED = "Oakline Gaming opened its skill-game lobby in New Jersey in March 2023."
REVENUE = "Revenue rose to $48.0 million in 2023 from $40.0 million in 2022, and operating costs were $12.0 million."
PASSAGES = (
    f"{OPENED} {REVENUE} The lobby counts 210,000 players.",
    "Players must be at least 18 years old. The company expects to apply for a licence in Ontario.",
)


@pytest.mark.parametrize(
    "claim",
    [
        "Oakline Gaming's revenue grew to $48.0 million in 2023.",
        "Oakline Gaming revenue increased by 20 % from 2022 to 2023.",
        "Revenue of Oakline Gaming increased by $8.0 million in 2023.",
        "The skill-game lobby that Oakline Gaming opened has 210,000 players.",
    ],
)
def test_what_follows_is_supported(claim: str):
    judged = entail.judge(claim, PASSAGES)
    assert judged.supported, judged.reasons
    assert judged.score >= entail.SUPPORTED


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("Oakline Gaming's revenue grew to $84.0 million in 2023.", "$84.0 million"),
        ("Oakline Gaming revenue increased by 32 % from 2022 to 2023.", "32 %"),
        ("Birchway Play of Nevada acquired the Halden resort for its poker rooms.", "birchway"),
    ],
)
def test_what_does_not_follow_is_not_supported_and_the_reason_names_it(claim: str, reason: str):
    judged = entail.judge(claim, PASSAGES)
    assert not judged.supported
    assert judged.score < entail.SUPPORTED
    assert any(reason in each for each in judged.reasons), judged.reasons


def test_a_year_the_passages_do_not_hold_weighs_against_the_claim_and_is_named():
    true = entail.judge("Oakline Gaming's revenue grew to $48.0 million in 2023.", PASSAGES)
    wrong = entail.judge("Oakline Gaming's revenue grew to $48.0 million in 2019.", PASSAGES)
    assert wrong.score < true.score
    assert "the period 2019 is not in the passages" in wrong.reasons


def test_a_recomputed_figure_is_said_with_its_operands():
    judged = entail.judge("Oakline Gaming revenue increased by 20 % from 2022 to 2023.", PASSAGES)
    assert "20 % is the growth of $48.0 million and $40.0 million" in judged.reasons


def test_without_passages_nothing_follows():
    assert entail.judge("Anything at all.", ()) == entail.Judgement(
        False, 0, ("there is nothing it could follow from",)
    )


def test_an_answer_that_denies_what_the_page_holds_scores_lower_than_one_that_gives_it():
    question = "What was Oakline Gaming's revenue in 2023?"
    given = entail.judge_answer(question, "Oakline Gaming's revenue in 2023 was $48.0 million.", PASSAGES)
    denied = entail.judge_answer(question, "The text does not provide the revenue of Oakline Gaming.", PASSAGES)
    assert given.score > denied.score


def recomputed(claim: str, *rows: str) -> computing.Recomputed | None:
    found = units.units("\n".join(rows))
    return computing.recompute(units.amounts(claim)[-1], found, computing.operations(claim))


@pytest.mark.parametrize(
    ("claim", "how"),
    [
        ("The margin, costs divided by sales, was 25.3%.", "share"),
        ("Sales grew by 12.5%.", "growth"),
        ("The difference between the years was 1,001.", "difference"),
        ("Sales and costs were 11,284 in total.", "sum"),
    ],
)
def test_only_the_operations_the_claim_names_are_tried(claim: str, how: str):
    rows = ("Sales | 9,009 | 8,008", "Costs | 2,275 | 2,100")
    found = recomputed(claim, *rows)
    assert found is not None
    assert found.how == how


def test_no_operation_named_means_nothing_is_recomputed():
    assert recomputed("Sales were 1,001.", "Sales | 9,009 | 8,008") is None


def test_a_figure_with_one_digit_is_not_recomputed_by_chance_from_many():
    row = "Row | " + " | ".join(str(n) for n in (311, 127, 89, 53, 41, 37, 29, 23, 19, 17, 13))
    assert recomputed("The ratio was 3.", row) is None
