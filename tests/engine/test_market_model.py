"""The market model is built from accepted claims alone, recomputed to difference 0, and refused when it is not so."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import market_sample as sample
import pytest

from research.engine.document import market
from research.engine.document.compose import compose
from research.engine.domain import formula_graph, formulas, size_words
from research.engine.domain.claims import Assessment, ClaimDraft, Formula, TypedValue
from research.engine.domain.documents import AcceptedClaim, MarketModel, SectionBrief, SectionDraft
from research.engine.domain.errors import InvalidInput
from research.engine.domain.mrd import EvidencePlace, Mrd, MrdFacts
from research.engine.ports import SectionBundle
from research.engine.providers.extractive import draft as drafting
from research.engine.verification import assess, computed

TEXTS = (sample.MARKET, sample.COUNT, sample.SPEND, sample.SEGMENT, sample.NEWCOMER)
CLAIMS = [sample.claim(number, text) for number, text in enumerate(TEXTS, 1)]
DRAFTS = sample.of(CLAIMS)
FOUND = sample.evidence(CLAIMS)


def shelf() -> list[AcceptedClaim]:
    claims: list[AcceptedClaim] = sample.accepted(DRAFTS, FOUND)
    return claims


def model() -> MarketModel:
    built = market.model_of(shelf())
    assert built is not None
    return built


def swap(claims: list[AcceptedClaim], number: int, **changed: object) -> list[AcceptedClaim]:
    return [each.model_copy(update=changed) if each.revision_id == number else each for each in claims]


def computed_of(node: str, approach: str) -> AcceptedClaim:
    want = {"node": node, "approach": approach}
    return next(each for each in shelf() if each.formula and want.items() <= each.attributes.items())


class TestModel:
    def test_inputs_come_first_and_every_node_after_what_it_is_computed_from(self) -> None:
        seen: set[int] = set()
        for node in model().nodes:
            assert seen.issuperset(node.inputs)
            seen.add(node.claim)
        kinds = [node.expression is not None for node in model().nodes]
        assert kinds == sorted(kinds)

    def test_nodes_are_full_amounts_with_low_base_high_and_unit(self) -> None:
        nodes = {(node.node, node.approach): node for node in model().nodes if node.expression}
        som = nodes["SOM", "top-down"]
        assert (som.low, som.base, som.high, som.unit) == ("1200000", "2400000", "4800000", "USD")
        assert {node.unit for node in model().nodes if not node.expression} == {
            "USD",
            "players",
            "USD per player",
            "percent",
        }
        assert model().nodes[0].label == "Gross gaming revenue, New Jersey, FY2024"

    def test_the_order_of_claims_is_no_matter(self) -> None:
        assert market.model_of(shelf()[::-1]) == model()

    def test_two_approaches_are_reconciled_by_their_ratio(self) -> None:
        assert (
            model().reconciliation
            == "TAM: top-down USD 200 million, bottom-up USD 190 million, which is 0.95 times as much."
        )

    def test_approaches_that_lie_far_apart_are_said_to(self) -> None:
        drafts = sample.propose(sample.MARKET, sample.COUNT, sample.SPEND.replace("$380", "$38"), sample.SEGMENT)
        claims = [
            sample.claim(n, t) for n, t in enumerate((sample.MARKET, sample.COUNT, sample.SPEND, sample.SEGMENT), 1)
        ]
        built = market.model_of(sample.accepted(drafts, sample.evidence(claims)))
        assert built is not None
        assert "0.1 times" in built.reconciliation
        assert "question the inputs" in built.reconciliation

    def test_the_two_riskiest_inputs_swing_the_smallest_size(self) -> None:
        swings = model().swings
        assert {swing.node for swing in swings} == {computed_of("SOM", "top-down").revision_id}
        labels = {node.claim: node.label for node in model().nodes}
        assert labels[swings[0].input].startswith("Attainable share")
        assert len(swings) == 2
        assert [(swing.down, swing.up) for swing in swings] == [("1200000", "3600000")] * 2

    def test_without_a_computed_size_there_is_no_model(self) -> None:
        assert market.model_of([]) is None
        assert market.model_of([each for each in shelf() if each.formula is None]) is None

    def test_it_stays_what_it_is_through_json(self) -> None:
        back = [AcceptedClaim.model_validate_json(each.model_dump_json()) for each in shelf()]
        assert market.model_of(back) == MarketModel.model_validate_json(model().model_dump_json())


class TestDrafted:
    def test_the_section_holds_the_model_and_says_how_each_assumption_is_tested_and_by_whom(self) -> None:
        brief = SectionBrief(key="market_size", title="Market size", purpose="How large it is.")
        section = drafting.draft(section=SectionBundle(brief=brief, claims=tuple(shelf())))
        assert section.model == model()
        (table,) = section.tables
        (row,) = table.rows
        assumed = next(each for each in shelf() if each.kind == "assumption")
        assert [cell.text for cell in row] == [
            assumed.text, "high", assumed.attributes["test"], assumed.attributes["owner"],
        ]  # fmt: skip
        assert composed(section, shelf()).sections[-1].tables


class TestRefused:
    def test_a_stored_value_that_is_not_what_its_formula_gives(self) -> None:
        sam = computed_of("SAM", "top-down")
        assert sam.value is not None
        wrong = sam.value.model_copy(update={"number": sam.value.number + Decimal("0.01")})
        with pytest.raises(InvalidInput, match="not what its formula gives"):
            market.model_of(swap(shelf(), sam.revision_id, value=wrong))

    def test_a_changed_input_whose_dependents_were_not_recomputed(self) -> None:
        first = shelf()[0]
        assert first.value is not None
        changed = swap(shelf(), first.revision_id, value=first.value.model_copy(update={"number": Decimal(300)}))
        with pytest.raises(InvalidInput, match="not what its formula gives"):
            market.model_of(changed)

    def test_a_size_whose_premise_is_not_accepted(self) -> None:
        with pytest.raises(InvalidInput, match="no accepted figure"):
            market.model_of([each for each in shelf() if each.kind != "assumption"])

    @pytest.mark.parametrize("part", ["base", "label", "unit", "expression"])
    def test_a_drafted_model_changed_in_a_node(self, part: str) -> None:
        claims = {each.revision_id: each for each in shelf()}
        market.check(model(), claims)
        nodes = (*model().nodes[:-1], model().nodes[-1].model_copy(update={part: "9"}))
        with pytest.raises(InvalidInput, match="not what its claims give"):
            market.check(model().model_copy(update={"nodes": nodes}), claims)

    def test_a_drafted_model_with_another_swing_sentence_or_claim(self) -> None:
        claims = {each.revision_id: each for each in shelf()}
        swing = model().swings[0].model_copy(update={"up": "9"})
        for changed in ({"swings": (swing,)}, {"reconciliation": "Both agree."}):
            with pytest.raises(InvalidInput):
                market.check(model().model_copy(update=changed), claims)
        with pytest.raises(InvalidInput, match="not accepted"):
            market.check(model(), {number: each for number, each in claims.items() if number != 101})


def composed(section: SectionDraft, claims: list[AcceptedClaim]) -> Mrd:
    facts = MrdFacts(
        run_id="r", title="T", prompt="p", vertical="gambling", engine="extractive", plan_digest="d",
        as_of=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    )  # fmt: skip
    places = {number: EvidencePlace(snapshot_sha256="a" * 64, extracted_text_sha256="b" * 64) for number in FOUND}
    return compose(facts=facts, sections=[section], claims=claims, places=places, gaps=())


class TestCompose:
    def test_the_document_holds_the_model_with_its_claims_formulas_and_citations(self) -> None:
        mrd = composed(SectionDraft(key="market_size", title="Market size", model=model()), shelf())
        assert mrd.sections[-1].model == model()
        by_id = {each.revision_id: each for each in mrd.claims}
        assert by_id.keys() == {node.claim for node in model().nodes}
        som = by_id[computed_of("SOM", "top-down").revision_id]
        assert som.formula is not None
        assert set(som.formula.names.values()) <= by_id.keys()
        assert (som.value.low if som.value else None) == "1200000"
        assert {number for citation in mrd.citations for number in (citation.evidence_id,)} == set(FOUND)

    def test_a_model_that_its_claims_do_not_give_is_not_composed(self) -> None:
        changed = model().model_copy(update={"reconciliation": "Both agree."})
        with pytest.raises(InvalidInput):
            composed(SectionDraft(key="market_size", title="Market size", model=changed), shelf())


def assessed(drafts: tuple[ClaimDraft, ...]) -> dict[str, Assessment]:
    return {each.key: each for each in assess.verify(sample.in_hand(drafts, FOUND)).assessments}


def money(number: int, currency: str) -> TypedValue:
    return TypedValue(number=Decimal(number), scale=Decimal(10**6), currency=currency, period="FY2024")


class TestVerified:
    def test_a_computed_size_passes_its_checks_and_goes_to_people_while_it_rests_on_an_assumption(self) -> None:
        found = assessed(DRAFTS)
        for draft in DRAFTS:
            row = found[draft.key()]
            if draft.kind == "computed":
                assert {part.name: part.score for part in row.parts}["figures"] == 1000
                assert ("rests on an assumption" in row.to_people) == (draft.attributes["node"] == "SOM")
            if draft.kind == "assumption":
                assert row.confidence is None
                assert "assumption" in row.to_people
            assert row.merged_into is None

    def test_an_input_is_not_merged_into_the_fact_it_repeats(self) -> None:
        fact = ClaimDraft(
            task_key="market", section="market_size", text=sample.MARKET, value=CLAIMS[0].value, evidence_ids=(10,)
        )
        assert all(row.merged_into is None for row in assessed((fact, *DRAFTS)).values())

    @pytest.mark.parametrize(
        ("changed", "says"),
        [
            ({"value": money(201, "USD")}, "the figure is 201000000"),
            ({"value": money(200, "CAD")}, "the unit is CAD"),
            ({"value": None}, "no figure is stored"),
            ({"text": "TAM, top-down, in New Jersey in FY2024: USD 210 million."}, "neither its value nor a premise's"),
            (
                {"text": "TAM, top-down, in New Jersey in FY2024: about USD 210 million."},
                "neither its value nor a premise's",
            ),
            ({"text": "TAM, top-down, in New Jersey in FY2023: USD 200 million."}, "neither its value nor a premise's"),
            ({"text": "TAM, top-down, in New Jersey in FY2024: EUR 200 million."}, "neither its value nor a premise's"),
            ({"text": "TAM, top-down, in New Jersey in FY2024: 200 percent."}, "neither its value nor a premise's"),
            ({"formula": Formula(expression="market", names={"market": "gone"})}, "not among the claims"),
            ({"formula": Formula(expression="market / 0", names={"market": DRAFTS[0].key()})}, "divides by zero"),
            ({"formula": Formula(expression="market + 5", names={"market": DRAFTS[0].key()})}, "cannot be added"),
        ],
    )
    def test_a_computed_claim_changed_in_one_way_scores_nothing(self, changed: dict[str, object], says: str) -> None:
        tam = next(draft for draft in DRAFTS if draft.attributes["node"] == "TAM")
        premises = {draft.key(): draft for draft in DRAFTS}
        assert computed.check(tam, premises).score == 1000
        part = computed.check(tam.model_copy(update=changed), premises)
        assert part.score == 0
        assert says in part.reason

    def test_what_is_one_item_and_what_another_is_told_by_their_roles(self) -> None:
        one = ClaimDraft(task_key="a", section="s", text=sample.MARKET, evidence_ids=(10,))
        same, other = one.model_copy(update={"task_key": "b"}), one.model_copy(update={"task_key": "c", "role": "risk"})
        merged = {key for key, row in assessed((one, same, other)).items() if row.merged_into}
        assert len(merged) == 1
        assert other.key() not in merged

    def test_an_assumption_with_a_figure_it_does_not_hold_says_so(self) -> None:
        draft = next(each for each in DRAFTS if each.kind == "assumption")
        wrong = draft.model_copy(update={"text": draft.text.replace("4 percent", "40 percent")})
        row = assessed((wrong,))[wrong.key()]
        assert any("a figure is not traced" in reason for reason in row.to_people)


class TestRetold:
    @pytest.mark.parametrize(
        ("number", "currency", "said"),
        [
            ("412000000", "USD", "USD 412 million"),
            ("189520000", "USD", "about USD 190 million"),
            ("1250000000000", "EUR", "EUR 1.25 trillion"),
            ("657800", "CAD", "CAD 657,800"),
            ("12.3456", None, "about 12.3"),
            ("0", None, "0"),
        ],
    )
    def test_an_amount_has_three_digits_and_says_when_it_was_rounded(
        self, number: str, currency: str | None, said: str
    ) -> None:
        value = TypedValue(number=Decimal(number), currency=currency)
        assert size_words.amount(value.number, value) == said

    def test_a_recomputed_size_is_told_anew_and_verifies(self) -> None:
        nodes = {draft.key(): formula_graph.of_draft(draft) for draft in DRAFTS}
        first = DRAFTS[0]
        assert first.value is not None
        moved = first.value.model_copy(update={"number": Decimal(300)})
        values = formula_graph.recompute([*({**nodes, first.key(): nodes[first.key()]._replace(value=moved)}.values())])
        premises = {first.key(): first.model_copy(update={"value": moved})}
        for draft in DRAFTS[1:]:
            premises[draft.key()] = size_words.retold(draft, values[draft.key()]) if draft.formula else draft
        touched = formula_graph.dependents(nodes.values(), [first.key()])
        assert {key for key in nodes if key != first.key() and values[key] != nodes[key].value} == touched
        for key in touched:
            assert computed.check(premises[key], premises).score == 1000

    def test_another_sentence_has_its_old_figures_replaced_all_at_once(self) -> None:
        old = TypedValue(number=Decimal(20), low=Decimal(10), high=Decimal(40), unit="percent")
        draft = ClaimDraft(
            task_key="t",
            section="s",
            kind="computed",
            text="It is 20 percent, from 10 percent to 40 percent of 2020.",
            value=old,
        )
        new = old.model_copy(update={"number": Decimal(40), "low": Decimal(20), "high": Decimal(80)})
        assert size_words.retold(draft, new).text == "It is 40 percent, from 20 percent to 80 percent of 2020."
        assert formulas.said(new.model_copy(update={"low": None, "high": None})) == "40 percent"
