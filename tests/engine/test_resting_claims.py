"""What is computed or inferred is no surer than what it rests on, and its words hold no figure of their own."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import permutations

import pytest

from research.engine.domain.claims import Assessment, ClaimDraft, ClaimInHand, Formula, TypedValue
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.verification import assess, computed

NOW = dt.date(2026, 1, 1)


def stated(key: str, amount: int, *, row: int, day: dt.date | None = None, reliability: int = 900) -> ClaimInHand:
    text = f"Oakline Gaming had revenue of ${amount} million in 2022."
    value = TypedValue(
        number=Decimal(amount), scale=Decimal(10**6), currency="USD", period="FY2022", entity="Oakline Gaming",
        metric="revenue",
    )  # fmt: skip
    source = SourceRef(
        id=row,
        kind="upload",
        title=f"Report {row}",
        publisher="Trade Post",
        published_date=day,
        reliability=reliability,
    )
    quote = Quote(extracted_text_id=row, page=1, start=0, end=len(text), exact=text)
    item = EvidenceItem(id=row, quote=quote, source=source, task_key="t", relevance=900)
    draft = ClaimDraft(task_key="t", section="s", text=text, value=value, evidence_ids=(row,))
    return ClaimInHand(key=key, draft=draft, question="What revenue did Oakline Gaming have?", evidence=(item,))


def half(key: str, premise: ClaimInHand | str, amount: int, *, divisor: int = 2) -> ClaimInHand:
    below = premise if isinstance(premise, str) else premise.key
    value = TypedValue(
        number=Decimal(amount), scale=Decimal(10**6), currency="USD", period="FY2022", metric="revenue half"
    )
    draft = ClaimDraft(
        task_key="m", section="s", kind="computed", text=f"Half the revenue is USD {amount} million in FY2022.",
        value=value, premise_keys=(below,), formula=Formula(expression=f"whole / {divisor}", names={"whole": below}),
    )  # fmt: skip
    return ClaimInHand(key=key, draft=draft, question="What revenue did Oakline Gaming have?")


def assumed(key: str) -> ClaimInHand:
    value = TypedValue(number=Decimal(410), scale=Decimal(10**6), currency="USD", period="FY2022")
    draft = ClaimDraft(
        task_key="m", section="s", kind="assumption", text="Assume USD 410 million in FY2022.", value=value
    )
    return ClaimInHand(key=key, draft=draft, question="q")


def concluded(key: str, *below: str, text: str = "Oakline Gaming is worth a visit.") -> ClaimInHand:
    draft = ClaimDraft(task_key="i", section="s", kind="inferred", text=text, premise_keys=below)
    return ClaimInHand(key=key, draft=draft, question="q")


def by_key(claims: list[ClaimInHand]) -> dict[str, Assessment]:
    return {row.key: row for row in assess.verify(claims).assessments}


def test_on_premises_that_pass_a_computed_claim_passes():
    found = by_key([stated("a", 410, row=1), half("h", "a", 205)])
    assert found["h"].to_people == ()
    assert found["a"].confidence is not None
    assert (found["h"].confidence or 0) <= found["a"].confidence


def test_no_surer_than_a_stale_premise_and_its_contradiction_is_told_two_steps_up():
    old, new = stated("a", 410, row=1, day=dt.date(2023, 1, 1)), stated("b", 365, row=2, day=dt.date(2024, 1, 1))
    claims = [old, new, half("h", old, 205), half("g", "h", 41, divisor=5)]
    found = by_key(claims)
    assert found["a"].confidence == 599
    for key in "hg":
        assert found[key].confidence == 599
        told = "\n".join(found[key].to_people)
        assert "rests on a claim that waits for people (“" in told
        assert "Oakline Gaming had revenue of $410 million" in told
        assert "contradicted by “Oakline Gaming had revenue of $365 million in 2022.”" in told
    for row in permutations(claims):
        assert assess.verify(row) == assess.verify(claims)


def test_no_surer_than_a_weak_premise():
    weak = stated("a", 410, row=1, reliability=0).model_copy(update={"question": "Who plays chess in Ontario?"})
    found = by_key([weak, half("h", weak, 205)])
    assert found["a"].to_people
    assert found["h"].confidence == found["a"].confidence
    assert any("waits for people" in why for why in found["h"].to_people)


def test_what_rests_on_an_assumption_has_no_confidence_and_says_so_anew_when_it_is_reassessed():
    claims = [assumed("a"), half("h", "a", 205), concluded("i", "h")]
    found = by_key(claims)
    for claim in claims[1:]:
        again = assess.assess_one(claim, claims)
        for row in (found[claim.key], again):
            assert row.confidence is None
            assert "rests on an assumption" in row.to_people
            assert any("waits for people" in why for why in row.to_people)
        assert again == found[claim.key]


def test_reassessed_alone_a_claim_is_held_by_its_contested_premise_too():
    old, new = stated("a", 410, row=1, day=dt.date(2023, 1, 1)), stated("b", 365, row=2, day=dt.date(2024, 1, 1))
    claims = [old, new, half("h", old, 205)]
    again = assess.assess_one(claims[2], claims)
    assert again.confidence == 599
    assert set(again.to_people) == set(by_key(claims)["h"].to_people)


def test_the_ends_of_a_computed_range_are_its_own_figures_however_the_right_end_is_scaled():
    value = TypedValue(
        number=Decimal(912500), low=Decimal(456250), high=Decimal(1830000), currency="USD", period="FY2024"
    )
    text = "The price is USD 912,500 in FY2024, from USD {} to USD 1.83 million."
    draft = ClaimDraft(task_key="t", section="s", kind="computed", text=text.format("456,250"), value=value)
    assert computed.check(draft, {}).score == 1000
    wrong = draft.model_copy(update={"text": text.format("456,251")})
    assert "456,251" in computed.check(wrong, {}).reason


@pytest.mark.parametrize("said", ["Give one view of all fees.", "Offer everything in one app."])
def test_one_before_a_noun_is_no_figure_of_an_inferred_text(said: str):
    assert computed.check(concluded("i", text=said).draft, {}).score == 1000


@pytest.mark.parametrize(
    "said",
    ["At least one view is free.", "It lasts one year.", "It is one in all.", "Offer two apps.", "It is one percent."],
)
def test_one_that_counts_is_a_figure(said: str):
    assert computed.check(concluded("i", text=said).draft, {}).score == 0
