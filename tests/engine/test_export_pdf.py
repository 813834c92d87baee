"""The PDF export: tagged, with bookmarks and page numbers, the same bytes each time, nothing fetched."""

import io
import re
import zlib

import document_rich as rich
import pypdfium2
import pytest
import test_export_html as hostile

from research.engine.document import paper, pdf, press
from research.engine.domain.errors import Conflict, InvalidInput
from research.engine.domain.mrd import SignedMrd


class Pages:
    """A PDF as a reader sees it: the text of each page, bookmarks, metadata."""

    def __init__(self, content):
        self.raw = content
        streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
        self.inner = content + b"".join(zlib.decompressobj().decompress(one) for one in streams if one[:1] == b"x")
        document = pypdfium2.PdfDocument(io.BytesIO(content))
        self.texts = [" ".join(page.get_textpage().get_text_range().split()) for page in document]
        self.bookmarks = [mark.get_title() for mark in document.get_toc()]
        self.facts = document.get_metadata_dict()
        document.close()


@pytest.fixture(scope="module")
def signed_pages():
    return Pages(press.pressed(rich.signed(), form="pdf"))


@pytest.fixture(scope="module")
def draft_page():
    return paper.paper(SignedMrd.of(mrd=rich.mrd()))


def test_the_file_says_what_it_is_and_is_tagged_for_readers_who_do_not_see_it(signed_pages):
    assert signed_pages.raw.startswith(b"%PDF-1.7")
    assert signed_pages.facts["Title"] == "Real-money skill games for New Jersey and Ontario"
    assert signed_pages.facts["Author"] == "Ada Okonkwo"
    inner = signed_pages.inner.replace(b" ", b"")
    for mark in (
        b"pdfuaid:part",
        b"/Lang(en)",
        b"/Markedtrue",
        b"/DisplayDocTitletrue",
        b"/S/TH",
        b"/S/Figure",
        b"/S/H1",
    ):
        assert mark in inner
    assert inner.count(b"/S/Figure") == inner.count(b"/Alt("), "each picture has its words"


def test_every_section_and_part_has_a_bookmark(signed_pages):
    titles = [section.title for section in rich.mrd().sections]
    assert all(any(title in mark for mark in signed_pages.bookmarks) for title in titles)
    for part in ("Contents", "Appendix A: Evidence", "Appendix B: Claims", "Signatures"):
        assert part in signed_pages.bookmarks


def test_pages_are_numbered_and_bear_the_head_of_the_digest(signed_pages):
    count = len(signed_pages.texts)
    for number, text in enumerate(signed_pages.texts[1:], 2):
        assert f"Page {number} of {count}" in text
        assert rich.mrd().digest()[:16] in text
    assert "Page 1 of" not in signed_pages.texts[0], "the cover bears no number"
    assert rich.mrd().digest() in signed_pages.texts[0].replace(" ", "")


def test_a_citation_is_a_footnote_on_its_page_and_its_quote_is_in_the_appendix(signed_pages):
    summary = next(text for text in signed_pages.texts if "1 Executive summary" in text and "Contents" not in text)
    assert "1 Annual report of the Gaming Board 2022, State Gaming Board, 24 February 2023, page 12." in summary
    evidence = " ".join(text for text in signed_pages.texts if "Every quote as it stands" in text)
    for citation in rich.mrd().citations[:3]:
        assert citation.quote in evidence


def test_tables_and_charts_are_on_its_pages(signed_pages):
    whole = " ".join(signed_pages.texts)
    for words in (
        "Competitors by aspect",
        "official claim, 24 February 2023",
        "What moves SOM, top-down",
        "Nineteen of twenty payments arrive within a day",
        "USD 10,217,600",
        "Signed, revision 1",
        "Claim revision Statement Confidence",
        "Rests on claim revision 31 ",
        "Rests on claim revisions 36, 32",
    ):
        assert words in whole
    assert "DRAFT" not in whole


def test_the_same_document_gives_the_same_bytes(signed_pages):
    assert press.pressed(rich.signed(), form="pdf") == signed_pages.raw


def test_an_unsigned_one_bears_draft_behind_every_page_and_in_its_head(draft_page):
    assert "@page { background: url(" in draft_page
    assert "DRAFT: Real-money" in draft_page
    assert 'data-running="DRAFT, revision 1"' in draft_page
    assert "background: url(" not in paper.paper(rich.signed())


def test_the_page_it_is_printed_from_is_well_formed_and_its_links_lead_somewhere(draft_page):
    tree = hostile.Tree(draft_page)
    assert tree.open == []
    assert len(tree.ids) == len(set(tree.ids))
    inner = {link[1:] for link in tree.links if link.startswith("#")}
    assert inner - set(tree.ids) == {"citation-8"}, "the sample's table alone cites one that is not there"


def test_a_citation_is_told_in_words_once_in_the_summary_and_once_in_the_sections(draft_page):
    front, _, rest = draft_page.partition('id="section-2"')
    assert front.count('data-number="1"') == 1
    assert rest.count('data-number="1"') == 1


def test_what_came_from_the_web_says_the_day_it_was_retrieved(draft_page):
    dated = sum(bool(each.retrieved_at) for each in rich.mrd().citations)
    assert draft_page.count("retrieved 3 November 2026") > dated > 0


def test_hostile_words_stay_words():
    page = paper.paper(SignedMrd.of(mrd=hostile.hostile_document()))
    tree = hostile.Tree(page)
    assert not [tag for tag, _ in tree.tags if tag in {"script", "img", "iframe", "object", "form", "base", "link"}]
    assert not [name for _, attributes in tree.tags for name in attributes if name.startswith("on") or name == "style"]
    assert not [link for link in tree.links if not link.startswith("#")]
    assert "<script>alert(1)</script>" in tree.shown


def test_nothing_outside_the_page_is_opened(tmp_path):
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><text>SECRET</text></svg>')
    head = '<html lang="en"><head><title>t</title></head><body><p>words</p>'
    with_file = pdf.set_pages(f'{head}<img src="file://{secret}" alt="a"></body></html>', identifier=b"x")
    without = pdf.set_pages(f'{head}<img src="none:x" alt="a"></body></html>', identifier=b"x")
    assert len(with_file) == len(without)
    assert "SECRET" not in Pages(with_file).texts[0]


@pytest.mark.parametrize("limits", [press.PressLimits(timeout_s=0.05), press.PressLimits(cpu_s=1)])
def test_a_document_that_takes_too_long_ends_in_a_sentence(limits):
    large = rich.signed(rich.large(citations=60, claims=120))
    with pytest.raises(Conflict, match="took longer than"):
        press.pressed(large, form="pdf", limits=limits)


def test_without_the_systems_libraries_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(pdf, "_NEEDED", ("libnobody-has-this.so.0",))
    with pytest.raises(InvalidInput, match="apt-get install libpango") as raised:
        pdf.to_pdf(rich.signed())
    assert raised.value.field == "format"


def test_the_process_passes_a_refusal_on_and_dies_in_a_sentence():
    with pytest.raises(Conflict, match="could not be made"):
        press.pressed(rich.signed(), form="rtf")


def test_no_style_of_the_paper_names_an_address():
    assert not re.search(r"url\(|@import", paper.paper(rich.signed()))
