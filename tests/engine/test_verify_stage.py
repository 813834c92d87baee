"""Verifying a run: duplicates merge with their evidence, contradictions are linked, the rest goes to people."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.engine.domain.claims import ClaimDraft, ClaimInHand, TypedValue
from research.engine.domain.errors import InvalidInput
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.stages import verify as stage
from research.engine.verification import assess, contradictions, duplicates

QUESTION = "Which gaming tax rate applies in New Jersey?"
TAX = "The gaming tax rate in New Jersey was 15 percent of gross revenue in 2024."
COPY = "The gaming tax rate in New Jersey was 15 % of gross revenue in 2024."
HIGHER = "New Jersey law set the gaming tax rate at 17.5 percent for the year 2024."


def item(row: int, exact: str, *, publisher: str | None = "Board", reliability: int = 800, **quote) -> EvidenceItem:
    source = SourceRef(id=row, kind="upload", title=f"Doc {row}", publisher=publisher, reliability=reliability)
    place = {"page": 1, "start": 0, "end": len(exact), **quote}
    return EvidenceItem(
        id=row, quote=Quote(extracted_text_id=row, exact=exact, **place), source=source, task_key="t", relevance=700
    )


def claim(key: str, text: str, *evidence: EvidenceItem, kind="stated", section="s", value=None, **flags) -> ClaimInHand:
    draft = ClaimDraft(
        task_key="t", section=section, kind=kind, text=text, value=value, evidence_ids=tuple(e.id for e in evidence)
    )
    return ClaimInHand(key=key, draft=draft, question=QUESTION, evidence=evidence, **flags)


def rate(number: str, **fields) -> TypedValue:
    base = {"unit": "percent", "entity": "New Jersey", "metric": "gaming tax", "period": "2024"}
    return TypedValue(**{"number": Decimal(number), **base, **fields})


def by_key(verification):
    return {row.key: row for row in verification.assessments}


def test_a_verbatim_relevant_attributed_claim_passes_by_rule():
    (row,) = assess.verify([claim("a", TAX, item(1, TAX))]).assessments
    assert row.confidence >= 600
    assert row.to_people == ()
    assert [part.name for part in row.parts] == [
        "quotes", "support", "figures", "relevance", "reliability", "independence",
    ]  # fmt: skip


def test_the_stage_gives_what_the_checks_give():
    claims = [claim("a", TAX, item(1, TAX)), claim("b", HIGHER, item(2, HIGHER))]
    assert asyncio.run(stage.verify(claims)) == assess.verify(claims)


def test_no_claims_give_an_empty_verification():
    assert assess.verify([]).assessments == ()


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (claim("a", TAX, item(1, TAX), kind="inferred"), "inferred"),
        (claim("a", TAX, item(1, TAX), kind="assumption"), "assumption"),
        (claim("a", TAX, item(1, TAX), regulatory=True), "regulatory section"),
        (claim("a", TAX), "a quote failed its check"),
        (claim("a", TAX.replace("15", "16"), item(1, TAX)), "a figure is not traced"),
        (claim("a", TAX, item(1, TAX, end=9)), "a quote failed its check"),
        (claim("a", "Penguins swim well.", item(1, TAX)), "the claim does not follow from its quotes"),
        (claim("a", TAX, item(1, TAX), competitor=True), "a competitor claim with 1 independent source"),
        (
            claim("a", TAX, item(1, TAX), item(2, TAX, publisher="Copyist"), competitor=True),
            "a competitor claim with 1 independent source",
        ),
    ],
)
def test_what_no_rule_may_pass_goes_to_people_with_its_reason(made, reason):
    (row,) = assess.verify([made]).assessments
    assert reason in row.to_people
    assert assess.assess_one(made) == row


def test_a_low_confidence_is_said_in_figures_and_never_reads_as_the_mark():
    row = assess.assess_one(claim("a", TAX, item(1, TAX, reliability=1000), competitor=True))
    assert row.confidence == 599
    assert row.to_people[0] == "confidence 0.599 is below 0.6"


def test_near_duplicates_merge_into_the_first_found_and_bring_their_evidence():
    rows = by_key(
        assess.verify(
            [claim("z", TAX, item(1, TAX)), claim("a", COPY, item(2, HIGHER + " " + COPY, publisher="Daily"))]
        )
    )
    assert rows["a"].merged_into == "z"
    assert rows["a"].to_people == ()
    assert rows["z"].merged_into is None
    alone = assess.assess_one(claim("z", TAX, item(1, TAX)))
    independence = {part.name: part for part in rows["z"].parts}["independence"]
    assert independence.reason == "2 sources, independent of one another"
    assert rows["z"].confidence > alone.confidence


@pytest.mark.parametrize(
    "other",
    [
        claim("b", TAX.replace("15", "16"), item(2, TAX)),
        claim("b", TAX.replace("2024", "2023"), item(2, TAX)),
        claim("b", TAX.replace("New Jersey", "New York"), item(2, TAX)),
        claim("b", TAX.replace("was", "was not"), item(2, TAX)),
        claim("b", TAX.replace("percent", "percentage points"), item(2, TAX)),
        claim("b", TAX, item(2, TAX), section="other"),
        claim("b", TAX, item(2, TAX), kind="inferred"),
        claim("b", HIGHER, item(2, HIGHER)),
    ],
)
def test_claims_that_say_something_else_are_not_merged(other):
    assert duplicates.find([claim("a", TAX, item(1, TAX)), other]) == {}


def test_a_chain_of_likenesses_merges_into_one():
    texts = [TAX, COPY, TAX.replace("of gross", "of taxable gross")]
    made = [claim(f"k{i}", text, item(i, text)) for i, text in enumerate(texts, 1)]
    assert duplicates.find(made) == {"k2": "k1", "k3": "k1"}


def test_two_amounts_for_one_metric_entity_and_period_are_linked_and_shown_to_people():
    made = [
        claim("a", TAX, item(1, TAX), value=rate("15")),
        claim("b", HIGHER, item(2, HIGHER), value=rate("17.5", entity="new  jersey")),
    ]
    verification = assess.verify(made)
    (link,) = verification.contradictions
    assert (link.first, link.second) == ("a", "b")
    assert "15 percent against 17.5 percent" in link.reason
    rows = by_key(verification)
    assert any(why.startswith(f"contradicted by “{HIGHER}”") for why in rows["a"].to_people)
    assert any(why.startswith(f"contradicted by “{TAX}”") for why in rows["b"].to_people)
    edited = assess.assess_one(made[0], others=made)
    assert edited.to_people == rows["a"].to_people


@pytest.mark.parametrize(
    "other",
    [
        rate("15"),
        rate("15.4"),  # 15 is 15.4 rounded
        rate("17.5", period="2023"),
        rate("17.5", entity="Ontario"),
        rate("17.5", metric="license fee"),
        rate("17.5", unit=None, currency="USD"),
        rate("17.5", period=None),
        rate("17.5", entity=None),
        None,
    ],
)
def test_amounts_that_may_both_be_right_do_not_contradict(other):
    made = [claim("a", TAX, item(1, TAX), value=rate("15")), claim("b", HIGHER, item(2, HIGHER), value=other)]
    assert contradictions.find(made) == ()


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [
        (("1.3", 10**9), ("1314", 10**6), False),
        (("1.3", 10**9), ("1351", 10**6), True),
        (("410", 10**6), ("365", 10**6), True),
        (("410", 10**6), ("410000", 10**3), False),
        (("0.5", 1), ("0.4", 1), False),
        (("0.50", 1), ("0.40", 1), True),
    ],
)
def test_amounts_contradict_when_they_differ_by_more_than_rounding(first, second, differ):
    one, two = (TypedValue(number=Decimal(n), scale=Decimal(s)) for n, s in (first, second))
    assert contradictions.differ(one, two) is contradictions.differ(two, one) is differ


def test_two_different_claims_with_one_key_are_refused():
    with pytest.raises(InvalidInput, match="'a'"):
        assess.verify([claim("a", TAX, item(1, TAX)), claim("a", HIGHER, item(2, HIGHER))])


MANY = [
    claim("k1", TAX, item(1, TAX), value=rate("15")),
    claim("k2", COPY, item(2, COPY, publisher="Daily"), value=rate("15")),
    claim("k3", HIGHER, item(3, HIGHER), value=rate("17.5")),
    claim("k4", HIGHER.replace("law", "laws"), item(3, HIGHER), value=rate("17.5")),
    claim("k5", "Penguins swim well.", item(5, TAX)),
    claim("k6", TAX),
    claim("k7", TAX, item(7, TAX), regulatory=True, value=rate("14")),
]


@given(st.permutations(MANY))
def test_the_order_of_the_claims_changes_nothing(shuffled):
    assert assess.verify(shuffled) == assess.verify(MANY)


def test_every_claim_gets_exactly_one_assessment_even_when_given_twice():
    rows = assess.verify([*MANY, *MANY]).assessments
    assert sorted(row.key for row in rows) == [made.key for made in MANY]
    assert all(row.merged_into is None or row.merged_into in by_key(assess.verify(MANY)) for row in rows)
