"""A query says whose documents it wants, of which period and kind; documents are chosen before passages."""

import datetime as dt

import pytest

from research.engine.retrieval import documents, query
from research.engine.retrieval.documents import Card, Directory, DocumentKind
from research.engine.retrieval.page_types import PageType

CARDS = (
    Card(1, "ACMERESORTS_2021_10K"),
    Card(2, "ACMERESORTS_2022_10K"),
    Card(3, "ACMERESORTS_2022Q2_10Q"),
    Card(4, "Harbour Lights annual report 2022", "Harbour Lights plc"),
    Card(5, "JENSEN_JENSEN_2022_10K"),
    Card(6, "Teapots of small makers, a survey of 2022"),
    Card(7, "ACMEEXPRESS_2022_10K"),
)
DIRECTORY = Directory(CARDS)


def chosen(text):
    found = documents.choose(text, DIRECTORY, query.understand(text).wanted)
    return sorted(found.scores, key=lambda key: (-found.scores[key], key))


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("What was Acme Resorts' revenue in FY2022?", 2),
        ("ACME revenue in fiscal 2021", 1),
        ("Acme Resorts revenue in the second quarter of 2022", 3),
        ("Harbour Lights net income 2022", 4),
        ("Has JnJ grown in 2022?", 5),
        ("What was Acme Express's EPS for FY2022?", 7),
    ],
)
def test_the_document_of_the_company_the_period_and_the_kind_comes_first(text, first):
    assert chosen(text)[0] == first


def test_the_longer_name_wins_over_the_start_they_share():
    assert chosen("Acme Express revenue 2022") == [7]
    assert set(chosen("Acme Resorts revenue 2022")) == {1, 2, 3}


@pytest.mark.parametrize("text", ["", "revenue in 2022", "What has total debt been?", "teapots of small makers", "acm"])
def test_where_no_name_is_called_no_document_is_chosen(text):
    assert chosen(text) == []


def test_a_card_tells_period_and_kind_by_its_title_or_its_date():
    assert documents.profile(CARDS[2]).kind is DocumentKind.QUARTERLY
    assert documents.profile(CARDS[2]).period.name == "2022-Q2"
    dated = documents.profile(Card(9, "Acme annual report", published=dt.date(2023, 2, 20)))
    assert (dated.kind, dated.period.name) == (DocumentKind.ANNUAL, "FY2022")
    assert documents.profile(Card(9, "Acme notes")).period is None


def test_a_later_filing_serves_an_earlier_year_less_and_an_earlier_one_not_at_all():
    asked = query.understand("revenue in FY2021").periods
    fits = [documents.period_fit(documents.profile(card), asked) for card in CARDS[:2]]
    assert fits[0] == 1 > fits[1] > 0
    assert documents.period_fit(documents.profile(CARDS[0]), query.understand("FY2022").periods) == 0


def test_finance_words_bring_their_printed_forms_and_their_pages():
    asked = query.understand("What was capex in FY2022?")
    assert asked.terms["capex"] == 1
    assert asked.terms["equip"] == asked.terms["purchas"] == query.PRINTED_WEIGHT
    assert asked.pages == {PageType.CASH_FLOW: query.CONCEPT_PAGE}
    assert query.understand("the balance sheet").pages[PageType.BALANCE_SHEET] == query.NAMED_PAGE
    assert query.understand("opening hours of the museum").pages == {}


def test_a_trades_glossary_widens_the_query_both_ways():
    glossary = {"gross gaming revenue": ("GGR", "=win")}
    assert "ggr" in query.understand("gross gaming revenue", glossary=glossary).terms
    assert "game" in query.understand("GGR of 2022", glossary=glossary).terms
    assert "win" in query.understand("GGR of 2022", glossary=glossary).terms


def test_names_and_years_weigh_little_in_documents_chosen_by_them():
    inside = query.understand("Acme Resorts revenue in 2022").within(["acme", "resorts"])
    assert inside["acm"] == inside["2022"] == query.CHOSEN_WEIGHT
    assert inside["revenu"] == 1


def test_how_a_question_is_put_is_not_searched_for_unless_there_is_nothing_else():
    assert "round" not in query.understand("Round the revenue to two decimal places").terms
    assert query.understand("please answer").terms
