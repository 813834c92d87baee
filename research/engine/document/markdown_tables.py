"""Tables and market sizes as Markdown: what a chart shows stands in its table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from research.engine.domain.mrd import MrdCell, MrdClaim, MrdSection, MrdTable

from . import layout, model_table
from . import text as words


def tables(section: MrdSection, claims: Mapping[int, MrdClaim], *, escape: Callable[[str], str]) -> Iterator[str]:
    """Yield the section's market size and tables, line by line. escape: makes plain words of any text."""
    if section.model is not None:
        for one in model_table.model_tables(section.model, claims=claims):
            yield from _table(one, escape)
        if section.model.reconciliation:
            yield from (escape(section.model.reconciliation), "")
    for one in section.tables:
        yield from _table(one, escape)


def _table(one: MrdTable, escape: Callable[[str], str]) -> Iterator[str]:
    yield from (f"**{escape(one.caption)}**", "")
    if layout.shape(one) == "stacked":
        for row in map(layout.told_once, one.rows):
            yield f"- {_cell(row[0], escape)}"
            for name, value in zip(one.columns[1:], row[1:], strict=True):
                if value.text:
                    yield f"  - {escape(name)}: {_cell(value, escape)}"
        yield ""
        return
    yield f"| {' | '.join(map(escape, one.columns))} |"
    yield f"|{'---|' * len(one.columns)}"
    for row in map(layout.told_once, one.rows):
        yield f"| {' | '.join(_cell(value, escape) for value in row)} |"
    yield ""


def _cell(one: MrdCell, escape: Callable[[str], str]) -> str:
    known = words.known_by(one)
    notes = "".join(f"[^{number}]" for number in one.citations)
    return f"{escape(one.text) or '–'}{f' ({escape(known)})' if known else ''}{notes}"
