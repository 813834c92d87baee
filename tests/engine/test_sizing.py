"""Market sizes are proposed from what sources state of the market; what they do not state is a labelled assumption."""

from __future__ import annotations

from decimal import Decimal

import pytest
from market_sample import COUNT, MARKET, NEWCOMER, PROMPT, SEGMENT, SPEND, claim, evidence, in_hand, of, propose, size

from research.engine.domain import formula_graph
from research.engine.domain.plans import PlanTask
from research.engine.ports import RunBrief
from research.engine.providers.extractive import sizing
from research.engine.verification import assess
from research.engine.verticals import registry


class TestSizes:
    def test_top_down_and_bottom_up_follow_from_stated_figures(self) -> None:
        drafts = propose(MARKET, COUNT, SPEND, SEGMENT, NEWCOMER)
        sizes = {
            (node, approach): size(drafts, node, approach).amount
            for node in ("TAM", "SAM", "SOM")
            for approach in ("top-down", "bottom-up")
        }
        assert sizes == {
            ("TAM", "top-down"): Decimal(200_000_000),
            ("SAM", "top-down"): Decimal(60_000_000),
            ("SOM", "top-down"): Decimal(2_400_000),
            ("TAM", "bottom-up"): Decimal(190_000_000),
            ("SAM", "bottom-up"): Decimal(57_000_000),
            ("SOM", "bottom-up"): Decimal(2_280_000),
        }
        assert {d.value.currency for d in drafts if d.kind == "computed" and d.value} == {"USD"}

    def test_every_computed_value_is_exactly_what_its_formula_gives(self) -> None:
        drafts = propose(MARKET, COUNT, SPEND, SEGMENT)
        assert formula_graph.differences(map(formula_graph.of_draft, drafts)) == {}
        assert len({draft.key() for draft in drafts}) == len(drafts)

    def test_the_result_does_not_depend_on_the_order_of_claims(self) -> None:
        claims = [claim(number, text) for number, text in enumerate((MARKET, COUNT, SPEND, SEGMENT, NEWCOMER), 1)]
        assert of(claims) == of(claims[::-1])

    def test_sources_that_disagree_on_the_market_give_it_a_range_and_the_more_reliable_one_its_base(self) -> None:
        other = MARKET.replace("$200 million", "$150 million")
        drafts = of([claim(1, other, reliability=500), claim(2, MARKET, reliability=900)])
        tam = size(drafts, "TAM", "top-down")
        assert [tam.low, tam.number, tam.high] == [Decimal(150_000_000), Decimal(200_000_000), Decimal(200_000_000)]
        (market,) = [d for d in drafts if d.kind == "stated"]
        # A source that gives another figure widens the range and is no evidence of this one.
        assert market.evidence_ids == (20,)
        third = [claim(1, other, reliability=500), claim(2, MARKET, reliability=900), claim(3, MARKET)]
        (market,) = [d for d in of(third) if d.kind == "stated"]
        assert set(market.evidence_ids) == {20, 30}

    def test_a_figure_tenfold_off_is_neither_the_base_nor_an_end_where_a_better_source_gives_another(self) -> None:
        scale = MARKET.replace("million", "billion")
        for wrong in (scale, scale.replace("2024", "2025")):
            drafts = of([claim(1, wrong, reliability=600), claim(2, MARKET, reliability=700)])
            tam = size(drafts, "TAM", "top-down")
            assert [tam.low, tam.amount, tam.high] == [None, Decimal(200_000_000), None]
            (market,) = [d for d in drafts if d.kind == "stated"]
            assert market.evidence_ids == (20,)
        # As reliable as each other and of one year: what more of them are near.
        crowd = [claim(1, scale), claim(2, MARKET), claim(3, MARKET.replace("200", "210"))]
        tam = size(of(crowd), "TAM", "top-down")
        assert [tam.low, tam.amount, tam.high] == [200_000_000, 200_000_000, 210_000_000]
        # Ten years on, a market may have grown tenfold.
        later = MARKET.replace("200 million", "3 billion").replace("2024", "2034")
        grown = of([claim(1, later, reliability=600), claim(2, MARKET, reliability=700)])
        assert size(grown, "TAM", "top-down").amount == 3_000_000_000

    def test_no_anchor_is_of_a_source_far_less_reliable_than_another_for_the_same(self) -> None:
        ahead = "Analysts expect New Jersey gross gaming revenue from chess contests to reach $300 million in 2024."
        drafts = of([claim(1, MARKET, reliability=300), claim(2, ahead, reliability=900)])
        tam = size(drafts, "TAM", "top-down")
        assert [tam.low, tam.amount, tam.high] == [200_000_000, 300_000_000, 300_000_000]
        nearly = of([claim(1, MARKET, reliability=750), claim(2, ahead, reliability=900)])
        assert size(nearly, "TAM", "top-down").amount == 200_000_000

    @pytest.mark.parametrize(
        "sentence",
        [
            f"{COUNT.removesuffix('.')}, and {SPEND[0].lower()}{SPEND[1:]}",
            "About 500,000 adults in New Jersey entered a chess contest during 2024 and paid $380 per player a year.",
        ],
    )
    def test_two_inputs_of_one_sentence_are_two_claims_that_both_follow_from_it(self, sentence: str) -> None:
        claims = [claim(1, sentence)]
        drafts = of(claims)
        stated = [d for d in drafts if d.kind == "stated"]
        assert len({d.key() for d in stated}) == len(stated) == 2
        checked = assess.verify(in_hand(stated, evidence(claims)))
        assert [each.merged_into for each in checked.assessments] == [None, None]
        for draft, each in zip(stated, checked.assessments, strict=True):
            support = next(part.score for part in each.parts if part.name == "support")
            assert support == 1000, (draft.text, each.parts)
        assert size(drafts, "TAM", "bottom-up").amount == 190_000_000

    def test_a_newer_figure_comes_before_an_older_and_a_forecast(self) -> None:
        older = MARKET.replace("2024", "2022").replace("200", "100")
        ahead = "Analysts expect New Jersey gross gaming revenue from chess contests to reach $900 million in 2027."
        assert size(propose(older, ahead, MARKET), "TAM", "top-down").amount == 200_000_000

    def test_customers_counted_in_the_part_served_give_the_served_market_at_once(self) -> None:
        drafts = propose(
            "In 2024, the United States addressable market for clause software was $900 million.",
            "There were 4,000 mid-size firms in the United States in 2024.",
            "A mid-size firm in the United States spends $50,000 a year.",
            "Mid-size firms account for 25 percent of the market.",
            prompt="Clause software for mid-size firms in the United States",
            vertical="saas",
        )
        assert size(drafts, "SAM", "bottom-up").amount == 200_000_000
        assert size(drafts, "SAM", "top-down").amount == 225_000_000
        assert not [d for d in drafts if d.attributes["node"] == "TAM" and d.attributes["approach"] == "bottom-up"]

    def test_customers_told_as_the_prompt_tells_its_own_are_those_of_the_served_part(self) -> None:
        spend = "A firm in the United States spends $50,000 a year."
        for counted, node in (("mid-size law firms", "SAM"), ("law firms", "TAM"), ("mid-size firms", "TAM")):
            drafts = propose(
                f"There were 4,000 {counted} in the United States in 2024.",
                spend,
                prompt="Clause software for mid-size law firms in the United States",
                vertical="saas",
            )
            assert [d.attributes["node"] for d in drafts if d.formula and "customers" in d.formula.names] == [node]
            # What no size uses is not proposed.
            used = {key for d in drafts for key in d.premise_keys}
            assert {d.key() for d in drafts if d.attributes["node"] == "input"} <= used

    def test_a_price_a_month_is_taken_for_a_year(self) -> None:
        spend = "Every player in New Jersey pays $10 a month."
        assert size(propose(COUNT, spend), "TAM", "bottom-up").amount == 60_000_000


class TestAssumptions:
    def test_what_no_source_states_is_an_assumption_with_range_impact_test_and_owner(self) -> None:
        assumed = [d for d in propose(MARKET) if d.kind == "assumption"]
        assert [d.value.metric for d in assumed if d.value] == ["served share", "attainable share"]
        for draft in assumed:
            assert draft.value is not None
            assert draft.value.low is not None
            assert draft.value.high is not None
            assert draft.value.low < draft.value.number < draft.value.high
            assert {"impact", "test", "owner"} <= draft.attributes.keys()
            assert draft.text.startswith("Assumption: ")
            assert draft.evidence_ids == ()

    def test_a_share_still_to_be_reached_stays_an_assumption_when_newcomers_reached_one(self) -> None:
        drafts = propose(MARKET, NEWCOMER)
        (draft,) = [d for d in drafts if d.value and d.value.metric == "attainable share"]
        assert draft.kind == "assumption"
        assert draft.value is not None
        assert [draft.value.low, draft.value.number, draft.value.high] == [2, 4, 8]
        assert draft.evidence_ids == (20,)

    def test_nothing_stated_lacks_evidence(self) -> None:
        drafts = propose(MARKET, COUNT, SPEND, SEGMENT, NEWCOMER)
        assert all(draft.evidence_ids for draft in drafts if draft.kind == "stated")
        assert all(draft.formula and draft.premise_keys for draft in drafts if draft.kind == "computed")


class TestRefused:
    @pytest.mark.parametrize(
        "texts",
        [
            (),
            (COUNT, SEGMENT, NEWCOMER),
            (SPEND,),
            ("In 2024, Ontario gross gaming revenue from chess contests was C$200 million.",),
            ("Acme Chess had net revenue of $90 million in New Jersey in 2024.",),
            ("The New Jersey gaming tax is 15 percent of gross gaming revenue.",),
            ("A fee is due if New Jersey gross gaming revenue reaches $900 million in 2024.",),
            (COUNT, "Acquiring a player in New Jersey cost $84 on average in 2024."),
            ("Acme had 500,000 players in New Jersey in 2024.", SPEND),
            ("Our 500,000 players in New Jersey played in 2024.", SPEND),
            (COUNT, "The average player of Acme Chess in New Jersey spent $380 in 2024."),
            (COUNT, "The average player in Ontario spent C$395 in 2024."),
            (COUNT, "Every player in New Jersey paid a fine of $380 in 2024."),
            (COUNT, "The average player in New Jersey spent $380."),
        ],
        ids=str,
    )
    def test_without_a_stated_anchor_nothing_is_proposed(self, texts: tuple[str, ...]) -> None:
        assert propose(*texts) == ()

    def test_other_tasks_and_verticals_without_rules_propose_nothing(self) -> None:
        assert propose(MARKET, key="pricing") == ()
        claims = [claim(1, MARKET)]
        bare = registry.get("gambling").model_copy(update={"sizing": None})
        task = PlanTask(
            key="sizing",
            question="How large is it?",
            section="market_size",
            tools=("library_search",),
            layer="synthesis",
        )
        assert sizing.propose(brief=RunBrief(run_id="r", prompt=PROMPT, vertical=bare), task=task, claims=claims) == ()

    @pytest.mark.parametrize(
        "share",
        [
            "Acme Cards holds 30 percent of spending in New Jersey.",
            "Dice games account for 30 percent of spending in New Jersey.",
            "Card games account for 30 percent of spending in Ontario.",
            "Card games account for 30 percent of complaints in New Jersey.",
        ],
    )
    def test_a_share_of_a_rival_another_part_place_or_thing_is_not_the_share_served(self, share: str) -> None:
        (served,) = [d for d in propose(MARKET, share) if d.value and d.value.metric == "served share"]
        assert served.kind == "assumption"

    def test_a_sentence_without_a_place_counts_only_where_its_source_may_speak_of_the_place(self) -> None:
        share = "Card games account for 30 percent of the market."
        for title, kind in (("Chess in Ontario", "assumption"), ("Chess in New Jersey", "stated"), ("Chess", "stated")):
            drafts = of([claim(1, MARKET), claim(2, share, title=title)])
            (served,) = [d for d in drafts if d.value and d.value.metric == "served share"]
            assert served.kind == kind
