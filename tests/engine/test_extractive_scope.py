"""In a library of several trades only documents on the run's field and prompt are quoted, and the rest is named."""

import asyncio

import pytest

from research.engine.domain.errors import Permanent
from research.engine.domain.evidence import Hit, Investigation, SourceRef, SourceShare
from research.engine.domain.plans import PlanTask
from research.engine.providers.extractive import scope
from research.engine.providers.extractive.model import ExtractiveModel
from research.engine.verticals import registry
from tests.doubles.engine import Document, FakeLibrary, MemoryLedger, brief, shelf_over

GAMBLING, SAAS = registry.get("gambling"), registry.get("saas")
PLAY = (
    "Casino players in Utopia place a wager on poker and slots in the app. Players want faster withdrawals: most of "
    "them wait longer than three days for a prize. Operators pay a gaming tax of 12 percent on each wager."
)
CLOUD = (
    "The software is a cloud subscription with an API for document management. Customers want fewer manual steps: "
    "most of them spend a week a month on data entry. The subscription costs $30 per user per month."
)
SNACKS = (
    "Customers want healthier snacks: most of them look for less salt. Retail customers demand lower prices each year, "
    "and a tax on sugar of 12 percent is under debate in the country."
)


def library(**more: str) -> FakeLibrary:
    texts = {"Play study": PLAY, "Cloud study": CLOUD, "Snacks report": SNACKS, **more}
    return FakeLibrary([Document(title, [text]) for title, text in texts.items()])


def problem(**changes) -> PlanTask:
    given = {
        "key": "problem",
        "question": "What do customers lack today?",
        "section": "market_problem",
        "tools": ("library_search", "library_scan"),
        "queries": ("customers players +want", "customers players +demand"),
    }
    return PlanTask(**{**given, **changes})


def look(shelves: FakeLibrary, vertical, prompt: str, task: PlanTask | None = None, **shelf) -> Investigation:
    given = brief(vertical, prompt)
    return asyncio.run(ExtractiveModel().investigate(given, task or problem(), shelf_over(shelves, **shelf)))


def titles(found: Investigation) -> set[str]:
    return {finding.source.title for finding in found.findings}


@pytest.mark.parametrize(
    ("vertical", "prompt", "kept"),
    [
        (GAMBLING, "A poker app for Utopia", "Play study"),
        (SAAS, "A document management SaaS for offices", "Cloud study"),
    ],
)
def test_only_the_fields_own_documents_are_quoted(vertical, prompt, kept):
    found = look(library(), vertical, prompt)
    assert titles(found) == {kept}


def test_what_was_left_out_is_said_and_the_survey_is_recorded_with_its_call():
    ledger = MemoryLedger()
    found = look(library(), GAMBLING, "A poker app for Utopia", ledger=ledger)
    assert "2 documents were left out" in found.reason
    assert "Cloud study" in found.reason
    assert "Snacks report" in found.reason
    survey = found.searches[-1]
    assert (survey.tool, survey.hits) == ("library_search", 1)
    assert survey.call_key in ledger.finished


def test_nothing_is_said_of_leaving_out_when_all_counts_in():
    found = look(FakeLibrary([Document("Play study", [PLAY])]), GAMBLING, "A poker app for Utopia")
    assert "left out" not in found.reason
    assert all(search.query in problem().queries for search in found.searches)


def test_the_survey_costs_one_call_and_the_same_task_again_none():
    ledger, shelves = MemoryLedger(), library()
    look(shelves, GAMBLING, "A poker app for Utopia", ledger=ledger)
    surveys = [request for request, _ in ledger.rows if request.arguments.get("terms")]
    calls = len(ledger.rows)
    assert len(surveys) == 1
    look(shelves, GAMBLING, "A poker app for Utopia", ledger=ledger)
    assert len(ledger.rows) == calls


def test_a_company_the_prompt_names_counts_in_whatever_its_documents_speak_of():
    shelves = library(ACMESNACKS_2022_10K=SNACKS)
    assert "ACMESNACKS_2022_10K" in titles(look(shelves, GAMBLING, "A poker app for Utopia against Acmesnacks"))
    assert "ACMESNACKS_2022_10K" not in titles(look(shelves, GAMBLING, "A poker app for Utopia"))


def test_the_prompts_own_words_bring_in_what_the_verticals_do_not_know():
    opinion = (
        "Law firms keep contract review by hand: clients of law firms want contract review to be faster and cheaper."
    )
    shelves = FakeLibrary([Document("Opinion", [opinion]), Document("Snacks report", [SNACKS])])
    assert titles(look(shelves, SAAS, "A contract-review SaaS for law firms in Utopia")) == {"Opinion"}
    assert titles(look(shelves, SAAS, "A payroll SaaS for dentists in Utopia")) == set()


def test_while_the_index_is_away_passages_are_judged_one_by_one():
    shelves = library()
    shelves.fail_with = Permanent("The search index is damaged: rebuild it.")
    found = look(shelves, GAMBLING, "A poker app for Utopia", problem(queries=("players want",)))
    assert titles(found) == {"Play study"}
    assert found.searches[0].error


def test_a_vertical_without_a_field_leaves_nothing_out():
    found = look(library(), GAMBLING.model_copy(update={"field": ()}), "A poker app for Utopia")
    assert len(titles(found)) > 1
    assert "left out" not in found.reason


def test_documents_on_just_this_product_go_before_others_of_the_field():
    other = PLAY.replace("Utopia", "casinos").replace("prize", "refund")
    shelves = FakeLibrary([Document("Casinos", [other]), Document("Card league study", [PLAY])])
    found = look(shelves, GAMBLING, "A card league for Utopia")
    best = max(found.findings, key=lambda finding: finding.relevance)
    assert best.source.title == "Card league study"


@pytest.mark.parametrize(
    ("passages", "speaking", "inside"),
    [
        (1, 1, True), (1, 0, False), (2, 1, True), (3, 1, False), (3, 2, True), (4, 2, True),
        (20, 1, False), (20, 2, True), (900, 89, False), (900, 90, True),
    ],
)  # fmt: skip
def test_a_tenth_of_the_passages_counts_a_document_in_and_half_of_a_short_one(passages, speaking, inside):
    share = SourceShare(source=SourceRef(id=1, kind="upload", title="x"), passages=passages, speaking=speaking)
    assert scope.counts_in(share) is inside


@pytest.mark.parametrize(
    ("prompt", "pairs"),
    [
        ("A contract-review SaaS for mid-size law firms in Germany", ("contract review", "law firms")),
        ("A real-money skill-gaming app for New Jersey against Brightdeck Games", ("skill gaming",)),
        ("An app for us", ()),
    ],
)
def test_the_prompts_word_pairs_leave_out_places_companies_and_everyday_words(prompt, pairs):
    assert scope.pairs_of(brief(SAAS, prompt)) == pairs


def test_a_page_the_survey_does_not_know_must_speak_of_the_field_itself():
    source = SourceRef(id=9, kind="web_page", title="A page", domain="example.org")
    page = Hit(passage_id=1, extracted_text_id=1, source=source, page=1, start=0, end=1, text=SNACKS, score=1.0)
    inside = scope.Scope(terms=(frozenset({"casino"}), frozenset({"wager"})), companies=(), sources=frozenset({1}))
    assert not inside.admits(page)
    assert inside.admits(page.model_copy(update={"text": "A casino takes each wager."}))
