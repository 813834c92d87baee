"""Passages hold everything, lie within pages and break where a reader would."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from research.engine.extraction import headings, passages

PIECES = st.sampled_from(
    [
        *(
            "word",
            "Revenue rose 4.1 %. ",
            "\n",
            "\n\n",
            " ",
            "\t",
            "\xa0",
            "ITEM 7. Results\n",
            "# Head\n",
            "Total 1,234 5,678 9\n",
        ),
        *("x" * 700, "\x85", "\u2028", "é", "😀", "A | B | C\n", "No end here", "U.S. law. ", "$ — —\n"),
    ]
)
PAGES = st.lists(st.lists(PIECES, max_size=60).map("".join), min_size=1, max_size=5)


def whole(pages: list[str]) -> tuple[str, list[int]]:
    text = "\n".join(pages) + "\n"
    return text, list(itertools.accumulate((len(page) + 1 for page in pages[:-1]), initial=0))


@settings(max_examples=150, deadline=None)
@given(PAGES)
def test_every_character_but_white_space_is_in_exactly_one_passage_of_its_own_page(pages):
    text, starts = whole(pages)
    spans = passages.split(text, starts)
    covered = [0] * len(text)
    ends = [*starts[1:], len(text)]
    for span in spans:
        assert starts[span.page - 1] <= span.start < span.end <= ends[span.page - 1]
        assert span.end - span.start <= passages.MAX_CHARS
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        for at in range(span.start, span.end):
            covered[at] += 1
    assert all(count == 1 for count, c in zip(covered, text, strict=True) if not c.isspace())
    assert max(covered, default=0) <= 1
    assert list(spans) == sorted(spans, key=lambda span: span.start)


def test_a_long_page_gives_passages_of_middling_length():
    text = "The company reported that revenue rose in the quarter. " * 200
    lengths = [span.end - span.start for span in passages.split(text, [0])]
    assert all(passages.MIN_CHARS <= length <= passages.MAX_CHARS for length in lengths)


def test_prose_breaks_after_a_sentence_and_not_after_an_abbreviation():
    text = "In the U.S. Treasury market yields of Acme Inc. Class A notes rose by a tenth in June. " * 60
    assert all(text[s.start : s.end].endswith("June.") for s in passages.split(text, [0]))


SENTENCE = "Demand was strong across all regions in the year. "


@pytest.mark.parametrize("before", range(8, 34))
def test_a_small_table_is_not_torn_wherever_it_stands(before):
    rows = "\n".join(f"Region {i} 1,{i:03} 2,{i:03} 3,{i:03}" for i in range(6))
    text = f"{SENTENCE * before}\n{rows}\n{SENTENCE * 18}\n"
    texts = [text[s.start : s.end] for s in passages.split(text, [0])]
    assert len(texts) > 1
    assert sum("Region" in t for t in texts) == 1


@pytest.mark.parametrize("before", range(8, 34))
def test_a_heading_is_never_the_end_of_a_passage(before):
    text = f"{SENTENCE * before}\nRisk Factors\n{SENTENCE * 18}\n"
    texts = [text[s.start : s.end] for s in passages.split(text, [0])]
    assert len(texts) > 1
    assert not any(t.endswith("Risk Factors") for t in texts)


def test_a_heading_goes_with_what_follows_and_is_carried_over_pages():
    filler = "Our licences are granted by the state and may be revoked at any time by it. " * 11
    pages = [f"{filler}\nITEM 1A. RISK FACTORS\n{filler}", f"{filler}{filler}"]
    text, starts = whole(pages)
    spans = passages.split(text, starts)
    at = text.index("ITEM 1A")
    assert any(span.start == at for span in spans)
    assert {span.heading for span in spans if span.start >= at} == {"ITEM 1A. RISK FACTORS"}
    assert {span.heading for span in spans if span.start < at} == {""}


def test_a_running_header_is_no_heading():
    body = "Players placed more wagers than in the year before, the company said in May.\n" * 3
    text, starts = whole([f"Acme Holdings Annual Report\n{body}" for _ in range(6)])
    assert {span.heading for span in passages.split(text, starts)} == {""}


def test_lines_are_told_apart():
    assert headings.is_heading("## Market size", before="some text")
    assert headings.is_heading("Risks Related to Our Business", before="It ended.")
    assert headings.is_heading("NOTE 4 — ACQUISITIONS", before="")
    assert not headings.is_heading("Risks Related to Our Business", before="a line that goes on into")
    assert not headings.is_heading("Thereafter 59,674", before="")
    assert not headings.is_heading("This is a sentence.", before="")
    assert headings.is_table_row("Net loss — — (1,032,724) — 15")
    assert headings.is_table_row("State | Users")
    assert not headings.is_table_row("In 2022 revenue was $13.1 billion, up 36 % on the year before it")


def test_ten_million_characters_on_one_line_are_split():
    spans = passages.split("a" * 10_000_000, [0])
    assert sum(span.end - span.start for span in spans) == 10_000_000


def test_nothing_but_white_space_gives_no_passage():
    assert passages.split(" \n\t\n", [0]) == ()
