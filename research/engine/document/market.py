"""Build the market model of a section from accepted claims, recomputing every figure, and check a drafted one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from research.engine.domain import formula_graph, formulas, size_words
from research.engine.domain.claims import TypedValue
from research.engine.domain.documents import AcceptedClaim, MarketModel, ModelNode, Swing
from research.engine.domain.errors import InvalidInput
from research.engine.domain.items import APPROACHES, NODES

ROLE = "market_size"
_SIZES = NODES[1:]
# Beyond this ratio either way the two ways cannot both be right enough to plan with; a judgement, not a fit.
_FAR = Decimal(2)
_CENT = Decimal("0.01")


def model_of(claims: Sequence[AcceptedClaim]) -> MarketModel | None:
    """Return the model of the claims of role `market_size` that have a figure; None when none of them is computed.

    Nodes: what has no formula first, then by approach and TAM, SAM, SOM, each after all it is computed from. low, high:
    the base where a value has no range. swings: of the last node, top-down where there is one, by the two riskiest
    inputs. The order of `claims` is no matter.
    Raises `InvalidInput` when a stored value is not exactly what its formula gives, a premise is not among the claims,
    a formula cannot be computed, or a claim has no node or approach.
    """
    mine = {claim.key: claim for claim in claims if claim.role == ROLE and claim.value is not None}
    graph = [formula_graph.of_accepted(claim) for claim in mine.values()]
    if not any(node.formula for node in graph):
        return None
    for node in graph:
        for key in sorted(set(node.formula.names.values()) - mine.keys()) if node.formula else ():
            raise InvalidInput(
                f"Claim {mine[node.key].revision_id} is computed from '{key[:12]}', which is no accepted figure of the "
                "market size: decide on that one first.",
                field="claims",
            )
    wrong = formula_graph.differences(graph)
    for key in sorted(wrong):
        raise InvalidInput(
            f"Claim {mine[key].revision_id} is not what its formula gives: {wrong[key]}. Recompute it first.",
            field="claims",
        )
    order = formula_graph.order(graph)
    nodes = _in_order([_node(mine[key], mine) for key in order])
    values = {claim.revision_id: claim.value for claim in mine.values() if claim.value is not None}
    return MarketModel(
        nodes=tuple(nodes), swings=_swings(graph, mine, nodes), reconciliation=_reconciled(nodes, values)
    )


def check(model: MarketModel, claims: Mapping[int, AcceptedClaim]) -> None:
    """Raise `InvalidInput` unless `model` is exactly what its claims (by revision id) give, recomputed difference 0."""
    missing = [node.claim for node in model.nodes if node.claim not in claims]
    if missing:
        raise InvalidInput(
            f"The market size shows claim {missing[0]}, which is not accepted: draft the section again.",
            field="sections",
        )
    if model_of([claims[node.claim] for node in model.nodes]) != model:
        raise InvalidInput(
            "The market size is not what its claims give now: draft the section again.", field="sections"
        )


def _node(claim: AcceptedClaim, mine: Mapping[str, AcceptedClaim]) -> ModelNode:
    value = claim.value
    node, approach = claim.attributes.get("node", ""), claim.attributes.get("approach", "")
    if value is None or node not in NODES or approach not in APPROACHES:
        raise InvalidInput(
            f"Claim {claim.revision_id} of the market size needs a figure, a node and an approach: fill them in.",
            field="claims",
        )
    ends = [value.number if end is None else end for end in (value.low, value.number, value.high)]
    low, base, high = (formulas.plain(end * value.scale) for end in ends)
    formula = claim.formula
    return ModelNode(
        claim=claim.revision_id,
        label=_label(claim, value),
        kind=claim.kind,
        node=node,
        approach=approach,
        unit=_unit(value),
        low=low,
        base=base,
        high=high,
        expression=formula.expression if formula else None,
        # By name: a stored formula comes back with its names in another order than it was written in.
        inputs=tuple(mine[key].revision_id for _, key in sorted(formula.names.items())) if formula else (),
    )


def _label(claim: AcceptedClaim, value: TypedValue) -> str:
    """Return what a node is told by: metric, place and period of an input, place and period of a size."""
    metric = value.metric if claim.formula is None else None
    told = ", ".join(part for part in (metric, value.geography, value.period) if part)
    told = told or claim.attributes["node"]
    return told[:1].upper() + told[1:]


def _unit(value: TypedValue) -> str:
    unit = formulas.unit_said(value)
    return "" if unit == "no unit" else unit


def _in_order(nodes: Sequence[ModelNode]) -> list[ModelNode]:
    """Return the nodes as they are read: inputs, then approach by approach from TAM to SOM."""

    def rank(node: ModelNode) -> tuple[bool, int, int, int]:
        return node.expression is not None, APPROACHES.index(node.approach), NODES.index(node.node), node.claim

    left, placed = sorted(nodes, key=rank), list[ModelNode]()
    while left:
        there = {node.claim for node in placed}
        placed.append(left.pop(next(at for at, node in enumerate(left) if there.issuperset(node.inputs))))
    return placed


def _swings(
    graph: Sequence[formula_graph.Node], mine: Mapping[str, AcceptedClaim], nodes: Sequence[ModelNode]
) -> tuple[Swing, ...]:
    """Return the swings of the smallest size there is by the two riskiest inputs, the riskier first."""
    keys = {claim.revision_id: key for key, claim in mine.items()}
    sizes = [node for node in nodes if node.expression is not None and node.node in _SIZES]
    if not sizes:
        return ()
    target = min(sizes, key=lambda node: (-NODES.index(node.node), APPROACHES.index(node.approach), node.claim))
    return tuple(
        Swing(
            node=target.claim,
            input=mine[moved.key].revision_id,
            down=formulas.plain(moved.down),
            up=formulas.plain(moved.up),
        )
        for moved in formula_graph.riskiest(graph, keys[target.claim])
    )


def _reconciled(nodes: Sequence[ModelNode], values: Mapping[int, TypedValue]) -> str:
    """Return what both approaches say of the largest size both have, and the ratio; "" when none can be compared."""
    for size in _SIZES:
        both = [next((n for n in nodes if n.node == size and n.approach == way), None) for way in APPROACHES]
        down, up = both
        if down is None or up is None or down.unit != up.unit or not Decimal(down.base):
            continue
        ratio = Decimal(up.base) / Decimal(down.base)
        told = [size_words.amount(values[node.claim].number, values[node.claim]) for node in (down, up)]
        times = formulas.plain(ratio.quantize(_CENT)) if ratio >= _CENT else f"less than {_CENT}"
        said = f"{size}: top-down {told[0]}, bottom-up {told[1]}, which is {times} times as much"
        near = 1 / _FAR <= ratio <= _FAR
        return f"{said}." if near else f"{said}. They lie too far apart to plan with: question the inputs first."
    return ""
