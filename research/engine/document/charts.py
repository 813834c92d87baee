"""Charts of a market size: how large, how it is computed, which inputs it hangs on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from research.engine.domain.documents import MarketModel, ModelNode, Swing

from . import amounts, svg

_SIZES = ("TAM", "SAM", "SOM")
_LEFT, _RIGHT, _ROW = 190, 560, 52


def market_charts(model: MarketModel, *, key: str) -> tuple[svg.Chart, ...]:
    """Return the charts that help with `model`: sizes, swings. key: of our own making, begins the ids."""
    sized = [node for node in model.nodes if node.node in _SIZES]
    units = list(dict.fromkeys(node.unit for node in sized))
    found = [
        _sizes([node for node in sized if node.unit == unit], key=f"{key}-size-{place}")
        for place, unit in enumerate(units, 1)
    ]
    nodes = {node.claim: node for node in model.nodes}
    moved = [number for number in dict.fromkeys(swing.node for swing in model.swings) if number in nodes]
    for number in moved:
        swings = [swing for swing in model.swings if swing.node == number and swing.input in nodes]
        if swings:
            found.append(_swings(nodes[number], swings, nodes, key=f"{key}-swing-{number}"))
    return tuple(found)


def name_of(node: ModelNode) -> str:
    """Return what a node is called: "TAM, top-down" for a size, its label for an input."""
    return f"{node.node}, {node.approach}" if node.node in _SIZES else node.label


def _sizes(nodes: Sequence[ModelNode], *, key: str) -> svg.Chart:
    unit = nodes[0].unit
    top = max((Decimal(node.high) for node in nodes), default=Decimal(1)) or Decimal(1)
    said = "; ".join(
        f"{name_of(node)}: {amounts.short(node.base, unit)}, "
        f"from {amounts.short(node.low, unit)} to {amounts.short(node.high, unit)}"
        for node in nodes
    )
    shapes = [svg.line(_LEFT, 26, _LEFT, 30 + _ROW * len(nodes), stroke="soft")]
    for place, node in enumerate(nodes):
        shapes += _size(node, top, 30 + _ROW * place)
    shapes += [
        svg.rect(_LEFT, 4, 22, 10, fill="accent"),
        svg.text(_LEFT + 29, 13, "base", size=11, css="soft"),
        *_whisker(_LEFT + 72, _LEFT + 112, 9),
        svg.text(_LEFT + 120, 13, "low to high", size=11, css="soft"),
    ]
    return svg.chart(
        key=key, title="Market size", description=said, width=svg.WIDTH, height=36 + _ROW * len(nodes), shapes=shapes
    )


def _size(node: ModelNode, top: Decimal, y: float) -> Iterator[str]:
    base, low, high = (_at(value, top) for value in (node.base, node.low, node.high))
    yield svg.text(_LEFT - 12, y + 20, node.node, size=15, anchor="end", bold=True)
    yield svg.text(_LEFT - 12, y + 36, node.approach, size=11, css="soft", anchor="end")
    yield svg.rect(_LEFT, y + 10, max(base - _LEFT, 1.5), 22, fill="accent")
    yield from _whisker(low, high, y + 38)
    yield svg.text(_RIGHT + 14, y + 22, amounts.short(node.base, node.unit), size=13, bold=True)
    spread = f"{amounts.short(node.low, node.unit)} to {amounts.short(node.high, '')}"
    yield svg.text(_RIGHT + 14, y + 39, spread, size=10, css="soft")


def _whisker(low: float, high: float, y: float) -> Iterator[str]:
    yield svg.line(low, y, high, y, stroke="ink", width=1.4)
    yield svg.line(low, y - 4, low, y + 4, stroke="ink", width=1.4)
    yield svg.line(high, y - 4, high, y + 4, stroke="ink", width=1.4)


def _at(value: str, top: Decimal) -> float:
    return _LEFT + float(max(Decimal(value), Decimal(0)) / top) * (_RIGHT - _LEFT)


def _swings(node: ModelNode, swings: Sequence[Swing], nodes: dict[int, ModelNode], *, key: str) -> svg.Chart:
    ordered = sorted(swings, key=lambda swing: abs(Decimal(swing.up) - Decimal(swing.down)), reverse=True)
    ends = [Decimal(value) for swing in ordered for value in (swing.down, swing.up)]
    least, most = min(*ends, Decimal(node.base)), max(*ends, Decimal(node.base))
    left, right = 290.0, 630.0
    span = most - least or Decimal(1)

    def at(value: str) -> float:
        return left + float((Decimal(value) - least) / span) * (right - left)

    bottom = 44 + _ROW * len(ordered)
    shapes: list[str] = []
    said = []
    for place, swing in enumerate(ordered):
        label = nodes[swing.input].label
        shapes += _swing(swing, label, at(swing.down), at(node.base), at(swing.up), 40 + _ROW * place)
        said.append(
            f"{label} 50 % lower: {amounts.short(swing.down, node.unit)}, "
            f"50 % higher: {amounts.short(swing.up, node.unit)}"
        )
    base = at(node.base)
    shapes += [
        svg.line(base, 32, base, bottom, stroke="ink", width=1.4, dash="4 3"),
        svg.text(base, bottom + 16, f"base {amounts.short(node.base, node.unit)}", size=11, anchor="middle", bold=True),
        svg.rect(left, 6, 22, 11, fill="paper", stroke="accent"),
        svg.text(left + 29, 16, "input 50 % lower", size=11, css="soft"),
        svg.rect(left + 140, 6, 22, 11, fill="accent", stroke="accent"),
        svg.text(left + 169, 16, "input 50 % higher", size=11, css="soft"),
    ]
    return svg.chart(
        key=key,
        title=f"What moves {name_of(node)}",
        description=f"Base {amounts.short(node.base, node.unit)}. {'; '.join(said)}",
        width=svg.WIDTH,
        height=bottom + 24,
        shapes=shapes,
    )


def _swing(swing: Swing, label: str, down: float, base: float, up: float, y: float) -> Iterator[str]:
    lines = svg.wrapped(label, width=34, lines=2)
    for place, words in enumerate(lines):
        yield svg.text(0, y + 22 + 14 * place - 7 * (len(lines) - 1), words, size=12)
    for end, value, fill in ((down, swing.down, "paper"), (up, swing.up, "accent")):
        yield svg.rect(min(end, base), y + 6, abs(end - base), 22, fill=fill, stroke="accent")
        inward = "end" if end < base else "start"
        yield svg.text(
            end + (-6 if end < base else 6), y + 21, amounts.short(value, ""), size=10, css="soft", anchor=inward
        )
