"""An investigation widens, changes tools, keeps exact quotes, and says plainly what it did not find."""

import asyncio
import datetime as dt

import pytest

from research.engine.domain.errors import BudgetExceeded, Permanent, QuoteNotFound, Transient
from research.engine.domain.evidence import Finding, Investigation, Quote
from research.engine.domain.plans import PlanTask
from research.engine.providers.extractive import find
from research.engine.providers.extractive.model import ExtractiveModel
from research.engine.stages import investigate as stage
from research.engine.tools import library_scan, library_search
from research.engine.verticals import registry
from tests.doubles.engine import (
    Document,
    FakeLibrary,
    MemoryEvidenceStore,
    MemoryLedger,
    brief,
    shelf_over,
    tool_context,
)

GAMBLING = registry.get("gambling")
BRIEF = brief(GAMBLING, "An online casino for Ontario and Nevada")
FILLER = "The weather was pleasant during most of the season and the gardens were admired by many visitors. "
TAX = "Nevada collects a gaming tax of 6.75% of gross gaming revenue from every licensed operator."
RULE = "Operators are required to hold a gaming license issued by the gaming control board of Nevada."


def task(**changes) -> PlanTask:
    given = {
        "key": "taxes",
        "question": "Which gaming taxes apply, and at what rates?",
        "section": "regulation",
        "tools": ("library_search", "library_scan"),
        "queries": ("gaming tax percent gross gaming revenue", "gaming tax"),
    }
    return PlanTask(**{**given, **changes})


def look(library: FakeLibrary, asked: PlanTask, **shelf):
    store = MemoryEvidenceStore(library)
    # As the runtime does: a task's shelf holds the tools of its plan and no others.
    built = {tool.name: tool for tool in (each.build(tool_context(library)) for each in (library_search, library_scan))}
    shelf.setdefault("tools", [built[name] for name in asked.tools if name in built])
    return asyncio.run(stage.investigate(ExtractiveModel(), BRIEF, asked, shelf_over(library, **shelf), store))


def test_what_is_found_is_quoted_exactly_at_its_offsets():
    library = FakeLibrary([Document("Law", [FILLER + "\n", f"Intro.\n{FILLER}\n{TAX} {FILLER}"], publisher="Board")])
    found = look(library, task())
    assert found.outcome == "found"
    (finding,) = found.findings
    assert finding.quote.exact == TAX
    assert library.documents[0].text[finding.quote.start : finding.quote.end] == TAX
    assert finding.quote.page == 2
    assert finding.quote.prefix
    assert finding.call_key == found.searches[0].call_key


def test_the_search_goes_from_narrow_to_wide_and_every_search_is_recorded():
    library = FakeLibrary.of(TAX)
    found = look(library, task(tools=("library_search",)))
    assert [record.query for record in found.searches] == list(task().queries)


def test_nothing_found_is_said_with_every_search_that_found_nothing():
    found = look(FakeLibrary.of(FILLER * 3), task())
    assert found.outcome == "insufficient_data"
    assert found.findings == ()
    assert {record.tool for record in found.searches} == {"library_search", "library_scan"}
    assert "4 searches" in found.reason


def test_a_broken_index_is_recorded_and_the_other_tool_finds_it():
    library = FakeLibrary.of(TAX, RULE)
    library.fail_with = Permanent("The search index is damaged: rebuild it.")
    found = look(library, task())
    assert found.outcome == "found"
    assert found.searches[0].error == "The search index is damaged: rebuild it."
    assert found.searches[1].tool == "library_scan"


def test_when_all_fails_for_now_the_step_is_to_be_tried_again_not_called_insufficient():
    library = FakeLibrary.of(TAX)
    library.fail_with = Transient("The index is being rebuilt.")
    with pytest.raises(Transient):
        look(library, task(tools=("library_search",)))


def test_when_all_fails_for_good_it_is_insufficient_data_and_says_so():
    library = FakeLibrary.of(TAX)
    library.fail_with = Permanent("The index is gone.")
    found = look(library, task(tools=("library_search", "not_there")))
    assert found.outcome == "insufficient_data"
    assert "2 of them failed" in found.reason


def test_the_budget_is_not_swallowed():
    with pytest.raises(BudgetExceeded):
        look(FakeLibrary.of(FILLER), task(), ledger=MemoryLedger(limit=1))


def test_another_places_law_is_an_estimate_with_its_basis_named():
    asked = task(subject="Ontario", queries=("Ontario gaming tax gross gaming revenue",))
    found = look(FakeLibrary.of(TAX), asked)
    assert found.outcome == "estimated"
    assert "Ontario" in found.reason
    assert "Document 1" in found.reason
    assert found.findings[0].relevance < find.GOOD


def test_another_companys_figures_are_no_estimate():
    asked = task(subject="DraftKings", section="competitors", queries=("DraftKings gaming tax gross gaming revenue",))
    assert look(FakeLibrary.of(TAX), asked).outcome == "insufficient_data"


def test_another_year_than_the_one_asked_for_is_an_estimate():
    old = "Nevada collected gaming tax of $1 billion on gross gaming revenue in 2019 from licensed operators."
    asked = task(question="How large was the gaming tax take in 2023?")
    assert look(FakeLibrary.of(old), asked).outcome == "estimated"
    assert look(FakeLibrary.of(old.replace("2019", "2023")), asked).outcome == "found"


def test_the_same_sentence_in_two_documents_is_two_quotes_and_other_figures_are_kept_apart():
    other = TAX.replace("6.75%", "8%")
    library = FakeLibrary(
        [Document(f"D{n}", [text], date=dt.date(2020 + n, 1, 1)) for n, text in enumerate((TAX, TAX, other))]
    )
    found = look(library, task())
    assert sorted(finding.quote.exact for finding in found.findings) == sorted([TAX, TAX, other])


def test_what_people_must_review_stays_bounded():
    kinds = ("poker", "bingo", "slots", "roulette", "blackjack", "baccarat", "craps", "keno", "lottery", "darts")
    places = ("Reno", "Elko", "Ely", "Carson", "Sparks", "Mesquite", "Laughlin", "Tonopah", "Fallon", "Winnemucca")
    pages = [
        f"The town of {place} levies gaming tax on {kind} halls, {n}% of gross gaming revenue, for {place} roads."
        for n, (kind, place) in enumerate(zip(kinds, places, strict=True), 1)
    ]
    found = look(FakeLibrary.of(*pages), task())
    assert 3 <= len(found.findings) <= find.MAX_STATEMENTS


class Claiming(ExtractiveModel):
    """Answer with given findings, true or not."""

    def __init__(self, *findings: Finding):
        self.findings = findings

    async def investigate(self, _brief, task, _shelf):
        return Investigation(task_key=task.key, outcome="found", reason="Here it is.", findings=self.findings)


def invented(library: FakeLibrary) -> Finding:
    hit = asyncio.run(library.search("tax", limit=1))[0]
    quote = Quote(extracted_text_id=1, page=1, start=0, end=9, exact="Nevada is")
    return Finding(quote=quote, source=hit.source)


def true(library: FakeLibrary) -> Finding:
    quote = Quote(extracted_text_id=1, page=1, start=0, end=len(TAX), exact=TAX)
    return invented(library).model_copy(update={"quote": quote})


def claim(*kinds) -> Investigation:
    library = FakeLibrary.of(TAX)
    model = Claiming(*(kind(library) for kind in kinds))
    return asyncio.run(stage.investigate(model, BRIEF, task(), shelf_over(library), MemoryEvidenceStore(library)))


def test_a_quote_that_is_not_in_its_text_is_refused_and_counted():
    found = claim(true, invented)
    assert [finding.quote.exact for finding in found.findings] == [TAX]
    assert "1 of 2 quotes were refused" in found.reason


def test_when_every_quote_is_refused_nothing_was_found_whatever_the_model_says():
    assert claim(invented).outcome == "insufficient_data"
    assert claim().outcome == "insufficient_data"


def test_the_same_quote_twice_is_kept_once():
    assert len(claim(true, true).findings) == 1


def test_the_double_of_the_store_refuses_a_quote_on_the_wrong_page():
    library = FakeLibrary.of(TAX)
    quote = true(library).quote.model_copy(update={"page": 2})
    with pytest.raises(QuoteNotFound):
        asyncio.run(MemoryEvidenceStore(library).pin(quote))


def test_a_task_that_only_concludes_searches_nothing_and_is_done():
    library = FakeLibrary([Document("Tax guide", [TAX])])
    idle = task(queries=(), layer="synthesis", depends_on=("taxes",))
    found = look(library, idle)
    assert (found.outcome, found.findings, found.searches, library.queries) == ("found", (), (), [])
    assert found.reason == stage.FOLLOWS
    assert look(library, task(queries=())).searches


def test_one_of_a_list_gives_way_to_a_sentence_that_answers_as_well_on_its_own():
    counted = (
        "Second, slot rooms in Reno pay each month a gaming tax of 8% of their gross gaming revenue, less what they "
        "returned to patrons as prizes."
    )
    both = look(FakeLibrary.of(f"{FILLER}\n\n{counted}\n\n{TAX}"), task())
    assert [finding.quote.exact for finding in both.findings] == [TAX]
    only = look(FakeLibrary.of(f"{FILLER}\n\n{counted}"), task())
    assert [finding.quote.exact for finding in only.findings] == [counted]
