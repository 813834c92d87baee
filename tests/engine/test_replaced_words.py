"""A near copy of a quote with one word, condition or order changed does not follow; rewording and omission do."""

from __future__ import annotations

import pytest

from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.verification import replaced, support

# The claim's other words stand in the quote too, so that counting words does not find the change.
BESIDE = " Clients and judges agree, even if employees search for a bar association with a gross margin."


def item(exact: str) -> EvidenceItem:
    source = SourceRef(id=1, kind="upload", title="Report", publisher="Trade Post")
    quote = Quote(extracted_text_id=1, page=1, start=0, end=len(exact), exact=exact)
    return EvidenceItem(id=1, quote=quote, source=source, task_key="t", relevance=500)


CHANGED = [
    ("Net retention was 104 percent in 2024.", "Net retention", "Gross margin"),
    ("Usage moved from search to drafting during the year.", "search to drafting", "drafting to search"),
    (
        "Usage moved from quick search to careful drafting.",
        "quick search to careful drafting",
        "careful drafting to quick search",
    ),
    ("Providers may not share documents with others unless consent is given.", "unless", "even if"),
    ("Most large firms refuse to pay for pilots.", "refuse", "agree"),
    ("Breaches must be told to the supervisory authority in 72 hours.", "supervisory authority", "bar association"),
    ("Lawyers must tell their clients when they use such a tool.", "clients", "judges"),
    ("The tool keeps all documents in the customer's own region.", "documents", "employees"),
    ("Banks lend to merchants.", "Banks lend to merchants", "Merchants lend to banks"),
    ("The platform is open only to licensed firms.", "only to", "except to"),
    ("Partners prefer clients over lawyers in surveys.", "clients over lawyers", "lawyers over clients"),
]  # fmt: skip


@pytest.mark.parametrize(("quote", "was", "becomes"), CHANGED)
def test_a_word_a_condition_or_an_order_changed_in_a_copy_is_a_change_of_meaning(quote: str, was: str, becomes: str):
    assert was in quote
    for exact in (quote, quote + BESIDE):
        assert support.check(quote, [item(exact)]).score == 1000
        claim = quote.replace(was, becomes)
        assert support.check(claim, [item(exact)]).score < 300
        assert support.check(f"According to Trade Post, {claim[0].lower()}{claim[1:]}", [item(exact)]).score < 300


def test_an_aside_left_out_hides_no_other_word():
    quote = "The supervisory authority, after a hearing, may revoke the licence."
    assert support.check("The supervisory authority may revoke the licence.", [item(quote)]).score >= 600
    assert support.check("The bar association may revoke the licence.", [item(quote)]).score == 0


def test_the_reason_names_both_words():
    quote, was, becomes = CHANGED[6]
    assert replaced.check(quote.replace(was, becomes), [quote]).reason == "says “judges” where the quote says “clients”"


@pytest.mark.parametrize(
    ("quote", "claim"),
    [
        ("Net revenue grew strongly to $12 million in 2022, it says.", "Net revenue grew to $12 million in 2022."),
        ("Firms and clients share the costs of review.", "Clients and firms share the costs of review."),
        ("Lawyers must tell their clients of each use.", "Attorneys must tell their customers of each use."),
        ("We increased revenue by 5% in 2023.", "Trade Post increased revenue by 5% in 2023."),
        ("Operators verify the age of players.", "The age of players is verified by operators."),
        ("Sales from Oakline to retailers rose by 5% in 2023.", "In 2023, sales from Oakline to retailers rose by 5%."),
        ("The fee was about $1,314 thousand a month.", "The fee was about $1.3 million monthly."),
        ("A survey found that firms buy tools late in the year.", "Late purchases of tools are what firms report."),
    ],
)  # fmt: skip
def test_words_left_out_synonyms_moves_and_free_restatements_are_no_replaced_word(quote: str, claim: str):
    part = replaced.check(claim, [quote])
    assert part.score == 1000, part.reason
