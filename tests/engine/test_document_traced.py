"""No numeral leaves without a claim, formula or assumption behind it: one is planted in each place and refused."""

import datetime as dt
from decimal import Decimal

import document_sample as sample
import pytest

from research.engine.document import checks, json_export, market, tables
from research.engine.domain.canonical import canonical_bytes
from research.engine.domain.claims import Formula, TypedValue
from research.engine.domain.documents import AcceptedClaim, Cell, SectionDraft, Sentence, Table
from research.engine.domain.errors import InvalidInput
from research.engine.domain.mrd import Mrd, SignedMrd

LAW = "Effective January 1, 2026, section 7 taxes play in Ontario at 15%."
ROW = {
    "jurisdiction": "Ontario",
    "topic": "tax",
    "clause": "section 7",
    "effective_from": "2026-01-01",
    "primary": "yes",
}
NEED = {"id": "R-12", "moscow": "must", "persona": "Compliance officer", "acceptance": "No player under 21 gets in."}
RIVAL = {"competitor": "Maple", "aspect": "size", "cell_type": "measured", "as_of": "2025-06-30"}
_SIZE = {"section": "market", "role": "market_size"}


def _value(number: str, **more: object) -> TypedValue:
    return TypedValue(number=Decimal(number), **more)


def claims() -> list[AcceptedClaim]:
    spend = _value("30", low=Decimal(25), high=Decimal(40), currency="USD", unit="per user")
    node = {"approach": "bottom-up"}
    return [
        sample.claim(1, LAW, sample.evidence(11, LAW, sample.BOARD), section="law", role="regulation", attributes=ROW),
        sample.claim(2, "Players must be 21.", sample.evidence(12, "must be 21", sample.BOARD), section="law"),
        sample.claim(3, "Let nobody in who is under 21.", section="needs", kind="inferred", confidence=None,
                     role="requirement", attributes=NEED, premises=("key-2",)),
        sample.claim(4, "Maple had revenue of $1.3 billion.", sample.evidence(14, "$1.3 billion", sample.PAPER),
                     section="rivals", role="competitor", attributes=RIVAL,
                     value=_value("1.3", scale=Decimal(10**9), currency="USD", metric="revenue", entity="Maple")),
        sample.claim(5, "There are 2,000 users.", sample.evidence(15, "2,000 users", sample.PAPER), **_SIZE,
                     value=_value("2000", unit="users", metric="users"), attributes=node | {"node": "input"}),
        sample.claim(6, "Each spends $30, between $25 and $40.", kind="assumption", confidence=None, **_SIZE,
                     value=spend, attributes=node | {"node": "input", "test": "Ask 40 players."}),
        sample.claim(7, "The market is worth $60,000.", kind="computed", **_SIZE, premises=("key-5", "key-6"),
                     formula=Formula(expression="users * spend", names={"users": "key-5", "spend": "key-6"}),
                     value=_value("60000", low=Decimal(50000), high=Decimal(80000), currency="USD"),
                     attributes=node | {"node": "TAM"}),
    ]  # fmt: skip


def drafts(given: list[AcceptedClaim] | None = None) -> list[SectionDraft]:
    found = given or claims()
    made = []
    for key in ("law", "needs", "rivals", "market"):
        mine = [claim for claim in found if claim.section == key]
        made.append(
            SectionDraft(
                key=key,
                title=key.title(),
                sentences=(sample.said(mine[0]),),
                tables=tables.tables_of(mine),
                model=market.model_of(mine),
            )
        )
    return made


def mrd(**more) -> Mrd:
    given = {"facts": sample.facts(approvals=()), "sections": drafts(), "claims": claims(), "gaps": []} | more
    return sample.mrd(places=sample.places(given["claims"]), **given)


def section(document: Mrd, key: str, **changed) -> Mrd:
    found = tuple(one.model_copy(update=changed) if one.key == key else one for one in document.sections)
    return document.model_copy(update={"sections": found})


def claim(document: Mrd, number: int, **changed) -> Mrd:
    found = tuple(one.model_copy(update=changed) if one.revision_id == number else one for one in document.claims)
    return document.model_copy(update={"claims": found})


def part(document: Mrd, key: str):
    return next(one for one in document.sections if one.key == key)


def cell(document: Mrd, key: str, row: int, column: int, **changed) -> Mrd:
    (table, *_) = part(document, key).tables
    rows = [list(one) for one in table.rows]
    rows[row][column] = rows[row][column].model_copy(update=changed)
    return section(document, key, tables=(table.model_copy(update={"rows": tuple(map(tuple, rows))}),))


def node(document: Mrd, place: int, **changed) -> Mrd:
    model = part(document, "market").model
    nodes = list(model.nodes)
    nodes[place] = nodes[place].model_copy(update=changed)
    return section(document, "market", model=model.model_copy(update={"nodes": tuple(nodes)}))


def swing(document: Mrd, **changed) -> Mrd:
    model = part(document, "market").model
    swings = (model.swings[0].model_copy(update=changed), *model.swings[1:])
    return section(document, "market", model=model.model_copy(update={"swings": swings}))


def sentence(document: Mrd, text: str, kind: str = "claim") -> Mrd:
    first = part(document, "law").sentences[0].model_copy(update={"text": text, "kind": kind})
    return section(document, "law", sentences=(first,))


def table(document: Mrd, **changed) -> Mrd:
    (one, *_) = part(document, "law").tables
    return section(document, "law", tables=(one.model_copy(update=changed),))


def test_a_document_with_tables_attributes_and_a_market_size_is_traced_whole():
    document = mrd()
    checks.check_document(document)
    # As it is stored: the names of a formula, say, come back in another order.
    checks.check_document(Mrd.model_validate_json(canonical_bytes(document)))
    assert {table.key for one in document.sections for table in one.tables} >= {
        "regulation", "requirements", "competitors"
    }  # fmt: skip
    assert part(document, "market").model.nodes
    assert json_export.to_json(SignedMrd.of(mrd=document))


PLANTED = {
    "a sentence": lambda m: sentence(m, "The tax is 17%."),
    "a number in words": lambda m: sentence(m, "The tax is seventeen percent."),
    "a heading": lambda m: sentence(m, "Rates of 17%", "heading"),
    "a gap": lambda m: sentence(m, "Nothing was found on 17%.", "gap"),
    "a section title": lambda m: section(m, "law", title="The 17% question"),
    "a caption": lambda m: table(m, caption="What 17 laws demand"),
    "a column": lambda m: table(m, columns=("In 17 words", *part(m, "law").tables[0].columns[1:])),
    "a cell": lambda m: cell(m, "law", 0, 2, text="The tax is 17%."),
    "a row's name": lambda m: cell(m, "law", 0, 0, text="Ontario 17", claims=()),
    "a matrix cell": lambda m: cell(m, "rivals", 0, 1, text="revenue: USD 1.7 billion"),
    "an attribute": lambda m: claim(m, 3, attributes=NEED | {"acceptance": "No player under 17 gets in."}),
    "a clause": lambda m: claim(m, 1, attributes=ROW | {"clause": "section 17"}),
    "a node's base": lambda m: node(m, 0, base="2001"),
    "a node's low": lambda m: node(m, 2, low="49999"),
    "a node's label": lambda m: node(m, 0, label="The 17 best"),
    "a swing": lambda m: swing(m, down="17"),
    "a computed value": lambda m: claim(m, 7, value=next(c for c in m.claims if c.revision_id == 7).value.model_copy(
        update={"number": "61000"})),
    "a formula": lambda m: claim(m, 7, formula=next(c for c in m.claims if c.revision_id == 7).formula.model_copy(
        update={"expression": "users * spend * 17"})),
}  # fmt: skip


@pytest.mark.parametrize("place", PLANTED)
def test_a_loose_numeral_is_refused_wherever_it_stands(place):
    with pytest.raises(InvalidInput):
        checks.check_document(PLANTED[place](mrd()))


def test_ids_and_dates_are_no_figures_and_an_assumption_answers_for_its_own():
    document = mrd()
    checks.check_document(cell(document, "law", 0, 2, text="In effect from 2026-01-01."))
    assert part(document, "needs").tables[0].rows[0][0].text == "R-12"
    assumed = claim(document, 6, attributes={"node": "input", "approach": "bottom-up", "test": "Ask 99 players."})
    checks.check_document(assumed)
    with pytest.raises(InvalidInput):
        checks.check_document(cell(document, "needs", 0, 0, text="R-13"))


def test_a_cell_that_cites_nothing_known_or_nothing_at_all_is_refused():
    for changed in ({"claims": (99,)}, {"claims": ()}):
        with pytest.raises(InvalidInput):
            checks.check_document(cell(mrd(), "law", 0, 2, **changed))
    row = (Cell(text="Ontario"), Cell(text="not known"))
    empty = Table(key="t", caption="Rates", columns=("Place", "Rate"), rows=(row,))
    draft = SectionDraft(key="law", title="Law", sentences=(sample.said(claims()[0]),), tables=(empty,))
    with pytest.raises(InvalidInput, match="cites no claim"):
        mrd(sections=[draft])


def test_composing_refuses_an_attribute_with_a_figure_its_claim_does_not_have():
    wrong = claims()[2].model_copy(update={"attributes": NEED | {"problem": "It costs 17 dollars."}})
    given = [wrong if one.revision_id == wrong.revision_id else one for one in claims()]
    with pytest.raises(InvalidInput, match="attributes"):
        mrd(claims=given, sections=drafts(given))


def test_cells_are_typed_dated_cited_and_numbered():
    document = mrd()
    (name, size) = part(document, "rivals").tables[0].rows[0]
    assert (name.text, size.text) == ("Maple", "revenue: USD 1.3 billion")
    assert (size.kind, size.as_of, size.claims) == ("measured", dt.date(2025, 6, 30), (4,))
    quoted = {number: citation.quote for number, citation in ((c.number, c) for c in document.citations)}
    assert [quoted[number] for number in size.citations] == ["$1.3 billion"]
    requirement = part(document, "needs").tables[0].rows[0][2]
    assert [quoted[number] for number in requirement.citations] == ["must be 21"]


def test_the_summary_says_the_sizes_the_law_and_the_musts_in_the_order_of_the_sections():
    summary = mrd().sections[0]
    assert [one.claims for one in summary.sentences] == [(1,), (3,), (4,), (7,)]


def test_a_figure_that_is_not_known_to_be_the_competitors_own_is_told_in_its_whole_sentence():
    one = claims()[3]
    value = one.value.model_copy(update={"entity": None})
    (matrix,) = tables.tables_of([one.model_copy(update={"value": value})])
    assert matrix.rows[0][1].text == one.text


def test_of_several_claims_for_one_cell_the_surest_stands_and_the_tables_do_not_depend_on_order():
    one = claims()[3]
    surer = one.model_copy(update={"revision_id": 8, "key": "key-8", "confidence": 900})
    (matrix,) = tables.tables_of([one, surer])
    assert matrix.rows[0][1].claims == (8,)
    assert tables.tables_of(claims()) == tables.tables_of(claims()[::-1])
    assert tables.tables_of([claims()[1]]) == ()


def test_a_stated_risk_of_which_only_its_words_are_known_is_left_to_prose():
    said = claims()[0].model_copy(update={"role": "risk", "attributes": {}})
    assert tables.tables_of([said]) == ()
    weighed = said.model_copy(update={"revision_id": 90, "attributes": {"likelihood": "high"}})
    inferred = said.model_copy(update={"revision_id": 91, "kind": "inferred"})
    (made,) = tables.tables_of([said, weighed, inferred])
    assert [row[0].claims for row in made.rows] == [(90,), (91,)]


def test_requirements_stand_in_the_order_of_priority_and_number():
    def need(number: int, priority: str) -> AcceptedClaim:
        attributes = NEED | {"id": f"R-{number}", "moscow": priority}
        return claims()[2].model_copy(update={"revision_id": number, "attributes": attributes})

    (made,) = tables.tables_of([need(10, "must"), need(1, "could"), need(2, "must")])
    assert [row[0].text for row in made.rows] == ["R-2", "R-10", "R-1"]
    assert "Scenario" not in made.columns


def test_a_heading_of_a_section_keeps_its_own_sentence():
    heading = Sentence(text="What the law says", kind="heading")
    draft = SectionDraft(key="law", title="Law", sentences=(heading, sample.said(claims()[0])))
    checks.check_document(mrd(sections=[draft]))
