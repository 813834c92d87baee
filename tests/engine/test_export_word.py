"""The DOCX export: headings, tables, links, pictures with words, the same bytes each time."""

import io
import zipfile

import document_rich as rich
import document_sample as sample
import docx
import pytest
import test_export_html as hostile
from docx.oxml.ns import qn

from research.engine.document import layout, word, word_parts
from research.engine.domain.mrd import SignedMrd


@pytest.fixture(scope="module")
def content():
    return word.to_docx(rich.signed())


@pytest.fixture(scope="module")
def opened(content):
    return docx.Document(io.BytesIO(content))


def shown(document):
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    return " ".join([*("".join(p.itertext()) for p in document.element.body.iter(qn("w:p"))), *cells])


def test_sections_and_parts_are_headings_in_order(opened):
    heads = [p.text for p in opened.paragraphs if p.style.name == "Heading 1"]
    titles = [f"{n} {section.title}" for n, section in enumerate(rich.mrd().sections, 1)]
    assert heads == [
        "Contents", *titles, "Open questions, contradictions and searches without result", "Appendix A: Evidence",
        "Appendix B: Claims", "Appendix C: Method, sources and costs", "Signatures",
    ]  # fmt: skip


def test_every_inner_link_leads_to_a_bookmark_and_names_are_words_own(opened):
    body = opened.element.body
    marks = [mark.get(qn("w:name")) for mark in body.iter(qn("w:bookmarkStart"))]
    links = {link.get(qn("w:anchor")) for link in body.iter(qn("w:hyperlink"))} - {None}
    assert len(marks) == len(set(marks))
    assert links - set(marks) == {"citation_8"}, "the sample's table alone cites one that is not there"
    assert not [mark for mark in marks if "-" in mark]


def test_grids_repeat_their_heads_and_rows_stay_whole(opened):
    grids = [table for table in opened.tables if table._tbl.findall(f".//{qn('w:tblHeader')}")]
    assert [cell.text for cell in grids[0].rows[0].cells][:2] == ["Figure", "How known"]
    assert all(row._tr.findall(f".//{qn('w:cantSplit')}") for table in opened.tables for row in table.rows)


def test_a_wide_table_stands_across_and_the_next_page_is_upright_again(opened):
    across = [page.page_width > page.page_height for page in opened.sections]
    assert across == [False, True, False]


def test_each_picture_has_its_words(opened):
    told = [named.get("descr") for named in opened.element.body.iter(qn("wp:docPr"))]
    assert any(words.startswith("Market size. TAM, top-down: USD 412 million") for words in told)
    assert all(told)


def test_properties_footer_and_head_say_what_it_is(opened):
    core = opened.core_properties
    assert (core.title, core.content_status, core.language) == (rich.mrd().title, "Signed", "en-US")
    foot = opened.sections[0].footer._element.xml
    assert " PAGE " in foot
    assert " NUMPAGES " in foot
    assert "DRAFT" not in shown(opened) + opened.sections[0].header._element.xml


def test_an_unsigned_one_says_draft_in_the_head_of_every_page_and_in_its_title():
    document = docx.Document(io.BytesIO(word.to_docx(SignedMrd.of(mrd=sample.mrd()))))
    page = document.sections[0]
    assert "DRAFT, revision 1" in page.header._element.xml
    assert "DRAFT" in page.first_page_header._element.xml
    assert document.core_properties.title.startswith("DRAFT: ")
    assert document.core_properties.content_status == "DRAFT"


def test_the_same_document_gives_the_same_bytes(content):
    assert word.to_docx(rich.signed()) == content
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_evidence_claims_and_signature_are_there(opened):
    whole = shown(opened)
    for citation in rich.mrd().citations:
        assert citation.quote in whole
    # With each quote and in the list of sources.
    assert whole.count("retrieved 3 November 2026") > sum(bool(each.retrieved_at) for each in rich.mrd().citations) > 0
    assert "Ada Okonkwo" in whole
    assert rich.mrd().digest() in whole
    assert "official claim, 24 February 2023" in whole
    assert "Claim revision Statement Confidence" in whole


def test_a_gap_whose_rest_stands_in_the_chapter_on_open_questions_names_it_as_it_is_called():
    note = "2 documents were left out as not about this field or prompt."
    gaps = [
        sample.Gap(task_key=key, question=f"What of {key}?", section="users", outcome="insufficient_data",
                   reason=f"No search found {key}. {note}", searches=(key,))
        for key in ("dice", "poker")
    ]  # fmt: skip
    said = sample.Sentence(text="Insufficient data: What of dice? No search found dice. " + note, kind="gap")
    draft = sample.SectionDraft(key="users", title="Users", sentences=(said,))
    mrd = sample.mrd(facts=sample.facts(approvals=()), sections=[draft], gaps=gaps)
    paragraphs = [p.text for p in docx.Document(io.BytesIO(word.to_docx(SignedMrd.of(mrd=mrd)))).paragraphs]
    assert sum(text.endswith(f" (see {layout.OPEN_TITLE})") for text in paragraphs) == 2
    assert layout.OPEN_TITLE in paragraphs


def test_hostile_words_stay_words_and_lead_nowhere():
    made = word.to_docx(SignedMrd.of(mrd=hostile.hostile_document()))
    document = docx.Document(io.BytesIO(made))
    assert "<script>alert(1)</script>" in shown(document)
    with zipfile.ZipFile(io.BytesIO(made)) as file:
        links = file.read("word/_rels/document.xml.rels")
    assert b"External" not in links


def test_what_xml_cannot_hold_is_shown_as_a_replacement():
    assert word_parts.plain("a\x00b\ufffec\ud800 d") == "a\ufffdb\ufffdc\ufffd d"
