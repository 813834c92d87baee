"""The paragraphs of a document are ranked for a statement by its words, its clauses and what stands beside them."""

from research.engine.retrieval import paragraphs
from research.engine.retrieval.paragraphs import Paragraphs, rank_paragraphs

REPORT = (
    "The company was founded in a garage and sells tea.",
    "Revenue was $12.4 million in 2022, up from $11.0 million in 2021.",
    "Purchases of property and equipment were $2.1 million.",
    "A new warehouse in Trieste was opened in May.",
    "The board met four times. Directors hold office for one year.",
)


def test_the_paragraph_with_the_words_comes_first_and_every_place_is_named_once():
    order = rank_paragraphs("Revenue rose to $12.4 million in 2022", REPORT)
    assert order[0] == 1
    assert sorted(order) == [0, 1, 2, 3, 4]


def test_glossary_words_find_what_the_claims_own_words_do_not():
    scores = Paragraphs(REPORT).scores("capex")
    assert scores[2] == max(scores) > 0


def test_a_trades_own_glossary_counts_too():
    assert rank_paragraphs("depot", REPORT, glossary={"depot": ("warehouse",)})[0] == 3
    assert max(Paragraphs(REPORT).scores("depot")) == 0


def test_each_clause_brings_its_own_paragraph():
    order = rank_paragraphs("Revenue was up in 2022, while a warehouse in Trieste was opened and directors met", REPORT)
    assert set(order[:3]) >= {1, 3}


def test_equal_paragraphs_keep_their_order_and_nothing_asked_changes_nothing():
    assert rank_paragraphs("", REPORT) == (0, 1, 2, 3, 4)
    assert rank_paragraphs("tea", ()) == ()


def test_crumbs_are_no_clauses():
    assert paragraphs.clauses("Revenue rose, and fell") == ("Revenue rose and fell",)
    assert len(paragraphs.clauses("Total net revenue rose by 4%, while operating costs of the resorts fell by 2%")) == 2


def test_words_side_by_side_count_for_more_than_the_same_words_apart():
    texts = ("The net was mended after the loss of a boat at sea.", "A net loss was made on the boat at sea, mended.")
    assert rank_paragraphs("a net loss", (*texts, "Tea is grown there."))[0] == 1
    assert rank_paragraphs("a loss of the net: a net mended", (*texts, "Tea is grown there."))[0] == 0


def test_first_words_speak_for_a_paragraph():
    rest = "was said of by many people in the town and the villages around it for years"
    scores = Paragraphs((f"It {rest}, and depots.", f"Depots: it {rest}, and.", "Tea is grown there.")).scores("depots")
    assert scores[1] > scores[0] > scores[2]


def test_near_the_best_paragraph_others_gain_and_far_away_they_do_not():
    far = ["The weather was fair."] * 60
    scores = Paragraphs([*far, "Depots were opened.", *far]).scores("depots")
    assert scores[60] > scores[61] > scores[62] > scores[70] > 0
    assert scores[61] == scores[59]
    assert scores[0] == scores[-1] == 0


def test_no_characters_make_it_fail():
    assert rank_paragraphs("\ud800 tea", ("tea \udfff", "")) == (0, 1)
