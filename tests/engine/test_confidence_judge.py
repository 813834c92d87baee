"""A judge's opinion can only lower confidence, and a claim nobody has read the page of never passes by itself."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from test_confidence import GOOD, parts
from test_verify_stage import TAX, claim, item

from research.engine.domain.claims import Opinion, Part, passes
from research.engine.stages import verify as stage
from research.engine.verification import assess, confidence

SCORES = st.fixed_dictionaries({name: st.integers(0, 1000) for name in GOOD})
FACTS = confidence.Facts(independent=2)


def opinion(score: int) -> Part:
    return Part(name=confidence.JUDGE, score=score, reason="so")


@given(SCORES, st.integers(0, 1000))
def test_an_opinion_never_lifts_what_the_checks_give(scores, score):
    without = confidence.of(parts(**scores), FACTS)
    judged = confidence.of([*parts(**scores), opinion(score)], FACTS)
    assert 0 <= judged <= without


@given(SCORES, st.integers(0, 1000), st.integers(0, 1000))
def test_a_worse_opinion_never_gives_more(scores, one, other):
    low, high = sorted((one, other))
    assert confidence.of([*parts(**scores), opinion(low)], FACTS) <= confidence.of(
        [*parts(**scores), opinion(high)], FACTS
    )


@given(SCORES, st.integers(0, confidence.JUDGE_DOUBTS - 1))
def test_a_claim_the_judge_doubts_goes_to_people(scores, score):
    assert not passes(confidence.of([*parts(**scores), opinion(score)], FACTS))


@given(SCORES)
def test_a_claim_of_leads_alone_goes_to_people_however_good_the_rest(scores):
    assert confidence.of(parts(**scores), FACTS._replace(unread=True)) <= 599


def test_no_opinion_is_no_part():
    assert confidence.judged(None) == ()
    assert confidence.judged(Opinion(key="a", score=7, reason="so")) == (opinion(7),)


def as_lead(evidence):
    return evidence.model_copy(
        update={"source": evidence.source.model_copy(update={"kind": "lead", "reliability": 200})}
    )


def assessed(*evidence, **flags):
    (row,) = assess.verify([claim("a", TAX, *evidence, **flags)]).assessments
    return row


def test_leads_alone_stay_under_the_mark_and_say_why():
    row = assessed(as_lead(item(1, TAX, reliability=1000)), as_lead(item(2, TAX, publisher="Other")))
    assert row.confidence <= 599
    assert any("unverified" in why for why in row.to_people)


def test_a_lead_beside_a_page_that_was_read_is_no_second_voice():
    alone = assessed(item(1, TAX))
    beside = assessed(item(1, TAX), as_lead(item(2, TAX, publisher="Other")))
    assert passes(alone.confidence)
    assert beside.confidence == alone.confidence
    assert not passes(assessed(item(1, TAX), as_lead(item(2, TAX, publisher="Other")), competitor=True).confidence)


class Judge:
    """A model that has an opinion, of claims it was asked of and of one it was not."""

    def __init__(self):
        self.asked = []

    async def judge(self, _brief, claims):
        self.asked = [each.key for each in claims]
        return (Opinion(key="a", score=0, reason="no"), Opinion(key="nobody", score=0, reason="no"))


def test_the_judge_is_asked_of_claims_that_quote_something_and_heard_of_those_alone():
    judge = Judge()
    claims = [claim("a", TAX, item(1, TAX)), claim("b", "It follows that taxes matter.", kind="inferred")]
    done = asyncio.run(stage.verify(claims, model=judge, brief=object()))
    rows = {row.key: row for row in done.assessments}
    assert judge.asked == ["a"]
    assert not passes(rows["a"].confidence)
    assert confidence.JUDGE in {part.name for part in rows["a"].parts}


def test_nobody_is_asked_where_nothing_is_quoted():
    judge = Judge()
    asyncio.run(stage.verify([claim("b", "It follows.", kind="inferred")], model=judge, brief=object()))
    assert judge.asked == []
