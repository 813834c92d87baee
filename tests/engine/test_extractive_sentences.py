"""Sentences come out of PDF text whole, at their true places, and what cannot stand alone does not."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.engine.providers.extractive import sentences

PAGE = (
    "12\n"
    "Competition\n"
    "Our casino resorts compete with hotel casinos in the Las Vegas area, including those on and near the\n"
    "Strip, and with MGM Inc. properties in the U.S. and elsewhere. We had 14 resorts, e.g. Bellagio, at year end.\n"
    "• Slots hold is typically in the range of 9% to 10% of slots handle over the year.\n"
    "Casino revenue $ 1,234 $ 2,345 $ 3,456\n"
)


def texts(page: str) -> list[str]:
    return [s.text for s in sentences.split(page)]


def test_lines_are_joined_and_abbreviations_do_not_end_a_sentence():
    assert (
        "Our casino resorts compete with hotel casinos in the Las Vegas area, including those on and near the Strip, "
        "and with MGM Inc. properties in the U.S. and elsewhere." in texts(PAGE)
    )
    assert "We had 14 resorts, e.g. Bellagio, at year end." in texts(PAGE)


def test_headings_bullets_and_table_rows_are_not_part_of_a_sentence():
    assert "Slots hold is typically in the range of 9% to 10% of slots handle over the year." in texts(PAGE)
    assert not any("Competition" in text or "1,234" in text for text in texts(PAGE))


def test_a_title_in_plain_words_is_no_part_of_the_sentence_below_it_and_stays_its_heading():
    page = (
        "The survey reached four hundred firms in two countries during the spring of that year.\n"
        "What firms lack\n"
        "Firms lack a way to apply the playbook of each client to the contracts they are sent.\n"
    )
    found = [(s.text, s.heading) for s in sentences.split(page)]
    assert found[1] == (
        "Firms lack a way to apply the playbook of each client to the contracts they are sent.",
        "What firms lack",
    )


def test_a_line_that_the_margin_broke_off_is_no_title():
    page = (
        "The company operates resorts in the cities of\nAtlantic City and Las Vegas, and it holds licences in both.\n"
    )
    assert len(sentences.split(page)) == 1


@given(st.text(alphabet="Ab .\n\r\t•1$(“”", max_size=300))
def test_every_sentence_is_found_again_at_its_offsets(text):
    found = sentences.split(text)
    assert all(text[s.start : s.end] == s.exact and s.exact.strip() == s.exact for s in found)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))


def one(text: str) -> sentences.Sentence:
    return sentences.Sentence(0, len(text), text, text)


@pytest.mark.parametrize(
    "text",
    [
        "Gross gaming revenue in the Macau market increased 14% in 2018 compared to 2017.",
        "We pay substantial license fees and taxes in many jurisdictions in which we operate.",
        "In 2013, New Jersey legalized real money online casino gaming within the State.",
        "Players want faster withdrawals, and most of them wait longer than three days.",
    ],
)
def test_a_plain_statement_can_stand_alone(text):
    assert sentences.can_stand_alone(one(text))


@pytest.mark.parametrize(
    "text",
    [
        "Too short to say.",
        "and its subsidiaries were required to hold a licence in every state of operation.",
        "These forward-looking statements are subject to risks that could change the results.",
        "The following table presents the revenue of the segments for the years that are shown.",
        "This could have an adverse effect upon the business of the company in the long run.",
        "See Note 9 to the accompanying consolidated financial statements for more on the debt.",
        "Casino revenue was 1,234 2,345 3,456 in the years that are shown in the table of results.",
        "Risk Factors ........................................................................ 12.",
        "MGM Grand Las Vegas Luxor Excalibur Mandalay Bay Park MGM New York Bellagio Aria Vdara is.",
        "The company was licensed in Nevada (as were its subsidiaries and must renew each year.",
        "The failure could materially adversely af ect the business of the company in its markets.",
        "The company operates casino resorts in Nevada and New Jersey, together with its affiliates",
        "x" * 401 + ".",
    ],
)
def test_fragments_boilerplate_tables_and_leaning_sentences_cannot(text):
    assert not sentences.can_stand_alone(one(text))


@pytest.mark.parametrize(
    ("prefix", "inside"),
    [
        ("revenues of the Las Vegas Strip Resorts for the year and of the ", True),
        ("we operate in Atlantic City and hold a permit of the state of\n14\n", True),
        ("increased over the year. ", False),
        ("ended well.\nCompetition\n", False),
        ("ACME ANALYTICS\nGaming note, March 2025\n\n", False),
        ("of the operators in the state\nNevada and the others in\n\n", True),
        ("", False),
    ],
)
def test_a_quote_at_the_top_of_a_page_is_known_to_go_on_from_the_page_before(prefix, inside):
    assert sentences.goes_on_from(prefix) is inside


MARKET = "In 2024, the market for card payments in the country was worth £480 billion."
DIGEST = "ab12" * 16


def test_a_sentence_ends_before_a_note_of_the_document_and_the_note_is_no_sentence():
    page = (
        f"{MARKET}[^1] Merchants in the country want faster payouts from their banks.[2] [3]\n"
        f"{MARKET}[^4] [^4]: “It is worth £990 billion.” — Some Authority, 2024, page 3 of extracted text `{DIGEST}`.\n"
        "The authority said so in its report of the year.\n"
    )
    found = sentences.split(page)
    wanted = [MARKET, "Merchants in the country want faster payouts from their banks.", MARKET]
    assert [s.text for s in found] == wanted
    assert all(page[s.start : s.end] == s.exact for s in found)


@pytest.mark.parametrize(
    "text",
    [
        "The market for card payments[^1] in the country was worth £480 billion in 2024.",
        "The market for card payments [12] in the country was worth £480 billion in 2024.",
        f"Some Authority said in 2024 what is on page 3 of extracted text `{DIGEST}` of the file.",
        "Some Authority said in 2024 what is on page 3 of extracted text aaaaaaaaaaaa of the file.",
    ],
)
def test_what_holds_the_mark_of_a_note_or_a_digest_cannot_stand_alone(text):
    assert sentences.can_stand_alone(one(MARKET))
    assert not sentences.can_stand_alone(one(text))
