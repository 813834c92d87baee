"""Another model's opinion of claims: by groups, each to its end, and never a lift."""

from __future__ import annotations

import asyncio

import pytest
from test_claude_extract import BRIEF, TAX, item, model

from research.engine.domain.claims import ClaimDraft, ClaimInHand
from research.engine.domain.errors import BudgetExceeded
from research.engine.stages import verify as verifying
from tests.doubles import claude


def in_hand(number: int) -> ClaimInHand:
    draft = ClaimDraft(task_key="taxes", section="regulation", text=f"Claim {number} says so.", evidence_ids=(11,))
    return ClaimInHand(key=f"c{number}", draft=draft, question="Which?", evidence=(item(11),))


def verdicts(*given) -> dict:
    return claude.form({"opinions": [{"number": n, "verdict": verdict, "reason": "so"} for n, verdict in given]})


def judged(script, count=2, **desk):
    table = claude.Desk(script, judge=True, **desk)
    return asyncio.run(model(table).judge(BRIEF, [in_hand(n) for n in range(count)])), table


def test_verdicts_are_scores_the_first_of_a_claim_counts_and_of_no_claim_none():
    given, _ = judged([verdicts((2, "contradicted"), (2, "supported"), (1, "partly"), (9, "supported"), (0, "partly"))])
    assert [(each.key, each.score) for each in given] == [("c1", 0), ("c0", 500)]
    assert given[0].reason == "contradicted: so"


def test_claims_are_judged_in_groups():
    given, table = judged(lambda request, _: verdicts((1, "supported")), count=41)
    assert len(table.requests) == 3
    assert [each.key for each in given] == ["c0", "c20", "c40"]


def test_without_a_judge_or_claims_nobody_is_asked():
    table = claude.Desk([])
    assert asyncio.run(model(table).judge(BRIEF, [in_hand(1)])) == ()
    assert judged([], count=0)[0] == ()


def test_a_group_that_must_stop_the_step_does_after_the_others_came_to_an_end():
    """A call given up half way is of unknown outcome: the second group's stands in the ledger, done."""

    def script(request, number):
        return BudgetExceeded("no more") if number == 0 else verdicts((1, "supported"))

    table = claude.Desk(script, judge=True)
    slow = table.client.send

    async def send(request):
        if table.requests:
            for _ in range(20):
                await asyncio.sleep(0)
        return await slow(request)

    table.client.send = send
    with pytest.raises(BudgetExceeded):
        asyncio.run(model(table).judge(BRIEF, [in_hand(n) for n in range(40)]))
    assert [how for _, how in table.ledger.rows] == ["BudgetExceeded", "done"]


def test_a_judge_lowers_confidence_and_never_lifts_it():
    claim = in_hand(1).model_copy(
        update={"draft": ClaimDraft(task_key="t", section="s", text=" ".join(TAX.split()), evidence_ids=(11,))}
    )

    def confidence(*script):
        table = claude.Desk(script, judge=bool(script))
        done = asyncio.run(verifying.verify([claim], model=model(table), brief=BRIEF))
        return done.assessments[0].confidence

    without = confidence()
    assert confidence(verdicts((1, "supported"))) == without
    assert confidence(verdicts((1, "partly"))) < without
    assert confidence(verdicts((1, "contradicted"))) < 600
