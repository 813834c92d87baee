"""A claim must follow from its quotes; copies are one voice; boilerplate answers nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.verification import independence, relevance, shingles, support

QUOTE = (
    "In 2023 the New Jersey Board did not allow skill games for stakes above $50. Brightdeck Games increased its "
    "monthly active players to 120,000, but marketing costs fell. Operators must verify the age of every player."
)


def item(exact: str = QUOTE, *, row: int = 1, relevance: int = 500, **source) -> EvidenceItem:
    ref = SourceRef(**{"id": row, "kind": "upload", "title": "Report", **source})
    quote = Quote(extracted_text_id=row, page=1, start=0, end=len(exact), exact=exact)
    return EvidenceItem(id=row, quote=quote, source=ref, task_key="t", relevance=relevance)


FOLLOWS = [
    QUOTE,
    "Operators must verify the age of every player.",
    "Brightdeck Games increased its monthly active players to 120,000",
    "marketing costs fell",
    "Every player's age must be verified by operators.",
    "The New Jersey Board did not allow skill games for stakes above $50 in 2023.",
]
DOES_NOT = [
    ("In 2023 the New Jersey Board did allow skill games for stakes above $50.", "negation"),
    ("The New Jersey Board did allow skill games for stakes above $50.", "negation"),
    ("Operators must not verify the age of every player.", "negation"),
    ("Brightdeck Games decreased its monthly active players to 120,000.", "increas"),
    ("Marketing costs rose.", "fell"),
    ("In 2023 the New Jersey Board did not allow skill games for stakes below $50.", "abov"),
    ("In 2023 the Ontario Board did not allow skill games for stakes above $50.", "ontario"),
    ("Oakline Games increased its monthly active players to 120,000.", "oakline"),
    ("In 2022 the New Jersey Board did not allow skill games for stakes above $50.", "2022"),
    ("In March 2023 the New Jersey Board did not allow skill games for stakes above $50.", "march"),
    ("Tournament retention depends on weekend leaderboard prizes.", "not in the quotes"),
]


@pytest.mark.parametrize("claim", FOLLOWS)
def test_a_claim_that_follows_from_its_quote_is_supported(claim):
    part = support.check(claim, [item()])
    assert part.score >= 800, part.reason


@pytest.mark.parametrize(("claim", "says"), DOES_NOT)
def test_a_claim_that_says_something_else_is_not_supported(claim, says):
    part = support.check(claim, [item()])
    assert part.score < 600
    assert says in part.reason


def test_whole_sentences_are_verbatim_whatever_the_white_space():
    assert support.verbatim("Operators must\n verify the age  of every player.", [QUOTE])
    assert support.check("Operators must\n verify the age  of every player.", [item()]).score == 1000


def test_a_fragment_that_leaves_out_the_negation_is_not_verbatim():
    lie = "the measure reduces harm among young players"
    quote = "It is not true that the measure reduces harm among young players."
    assert not support.verbatim(lie, [quote])
    assert support.check(lie, [item(quote)]).score == 0


BOTH = "Revenue grew to $12 million in 2022, up from $11 million in 2021, while costs decreased by 3 percent."


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("in 2021, up from $11 million in 2021", "in 2022, up from $11 million in 2021"),
        ("in 2021, up from $11 million in 2022", "in 2022, up from $11 million in 2021"),
        ("Revenue fell", "Revenue grew"),
        ("costs increased", "costs decreased"),
        ("while costs never decreased", "while costs decreased"),
    ],
)
def test_a_copy_changed_in_one_place_is_caught_though_the_quote_holds_both_words(now, before):
    changed = BOTH.replace(before, now)
    assert changed != BOTH
    assert support.check(changed, [item("Costs increased before. " + BOTH)]).score == 0


@pytest.mark.parametrize(
    ("now", "before"),
    [("Revenue increased", "Revenue grew"), ("3%", "3 percent"), ("$12,000 thousand", "$12 million"), ("and", "while")],
)
def test_a_copy_changed_only_in_wording_still_follows(now, before):
    assert support.check(BOTH.replace(before, now), [item(BOTH)]).score > 800


def test_a_free_restatement_may_not_name_somebody_the_quotes_do_not():
    claim = "The age of each player is something that operators such as Oakline must verify."
    assert support.check(claim.replace(" such as Oakline", ""), [item()]).score >= 600
    part = support.check(claim, [item()])
    assert part.score == 0
    assert "oakline" in part.reason


def test_a_claim_without_evidence_is_not_supported():
    assert support.check("Anything at all.", []).score == 0


def test_the_title_and_publisher_of_the_source_may_name_the_entity():
    exact = "The company increased revenue by 5% in 2023."
    claim = "In 2023 Brightdeck increased revenue by 5%."
    assert support.entity(claim, [exact]).score == 0
    assert support.check(claim, [item(exact, publisher="Brightdeck")]).score > 600


# ── independence ─────────────────────────────────────────────────────────────────────────────────

LONG = "Brightdeck Games said on Monday that its monthly active players reached 120,000 in New Jersey."
SHORTENED = "Brightdeck Games said on Monday that its monthly active players reached 120,000"
OTHER = "According to the regulator's register, about 120,000 people played Brightdeck titles each month."
THIRD = "A survey of adults put the audience of Brightdeck at 120,000 monthly players."


@pytest.mark.parametrize(
    ("evidence", "number"),
    [
        ([], 0),
        ([item(LONG)], 1),
        ([item(LONG, row=1), item(OTHER, row=2)], 1),  # unattributed uploads together are one
        ([item(LONG, publisher="A"), item(OTHER, row=2, publisher="B")], 2),
        ([item(LONG, publisher="A"), item(OTHER, row=2, publisher="  a ")], 1),
        ([item(LONG, domain="a.example"), item(OTHER, row=2, domain="www.A.example")], 1),
        ([item(LONG, domain="a.example"), item(OTHER, row=2, domain="b.example", publisher="B")], 2),
        ([item(LONG, domain="a.example"), item(LONG, row=2, domain="b.example")], 1),  # a syndicated copy
        (
            [item(LONG, publisher="A"), item(SHORTENED, row=2, publisher="B")],
            1,
        ),  # a shortened copy
        ([item(LONG, publisher="A"), item(OTHER, row=2)], 2),
        ([item(LONG, publisher="A"), item(OTHER, row=2, publisher="B"), item(THIRD, row=3, publisher="C")], 3),
        # joined through a third: same publisher as one, same text as the other
        ([item(LONG, publisher="A"), item(OTHER, row=2, publisher="A"), item(OTHER, row=3, publisher="C")], 1),
    ],
)
def test_independent_sources_are_counted_not_links(evidence, number):
    assert independence.count(evidence) == number
    assert independence.count(list(reversed(evidence))) == number


def test_ten_copies_of_one_release_score_like_one():
    copies = [item(LONG, row=i, domain=f"site{i}.example") for i in range(1, 11)]
    assert independence.check(copies).score == independence.check(copies[:1]).score == 600


def test_an_unknown_voice_is_worth_less_than_a_known_one_and_two_more_than_one():
    unknown, known = independence.check([item(LONG)]), independence.check([item(LONG, publisher="A")])
    two = independence.check([item(LONG, publisher="A"), item(OTHER, row=2, publisher="B")])
    assert 0 == independence.check([]).score < unknown.score < known.score < two.score


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.news.example.co.uk/a?b=c", "example.co.uk"),
        ("Shop.Example.COM", "example.com"),
        ("https://alice.github.io/", "alice.github.io"),
        ("http://127.0.0.1:8000/", None),
        ("co.uk", None),
        ("", None),
    ],
)
def test_the_registrable_domain_is_found_without_the_network(url, domain):
    assert independence.registrable_domain(url) == domain


# ── shingles ─────────────────────────────────────────────────────────────────────────────────────


def test_all_similar_pairs_are_found_and_no_other():
    texts = [LONG, LONG.replace("Monday", "Tuesday"), OTHER, "", LONG.upper(), OTHER + " Indeed."]
    sets = [shingles.shingles(text) for text in texts]
    brute = [
        (i, j)
        for j in range(len(sets))
        for i in range(j)
        if shingles.jaccard(sets[i], sets[j]) >= shingles.NEAR_DUPLICATE
    ]
    assert shingles.similar_pairs(sets) == sorted(brute) == [(0, 1), (0, 4), (1, 4), (2, 5)]


@given(
    st.lists(st.frozensets(st.sampled_from("abcdefghij"), max_size=10), max_size=12),
    st.sampled_from([0.5, 0.6, 0.7, 0.8, 1.0]),
)
def test_the_prefix_filter_misses_no_similar_pair(sets, threshold):
    brute = [(i, j) for i in range(len(sets)) for j in range(i + 1, len(sets)) if _alike(sets[i], sets[j], threshold)]
    assert shingles.similar_pairs(sets, threshold=threshold) == brute


def _alike(first, second, threshold) -> bool:
    return bool(first and second) and len(first & second) / len(first | second) >= threshold


# ── relevance ────────────────────────────────────────────────────────────────────────────────────

QUESTION = "Which gaming taxes and license fees apply, and at what rates?"


def test_a_claim_that_shares_the_terms_of_the_question_is_relevant():
    part = relevance.check("The gaming tax is 15% and the license fee $400,000.", QUESTION, [item()])
    assert part.score >= 900
    assert part.reason == "shares with the question: fee, gaming, license, tax"


def test_a_claim_that_shares_nothing_with_the_question_is_under_the_floor():
    assert relevance.check("Penguins swim well.", QUESTION, [item()]).score < relevance.FLOOR


def test_what_the_investigation_found_relevant_lifts_a_claim_in_other_words_and_the_reason_says_so():
    low = relevance.check("The duty is 15%.", QUESTION, [item(relevance=100)])
    high = relevance.check("The duty is 15%.", QUESTION, [item(relevance=900)])
    assert high.score > low.score
    assert low.reason == "shares no term with the question"
    assert "other words" in high.reason


@pytest.mark.parametrize(
    "claim",
    [
        "These forward-looking statements on gaming taxes and license fees speak only as of their date.",
        "© 2024 Gaming Taxes Ltd. License fees and rates.",
        "All rights reserved; gaming license rates.",
        "Fictional sample document for MRD Desk: gaming taxes and license fees.",
    ],
)
def test_boilerplate_answers_nothing_whatever_words_it_shares(claim):
    assert relevance.check(claim, QUESTION, [item(relevance=1000)]).score == relevance.BOILERPLATE
