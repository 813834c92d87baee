"""A table file answers typed questions with exact rows; what does not fit is refused by naming what there is."""

from __future__ import annotations

import asyncio

import pytest

from research.engine.domain.errors import InvalidInput, Permanent
from research.engine.domain.evidence import SourceRef, SourceText
from research.engine.tools import structured_file
from tests.doubles.engine import FakeLibrary, shelf_over, tool_context

TEXT = (
    "Region | Revenue (USD m) | Share | As of | Live\n"
    "Nevada | 1,234.5 | 12.3% | 2024-03-31 | yes\n"
    "Ohio | (7.0) | 50% | 2024-06-30 | no\n"
    "New York | 90 | n/a | 2023-12-31 | yes\n"
    "Utah |  | 1% | 2024-01-01 | no\n"
)
CSV = "text/csv"


class OneTable:
    """The part of `ports.Library` this tool uses: one source, number 7."""

    def __init__(self, text: str = TEXT, media_type: str = CSV, page_starts: tuple[int, ...] = (0,)) -> None:
        self.document = SourceText(
            extracted_text_id=3, source=SourceRef(id=7, kind="upload", title="Regions"), media_type=media_type,
            text=text, page_starts=page_starts,
        )  # fmt: skip

    async def text(self, source_id: int) -> SourceText | None:
        return self.document if source_id == 7 else None


def ask(library: OneTable | None = None, **arguments):
    tool = structured_file.build(tool_context(library or OneTable()))
    return asyncio.run(tool.run(tool.arguments.model_validate({"source": 7, **arguments})))


def regions(result) -> list[str]:
    return [hit.text.split(" | ")[0] for hit in result.hits]


def where(column: str, op: str, value=None, **more) -> dict:
    return {"filters": [{"column": column, "op": op, **({"value": value} if value is not None else {}), **more}]}


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        (where("revenue (usd m)", "gt", 80), ["Nevada", "New York"]),
        (where("Revenue (USD m)", "lt", "0"), ["Ohio"]),
        (where("Revenue (USD m)", "eq", "1,234.50"), ["Nevada"]),
        (where("Revenue (USD m)", "ne", 90), ["Nevada", "Ohio"]),
        (where("Share", "ge", 12.3), ["Nevada", "Ohio"]),
        (where("As of", "le", "2024-01-01"), ["New York", "Utah"]),
        (where("Live", "eq", True), ["Nevada", "New York"]),
        (where("Region", "contains", "YORK"), ["New York"]),
        (where("Region", "in", values=["ohio", "utah"]), ["Ohio", "Utah"]),
        (where("Revenue (USD m)", "in", values=[90, -7]), ["Ohio", "New York"]),
    ],
)
def test_conditions_compare_by_the_columns_kind(condition, wanted):
    assert regions(ask(**condition)) == wanted


def test_every_row_is_a_hit_at_its_exact_place_with_its_own_number():
    result = ask()
    assert [TEXT[hit.start : hit.end] for hit in result.hits] == [hit.text for hit in result.hits]
    assert result.hits[3].text == "Utah |  | 1% | 2024-01-01 | no"
    assert len({hit.passage_id for hit in result.hits}) == 4
    assert all(hit.passage_id < 0 and hit.extracted_text_id == 3 and hit.page == 1 for hit in result.hits)


def test_columns_wanted_are_named_with_each_row():
    result = ask(columns=["Share"], **where("Region", "eq", "nevada"))
    assert result.hits[0].heading == "table: Share = 12.3%"


def test_rows_are_sorted_with_empty_ones_last_and_cut_at_the_limit_with_a_word_on_it():
    result = ask(sort="Revenue (USD m)", descending=True)
    assert regions(result) == ["Nevada", "New York", "Ohio", "Utah"]
    result = ask(sort="As of", limit=2)
    assert regions(result) == ["New York", "Utah"]
    assert result.note == "4 of 4 rows of “table” meet the conditions. The first 2 are given."


def test_aggregates_are_over_all_that_meet_the_filters_and_name_their_unit():
    wanted = [
        ("count", ""),
        ("sum", "Revenue (USD m)"),
        ("mean", "Revenue (USD m)"),
        ("max", "As of"),
        ("min", "Share"),
    ]
    result = ask(limit=1, aggregates=[{"operation": op, "column": name} for op, name in wanted])
    unit = "(USD, in units of 1,000,000)"
    assert result.note.split(" are given. ")[1] == (
        f"Count: 4. Sum of “Revenue (USD m)”: 1,317.5 {unit} over 3 rows. "
        f"Mean of “Revenue (USD m)”: 439.166667 {unit} over 3 rows. "
        "Max of “As of”: 2024-06-30 over 4 rows. Min of “Share”: 1 (%) over 3 rows."
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"source": 8}, "no source 8"),
        ({"table": "Costs"}, "has no table “Costs”; there are “table”"),
        ({"columns": ["Profit"]}, "has no column “Profit”; there are “Region (text)”, “Revenue (USD m) (currency)”"),
        ({"sort": "Profit"}, "has no column “Profit”"),
        (where("Share", "gt", "many"), "“many” is no percent, as the column “Share” is"),
        (where("As of", "gt", "01/02/2024"), "is no date"),
        (where("Live", "eq", "maybe"), "is no boolean"),
        (where("Region", "gt", "A"), "is a column of kind text, which takes contains, eq, in, ne, not gt"),
        (where("Share", "contains", "1"), "kind percent, which takes eq, ge, gt, in, le, lt, ne, not contains"),
        (where("Region", "in"), "needs `values`"),
        ({"aggregates": [{"operation": "sum", "column": "Region"}]}, "kind text, which has no sum"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence_that_names_what_there_is(arguments, sentence):
    with pytest.raises(Permanent) as caught:
        ask(**arguments)
    assert sentence in caught.value.detail
    assert "\n" not in caught.value.detail
    assert caught.value.detail.endswith(".")


def test_a_document_that_is_no_table_is_refused():
    with pytest.raises(Permanent, match="no table file"):
        ask(OneTable(media_type="application/pdf"))
    with pytest.raises(Permanent, match="no table with rows"):
        ask(OneTable(text="words alone\n"))


def test_a_workbooks_sheets_are_chosen_by_name():
    first = "# North\n\nA | B\nx | 1\n\n"
    library = OneTable(text=f"{first}# South\n\nA | B\ny | 2\n", page_starts=(0, len(first)))
    assert [hit.page for hit in ask(library, table="south").hits] == [2]
    with pytest.raises(Permanent, match="has 2 tables: name one; there are “North”, “South”"):
        ask(library)


def test_code_and_unknown_fields_are_no_arguments():
    shelf = shelf_over(FakeLibrary.of("words"), tools=[structured_file.build(tool_context(OneTable()))])
    for given in ({"source": 7, "query": "SELECT 1"}, {"source": 7, **where("Region", "like", "%")}):
        with pytest.raises(InvalidInput):
            asyncio.run(shelf.use("structured_file", given))
    reply = asyncio.run(shelf.use("structured_file", {"source": 7, **where("Region", "eq", "__import__('os')")}))
    assert reply.hits == ()


def table(*lines: str) -> OneTable:
    return OneTable(text="Region | Fees (USD m)\n" + "".join(f"{line}\n" for line in lines))


@pytest.mark.parametrize("word", ["Total", "TOTAL:", "Grand total", "Subtotal", "Sum", "All"])
def test_a_row_that_adds_up_the_others_is_in_no_figure_and_the_note_names_it(word):
    library = table("Ohio | 10", "Utah | 20", f"{word} | 30")
    asked = [{"operation": each, "column": "Fees (USD m)"} for each in ("sum", "mean", "max")]
    note = ask(library, aggregates=asked).note
    assert "Sum of “Fees (USD m)”: 30 (USD, in units of 1,000,000) over 2 rows." in note
    assert "Mean of “Fees (USD m)”: 15 " in note
    assert "Max of “Fees (USD m)”: 20 " in note
    assert f"1 row left out of the figures as adding up others: “{word}”." in note
    # Who asks for that row alone gets it, and a name that begins so is a name.
    alone = ask(library, aggregates=asked[:1], **where("Region", "eq", word)).note
    assert "30 (USD, in units of 1,000,000) over 1 rows" in alone
    named = ask(table("Ohio | 10", "Total Gaming Ltd | 20"), aggregates=asked[:1]).note
    assert "over 2 rows" in named
    assert "left out" not in named


def test_one_cell_of_ten_that_is_no_amount_leaves_the_column_one_of_amounts_and_is_named():
    rows = [f"Region {number} | {number}" for number in range(1, 10)]
    total = [{"operation": "sum", "column": "Fees (USD m)"}]
    note = ask(table(*rows, "Ohio | about six"), aggregates=total).note
    assert "Sum of “Fees (USD m)”: 45 (USD, in units of 1,000,000) over 9 rows." in note
    assert "1 cell of “Fees (USD m)” (“about six”) read as no currency and left out." in note
    with pytest.raises(Permanent, match="kind text, which has no sum"):
        ask(table(*rows[:8], "Ohio | about six", "Utah | few"), aggregates=total)
