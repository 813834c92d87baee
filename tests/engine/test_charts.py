"""Charts: what they draw is what the figures say, in words too; words in them stay words."""

import document_rich as rich
import pytest
import test_export_html as hostile
from lxml import etree

from research.engine.document import amounts, charts, charts_evidence, charts_graph, layout, model_table
from research.engine.domain.documents import MarketModel
from research.engine.domain.mrd import SignedMrd


def all_charts():
    model = rich.market()
    graph = charts_graph.graph(model, key="m-graph")
    return [*charts.market_charts(model, key="m"), graph, *charts_evidence.evidence_charts(rich.mrd())]


def widths(chart, css):
    return [float(box.get("width")) for box in etree.fromstring(chart.svg).iter("rect") if box.get("class") == css]


def test_each_chart_is_one_well_formed_picture_with_a_name_and_no_inline_style():
    keys = [chart.key for chart in all_charts()]
    assert len(keys) == len(set(keys)) == 6
    for chart in all_charts():
        root = etree.fromstring(chart.svg)
        assert root.get("role") == "img"
        assert root.find("title").text.startswith(chart.title)
        assert root.get("aria-labelledby") == root.find("title").get("id")
        assert " style=" not in chart.svg


def test_nothing_is_drawn_outside_its_frame():
    for chart in all_charts():
        for shape in etree.fromstring(chart.svg).iter():
            for name, limit in (("x", chart.width), ("y", chart.height), ("x2", chart.width), ("cx", chart.width)):
                assert 0 <= float(shape.get(name, 0)) <= limit
            assert float(shape.get("x", 0)) + float(shape.get("width", 0) if shape.tag == "rect" else 0) <= chart.width


def test_bars_are_as_long_as_their_figures():
    size = all_charts()[0]
    tam, sam, som, other = widths(size, "f-accent")[:-1]
    assert sam / tam == pytest.approx(0.62, abs=0.001)
    assert som / tam == pytest.approx(0.0248, abs=0.001)
    assert other / tam == pytest.approx(228 / 412, abs=0.001)
    assert "TAM, top-down: USD 412 million, from USD 330 million to USD 515 million" in size.description


def test_the_widest_swing_stands_first_and_both_ends_are_told():
    swing = all_charts()[1]
    labels = [text.text for text in etree.fromstring(swing.svg).iter("text") if text.text]
    assert labels.index("Share of revenue from games that") < labels.index("Share the product can win within")
    assert "50 % lower: USD 5.11 million, 50 % higher: USD 15.3 million" in swing.description


def test_each_input_of_a_computed_node_has_its_arrow_and_each_kind_its_frame():
    graph = charts_graph.graph(rich.market(), key="g")
    root = etree.fromstring(graph.svg)
    assert len([path for path in root.iter("path") if path.get("fill") == "none"]) == 7
    assert len([box for box in root.iter("rect") if box.get("stroke-dasharray")]) == 3 + 1, "assumptions and the legend"
    assert "SOM, top-down is computed from SAM, top-down, Share the product can win" in graph.description


def test_a_graph_in_a_circle_ends_and_one_without_formulas_is_not_drawn():
    nodes = rich.market().nodes
    looped = nodes[5].model_copy(update={"inputs": (37,)})
    assert charts_graph.graph(MarketModel(nodes=(*nodes[:5], looped, *nodes[6:])), key="g") is not None
    assert charts_graph.graph(MarketModel(nodes=nodes[:5]), key="g") is None


def test_hostile_words_stay_words_in_charts():
    nodes = tuple(node.model_copy(update={"label": hostile.HOSTILE}) for node in rich.market().nodes)
    model = rich.market().model_copy(update={"nodes": nodes})
    for chart in (*charts.market_charts(model, key="m"), charts_graph.graph(model, key="g")):
        assert {shape.tag for shape in etree.fromstring(chart.svg).iter()} <= {
            "svg", "title", "text", "rect", "line", "path",
        }  # fmt: skip
    mrd = hostile.hostile_document()
    for chart in charts_evidence.evidence_charts(SignedMrd.of(mrd=mrd).mrd):
        etree.fromstring(chart.svg)


def test_the_table_beside_the_charts_says_every_figure_in_full():
    nodes, swings = model_table.model_tables(rich.market(), claims={})
    assert [cell.text for cell in nodes.rows[7]] == [
        "SOM, top-down: What the product can win", "computed", "USD 8,174,080", "USD 10,217,600", "USD 12,772,000",
        "sam × won",
    ]  # fmt: skip
    assert [cell.text for cell in swings.rows[0]][2:] == ["USD 5,108,800", "USD 10,217,600", "USD 15,326,400"]


@pytest.mark.parametrize(
    ("amount", "unit", "full", "short"),
    [
        ("1310000000", "USD", "USD 1,310,000,000", "USD 1.31 billion"),
        ("12345", "users", "12,345 users", "12,345 users"),
        ("12.50", "USD per user", "USD 12.5 per user", "USD 12.5 per user"),
        ("4.5678", "percent", "4.5678 %", "4.57 %"),
        ("0", "USD", "USD 0", "USD 0"),
        ("-2500000", "EUR", "EUR -2,500,000", "EUR -2.5 million"),
        ("999999", "players", "999,999 players", "999,999 players"),
        ("7", "", "7", "7"),
    ],
)
def test_an_amount_is_written_in_full_and_in_short(amount, unit, full, short):
    assert amounts.full(amount, unit) == full
    assert amounts.short(amount, unit) == short


def test_a_table_is_a_grid_turned_or_stacked_by_its_columns():
    assert layout.shape(rich.competitors()) == "grid"
    assert layout.shape(rich.regulation()) == "wide"
    assert layout.shape(rich.requirements()) == "stacked"
    few = rich.regulation().model_copy(update={"rows": rich.regulation().rows[:2]})
    assert layout.shape(few) == "stacked", "a sheet is not turned for two rows"


def test_cells_that_rest_on_the_same_claims_are_cited_once_in_their_row_at_the_longest():
    told = {"claims": (14,), "citations": (6,)}
    row = (
        rich.cell("R-1", kind="inferred", **told),
        rich.cell("Paid out on the same day", kind="inferred", **told),
        rich.cell("measured so", kind="measured", **told),
        rich.cell("another", claims=(15,), citations=(7,), kind="inferred"),
        rich.cell("fixed words"),
    )
    shown = layout.told_once(row)
    assert [cell.citations for cell in shown] == [(), (6,), (), (7,), ()]
    assert [cell.kind for cell in shown] == ["", "inferred", "measured", "inferred", ""]
    assert [cell.text for cell in shown] == [cell.text for cell in row]


def test_citations_stand_at_the_first_cell_that_holds_a_statement_not_at_the_longest():
    told = {"claims": (14,), "citations": (6,), "kind": "inferred"}
    longer = "Somebody of 20 years tries to get in, at any hour and from any place, and is told why it does not work."
    texts = ("R-13", "must", "Keep everybody out who is younger than 21.", longer)
    row = tuple(rich.cell(text, **told) for text in texts)
    assert [cell.citations for cell in layout.told_once(row)] == [(), (), (6,), ()]
    assert [cell.kind for cell in layout.told_once(row)] == ["", "", "inferred", ""]


def test_a_formula_is_told_with_what_its_names_stand_for():
    claims = {claim.revision_id: claim for claim in rich.mrd().claims}
    nodes, _ = model_table.model_tables(rich.market(), claims=claims)
    assert nodes.rows[7][-1].text == "SAM, top-down × Share the product can win within three years"


def test_columns_share_the_width_by_what_they_hold():
    table = rich.regulation()
    shares = layout.widths(table)
    assert sum(shares) == pytest.approx(100, abs=0.5)
    assert max(shares) == shares[table.columns.index("What it demands")]
    assert min(shares) == shares[table.columns.index("Primary source")]
