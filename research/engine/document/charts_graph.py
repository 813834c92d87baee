"""The formula graph of a market size, drawn: inputs on the left, what is computed from them to the right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from research.engine.domain.documents import MarketModel, ModelNode

from . import amounts, svg
from .charts import name_of

_BOX_W, _BOX_H, _GAP_X, _GAP_Y = 172, 74, 52, 16
_LABEL_CHARS = 27


class _Box(NamedTuple):
    node: ModelNode
    x: float
    y: float


def graph(model: MarketModel, *, key: str) -> svg.Chart | None:
    """Return the graph as boxes and arrows, None where nothing is computed. key: of our own making."""
    nodes = {node.claim: node for node in model.nodes}
    if not any(node.inputs for node in model.nodes):
        return None
    columns = _columns(nodes)
    tallest = max(len(column) for column in columns)
    height = tallest * (_BOX_H + _GAP_Y) - _GAP_Y
    boxes: dict[int, _Box] = {}
    for place, column in enumerate(columns):
        taken = len(column) * (_BOX_H + _GAP_Y) - _GAP_Y
        for row, number in enumerate(column):
            y = 34 + (height - taken) / 2 + row * (_BOX_H + _GAP_Y)
            boxes[number] = _Box(nodes[number], 2 + place * (_BOX_W + _GAP_X), y)
    shapes = [*_arrows(boxes), *(shape for box in boxes.values() for shape in _box(box)), *_legend()]
    said = "; ".join(
        f"{name_of(node)} is computed from {', '.join(name_of(nodes[n]) for n in node.inputs if n in nodes)}"
        for node in model.nodes
        if node.inputs
    )
    return svg.chart(
        key=key,
        title="How the market size is computed",
        description=said,
        width=max(svg.WIDTH, len(columns) * (_BOX_W + _GAP_X) - _GAP_X + 4),
        height=height + 38,
        shapes=shapes,
    )


def _columns(nodes: dict[int, ModelNode]) -> list[list[int]]:
    """Return the nodes by column. Each stands one column before the first that uses it, so that arrows are short."""
    depth: dict[int, int] = {}
    # Inputs come first in a model; a second pass puts right what does not, and a cycle cannot make it endless.
    for _ in range(len(nodes)):
        for number, node in nodes.items():
            known = [depth.get(other, 0) for other in node.inputs if other in nodes]
            depth[number] = min(1 + max(known), len(nodes)) if known else 0
    users: dict[int, list[int]] = {}
    for number, node in nodes.items():
        for other in node.inputs:
            users.setdefault(other, []).append(depth[number])
    place = {
        number: depth[number] if node.inputs else max(0, min(users.get(number, [1])) - 1)
        for number, node in nodes.items()
    }
    columns: list[list[int]] = [[] for _ in range(max(place.values()) + 1)]
    for number in nodes:
        columns[place[number]].append(number)
    filled = [column for column in columns if column]
    # From right to left: a node stands about where those that use it stand.
    for right, left in reversed(list(zip(filled[1:], filled[:-1], strict=True))):
        order = {number: row for row, number in enumerate(right)}
        wanted = {
            number: [order[user] for user in right if number in nodes[user].inputs] or [len(right)] for number in left
        }
        left.sort(key=lambda number: sum(wanted[number]) / len(wanted[number]))
    return filled


def _arrows(boxes: dict[int, _Box]) -> Iterator[str]:
    for box in boxes.values():
        sources = sorted((boxes[n] for n in box.node.inputs if n in boxes), key=lambda source: source.y)
        for place, source in enumerate(sources, 1):
            arrives = box.y + _BOX_H * place / (len(sources) + 1)
            yield svg.arrow(source.x + _BOX_W, source.y + _BOX_H / 2, box.x, arrives)


def _box(box: _Box) -> Iterator[str]:
    node, x, y = box
    yield _frame(node.kind, x, y, _BOX_W, _BOX_H)
    told = node.kind if node.node == "input" else f"{node.kind}, {name_of(node)}"
    yield svg.text(x + 9, y + 15, told, size=9, css="soft")
    for place, words in enumerate(svg.wrapped(node.label, width=_LABEL_CHARS, lines=2)):
        yield svg.text(x + 9, y + 31 + 13 * place, words, size=11)
    yield svg.text(x + 9, y + 65, amounts.short(node.base, node.unit), size=12, bold=True)


def _frame(kind: str, x: float, y: float, width: float, height: float) -> str:
    if kind == "assumption":
        return svg.rect(x, y, width, height, fill="paper", stroke="accent", dash="5 3")
    if kind == "computed":
        return svg.rect(x, y, width, height, fill="pale", stroke="accent", round_=10)
    return svg.rect(x, y, width, height, fill="paper", stroke="soft")


def _legend() -> Iterator[str]:
    for place, (kind, words) in enumerate(
        (("stated", "stated by a source"), ("assumption", "assumption"), ("computed", "computed"))
    ):
        x = 2 + place * 150
        yield _frame(kind, x, 3, 22, 12)
        yield svg.text(x + 29, 13, words, size=11, css="soft")
