"""Tables, market sizes and charts as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from research.engine.domain.documents import MarketModel
from research.engine.domain.mrd import MrdCell, MrdSection, MrdTable

from . import charts, charts_graph, layout, model_table, svg
from . import text as words
from .html_parts import Page, esc


def tables(page: Page, section: MrdSection) -> Iterator[str]:
    """Yield the section's market size, drawn and as figures, then its tables."""
    if section.model is not None:
        yield from _model(page, section.model, key=layout.anchor(section.key))
    for one in section.tables:
        yield from table(page, one)


def table(page: Page, one: MrdTable) -> Iterator[str]:
    """Yield one table: a grid, or rows stacked as records where it has too many columns for a sheet of paper."""
    shape = layout.shape(one)
    yield f'<div class="table {shape}">'
    yield f'<table class="data {shape}"><caption>{esc(one.caption)}</caption>'
    yield from _records(page, one) if shape == "stacked" else _grid(page, one)
    yield "</table></div>"


def figures(found: Iterable[svg.Chart]) -> Iterator[str]:
    """Yield charts, each under its title. What one shows is said in its own words for who cannot see it."""
    for one in found:
        yield f'<figure id="{one.key}"><figcaption>{esc(one.title)}</figcaption>{one.svg}</figure>'


def cell(page: Page, one: MrdCell) -> str:
    """Return a cell's words with its citations, how it is known, and as of when."""
    if not one.text:
        return '<span class="none">–</span>'
    return f"{esc(one.text)}{page.markers(one.citations)}{_known(one)}"


def _known(one: MrdCell) -> str:
    known = words.known_by(one)
    return f' <span class="known">{esc(known)}</span>' if known else ""


def _css(one: MrdCell) -> str:
    return ' class="num short"' if layout.is_short(one) else ""


def _grid(page: Page, one: MrdTable) -> Iterator[str]:
    # An attribute, not a style: the page's own policy forbids inline styles.
    yield "".join(f'<col width="{share:g}%">' for share in layout.widths(one))
    heads = "".join(f'<th scope="col">{esc(name)}</th>' for name in one.columns)
    yield f"<thead><tr>{heads}</tr></thead><tbody>"
    for row in one.rows:
        first, *rest = layout.told_once(row)
        cells = "".join(
            f'<td data-label="{esc(name)}"{_css(value)}>{cell(page, value)}</td>'
            for name, value in zip(one.columns[1:], rest, strict=True)
        )
        yield f'<tr><th scope="row">{cell(page, first)}</th>{cells}</tr>'
    yield "</tbody>"


def _records(page: Page, one: MrdTable) -> Iterator[str]:
    for row in one.rows:
        first, *rest = layout.told_once(row)
        yield f'<tbody><tr><th scope="rowgroup" colspan="2">{cell(page, first)}</th></tr>'
        for name, value in zip(one.columns[1:], rest, strict=True):
            if value.text:
                yield f'<tr><th scope="row">{esc(name)}</th><td>{cell(page, value)}</td></tr>'
        yield "</tbody>"


def _model(page: Page, model: MarketModel, *, key: str) -> Iterator[str]:
    drawn = charts_graph.graph(model, key=f"{key}-graph")
    yield from figures(charts.market_charts(model, key=key))
    if model.reconciliation:
        yield f'<p class="reconciled">{esc(model.reconciliation)}</p>'
    if drawn is not None:
        yield from figures((drawn,))
    for one in model_table.model_tables(model, claims=page.claims):
        yield from table(page, one)
