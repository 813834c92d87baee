"""Passages are ordered by their words, their document, the kind of their page and the company they stand in."""

from research.engine.retrieval import fusion, page_context, query, ranking
from research.engine.retrieval.page_types import PageType
from research.engine.retrieval.ranking import Candidate, mask_of

OTHER = PageType.OTHER


def ids(asked, candidates, documents=None):
    return [one.passage_id for one in ranking.rank(query.understand(asked), candidates, documents or {})]


def test_by_words_alone_the_score_of_the_index_decides_and_equals_keep_their_ids_order():
    found = [Candidate(n, n, n, OTHER, 0, score) for n, score in ((3, 1.0), (1, 2.0), (2, 1.0))]
    assert ids("tea", found) == [1, 2, 3]


def test_a_passage_found_twice_stands_once():
    assert ids("tea", [Candidate(1, 1, 1, OTHER, 0, 1.0), Candidate(1, 1, 1, OTHER, 0, 2.0)]) == [1]


def test_the_page_that_answers_passes_one_with_more_of_the_words():
    found = [Candidate(1, 1, 1, OTHER, 0, 10.0), Candidate(2, 1, 2, PageType.BALANCE_SHEET, 0, 8.0)]
    assert ids("working capital", found) == [2, 1]
    assert ids("museum", found) == [1, 2]


def test_the_document_that_was_named_passes_another():
    found = [Candidate(1, 1, 1, OTHER, 0, 10.0), Candidate(2, 2, 1, OTHER, 0, 8.0)]
    assert ids("tea", found, {2: 1.0}) == [2, 1]


def test_the_latest_year_asked_for_is_looked_for_in_the_passage():
    found = [Candidate(1, 1, 1, OTHER, mask_of([2019]), 10.0), Candidate(2, 1, 2, OTHER, mask_of([2022]), 9.5)]
    assert ids("tea in 2019 and 2022", found) == [2, 1]


def test_lists_of_contents_stand_back():
    found = [Candidate(1, 1, 1, PageType.CONTENTS, 0, 10.0), Candidate(2, 1, 2, OTHER, 0, 9.0)]
    assert ids("tea", found) == [2, 1]


def test_a_passage_gains_by_another_on_its_page():
    found = [Candidate(1, 1, 1, OTHER, 0, 10.0), Candidate(2, 1, 2, OTHER, 0, 9.9), Candidate(3, 1, 2, OTHER, 0, 9.0)]
    assert ids("tea", found)[0] == 2


def test_nothing_found_is_nothing_ranked():
    assert ids("tea", []) == []


def test_years_out_of_the_masks_reach_are_left_out():
    assert mask_of([1776, 2100]) == 0
    assert mask_of([1990]) == 1
    assert mask_of([2051]) == 1 << 61


class ByLength:
    """Likens texts by how long they are: a vector on the circle for each length."""

    def embed(self, texts):
        return [(1.0, 0.0) if len(text) < 5 else (0.0, 1.0) for text in texts]


def test_meaning_moves_what_words_put_last():
    found = [fusion.Found(1, "much longer", 1.0), fusion.Found(2, "as long as this", 0.9), fusion.Found(3, "tea", 0.8)]
    assert fusion.rerank("cha", found, ByLength()) == [3, 1, 2]
    assert fusion.rerank("cha", [], ByLength()) == []


def test_meaning_does_not_move_what_words_put_far_ahead():
    found = [fusion.Found(1, "much longer", 1.3), fusion.Found(2, "tea", 0.05)]
    assert fusion.rerank("cha", found, ByLength()) == [1, 2]


def test_where_a_document_or_page_was_named_meaning_moves_nothing():
    found = [fusion.Found(1, "much longer", 1.8), fusion.Found(2, "tea", 1.7)]
    assert fusion.rerank("cha", found, ByLength()) == [1, 2]


class Span:
    def __init__(self, page, start, heading=""):
        self.page, self.start, self.heading = page, start, heading


TABLE = (
    "Revenue by area\n(In thousands)\nYear Ended December 31, 2022 2021\nNorth 1,204 1,100\nSouth 900 800\n"
    "East 410 377\nWest 512 498\n"
)
PROSE = f"{'We make tea and sell it in shops by the sea to people who like to drink it there. ' * 2}\n"


def test_a_table_cut_in_two_keeps_its_head():
    (first, second) = page_context.describe(TABLE, (0,), (Span(1, 0), Span(1, TABLE.index("East"))))
    assert first.context == ""
    assert second.context.split("\n")[-1] == "Year Ended December 31, 2022 2021"
    assert "(In thousands)" in second.context
    assert all(line in TABLE.split("\n") for line in second.context.split("\n"))


def test_running_text_after_a_table_takes_nothing_of_it_along():
    text = TABLE + PROSE * 2 + "The last line of 2022 is this one here."
    (last,) = page_context.describe(text, (0,), (Span(1, text.index("The last")),))
    assert last.context == ""


def test_the_next_page_begins_anew():
    text = TABLE + "Island 12 13\n"
    (last,) = page_context.describe(text, (0, len(TABLE)), (Span(2, len(TABLE)),))
    assert last.context == ""
