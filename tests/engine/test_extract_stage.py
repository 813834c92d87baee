"""Claims are the sources' own words, bound to evidence of their task, each statement once."""

import asyncio

from research.engine.domain.claims import ClaimDraft
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.domain.plans import PlanTask
from research.engine.providers.extractive import extract as extractive
from research.engine.providers.extractive.model import ExtractiveModel
from research.engine.stages import extract as stage
from research.engine.verticals import registry
from tests.doubles.engine import brief

BRIEF = brief(registry.get("gambling"), "An online casino for Nevada")
TASK = PlanTask(key="taxes", question="Which taxes apply?", section="regulation", tools=("library_search",))
TAX = "Nevada collects a gaming tax of 6.75% of\ngross gaming revenue from every operator."


def item(number: int, exact: str = TAX, *, relevance: int = 700, prefix: str = "") -> EvidenceItem:
    quote = Quote(extracted_text_id=number, page=1, start=0, end=len(exact), exact=exact, prefix=prefix)
    source = SourceRef(id=number, kind="upload", title=f"Report {number}", publisher="Board")
    return EvidenceItem(id=number, quote=quote, source=source, task_key="taxes", relevance=relevance)


def run(*evidence: EvidenceItem, model=None):
    return asyncio.run(stage.extract(model or ExtractiveModel(), BRIEF, TASK, evidence))


def test_a_claim_is_the_quote_with_its_white_space_folded_and_its_value_read():
    (claim,) = run(item(1))
    assert claim.text == "Nevada collects a gaming tax of 6.75% of gross gaming revenue from every operator."
    assert claim.kind == "stated"
    assert claim.evidence_ids == (1,)
    assert (str(claim.value.number), claim.value.unit) == ("6.75", "percent")


def test_two_sources_that_say_the_same_support_one_claim_and_other_figures_another():
    claims = run(item(1), item(2), item(3, TAX.replace("6.75", "8")))
    assert [claim.evidence_ids for claim in claims] == [(1, 2), (3,)]


def test_the_most_relevant_come_first_and_no_more_than_people_can_review():
    words = ("poker", "bingo", "slots", "roulette", "keno", "craps", "darts")
    evidence = [
        item(n, f"The rules of {word} are published by the {word} board.", relevance=700 + n)
        for n, word in enumerate(words, 1)
    ]
    claims = run(*evidence)
    assert len(claims) == extractive.MAX_CLAIMS
    assert claims[0].evidence_ids == (7,)


def test_a_quote_that_goes_on_from_the_page_before_gives_no_claim():
    assert run(item(1, prefix="and the operators of the state of")) == ()


def test_no_evidence_no_claims():
    assert run() == ()


class Proposing(ExtractiveModel):
    def __init__(self, *drafts: ClaimDraft):
        self.drafts = drafts

    async def extract(self, _brief, _task, _evidence):
        return self.drafts


def draft(**changes) -> ClaimDraft:
    given = {"task_key": "taxes", "section": "regulation", "text": "A tax applies.", "evidence_ids": (1,)}
    return ClaimDraft(**{**given, **changes})


def test_claims_on_unknown_or_no_evidence_or_filed_elsewhere_are_left_out():
    kept = run(
        item(1),
        model=Proposing(
            draft(evidence_ids=(99,)),
            draft(evidence_ids=(1, 99)),
            draft(evidence_ids=()),
            draft(section="pricing"),
            draft(task_key="other"),
            draft(text="This one stays."),
        ),
    )
    assert [claim.text for claim in kept] == ["This one stays."]


def test_the_same_statement_twice_is_one_claim_with_the_evidence_of_both():
    (claim,) = run(item(1), item(2), model=Proposing(draft(), draft(text="A  TAX applies.", evidence_ids=(2,))))
    assert claim.evidence_ids == (1, 2)


def test_a_section_on_competitors_takes_no_claim_that_is_about_none_of_them():
    task = PlanTask(
        key="rivals",
        question="Who competes in casino games, with what market share and revenue?",
        section="competitors",
        tools=("library_search",),
    )
    market = item(1, "Gross gaming revenue of casino games in the market was $338 million in 2023.")
    rival = item(2, "The two largest operators compete with a market share of 61 percent of casino games revenue.")
    claims = asyncio.run(stage.extract(ExtractiveModel(), BRIEF, task, (market, rival)))
    assert [claim.evidence_ids for claim in claims] == [(2,)]
