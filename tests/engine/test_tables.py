"""Tables in text: rows and columns as they stand, scale and periods from the lines above, doubtful rows left out."""

from __future__ import annotations

from decimal import Decimal

import pytest

from research.engine.reading import tables

STATEMENT = """HARBOUR LIGHT GAMES PLC
CONSOLIDATED STATEMENTS OF OPERATIONS
(In thousands, except per share data)
Year Ended December 31,
2024 2023
Revenues
Wagering $ 1,204,500 $ 998,100
Rooms 310,000 —
1,514,500 998,100
Expenses
Wagering 700,250 (12,300)
Total expenses 900,000 800,000
Net income $ 205,400 $ 101,000
Earnings per share
Basic $ 1.25 $ (0.40)
The accompanying notes are an integral part of these statements.
"""


def only(text: str) -> tables.Table:
    found = tables.find_tables(text)
    assert len(found) == 1, found
    return found[0]


def row(table: tables.Table, label: str, parent: str = "") -> tables.Row:
    return next(each for each in table.rows if (each.label, each.parent) == (label, parent))


def values(table: tables.Table, label: str, parent: str = "") -> list[Decimal | None]:
    return [cell.value for cell in row(table, label, parent).cells]


def test_a_statement_keeps_rows_columns_scale_and_groups() -> None:
    table = only(STATEMENT)
    assert table.caption == "CONSOLIDATED STATEMENTS OF OPERATIONS"
    assert (table.scale, table.currency) == (1000, "USD")
    assert [column.head for column in table.columns] == ["Year Ended December 31, 2024", "Year Ended December 31, 2023"]
    periods = [tables.period_of(column) for column in table.columns]
    assert [period.name for period in periods if period] == ["FY2024", "FY2023"]
    assert values(table, "Wagering", "Revenues") == [1_204_500, 998_100]
    assert values(table, "Wagering", "Expenses") == [700_250, -12_300]  # in brackets: minus
    assert values(table, "Rooms", "Revenues") == [310_000, 0]  # a dash: nothing
    assert "" not in {each.label for each in table.rows}  # a sum without a name names nothing


def test_a_total_ends_its_group() -> None:
    assert row(only(STATEMENT), "Total expenses").parent == ""
    assert row(only(STATEMENT), "Net income").parent == ""


def test_offsets_point_at_the_words_and_figures_of_the_text() -> None:
    table = only(STATEMENT)
    wagering = row(table, "Wagering", "Revenues")
    assert STATEMENT[wagering.start : wagering.end] == "Wagering $ 1,204,500 $ 998,100"
    assert STATEMENT[wagering.parent_start : wagering.parent_end] == "Revenues"
    assert [STATEMENT[c.start : c.end] for c in wagering.cells] == ["$ 1,204,500", "$ 998,100"]
    assert STATEMENT[table.head_start : table.head_end].startswith("(In thousands")
    assert STATEMENT[table.head_start : table.head_end].endswith("2024 2023")


def test_amounts_per_share_percentages_and_counts_are_measured_as_what_they_are() -> None:
    text = STATEMENT + "Weighted average common shares outstanding\nDiluted 40,100 39,000\nOccupancy 91% 88%\n"
    table = only(text.replace("The accompanying notes are an integral part of these statements.\n", ""))
    basic = row(table, "Basic", "Earnings per share")
    assert tables.measure(table, basic, basic.cells[0]) == (1, None, "USD")
    shares = row(table, "Diluted", "Weighted average common shares outstanding")
    assert tables.measure(table, shares, shares.cells[0]) == (1000, "shares", None)
    full = next(each for each in table.rows if each.label == "Occupancy")
    assert tables.measure(table, full, full.cells[0]) == (1, "percent", None)
    rooms = row(table, "Rooms", "Revenues")
    assert tables.measure(table, rooms, rooms.cells[0]) == (1000, None, "USD")


@pytest.mark.parametrize(
    ("head", "names"),
    [
        ("Year Ended June 30, 2025 2024 2023", ["FY2025", "FY2024", "FY2023"]),
        ("Three Months Ended\nJune 30,\nSix Months Ended\nJune 30,\n2025 2024 2025 2024",
         ["2025-Q2", "2024-Q2", "2025-6M", "2024-6M"]),
        ("Three Months Ended Six Months Ended\nJune 29, 2025 June 30, 2024 June 29, 2025 June 30, 2024",
         ["2025-Q2", "2024-Q2", "2025-6M", "2024-6M"]),
        ("December 2,\n2024\nDecember 3,\n2023", ["2024-12-02", "2023-12-03"]),
        ("As of December 31, 2024 2023", ["2024-12-31", "2023-12-31"]),
        ("52 Weeks Ended\nJanuary 28, January 29,\n2024 2023", ["FY2024", "FY2023"]),
        ("Year\nEnded\nDecember\n31,\n2024 2023", ["FY2024", "FY2023"]),
    ],
)  # fmt: skip
def test_heads_of_many_shapes_give_each_column_its_period(head: str, names: list[str]) -> None:
    figures = " ".join(f"{n},000" for n in range(1, len(names) + 1))
    table = only(f"Results\n(In millions)\n{head}\nRevenue {figures}\nCost of sales {figures}\n")
    assert [period.name for column in table.columns if (period := tables.period_of(column))] == names


def test_columns_of_change_are_told_from_periods() -> None:
    table = only(
        "Segments\n(dollars in millions) 2024 2023\n% Change\n2024-2023\n"
        "Cloud $ 120 $ 100 20 %\nShare of revenue 60 % 55 %\n"
    )
    assert [column.kind for column in table.columns] == ["period", "period", "change"]
    assert tables.period_of(table.columns[2]) is None
    # A row of percentages has no change: its cells are still those of the years.
    assert values(table, "Share of revenue") == [60, 55, None]


def test_shares_beside_figures_are_columns_of_their_own() -> None:
    table = only(
        "Income\n(In thousands)\nYear Ended May 31,\n2024 2023\n"
        "Sales 900 100.0% 800 100.0%\nCosts 450 50.0% 420 52.5%\n"
    )
    assert [column.kind for column in table.columns] == ["period", "share", "period", "share"]
    assert values(table, "Costs") == [450, Decimal("50.0"), 420, Decimal("52.5")]


def test_rows_that_do_not_fit_the_columns_are_left_out() -> None:
    table = only("Income\n(In thousands)\n2024 2023\nSales 900 800\nCosts 450\nProfit (1) 450 380\n")
    assert [each.label for each in table.rows] == ["Sales", "Profit"]  # one figure for two years; a footnote's mark
    # Segments side by side under one year: nobody can say from the text which figure is whose.
    assert tables.find_tables("Year Ended May 31, 2024\nNorth South East\nSales 900 800 700\nCosts 1 2 3\n") == ()
    assert tables.find_tables("Sales 900 800\nCosts 450 320\n") == ()


def test_a_scale_in_the_caption_or_the_label_counts() -> None:
    table = only(
        "Revenue by region was as follows ($ in millions):\nYear Ended May 31,\n2024 2023\nNorth 90 80\nSouth 70 60\n"
    )
    assert (table.scale, table.currency) == (1_000_000, "USD")
    rooms = only(
        "Hotels\nYear Ended May 31,\n2024 2023\nRooms revenue (In millions) $ 81 $ 55\nDaily rate $ 260 $ 201\n"
    )
    assert rooms.scale is None  # none is named for the table
    first, rate = rooms.rows
    assert tables.measure(rooms, first, first.cells[0]).scale == 1_000_000
    assert tables.measure(rooms, rate, rate.cells[0]).scale is None


def test_a_scale_that_may_not_hold_for_a_row_is_not_given() -> None:
    table = only(
        "Income\n(In millions, except per share amounts)\n2024 2023\nSales 900 800\n"
        "Tax effect (0.44) 0.20\nCosts 40 30\n"
        "Discount rate (%)\nLeases 6 5\n"
    )
    effect, leases = row(table, "Tax effect"), row(table, "Leases", "Discount rate (%)")
    assert tables.measure(table, effect, effect.cells[0]).scale is None  # an amount per share, by its decimals
    assert tables.measure(table, leases, leases.cells[0]) == (1, "percent", None)
    heads = only("Gains\n(in millions) 2024 2023\n(in millions) Where booked 2024 2023\nSwaps 9 8\n")
    assert [each.label for each in heads.rows] == ["Swaps"]  # a head with other words is no row


def test_running_text_is_no_table() -> None:
    prose = "In 2024 we opened 3 casinos and closed 2.\n"
    prose += "Revenue grew 8% to $1.2 billion in 2024, from $1.1 billion in 2023.\n"
    assert tables.find_tables(prose) == ()


def test_rows_joined_by_bars_are_read_by_their_head() -> None:
    text = "Prices (in thousands)\nPlan | 2024 | 2023 | Change\nBasic | $1,200 | $1,000 | 20%\nTeam | 90 | n/a | \n"
    table = only(text)
    assert [(column.head, column.kind) for column in table.columns] == [
        ("2024", "period"), ("2023", "period"), ("Change", "change"),
    ]  # fmt: skip
    assert table.scale == 1000
    assert values(table, "Basic") == [1200, 1000, 20]
    assert values(table, "Team") == [90, None, None]
    cell = row(table, "Basic").cells[0]
    assert text[cell.start : cell.end] == "$1,200"
    assert tables.find_tables("Basic | 1,200 | 1,000\nTeam | 90 | 80\n") == ()  # no head: nothing says what they are


def test_empty_cells_at_the_ends_of_a_row_and_a_title_row_keep_their_columns() -> None:
    text = "Sales by region (in thousands) |  | \n | Years ended May 31, | \n | 2024 | 2023\n"
    text += "North | 900 | 800\nSouth |  | 700\n"
    table = only(text)
    assert [column.head for column in table.columns] == ["Years ended May 31, 2024", "Years ended May 31, 2023"]
    assert values(table, "North") == [900, 800]
    assert values(table, "South") == [None, 700]
    framed = only("| Plan | 2024 |\n|---|---|\n| Basic | 12 |\n| Team | 90 |\n")
    assert values(framed, "Team") == [90]
