"""Tables of a text are read back with typed columns, each row at its place; what nothing tells stays untyped."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from research.engine.reading import sheet_columns, sheets


def column(*cells: str, name: str = "x", caption: str = "") -> sheet_columns.Column:
    return sheet_columns.typed(name=name, position=0, cells=cells, caption=caption)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (("1", "2,000", "-3", ""), "integer"),
        (("1.5", "2", "(3.25)"), "decimal"),
        (("12%", "7.5 %", "n/a"), "percent"),
        (("$1,200", "$-5", "($3.10)"), "currency"),
        (("2024-03-31", "2024-04-01"), "date"),
        (("31 Mar 2024", "April 1, 2024", "7-Jan-18"), "date"),
        (("yes", "No"), "boolean"),
        (("TRUE", "false"), "boolean"),
        (("1", "two", "3"), "text"),
        (("4+", "12+"), "text"),
        (("1.2.3", "4.5.6"), "text"),
        (("", "-"), "text"),
    ],
)
def test_a_columns_kind_is_that_of_its_cells(cells, kind):
    assert column(*cells).kind == kind


def test_dates_of_numbers_alone_are_read_by_the_order_the_column_shows_and_not_guessed():
    day_first = column("03/04/2024", "25/04/2024")
    assert sheet_columns.value(day_first, "03/04/2024") == dt.date(2024, 4, 3)
    month_first = column("03/04/2024", "04/25/2024")
    assert sheet_columns.value(month_first, "03/04/2024") == dt.date(2024, 3, 4)
    assert sheet_columns.value(column("31.03.24", "01.02.24"), "01.02.24") == dt.date(2024, 2, 1)
    assert column("03/04/2024", "05/06/2024").kind == "text"


def test_a_comma_is_the_decimal_sign_where_only_that_reads_the_column():
    comma = column("1,5", "1.234,75")
    assert (comma.kind, sheet_columns.value(comma, "1.234,75")) == ("decimal", Decimal("1234.75"))
    assert sheet_columns.value(column("1,234", "5,678"), "1,234") == Decimal(1234)


@pytest.mark.parametrize(
    ("name", "cell", "caption", "wanted"),
    [
        ("Revenue (USD m)", "5", "", ("currency", "USD", 10**6, "USD m")),
        ("Revenue (in thousands of USD)", "5", "", ("currency", "USD", 1000, None)),
        ("Net sales, €bn", "5", "", ("currency", "EUR", 10**9, None)),
        ("Cost ($'000s)", "5", "", ("currency", "USD", 1000, None)),
        ("Price", "$5", "", ("currency", "USD", 1, None)),
        ("Price", "$5", "All amounts in millions", ("currency", "USD", 10**6, None)),
        ("Users (millions)", "5", "", ("integer", "", 10**6, "")),
        ("Users", "5", "All amounts in millions", ("integer", "", 1, "")),
        ("Distance (m)", "5", "", ("integer", "", 1, "m")),
        ("Share (%)", "5", "", ("percent", "", 1, "%")),
        ("Weight (kg)", "5", "", ("integer", "", 1, "kg")),
        ("Market Cap", "5", "", ("integer", "", 1, "")),
    ],
)
def test_unit_currency_and_scale_come_from_the_head(name, cell, caption, wanted):
    got = column(cell, name=name, caption=caption)
    assert (got.kind, got.currency, got.scale) == wanted[:3]
    if wanted[3] is not None and got.kind != "currency":
        assert got.unit == wanted[3]


def test_a_slip_in_a_column_of_numbers_is_counted_and_has_no_value():
    got = column(*(str(i) for i in range(40)), "see note")
    assert (got.kind, got.odd) == ("integer", 1)
    assert sheet_columns.value(got, "see note") is None


def test_a_table_has_caption_head_and_rows_at_their_places():
    text = "Company register\nSource: own count\nRegion | Users | 2023\nOhio | 5 | 7\n |  | 9\n"
    (table,) = sheets.read(text, page_starts=(0,))
    assert (table.name, table.caption) == ("table", "Company register Source: own count")
    assert [c.name for c in table.columns] == ["Region", "Users", "2023"]
    assert text[table.head_start : table.head_end] == "Region | Users | 2023"
    assert [row.cells for row in table.rows] == [("Ohio", "5", "7"), ("", "", "9")]
    assert text[table.rows[0].start : table.rows[0].end] == "Ohio | 5 | 7"


def test_a_title_with_a_delimiter_in_it_is_a_caption_and_no_table():
    text = "Sales | by firm\nSource: own\n\nRegion | Users\nOhio | 5\n"
    (table,) = sheets.read(text, page_starts=(0,))
    assert (table.caption, [c.name for c in table.columns]) == ("Sales by firm Source: own", ["Region", "Users"])


def test_each_sheet_is_its_own_table_and_a_blank_line_ends_none():
    first = "# Revenue\n\nRegion | Users\nOhio | 5\n\nUtah | 6\n\n"
    text = f"{first}# Costs\n\nItem | Sum\nRent | 9\n\nOther item | Other sum | Why\nTax | 3 | law\n"
    got = sheets.read(text, page_starts=(0, len(first)))
    assert [(t.name, len(t.rows), t.rows[0].page) for t in got] == [
        ("Revenue", 2, 1),
        ("Costs", 1, 2),
        ("Costs (2)", 1, 2),
    ]


def test_a_table_without_a_head_names_its_columns_by_number_and_keeps_every_row():
    (table,) = sheets.read("1 | 2\n3 | 4\n", page_starts=(0,))
    assert [c.name for c in table.columns] == ["column 1", "column 2"]
    assert (len(table.rows), table.head_start) == (2, table.head_end)


def test_words_alone_are_no_table():
    assert sheets.read("Just a note.\nAnd another.\n", page_starts=(0,)) == ()
