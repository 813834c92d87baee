"""What each parser gives, and what it refuses in one sentence. Run in this process, without a sandbox."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import docx
import pypdfium2
import pytest

from research.engine.domain.errors import Unreadable
from research.engine.extraction import article, parse, result, sniff
from research.engine.extraction.result import Limits


def pdf_bytes(pages: list[str], *, title: str = "", extra: str = "") -> bytes:
    """Write a PDF by hand: one line of Helvetica a page, "" for a page with none. `extra` goes into the trailer."""
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(pages)))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for i, words in enumerate(pages):
        stream = f"BT /F1 12 Tf 50 700 Td ({words}) Tj ET" if words else ""
        objects += [
            (
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F1 3 0 R>>>>"
                f"/Contents {5 + 2 * i} 0 R>>"
            ),
            f"<</Length {len(stream)}>>\nstream\n{stream}\nendstream",
        ]
    objects.append(f"<</Title({title})>>")
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    trailer = (
        f"trailer\n<</Size {len(objects) + 1}/Root 1 0 R/Info {len(objects)} 0 R{extra}>>\nstartxref\n{start}\n%%EOF\n"
    )
    return out + trailer.encode("latin-1")


# Standard security handler, revision 2 (ISO 32000-1, 7.6.3), with keys no empty password opens.
ENCRYPTED = pdf_bytes(
    ["secret"],
    extra=f"/Encrypt<</Filter/Standard/V 1/R 2/P -44/O<{'a1' * 32}>/U<{'b2' * 32}>>>/ID[<{'c3' * 16}><{'c3' * 16}>]",
)


def docx_bytes(build=None) -> bytes:
    document = docx.Document()
    if build:
        build(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def zip_bytes(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def read(data: bytes, name: str = "", **limits):
    return parse.parse(data, name=name, limits=Limits(**limits))


def refusal(data: bytes, name: str = "", **limits) -> str:
    with pytest.raises(Unreadable) as caught:
        read(data, name, **limits)
    sentence = caught.value.detail
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert len(sentence) < 200
    return sentence


# ── PDF ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_pdf_gives_each_page_at_its_offset():
    got = read(pdf_bytes(["First page.", "", "Third page."], title="Annual report"), "r.pdf")
    assert got.media_type == result.PDF
    assert got.title == "Annual report"
    assert len(got.page_starts) == 3
    assert [result.page_at(got.page_starts, got.text.index(word)) for word in ("First", "Third")] == [1, 3]
    assert got.text[got.page_starts[2] :].startswith("Third page.")


def test_an_extractor_names_the_library_version_it_is():
    got = read(pdf_bytes(["x"]))
    assert (got.extractor, got.extractor_version) == tuple(result.current_extractor(result.PDF))
    assert pypdfium2.PYPDFIUM_INFO.version in got.extractor_version
    assert all(len(name) <= 60 for kind in result.SUPPORTED for name in result.current_extractor(kind))


def test_an_encrypted_pdf_is_said_to_need_a_password():
    assert "needs a password" in refusal(ENCRYPTED, "a.pdf")


IMAGE = "q 100 0 0 100 50 50 cm BI /W 1 /H 1 /CS /G /BPC 8 ID x EI Q"


@pytest.mark.parametrize(("count", "words"), [(1, "its only page holds"), (3, "its 3 pages hold")])
def test_a_scanned_pdf_is_said_to_hold_images_only(count, words):
    scan = pdf_bytes(["?"] * count).replace(b"BT /F1 12 Tf 50 700 Td (?) Tj ET", IMAGE.encode())
    assert f"{words} images only, no text" in refusal(scan, "scan.pdf")


def test_pages_that_are_scans_among_pages_with_text_are_named():
    full = IMAGE.replace("100 0 0 100 50 50", "500 0 0 750 50 20").encode()
    pages = ["?", "Words.", "", "?", "?", "More words."]
    got = read(pdf_bytes(pages).replace(b"BT /F1 12 Tf 50 700 Td (?) Tj ET", full), "partly.pdf")
    assert len(got.page_starts) == 6
    assert got.notes == (
        (
            "Pages 1, 4–5 are images without text, as scans are: "
            "run text recognition (OCR) on the file to have their words."
        ),
    )
    logo = pdf_bytes(["?", "Words."]).replace(b"BT /F1 12 Tf 50 700 Td (?) Tj ET", IMAGE.encode())
    assert read(logo, "logo.pdf").notes == ()


def test_a_pdf_of_blank_pages_is_not_said_to_hold_images():
    assert "its 2 pages hold no words" in refusal(pdf_bytes(["", ""]), "blank.pdf")


def test_a_pdf_without_its_objects_is_said_to_be_damaged():
    assert "damaged or cut off" in refusal(b"%PDF-1.7\n" + b"x" * 500, "a.pdf")


def test_a_pdf_over_the_page_limit_is_refused_and_at_the_limit_is_read():
    data = pdf_bytes(["a", "b", "c"])
    assert "3 pages and the limit is 2" in refusal(data, max_pages=2)
    assert len(read(data, max_pages=3).page_starts) == 3


def test_text_over_the_character_limit_is_refused():
    assert "more than 5 characters" in refusal(pdf_bytes(["many words here"]), max_chars=5)
    assert "more than 5 characters" in refusal(b"many words here", "a.txt", max_chars=5)


# ── DOCX ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_docx_gives_paragraphs_and_tables_in_document_order():
    def build(document):
        document.core_properties.title = "Market note"
        document.add_heading("Market size", 1)
        table = document.add_table(rows=2, cols=2)
        for cell, words in zip(
            [c for row in table.rows for c in row.cells], ["State", "Users", "NJ", "1,200"], strict=True
        ):
            cell.text = words
        document.add_paragraph("After the table.")

    got = read(docx_bytes(build), "a.docx")
    assert got.text == "Market size\nState | Users\nNJ | 1,200\nAfter the table.\n"
    assert (got.title, got.page_starts, got.published_date) == ("Market note", (0,), None)


def test_a_zip_bomb_is_refused_by_what_it_declares():
    bomb = zip_bytes({"word/document.xml": b"\0" * 30_000_000})
    assert "zip bomb" in refusal(bomb, "a.docx")


def declaring(data: bytes, size: int) -> bytes:
    """Return the one-entry archive with `size` as its declared size."""
    central = data.rindex(b"PK\x01\x02")
    return data[: central + 24] + size.to_bytes(4, "little") + data[central + 28 :]


def test_an_archive_that_declares_too_much_is_refused_unpacked_or_not():
    assert "zip bomb" in refusal(declaring(zip_bytes({"word/document.xml": b"small"}), 300_000_000), "a.docx")


def test_an_archive_that_declares_less_than_it_holds_is_refused():
    parts = {"[Content_Types].xml": b"", "word/document.xml": b"\0" * 30_000_000}
    assert "damaged" in refusal(declaring(zip_bytes(parts), 100), "a.docx")


def test_small_xml_may_pack_as_well_as_it_likes():
    long = "The same words again. " * 40_000  # packs 300 to 1, as honest repetition does
    assert long.strip() in read(docx_bytes(lambda d: d.add_paragraph(long)), "a.docx").text


def test_an_archive_of_too_many_parts_is_refused():
    assert "11 parts" in refusal(zip_bytes({f"word/{i}.xml": b"x" for i in range(11)}), "a.docx", max_entries=10)


def test_a_docx_with_broken_parts_or_no_text_is_refused():
    assert "damaged" in refusal(zip_bytes({"word/document.xml": b"<w:doc", "[Content_Types].xml": b""}), "a.docx")
    assert "no text" in refusal(docx_bytes(), "a.docx")


# ── HTML ─────────────────────────────────────────────────────────────────────────────────────────

ARTICLE = (
    "<p>" + "The regulator of Ontario reported that wagers rose again in the last quarter of the year. " * 6 + "</p>"
)


def test_a_page_gives_its_article_title_and_date():
    page = (
        "<html><head><title>Ontario &amp; wagers</title>"
        "<meta property='article:published_time' content='2024-03-05T10:00:00Z'></head>"
        f"<body><nav>Home About Login</nav><article><h1>Wagers rise</h1>{ARTICLE}</article>"
        "<script>x()</script></body></html>"
    )
    got = read(page.encode(), "p.html")
    assert "wagers rose again" in got.text
    assert "x()" not in got.text
    assert (got.title, got.published_date) == ("Ontario & wagers", dt.date(2024, 3, 5))


@pytest.mark.parametrize(
    ("stamp", "date"),
    [
        (
            '<script type="application/ld+json">{"@graph": [{"datePublished": "2024-07-01"}]}</script>',
            dt.date(2024, 7, 1),
        ),
        ('<script type="application/ld+json">[{"datePublished": "2024-07-02"}]</script>', dt.date(2024, 7, 2)),
        ('<script type="application/ld+json">{broken</script>', None),
        ("<time datetime='2024-07-03'>today</time>", None),  # of what, it does not say
    ],
)
def test_linked_data_dates_a_page(stamp, date):
    assert read(f"<html><body>{stamp}{ARTICLE}</body></html>".encode(), "p.html").published_date == date


def test_a_body_cut_in_pieces_by_advertisements_is_whole_again():
    def piece(words):
        lines = "".join(
            f"<p>{words} number {i} says at length what the market did in that year and why.</p>" for i in range(4)
        )
        return f"<div class='row'><div class='text text-{len(words)}'>{lines}</div></div>"

    ad = "<aside><div class='ad'><a href='/x'>Buy now</a></div></aside>" * 3
    pieces = ("Opening", "Middle one", "Final ones")
    page = f"<html><body><main>{ad.join(map(piece, pieces))}</main></body></html>"
    text = read(page.encode(), "p.html").text
    places = [text.find(f"{words} number {i} ") for words in pieces for i in range(4)]
    assert -1 not in places
    assert places == sorted(places)


def test_pieces_that_were_left_out_are_put_back_at_their_place_and_notes_are_not():
    said = [f"The first piece says much about the market and its makers {i}." for i in range(2)]
    taken = "".join(f"<p>{words}</p>" for words in said)
    left = taken.replace("first", "second")
    note = "<p>The writer has covered the market for twenty years from a house by the lake.</p>"
    boxes = {"t1": taken + note, "t2": left, "t3": note.replace("lake", "sea"), "bio": left + note}
    page = "".join(f"<div><div class='{look}'>{words}</div></div>" for look, words in boxes.items())
    text = "\n".join(said)
    whole = article._whole(text, article._paragraphs(page))
    assert whole == text + "\n" + text.replace("first", "second")


def test_a_table_and_a_list_within_an_article_are_kept():
    table = "<table><tr><th>State</th><th>Rate</th></tr><tr><td>Ohio</td><td>20%</td></tr></table>"
    body = f"<article>{ARTICLE}{table}<ul><li>First point of many</li></ul></article>"
    text = read(f"<html><body><nav><a href='/'>Home</a></nav>{body}</body></html>".encode(), "p.html").text
    assert "Ohio | 20%" in text
    assert "First point of many" in text
    assert "Home" not in text


def test_a_report_full_of_tables_is_kept_whole():
    rows = "".join(f"<tr><td>Line {i}</td><td>{i * 7}</td></tr>" for i in range(150))
    tables = f"<div><span>Region North</span><table>{rows}</table></div><div><a href='/n'>Notes 9</a></div>"
    text = read(f"<html><body>{tables}<article>{ARTICLE}</article></body></html>".encode(), "r.html").text
    assert all(f"Line {i} | {i * 7}" in text for i in range(150))
    assert "Notes 9" in text


def test_inline_xbrl_keeps_the_figures_of_its_tables():
    page = (
        "<html xmlns:ix='x'><body><div style='display:none'><ix:header>hidden</ix:header></div>"
        "<table><tr><td>Casino revenue</td><td>$</td><td><ix:nonFraction name='a'>5,314</ix:nonFraction></td></tr>"
        "<tr><td></td><td>Rooms</td><td>2,812</td></tr></table></body></html>"
    )
    assert read(page.encode(), "f.htm").text == "Casino revenue | $5,314\nRooms | 2,812\n"


def test_a_page_declared_in_another_character_set_is_decoded_by_it():
    page = f"<html><head><meta charset='iso-8859-2'></head><body>{ARTICLE}<p>Łódź</p></body></html>".encode(
        "iso-8859-2"
    )
    assert "Łódź" in read(page, "p.html").text


def test_a_page_of_scripts_alone_is_refused():
    assert "no text" in refusal(b"<html><body><script>app()</script></body></html>", "p.html")


# ── Markdown and text ────────────────────────────────────────────────────────────────────────────


def test_markdown_gives_words_without_marks_and_keeps_headings_lists_and_rows():
    source = (
        "---\ntitle: NJ note\ndate: 2023-11-02\n---\n# Market\n\nA **bold** [link](http://x.test) and `code`.\n\n"
        "2. two\n3. three\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<b>tag</b> end\n"
    )
    got = read(source.encode(), "n.md")
    assert got.text == "# Market\n\nA bold link and code.\n\n2. two\n3. three\n\na | b\n1 | 2\n\ntag end\n"
    assert (got.title, got.published_date, got.media_type) == ("NJ note", dt.date(2023, 11, 2), result.MARKDOWN)


def test_markdown_with_nuls_loses_the_nuls_alone():
    assert read(b"# He\0ad\n\nwo\0rds and more of them, enough to be a text\n", "n.md").text.startswith(
        "# Head\n\nwords and"
    )


@pytest.mark.parametrize(
    "data",
    [
        "naïve café €".encode(),
        b"\xef\xbb\xbf" + "naïve café €".encode(),
        "naïve café €".encode("utf-16"),
        "naïve café €".encode("utf-16-be"),
        "naïve café €".encode("cp1252"),
    ],
    ids=["utf-8", "utf-8 BOM", "utf-16 BOM", "utf-16 without BOM", "cp1252"],
)
def test_text_is_decoded_from_its_character_set(data):
    assert read(data, "t.txt").text == "naïve café €"


def test_line_ends_are_unified_and_unstorable_characters_dropped():
    dirty = "a\r\nb\rc\x00\x07\ud800\ufffe\td"
    assert result.clean_text(dirty) == "a\nb\nc\td"


# ── what a file is ───────────────────────────────────────────────────────────────────────────────


def test_a_mislabelled_file_is_read_as_what_its_bytes_are():
    assert read(pdf_bytes(["inside"]), "a.docx").media_type == result.PDF
    assert read(docx_bytes(lambda d: d.add_paragraph("inside")), "a.pdf").media_type == result.DOCX
    assert read(f"<!DOCTYPE html><html><body>{ARTICLE}</body></html>".encode(), "a.txt").media_type == result.HTML


@pytest.mark.parametrize("suffix", [".pdf", ".docx"])
def test_a_name_that_promises_what_the_bytes_do_not_hold_is_refused(suffix):
    assert f"named {suffix} but holds no" in refusal(b"just some words", f"a{suffix}")


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n", b"\0" * 100])
def test_an_empty_file_is_said_to_be_empty(data):
    assert "is empty" in refusal(data, "a.txt")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "a PNG picture"),
        (zip_bytes({"a.txt": b"x"}), "a zip archive"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "an old Microsoft Office document"),
        (b"{\\rtf1 words}", "an RTF document"),
        (bytes(range(256)) * 8, "a binary file"),
    ],
)
def test_an_unsupported_kind_is_named_with_what_is_supported(data, what):
    sentence = refusal(data, "a")
    assert what in sentence
    assert sniff.SUPPORTED_NAMES in sentence


def test_an_encrypted_office_file_is_said_to_need_a_password():
    data = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    assert "needs a password" in refusal(data, "a.docx")


def test_a_cut_off_docx_is_refused():
    whole = docx_bytes(lambda d: d.add_paragraph("words"))
    assert "cut-off" in refusal(whole[: len(whole) // 2], "a.docx")


@pytest.mark.parametrize(
    ("text", "date"), [("2024-02-30", None), ("2024-02-29T1", dt.date(2024, 2, 29)), (None, None), ("soon", None)]
)
def test_a_date_is_read_or_unknown(text, date):
    assert result.parse_date(text) == date
