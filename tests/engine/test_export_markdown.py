"""The Markdown export: footnotes lead to sources, hostile words stay words."""

import re
from html import unescape

import document_sample as sample
import pytest
import test_export_html as hostile
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from research.engine.document import html, layout, markdown, numerals, paper, text
from research.engine.domain.mrd import SignedMrd

ALPHABET = st.sampled_from([*"ab 1.)(#+-=*_~`[]<>|!&;:/\\\"'${}@^\n\t", "&lt;", "http://", "www.", "é", "\u202e"])


def render(source):
    # Raw HTML on: what would be markup anywhere must be none here.
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(source)


def test_each_sentence_ends_in_the_footnotes_of_its_citations_and_each_footnote_is_defined():
    page = markdown.to_markdown(sample.signed())
    defined = set(re.findall(r"^\[\^(\d+)\]: ", page, re.MULTILINE))
    assert defined == {str(citation.number) for citation in sample.mrd().citations}
    for section in sample.mrd().sections:
        for sentence in section.sentences:
            line = next(line for line in page.splitlines() if markdown.escape(sentence.text) in line)
            assert [int(n) for n in re.findall(r"\[\^(\d+)\]", line)] == list(sentence.citations)


def test_a_footnote_shows_quote_source_page_and_offsets():
    page = markdown.to_markdown(sample.signed())
    for citation in sample.mrd().citations:
        line = next(line for line in page.splitlines() if line.startswith(f"[^{citation.number}]: "))
        assert markdown.escape(citation.quote) in line
        assert f"page {citation.page}, characters {citation.start:,}–{citation.end:,}" in line
        assert markdown.escape(citation.source_title) in line


def test_hostile_words_make_no_markup():
    rendered = render(markdown.to_markdown(SignedMrd.of(mrd=hostile.hostile_document())))
    tree = hostile.Tree(rendered.replace("<hr />", "").replace('<hr class="footnotes-sep" />', ""))
    assert not [tag for tag, _ in tree.tags if tag in {"script", "img", "pre", "del"}]
    assert tree.links == []
    assert "<script>alert(1)</script>" in tree.shown


@given(st.lists(ALPHABET, max_size=24).map("".join))
def test_escaped_words_render_as_those_very_words(words):
    line = text.one_line(words)
    rendered = render(f"| a |\n|---|\n| {markdown.escape(words)} |\n\n{markdown.escape(words)}\n")
    cell = re.search(r"<td>(.*?)</td>", rendered, re.DOTALL).group(1)
    assert unescape(cell) == line
    if line:
        paragraph = re.fullmatch(r"<p>(.*)</p>", rendered.split("</table>")[1].strip(), re.DOTALL).group(1)
        assert unescape(paragraph) == line
        assert not re.search(r"<\w", paragraph)


def test_a_link_stays_within_its_brackets():
    place = sample.places(sample.claims())
    place[101] = place[101].model_copy(update={"url": "https://x.example/a>)<b>\\"})
    page = markdown.to_markdown(SignedMrd.of(mrd=sample.mrd(places=place)))
    assert "(<https://x.example/a%3E)%3Cb%3E%5C>)" in page


def test_an_unsigned_document_says_draft_and_a_demo_says_so():
    assert text.DRAFT_NOTICE in markdown.to_markdown(SignedMrd.of(mrd=sample.mrd()))
    signed = markdown.to_markdown(sample.signed())
    assert "DRAFT" not in signed
    assert "Ada Okonkwo" in signed
    assert sample.mrd().digest() in signed
    assert "demo decisions" in markdown.to_markdown(sample.signed(sample.mrd(facts=sample.facts(is_demo=True))))


def test_no_sentence_of_the_finished_page_holds_a_numeral_that_its_claims_do_not():
    page = markdown.to_markdown(sample.signed())
    claims = {claim.revision_id: claim for claim in sample.claims()}
    markers = {citation.number for citation in sample.mrd().citations}
    for section in sample.mrd().sections:
        for sentence in section.sentences:
            line = next(line for line in page.splitlines() if markdown.escape(sentence.text) in line)
            allowed = [pair for number in sentence.claims for pair in numerals.of_claim(claims[number])]
            assert numerals.untraced(line.replace("\\", ""), allowed=allowed, markers=markers) == ()


def test_gaps_contradictions_and_sources_have_their_place():
    page = markdown.to_markdown(sample.signed())
    assert "| Claim revision | Statement |" in page
    assert "What does it cost to win a player in Ontario?" in page
    assert "searched: customer acquisition cost Ontario" in page
    assert page.index("## Contents") < page.index("## 1. Executive summary") < page.index("## Signatures")
    assert page.index("## Signatures") < page.index("## Sources") < page.index("## Citations")


def test_what_came_from_the_web_says_the_day_it_was_retrieved_and_an_upload_none():
    page = markdown.to_markdown(sample.signed())
    sources = page[page.index("## Sources") : page.index("## Citations")].splitlines()
    ledger = next(line for line in sources if sample.PAPER.title in line)
    assert f"{sample.PAPER.publisher} · 24 February 2023" in ledger
    assert "retrieved 3 November 2026" in ledger
    notes = next(line for line in sources if "interview" in line)
    assert "retrieved" not in notes


def test_a_contradiction_and_a_gap_that_the_draft_does_not_show_are_shown_by_the_page():
    draft = sample.SectionDraft(key="market", title="Market", sentences=(sample.said(sample.claims()[0]),))
    mrd = sample.mrd(facts=sample.facts(approvals=()), sections=[draft])
    page = markdown.to_markdown(SignedMrd.of(mrd=mrd))
    assert "**The sources disagree**" in page
    assert page.count("388 million") >= 2
    assert page.index("## Open questions") < page.index("What does it cost to win a player in Ontario?")


def test_a_gap_that_a_sentence_tells_in_full_is_not_told_twice():
    gap = sample.gaps()[0]
    told = f"Insufficient data: {gap.question} {gap.reason} Searched for: {'; '.join(gap.searches)}."
    draft = sample.SectionDraft(key="users", title="Users", sentences=(sample.Sentence(text=told, kind="gap"),))
    mrd = sample.mrd(facts=sample.facts(approvals=()), sections=[draft])
    page = markdown.to_markdown(SignedMrd.of(mrd=mrd))
    assert page.count(gap.question) == 1
    assert html.to_html(SignedMrd.of(mrd=mrd)).count(gap.question) == 1
    assert "## Claims" not in page
    assert "## Citations" not in page


def test_what_gaps_say_alike_is_told_once_and_their_searches_are_a_list():
    note = "2 documents were left out as not about this field or prompt: Cards; Chess."
    gaps = [
        sample.Gap(task_key=key, question=f"What of {key}?", section="users", outcome="insufficient_data",
                   reason=f"No search found {key}. {note}", searches=(f"all of {key}", f"more {key}"))
        for key in ("dice", "poker")
    ]  # fmt: skip
    told = [
        sample.Sentence(text=f"{gap.question} {gap.reason} Searched for: {'; '.join(gap.searches)}.", kind="gap")
        for gap in gaps[:1]
    ]
    draft = sample.SectionDraft(key="users", title="Users", sentences=tuple(told))
    signed = SignedMrd.of(mrd=sample.mrd(facts=sample.facts(approvals=()), sections=[draft], gaps=gaps))
    assert f"(see *{layout.OPEN_TITLE}*)" in markdown.to_markdown(signed)
    assert f"\n## {layout.OPEN_TITLE}\n" in markdown.to_markdown(signed)
    for made in (html.to_html(signed), paper.paper(signed)):
        assert f'<a class="fine" href="#open">(see {layout.OPEN_TITLE})</a>' in made
        assert made.count(' id="open"') == 1
        assert f'id="open-title">{layout.OPEN_TITLE}</h2>' in made
    for page in (markdown.to_markdown(signed), html.to_html(signed)):
        assert page.count(note) == 1
        assert page.index("No search found poker.") < page.index(note)
        assert "all of dice; more dice" not in page
        assert all(page.count(search) == 1 for gap in gaps for search in gap.searches)


@pytest.mark.parametrize(
    ("cost", "shown"),
    [(None, "unpriced"), ("0.000000", "US$0.00"), ("1.5", "US$1.50"), ("0.012300", "US$0.0123"), ("200", "US$200.00")],
)
def test_a_cost_has_cents_and_more_only_where_they_are_not_zero(cost, shown):
    assert text.money(cost) == shown


def test_addresses_and_people_in_fetched_words_do_not_become_links_of_themselves():
    escaped = markdown.escape("see https://evil.example, WWW.evil.example, a@evil.example")
    assert not re.search(r"https?://|www\.|(?<!\\)@", escaped, re.IGNORECASE)
