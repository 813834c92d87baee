"""What a claim is in the document, as people see it: its role and attributes, its premises, a section's tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from research.engine.document import amounts
from research.engine.domain.documents import Cell, MarketModel, SectionDraft, Table
from research.engine.domain.items import ATTRIBUTES
from research.models import Claim, ClaimRevision, Run

_ROLE_NAMES = {"out_of_scope": "out of scope", "market_size": "market size", "voice": "voice of customer"}


class PremiseView(NamedTuple):
    """A claim that another one rests on."""

    id: int
    text: str
    status: str


class CellView(NamedTuple):
    """A cell with how it is known ("measured, 2025-06-30") and the ids of the claims it cites."""

    text: str
    known: str
    claims: tuple[int, ...]


class TableView(NamedTuple):
    """A table of a section; claims: those it shows, in reading order, by whatever `tables` was given for them."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[CellView, ...], ...]
    claims: tuple[Any, ...]


def role_of(revision: ClaimRevision) -> str:
    """Return the role in words, "" for a plain fact."""
    return "" if revision.role == "fact" else _ROLE_NAMES.get(revision.role, revision.role)


def attributes_of(revision: ClaimRevision) -> tuple[tuple[str, str], ...]:
    """Return the attributes of a claim revision as (label, words), in the order of the role."""
    known = ATTRIBUTES.get(revision.role, ())  # type: ignore[call-overload]
    pairs = ((attribute.label, revision.attributes.get(attribute.name, "")) for attribute in known)
    return tuple((label, words) for label, words in pairs if words)


def premises_of(run: Run, claims: Iterable[Claim]) -> dict[int, tuple[PremiseView, ...]]:
    """Return for each claim (by id) the claims it rests on. One query, however many there are."""
    keys = {claim.pk: claim.current.premise_keys for claim in claims if claim.current and claim.current.premise_keys}
    wanted = {key for found in keys.values() for key in found}
    rows = Claim.objects.filter(run=run, key__in=wanted).select_related("current") if wanted else ()
    there = {row.key: row for row in rows}
    found: dict[int, tuple[PremiseView, ...]] = defaultdict(tuple)
    for pk, named in keys.items():
        found[pk] = tuple(_premise(there[key]) for key in named if key in there)
    return found


def tables_of(draft: SectionDraft, shown: Mapping[int, Any], *, ids: Mapping[int, int]) -> tuple[TableView, ...]:
    """Return a section's market size and tables. shown: what to show of each claim, ids: its id; by revision id."""
    sized = (_model(draft.model),) if draft.model else ()
    return tuple(_table(table, shown, ids) for table in (*sized, *draft.tables))


def _premise(claim: Claim) -> PremiseView:
    return PremiseView(claim.pk, claim.current.text if claim.current else "", claim.get_status_display())


def _table(table: Table, shown: Mapping[int, Any], ids: Mapping[int, int]) -> TableView:
    cited = dict.fromkeys(number for row in table.rows for cell in row for number in cell.claims)
    rows = tuple(tuple(_cell(cell, ids) for cell in row) for row in table.rows)
    return TableView(table.caption, table.columns, rows, tuple(shown[number] for number in cited if number in shown))


def _cell(cell: Cell, ids: Mapping[int, int]) -> CellView:
    known = ", ".join(word for word in (cell.kind, cell.as_of.isoformat() if cell.as_of else "") if word)
    return CellView(cell.text, known, tuple(ids[number] for number in cell.claims if number in ids))


def _model(model: MarketModel) -> Table:
    """Return a market size as a table of its nodes."""
    rows = tuple(
        (
            Cell(text=f"{node.node}, {node.approach}: {node.label}", claims=(node.claim,), kind=node.kind),
            *(Cell(text=amounts.full(amount, node.unit)) for amount in (node.low, node.base, node.high)),
            Cell(text=node.expression or ""),
        )
        for node in model.nodes
    )
    caption = " ".join(word for word in ("Market size.", model.reconciliation) if word)
    return Table(key="model", caption=caption, columns=("Figure", "Low", "Base", "High", "Computed as"), rows=rows)
