"""A market size as tables: what its charts show, in figures, each with its claim."""

from __future__ import annotations

import re
from collections.abc import Mapping

from research.engine.domain.documents import MarketModel, ModelNode
from research.engine.domain.mrd import MrdCell, MrdClaim, MrdTable

from . import amounts
from .charts import name_of

NODES_CAPTION = "Market size: every input, assumption and computed figure"
SWINGS_CAPTION = "Sensitivity: what becomes of it when one input is 50 % lower or higher"
_NODE_COLUMNS = ("Figure", "How known", "Low", "Base", "High", "Computed as")
_SWING_COLUMNS = ("Input", "Moves", "50 % lower", "Base", "50 % higher")


def model_tables(model: MarketModel, *, claims: Mapping[int, MrdClaim]) -> tuple[MrdTable, ...]:
    """Return the nodes as a table, and the swings as another where there are any. claims: by revision id."""
    nodes = {node.claim: node for node in model.nodes}
    rows = tuple(_row(node, nodes, claims) for node in model.nodes)
    found = [MrdTable(key="market-model", caption=NODES_CAPTION, columns=_NODE_COLUMNS, rows=rows)]
    swings = tuple(
        (
            MrdCell(text=nodes[swing.input].label),
            MrdCell(text=name_of(nodes[swing.node])),
            MrdCell(text=amounts.full(swing.down, nodes[swing.node].unit)),
            MrdCell(text=amounts.full(nodes[swing.node].base, nodes[swing.node].unit)),
            MrdCell(text=amounts.full(swing.up, nodes[swing.node].unit)),
        )
        for swing in model.swings
        if swing.node in nodes and swing.input in nodes
    )
    if swings:
        found.append(MrdTable(key="market-swings", caption=SWINGS_CAPTION, columns=_SWING_COLUMNS, rows=swings))
    return tuple(found)


def _row(node: ModelNode, nodes: Mapping[int, ModelNode], claims: Mapping[int, MrdClaim]) -> tuple[MrdCell, ...]:
    claim = claims.get(node.claim)
    label = node.label if node.node == "input" else f"{name_of(node)}: {node.label}"
    return (
        MrdCell(text=label, claims=(node.claim,), citations=claim.citations if claim else ()),
        MrdCell(text=node.kind),
        *(MrdCell(text=amounts.full(value, node.unit)) for value in (node.low, node.base, node.high)),
        MrdCell(text=_formula(node, nodes, claim)),
    )


def _formula(node: ModelNode, nodes: Mapping[int, ModelNode], claim: MrdClaim | None) -> str:
    """Return the expression with what its names stand for in their place: "TAM, top-down × Share served"."""
    if not node.expression:
        return ""
    names = claim.formula.names if claim and claim.formula else {}

    def told(found: re.Match[str]) -> str:
        node = nodes.get(names.get(found.group(), -1))
        return name_of(node) if node else found.group()

    return re.sub(r"[A-Za-z_]\w*", told, node.expression).replace(" * ", " × ").replace(" - ", " − ")
