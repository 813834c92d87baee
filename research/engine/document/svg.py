"""Pieces of own SVG: drawn with attributes, never with inline styles, which the page's policy forbids.

Each shape has a class as well, by which the page's style sheet gives it the colours of a dark screen. WeasyPrint and
Word read the attributes alone.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import NamedTuple

from .html_parts import esc

WIDTH = 720
FILLS = {
    "ink": "#16202e",
    "soft": "#55606f",
    "line": "#b9c2cd",
    "accent": "#16457a",
    "pale": "#dbe6f3",
    "paper": "#ffffff",
}
FONT = "Liberation Sans, Arial, Helvetica, DejaVu Sans, sans-serif"


class Chart(NamedTuple):
    """A drawing with what it shows in words, for those who do not see it. svg: one element, text in it escaped.

    width, height: of its view box.
    """

    key: str
    title: str
    description: str
    svg: str
    width: float
    height: float


def chart(*, key: str, title: str, description: str, width: float, height: float, shapes: Iterable[str]) -> Chart:
    """Return a chart. key: of our own making, unique in the document; title, description: plain words."""
    svg = (
        f'<svg class="chart" role="img" aria-labelledby="{key}-title" viewBox="0 0 {n(width)} {n(height)}" '
        f'width="{n(width)}" height="{n(height)}" font-family="{FONT}">'
        # The title says all: it is what a reader of the PDF is told, who has no other way to the description.
        f'<title id="{key}-title">{esc(title)}. {esc(description)}</title>'
        f"{''.join(shapes)}</svg>"
    )
    return Chart(key, title, description, svg, width, height)


def text(
    x: float, y: float, words: str, *, size: int = 12, css: str = "ink", anchor: str = "start", bold: bool = False
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text class="f-{css}" fill="{FILLS[css]}" x="{n(x)}" y="{n(y)}" font-size="{size}" '
        f'text-anchor="{anchor}"{weight}>{esc(words)}</text>'
    )


def rect(
    x: float, y: float, width: float, height: float, *, fill: str, stroke: str = "", dash: str = "", round_: int = 0
) -> str:
    edge = f' stroke="{FILLS[stroke]}" stroke-width="1.4"' if stroke else ""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    css = f"f-{fill}" + (f" s-{stroke}" if stroke else "")
    return (
        f'<rect class="{css}" fill="{FILLS[fill]}" x="{n(x)}" y="{n(y)}" width="{n(max(width, 0))}" '
        f'height="{n(height)}" rx="{round_}"{edge}{dashed}/>'
    )


def line(x1: float, y1: float, x2: float, y2: float, *, stroke: str = "line", width: float = 1, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line class="s-{stroke}" stroke="{FILLS[stroke]}" stroke-width="{n(width)}" x1="{n(x1)}" y1="{n(y1)}" '
        f'x2="{n(x2)}" y2="{n(y2)}"{dashed}/>'
    )


def arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return a curve that leaves and arrives level, with a head at its end."""
    middle = (x1 + x2) / 2
    end = x2 - 7
    colour = FILLS["soft"]
    return (
        f'<path class="s-soft" fill="none" stroke="{colour}" stroke-width="1.2" '
        f'd="M{n(x1)} {n(y1)}C{n(middle)} {n(y1)} {n(middle)} {n(y2)} {n(end)} {n(y2)}"/>'
        f'<path class="f-soft" fill="{colour}" d="M{n(x2)} {n(y2)}L{n(end)} {n(y2 - 4)}L{n(end)} {n(y2 + 4)}Z"/>'
    )


def dot(x: float, y: float, radius: float) -> str:
    return f'<circle class="f-accent" fill="{FILLS["accent"]}" cx="{n(x)}" cy="{n(y)}" r="{n(radius)}"/>'


def wrapped(words: str, *, width: int, lines: int) -> list[str]:
    """Return `words` on at most `lines` lines of `width` characters, cut with an ellipsis."""
    return textwrap.wrap(words, width, max_lines=lines, placeholder=" …", break_long_words=True) or [""]


def n(number: float) -> str:
    """Return a coordinate with at most two decimals: the same digits on every machine."""
    return f"{number:.2f}".rstrip("0").rstrip(".")
