"""A section holds only sentences that rest on the claims given, shows disagreement, and says what is missing."""

import asyncio

from research.engine.domain.documents import AcceptedClaim, Cell, Gap, SectionBrief, SectionDraft, Sentence, Table
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.domain.plans import PlanTask
from research.engine.ports import SectionBundle
from research.engine.providers.extractive.model import ExtractiveModel
from research.engine.stages import draft as stage
from research.engine.verticals import registry
from tests.doubles.engine import ListObserver, brief

BRIEF = brief(registry.get("gambling"), "An online casino for Nevada")
GAP = Gap(
    task_key="taxes-2024",
    question="Which taxes applied in 2024?",
    section="regulation",
    outcome="insufficient_data",
    reason="None of 2 searches answered.",
    searches=("library_search “gaming tax”", "library_scan “tax”"),
)


def claim(number: int, text: str, *, relevance: int = 500, task: str = "taxes", against=(), publisher="Board"):
    quote = Quote(extracted_text_id=number, page=1, start=0, end=len(text), exact=text)
    source = SourceRef(id=number, kind="upload", title="Report", publisher=publisher)
    evidence = EvidenceItem(id=number, quote=quote, source=source, task_key=task, relevance=relevance)
    return AcceptedClaim(
        revision_id=number, key=f"k{number}", section="regulation", kind="stated", text=text, digest="d",
        confidence=700, task_key=task, evidence=(evidence,), contradicts=against,
    )  # fmt: skip


def bundle(*claims: AcceptedClaim, gaps=()) -> SectionBundle:
    section = SectionBrief(
        key="regulation", title="Regulation", purpose="What law demands.", regulatory=True, gaps=gaps
    )
    return SectionBundle(brief=section, claims=claims)


def run(given: SectionBundle, model=None, observer=None) -> SectionDraft:
    return asyncio.run(stage.draft(model or ExtractiveModel(), BRIEF, given, observer=observer))


def test_every_claim_is_there_once_cited_the_most_relevant_first_task_by_task():
    section = run(bundle(claim(1, "B.", task="b"), claim(2, "A1.", relevance=1), claim(3, "A2.", relevance=9)))
    assert [s.claims for s in section.sentences] == [(1,), (3,), (2,)]
    assert (section.key, section.title, section.regulatory) == ("regulation", "Regulation", True)


def test_words_in_the_first_person_say_whose_they_are():
    section = run(
        bundle(
            claim(1, "We pay gaming taxes."),
            claim(2, "A tax of 5% applies."),
            claim(3, "Our tax is due.", publisher=None),
        )
    )
    assert {s.text for s in section.sentences} == {
        "Board states: “We pay gaming taxes.”", "A tax of 5% applies.", "Our tax is due.",
    }  # fmt: skip


def test_contradicting_claims_stand_side_by_side_under_a_line_that_says_so():
    section = run(
        bundle(claim(1, "The tax is 5%.", against=("k3",)), claim(2, "Fees apply."), claim(3, "The tax is 8%."))
    )
    assert [(s.kind, s.claims) for s in section.sentences] == [
        ("heading", (1, 3)), ("claim", (1,)), ("claim", (3,)), ("claim", (2,)),
    ]  # fmt: skip


def test_a_gap_is_said_with_the_searches_that_found_nothing():
    (sentence,) = run(bundle(gaps=(GAP,))).sentences
    assert sentence.kind == "gap"
    assert sentence.text.startswith("Insufficient data: Which taxes applied in 2024?")
    assert "library_scan “tax”" in sentence.text


class Writing(ExtractiveModel):
    def __init__(self, *sentences: Sentence):
        self.sentences = sentences

    async def redraft(self, _brief, _section, _refused):
        return ()

    async def draft(self, _brief, _section):
        return SectionDraft(key="other", title="Other", sentences=self.sentences)


def test_sentences_on_unknown_claims_without_claims_or_with_untraced_figures_are_dropped_and_noted():
    observer = ListObserver()
    section = run(
        bundle(claim(1, "The tax was 6.75% of $1,200 million in 2022."), gaps=(GAP,)),
        Writing(
            Sentence(text="The tax was 6.75%, on $1.2 billion.", claims=(1,)),
            Sentence(text="It was 7.75%.", claims=(1,)),
            Sentence(text="It was high.", claims=(1, 2)),
            Sentence(text="Everybody knows it."),
            Sentence(text="Not found for 2024.", kind="gap"),
            Sentence(text="Probably 31%.", kind="gap"),
        ),
        observer,
    )
    assert [s.text for s in section.sentences] == ["The tax was 6.75%, on $1.2 billion.", "Not found for 2024."]
    assert [details["sentence"] for event, details in observer.notes if event == "draft.dropped"] == [
        "It was 7.75%.", "It was high.", "Everybody knows it.", "Probably 31%.",
    ]  # fmt: skip


def test_a_model_cannot_rename_the_section_or_take_its_regulatory_mark_away():
    section = run(bundle(claim(1, "A.")), Writing(Sentence(text="A.", claims=(1,))))
    assert (section.key, section.title, section.regulatory) == ("regulation", "Regulation", True)


def test_a_task_without_rules_infers_nothing():
    task = PlanTask(key="taxes", question="Which taxes apply?", section="regulation", tools=("library_search",))
    assert asyncio.run(ExtractiveModel().synthesise(BRIEF, task, (claim(1, "A."),))) == ()


def law(number: int, text: str, **more) -> AcceptedClaim:
    attributes = {"jurisdiction": "Ontario", "topic": "tax", "primary": "yes"}
    return claim(number, text, **more).model_copy(update={"role": "regulation", "attributes": attributes})


def test_what_a_table_shows_is_not_said_again_while_there_is_something_else_to_say():
    section = run(bundle(law(1, "The tax is 5%."), claim(2, "Fees apply.")))
    assert [s.claims for s in section.sentences] == [(2,)]
    assert {number for table in section.tables for row in table.rows for cell in row for number in cell.claims} == {1}
    assert section.cited() == (2, 1)


def test_a_section_that_its_tables_show_whole_still_says_its_first_claims():
    section = run(bundle(*(law(n, f"Rule {n} applies.") for n in range(1, 6))))
    assert [s.claims for s in section.sentences] == [(1,), (2,), (3,)]
    assert len(section.tables[0].rows) == 5


def test_claims_that_disagree_are_said_side_by_side_though_a_table_shows_them():
    section = run(bundle(law(1, "The tax is 5%.", against=("k2",)), law(2, "The tax is 8%."), claim(3, "Fees apply.")))
    assert [(s.kind, s.claims) for s in section.sentences] == [
        ("heading", (1, 2)), ("claim", (1,)), ("claim", (2,)), ("claim", (3,)),
    ]  # fmt: skip


class Tabling(ExtractiveModel):
    async def redraft(self, _brief, _section, _refused):
        return ()

    async def draft(self, _brief, section):
        rows = (
            (Cell(text="Ontario", claims=(1,)), Cell(text="5%", claims=(1,))),
            (Cell(text="Quebec", claims=(1,)), Cell(text="7%", claims=(1,))),
            (Cell(text="Nova Scotia"), Cell(text="high")),
            (Cell(text="Alberta"), Cell(text="5%", claims=(99,))),
        )
        return SectionDraft(
            key=section.brief.key, title=section.brief.title,
            tables=(Table(key="t", caption="Rates", columns=("Place", "Rate"), rows=rows),),
        )  # fmt: skip


def test_a_row_that_cites_nothing_known_or_holds_another_figure_is_dropped_and_noted():
    observer = ListObserver()
    section = run(bundle(claim(1, "The tax is 5%.")), Tabling(), observer)
    assert [row[0].text for row in section.tables[0].rows] == ["Ontario"]
    assert len([note for note in observer.notes if note[0] == "draft.dropped"]) == 3


def test_a_claim_on_two_companies_stands_in_the_row_of_each():
    both = {"competitor": "Acme Play and Bolt Games", "aspect": "market share", "cell_type": "measured"}
    shares = claim(1, "Acme Play and Bolt Games hold 61 percent.").model_copy(
        update={"role": "competitor", "attributes": both}
    )
    rating = claim(2, "Bolt Games has 4 stars.").model_copy(
        update={
            "role": "competitor",
            "attributes": {"competitor": "Bolt Games", "aspect": "rating", "cell_type": "user report"},
        }
    )
    (table,) = run(bundle(shares, rating)).tables
    found = {row[0].text: [cell.claims for cell in row[1:]] for row in table.rows}
    assert found == {"Acme Play": [(1,), ()], "Bolt Games": [(1,), (2,)]}
