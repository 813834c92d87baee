"""Mail, e-books and presentations give their words in reading order; what is left out is named."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from email.message import EmailMessage

import pptx
import pytest
from pptx.util import Inches

from research.engine.domain.errors import Unreadable
from research.engine.extraction import parse, result
from research.engine.extraction.result import Limits


def read(data: bytes, name: str, **limits):
    return parse.parse(data, name=name, limits=Limits(**limits))


def refusal(data: bytes, name: str, **limits) -> str:
    with pytest.raises(Unreadable) as caught:
        read(data, name, **limits)
    assert "\n" not in caught.value.detail
    assert caught.value.detail.endswith(".")
    return caught.value.detail


def zip_of(parts: dict[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


# ── mail ─────────────────────────────────────────────────────────────────────────────────────────


def mail(**more) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Licences in Ontario – überblick"
    message["From"] = "Ada Larkspur <ada@larkspur.test>"
    message["Date"] = "Tue, 05 Mar 2024 10:00:00 +0100"
    message.set_content(more.get("plain", "Ontario has 49 operators.\nMore soon.\n"))
    return message


def test_a_mail_gives_headers_and_body_and_names_its_attachments():
    message = mail()
    message.add_alternative("<p>Ontario in <b>HTML</b></p>", subtype="html")
    message.add_attachment(b"%PDF-1.4 secret words", maintype="application", subtype="pdf", filename="law.pdf")
    got = read(message.as_bytes(), "m.eml")
    assert got.text == (
        "Subject: Licences in Ontario – überblick\nFrom: Ada Larkspur <ada@larkspur.test>\n"
        "Date: Tue, 05 Mar 2024 10:00:00 +0100\n\nOntario has 49 operators.\nMore soon.\n"
    )
    assert (got.media_type, got.published_date) == (result.EML, dt.date(2024, 3, 5))
    assert got.title == "Licences in Ontario – überblick"
    assert got.notes == ("Attachments were not read: “law.pdf”; add them as files of their own.",)


def test_a_mail_of_html_alone_gives_its_words_without_scripts():
    message = EmailMessage()
    message["Subject"] = "Hi"
    message.set_content("<p>First</p><script>steal()</script><p>Second</p>", subtype="html")
    assert read(message.as_bytes(), "m.eml").text == "Subject: Hi\n\nFirst\n\nSecond\n"


def test_a_mail_is_known_by_its_first_line_and_a_note_on_a_subject_is_none():
    data = b"Received: from a.test\r\nSubject: Hi\r\n\r\nThe words.\r\n"
    assert read(data, "mail.txt").media_type == result.EML
    assert read(b"Subject: growth\n\nThe words.\n", "note.txt").media_type == result.TEXT


def test_a_mail_without_words_or_with_too_many_parts_is_refused():
    assert "no text of its own" in refusal(b"Subject: Hi\r\n\r\n", "m.eml")
    message = mail()
    for _ in range(501):
        message.add_attachment(b"x", maintype="application", subtype="pdf")
    assert "more than 500 parts" in refusal(message.as_bytes(), "m.eml")


@pytest.mark.parametrize(
    "header",
    ["From: <<<@@,;\x00", "Date: nonsense", "Content-Type: text/plain; charset=no-such", "Subject: =?x?q?=ff?="],
)
def test_a_malformed_header_costs_no_word_of_the_body(header):
    assert read(f"MIME-Version: 1.0\r\n{header}\r\n\r\nThe words.\r\n".encode(), "m.eml").text.endswith("The words.\n")


# ── EPUB ─────────────────────────────────────────────────────────────────────────────────────────

CONTAINER = '<container xmlns="urn:c"><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
PACKAGE = (
    '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<dc:title>Market book</dc:title></metadata><manifest>{items}</manifest><spine>{refs}</spine></package>"
)


def book(chapters: dict[str, str], *, order: tuple[str, ...], **parts: str) -> bytes:
    items = "".join(f'<item id="{n}" href="{n}.xhtml" media-type="application/xhtml+xml"/>' for n in order)
    refs = "".join(f'<itemref idref="{name}"/>' for name in order)
    pages = {f"OPS/{name}.xhtml": f"<html><body>{words}</body></html>" for name, words in chapters.items()}
    package = PACKAGE.format(items=items, refs=refs)
    return zip_of({"META-INF/container.xml": CONTAINER, "OPS/book.opf": package, **pages, **parts})


def test_an_epub_gives_its_chapters_in_the_order_of_the_spine_a_page_each():
    chapters = {
        "b": "<h1>Second</h1><p>Last words.</p>",
        "a": "<h1>First</h1><p>Opening words.</p>",
        "c": "<p>loose</p>",
    }
    got = read(book(chapters, order=("a", "b")), "book.epub")
    assert got.text == "First\n\nOpening words.\nSecond\n\nLast words.\n"
    assert got.page_starts == (0, got.text.index("Second"))
    assert (got.title, got.media_type, got.notes) == ("Market book", result.EPUB, ())


def test_an_epub_that_lacks_a_chapter_says_so_and_one_without_words_is_refused():
    got = read(book({"a": "<p>Words.</p>"}, order=("a", "gone")), "b.epub")
    assert got.notes == ("1 chapters are named in the EPUB and not in it.",)
    assert "has no text" in refusal(book({"a": "<img src='x'/>"}, order=("a",)), "b.epub")
    assert "damaged" in refusal(zip_of({"META-INF/container.xml": "<x"}), "b.epub")
    assert "damaged" in refusal(zip_of({"META-INF/container.xml": CONTAINER}), "b.epub")


def test_an_epub_that_is_a_bomb_or_names_outside_entities_is_refused(tmp_path):
    assert "zip bomb" in refusal(book({"a": "x" * 30_000_000}, order=("a",)), "b.epub")
    secret = tmp_path / "secret.txt"
    secret.write_text("outside words")
    evil = f'<!DOCTYPE p [<!ENTITY e SYSTEM "file://{secret}">]>' + PACKAGE.format(items="", refs="").replace(
        "Market book", "&e;"
    )
    data = zip_of({"META-INF/container.xml": CONTAINER, "OPS/book.opf": evil})
    assert "outside words" not in refusal(data, "b.epub")


# ── PPTX ─────────────────────────────────────────────────────────────────────────────────────────


def deck() -> bytes:
    made = pptx.Presentation()
    made.core_properties.title = "Pitch"
    slide = made.slides.add_slide(made.slide_layouts[5])
    box = slide.shapes.add_textbox(Inches(1), Inches(5), Inches(3), Inches(1))
    box.text_frame.text = "Below"
    slide.shapes.title.text = "Market size"
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(3), Inches(4), Inches(1)).table
    for at, words in enumerate(("State", "Users", "NJ", "1,200")):
        table.cell(at // 2, at % 2).text = words
    slide.notes_slide.notes_text_frame.text = "Say it slowly."
    hidden = made.slides.add_slide(made.slide_layouts[5])
    hidden.shapes.title.text = "Secret"
    hidden._element.set("show", "0")
    made.slides.add_slide(made.slide_layouts[5]).shapes.title.text = "The end"
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def test_a_presentation_gives_a_page_a_slide_from_top_to_bottom_with_tables_and_notes():
    got = read(deck(), "d.pptx")
    pages = [got.text[a:b] for a, b in zip(got.page_starts, [*got.page_starts[1:], None], strict=True)]
    assert [page.split("\n") for page in pages] == [
        ["Market size", "State | Users", "NJ | 1,200", "", "Below", "", "Say it slowly.", "", ""],
        ["", ""],
        ["The end", "", ""],
    ]
    assert (got.title, got.media_type) == ("Pitch", result.PPTX)
    assert got.notes == ("Hidden slides were left out: 2.",)


def test_a_presentation_that_is_broken_a_bomb_or_empty_is_refused():
    assert "damaged" in refusal(zip_of({"ppt/presentation.xml": b"<x", "[Content_Types].xml": b""}), "d.pptx")
    assert "zip bomb" in refusal(zip_of({"ppt/presentation.xml": b" " * 30_000_000}), "d.pptx")
    assert "holds no PPTX" in refusal(b"words", "d.pptx")
    empty = io.BytesIO()
    pptx.Presentation().save(empty)
    assert "no text" in refusal(empty.getvalue(), "d.pptx")
