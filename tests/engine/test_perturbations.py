"""True statements, each changed in one way: the changed ones are caught and the unchanged ones are let pass."""

from __future__ import annotations

import pytest

from research.engine.domain.claims import ClaimDraft, ClaimInHand
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.verification import assess, confidence

PASSAGE = (
    "Net revenue of Oakline Gaming increased 12.5% to $48.0 million in 2023. "
    "The tax rate for skill games in New Jersey is 15% of gross revenue and may be raised in 2025. "
    "More than 210,000 players were registered as of June 30, 2023, and some operators offer at least three "
    "tournaments. "
    "Operators are not permitted to accept bets from persons under 21 years."
)
TAX = "the tax rate for skill games in New Jersey is 15% of gross revenue and may be raised in 2025."
PLAYERS = "more than 210,000 players were registered as of June 30, 2023, and some operators offer at least three"
# The true statement and, by kind, what it is changed to.
CASES = (
    (
        "Oakline Gaming's net revenue increased 12.5% to $48.0 million in 2023.",
        {
            "digit": ("12.5%", "12.6%"),
            "unit": ("12.5%", "12.5 percentage points"),
            "currency": ("$48.0", "€48.0"),
            "scale": ("million", "billion"),
            "period": ("2023", "2024"),
            "entity": ("Oakline Gaming", "Birchway Play"),
            "negation": ("net revenue increased", "net revenue has not increased"),
            "direction": ("increased", "decreased"),
        },
    ),
    (
        f"According to Trade Post, {TAX}",
        {
            "digit": ("15%", "16%"),
            "period": ("2025", "2026"),
            "place": ("New Jersey", "Ontario"),
            "hedge": ("may be raised", "is raised"),
            "direction": ("raised", "lowered"),
        },
    ),
    (
        f"Trade Post reported that {PLAYERS} tournaments.",
        {
            "digit": ("210,000", "120,000"),
            "month": ("June", "July"),
            "comparison": ("more than", "less than"),
            "quantifier": ("some operators", "all operators"),
            "bound": ("at least three", "at most three"),
            "negation": ("were registered", "were not registered"),
        },
    ),
    (
        "Operators are not permitted to accept bets from persons under 21 years.",
        {
            "negation": ("not permitted", "permitted"),
            "digit": ("21", "18"),
            "quantity": ("Operators", "Only operators"),
            "comparison": ("under", "over"),
        },
    ),
)


def stands(text: str) -> bool:
    source = SourceRef(id=1, kind="web_page", title="Skill games", publisher="Trade Post")
    quote = Quote(extracted_text_id=1, page=1, start=0, end=len(PASSAGE), exact=PASSAGE)
    item = EvidenceItem(id=1, quote=quote, source=source, task_key="t", relevance=900)
    draft = ClaimDraft(task_key="t", section="s", text=text, evidence_ids=(1,))
    parts = {p.name: p for p in assess.parts_of(ClaimInHand(key="k", draft=draft, question=text, evidence=(item,)))}
    return parts["support"].score >= confidence.SUPPORTED and parts["figures"].score == 1000


@pytest.mark.parametrize("text", [case[0] for case in CASES])
def test_a_true_statement_stands(text: str):
    assert stands(text)


@pytest.mark.parametrize(
    ("text", "kind"), [(text, kind) for text, kinds in CASES for kind in kinds], ids=lambda value: value[:24]
)
def test_a_statement_changed_in_one_way_does_not_stand(text: str, kind: str):
    was, becomes = dict(CASES)[text][kind]
    assert was in text
    assert not stands(text.replace(was, becomes, 1))
