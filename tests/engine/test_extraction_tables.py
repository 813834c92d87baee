"""CSV and XLSX become lines of cells under their heads; what cannot be read is said, never dropped in silence."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import random
import tarfile
import zipfile
from pathlib import Path

import openpyxl
import pytest

from research.engine.domain.errors import Unreadable
from research.engine.extraction import cell_format, dialect, parse, result
from research.engine.extraction.result import Limits
from research.engine.extraction.rows import line
from research.engine.reading import sheets

DATA = Path(os.environ.get("MRD_DATA_DIR") or Path(__file__).resolve().parents[3] / "shared" / "data")


def read(data: bytes | str, name: str = "t.csv", **limits):
    return parse.parse(data.encode() if isinstance(data, str) else data, name=name, limits=Limits(**limits))


def refusal(data: bytes, name: str, **limits) -> str:
    with pytest.raises(Unreadable) as caught:
        read(data, name, **limits)
    assert "\n" not in caught.value.detail
    assert caught.value.detail.endswith(".")
    return caught.value.detail


def workbook(build, **options) -> bytes:
    book = openpyxl.Workbook(**options)
    build(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


# ── CSV ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("Region,Revenue\nNevada,1\nOhio,2\n", "Region | Revenue", "Nevada | 1"),
        ("Region;Umsatz\nBayern;1,5\nHessen;2,75\n", "Region | Umsatz", "Bayern | 1,5"),
        ("x;y\n1,5;2,7\n3,2;4,1\n5,5;6,1\n", "x | y", "1,5 | 2,7"),
        ("Region\tRevenue\nNew York, NY\t1\nReno, NV\t2\n", "Region | Revenue", "New York, NY | 1"),
        ("Region|Revenue\nNevada|1,200\nOhio|2,300\n", "Region | Revenue", "Nevada | 1,200"),
        ('Name,Note\nA,"one, two ""three"""\nB,plain\n', "Name | Note", 'A | one, two "three"'),
        ("Name,Note\n'A, B',x\n'C, D',y\n", "Name | Note", "A, B | x"),
        ('Name,Note\nA,"say \\"hello\\", twice"\nB,"x"\n', "Name | Note", 'A | say "hello", twice'),
        ("sep=;\nRegion;a,b\nNevada;1\n", "Region | a,b", "Nevada | 1"),
        ('A,B\n"over\ntwo lines",2\n', "A | B", "over two lines | 2"),
        ("A,B,C\n,,3\n1,,\n", "A | B | C", " |  | 3"),
    ],
)
def test_the_delimiter_and_the_quotes_are_found(text, first, second):
    got = read(text)
    assert got.text.split("\n")[:2] == [first, second]
    assert (got.media_type, got.extractor, got.notes) == (result.CSV, "delimited", ())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_table_is_decoded_from_its_character_set(encoding):
    assert read("Café,Größe\nZürich,3\n".encode(encoding)).text == "Café | Größe\nZürich | 3\n"


def test_a_quote_that_is_never_closed_costs_no_row_and_is_said():
    rows = "".join(f"name {i},{i}\n" for i in range(500))
    got = read(f'A,B\n"open,1\n{rows}')
    assert "name 499 | 499" in got.text
    assert "never closed" in got.notes[0]


def test_titles_above_the_head_are_no_rows_that_do_not_fit():
    got = read("Users by region\nSource: own count, 2024\n\nRegion;Users;Share\nOhio;5;1,5\nUtah;7;2,5\n")
    assert got.text.startswith("Users by region\nSource: own count, 2024\n\nRegion | Users | Share\nOhio | 5 | 1,5\n")
    assert got.notes == ()


def test_rows_that_do_not_fit_the_others_are_named():
    got = read("A,B\n1,2\n3,4\n5,6,7\n8,9\n")
    assert got.notes == ("Row 4 has another number of cells than the 2 of the others: look at them in the file.",)


def test_a_bar_within_a_cell_is_not_taken_for_the_cells_own():
    assert line(["a | b", "c|d", "|"]) == "a ¦ b | c|d | ¦"


def test_rows_written_as_lines_are_read_back_cell_by_cell():
    rng = random.Random(7)  # noqa: S311 - the same rows every time
    rows = [[f"{rng.choice(('a', 'b | c', '| d', 'e|', '', 'f  g'))}{i}" for i in range(6)] for _ in range(50)]
    rows = [[cell if rng.random() < 0.8 else "" for cell in row[:-1]] + ["9"] for row in rows]
    out = io.StringIO()
    csv.writer(out).writerows([["A", "B", "C", "D", "E", "F"], *rows])
    got = read(out.getvalue())
    (table,) = sheets.read(got.text, page_starts=got.page_starts)
    assert [list(row.cells) for row in table.rows] == [line(row).split(" | ") for row in rows]
    assert all(len(row.cells) == 6 for row in table.rows)
    assert all(got.text[row.start : row.end] == " | ".join(row.cells) for row in table.rows)


def test_a_text_that_is_surely_a_table_is_one_and_prose_is_not():
    table = "Region\tUsers\n" + "".join(f"R{i}\t{i}\n" for i in range(6))
    assert read(table, "export.txt").media_type == result.CSV
    prose = "We sell, rent, and repair.\nThey buy, keep, and resell.\n" * 5
    assert read(prose, "notes.txt").media_type == result.TEXT
    assert read(table, "n.md").media_type == result.MARKDOWN


def test_a_csv_that_is_a_page_or_binary_is_not_read_as_cells():
    assert read("<!DOCTYPE html><html><body><p>" + "Some words. " * 40 + "</p></body></html>").media_type == result.HTML
    assert "a binary file" in refusal(bytes(range(256)) * 8, "a.csv")
    assert "more than 50 characters" in refusal(b"a,b\n" * 40, "a.csv", max_chars=50)


@pytest.mark.realdata
def test_the_csv_spectrum_is_read_cell_by_cell():
    archive = DATA / "hostile_files" / "csv_spectrum.tar.xz"
    if not archive.is_file():
        pytest.skip(f"The CSV spectrum is not at {archive}: set MRD_DATA_DIR to run this test.")
    with tarfile.open(archive) as files:
        members = {member.name: files.extractfile(member).read() for member in files if member.isfile()}
    for name, data in members.items():
        # The set's own JSON of the second states another telephone number than its CSV.
        if not name.endswith(".csv") or "location_coordinates" in name:
            continue
        found = json.loads(members[name.replace("csvs/", "json/").replace(".csv", ".json")])
        wanted = found if isinstance(found, list) else [found]
        lines = read(data, name).text.splitlines()
        assert lines == [line(list(wanted[0])), *(line(list(map(str, row.values()))) for row in wanted)], name


# ── XLSX ─────────────────────────────────────────────────────────────────────────────────────────


def market(book) -> None:
    book.properties.title = "Market model"
    first = book.active
    first.title = "Revenue"
    first.append(["Region", "Revenue (USD m)", "Share", "As of", "Live"])
    first.append(["Nevada", 1234.5, 0.1234, dt.date(2024, 3, 31), True])
    first.append(["Ohio", -7, 0.5, dt.date(2024, 6, 30), False])
    for row in (2, 3):
        first.cell(row, 2).number_format = "#,##0.0_);(#,##0.0)"
        first.cell(row, 3).number_format = "0.0%"
    secret = book.create_sheet("Secret")
    secret.append(["hidden words"])
    secret.sheet_state = "hidden"
    book.create_sheet("Empty")
    book.create_sheet("Notes").append(["A note."])


def test_a_workbook_gives_a_page_a_sheet_with_values_as_its_cells_show_them():
    got = read(workbook(market), "m.xlsx")
    pages = [got.text[a:b] for a, b in zip(got.page_starts, [*got.page_starts[1:], None], strict=True)]
    assert pages == [
        (
            "# Revenue\n\nRegion | Revenue (USD m) | Share | As of | Live\n"
            "Nevada | 1,234.5 | 12.3% | 2024-03-31 | TRUE\nOhio | (7.0) | 50.0% | 2024-06-30 | FALSE\n\n"
        ),
        "# Notes\n\nA note.\n",
    ]
    assert (got.title, got.media_type, got.published_date) == ("Market model", result.XLSX, None)
    assert "hidden words" not in got.text
    assert got.notes == ("Hidden sheets were left out: “Secret”.",)


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (0.1 + 0.2, "General", "0.3"),
        (1234567, "General", "1234567"),
        (1234.565, '"$"#,##0.00', "$1,234.57"),
        (-5, '"$"#,##0;[Red]-"$"#,##0', "-$5"),
        (-5, "[$€-407] #,##0.0", "-€ 5.0"),
        (1_500_000, '0.0,,"m"', "1.5m"),
        (0, '#,##0;(#,##0);"-"', "-"),
        (0.00001234, "General", "0.00001234"),
        (3.7, "# ?/?", "3.7"),
        (5, "[>100]0.0;0", "5"),
        (0.125, "0%", "13%"),
        (
            dt.datetime(2024, 1, 2, 3, 4, 5),  # noqa: DTZ001 - as openpyxl gives them
            "General",
            "2024-01-02 03:04:05",
        ),
    ],
)
def test_a_number_is_written_as_its_cell_shows_it(value, number_format, text):
    assert cell_format.shown(value, number_format) == text


def test_formulas_without_a_calculated_value_are_counted_and_said():
    got = read(workbook(lambda book: [book.active.append(row) for row in (["a", "b"], [1, "=A2*2"])]), "f.xlsx")
    assert got.text == "# Sheet\n\na | b\n1\n"
    assert got.notes[0].startswith("1 formula cells hold no calculated value")


def test_a_workbook_without_cells_or_with_broken_parts_is_refused():
    assert "no visible cells" in refusal(workbook(lambda book: None), "e.xlsx")
    broken = zip_of({"xl/workbook.xml": b"<x", "[Content_Types].xml": b""})
    assert "damaged" in refusal(broken, "b.xlsx")
    assert "holds no XLSX" in refusal(b"words", "b.xlsx")
    assert ".xlsb" in refusal(zip_of({"xl/workbook.bin": b"x"}), "b.xlsb")


def test_a_workbook_that_is_a_zip_bomb_is_refused_by_what_it_declares():
    assert "zip bomb" in refusal(zip_of({"xl/worksheets/sheet1.xml": b" " * 30_000_000}), "b.xlsx")


def test_a_workbook_that_names_outside_entities_is_refused(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("outside words")
    sheet = (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        '<c r="A1" t="inlineStr"><is><t>inside &e;</t></is></c></row></sheetData></worksheet>'
    )
    parts = dict(unzip(workbook(market)))
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    assert "damaged" in refusal(zip_of(parts), "x.xlsx")


def unzip(data: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def zip_of(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_a_stray_cell_at_the_sheets_edge_costs_no_neighbour():
    def build(book):
        book.active.append(["a", "b"])
        book.active.cell(900_000, 16_000, "edge")

    got = read(workbook(build), "edge.xlsx")
    assert got.text.startswith("# Sheet\n\na | b\n")
    assert "first 512 columns" in got.notes[0]


def test_detect_gives_no_delimiter_to_prose():
    assert dialect.detect("One line of words\nAnother line of words\n").score == 0
