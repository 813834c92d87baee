"""Ratios over line items: look a formula up or read it from a definition, and reckon it for a year from statements."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from . import ratios_data
from .line_items import Line, squashed
from .words import content_stems

_TOKEN = re.compile(
    r"\s*(?:(?P<op>[()*/+÷×]|(?<=[\s)])[-–−](?=[\s(]))|"
    r"(?P<text>(?:(?![()*/+÷×]|(?<=[\s)])[-–−](?=[\s(])).)+))",
    re.DOTALL,
)
_YEARS = re.compile(r"\b(?:fy|fiscal(?: year)?|in|for|of)?\s*'?(20\d\d)\b", re.IGNORECASE)
_BETWEEN = re.compile(r"\b(?:between|from|in|during|over)\b.*\Z", re.IGNORECASE | re.DOTALL)
_LEAST_PREFIX = 8
# What a longer label may not say when only its beginning is the item's.
_OTHERS = ("pershare", "pershares", "percommonshare", "noncontrolling", "minority")
_CLOSE = 0.6  # Dice of a free description and a row's label


class Item(NamedTuple):
    """A line item: how it is asked for and how it is printed, the best first; both squashed."""

    asked: tuple[str, ...]
    printed: tuple[str, ...]


class Term(NamedTuple):
    """A named item in a formula. how: "", "avg" or "chg". year: its own, None for the asked one."""

    name: str
    how: str = ""
    year: int | None = None


Node = Term | Decimal | tuple[str, "Node", "Node"]


Choice = Mapping[str, int]
NO_CHOICE: Choice = MappingProxyType({})


class Used(NamedTuple):
    """A cell that was reckoned with."""

    label: str
    year: int
    value: Decimal


def _joined(data: str) -> str:
    """Return the data with lines that go on (deeply indented) joined to the ones before."""
    return re.sub(r"\n {8,}", " ", data)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


@functools.cache
def items() -> dict[str, Item]:
    """Return the line items by name."""
    found = {}
    for asked, printed in re.findall(r"^(\S.*)\n\s+= (.*)$", _joined(ratios_data.ITEMS), re.MULTILINE):
        name, _, forms = asked.partition(":")
        found[name] = Item(_split(forms), tuple(squashed(form) for form in _split(printed)))
    return found


@functools.cache
def ratios() -> tuple[tuple[str, tuple[Node, ...]], ...]:
    """Return the ratios as (how it is asked for, its formulas), the longest first."""
    found = []
    for line in _joined(ratios_data.RATIOS).strip().splitlines():
        asked, _, formulas = line.partition(" = ")
        nodes = tuple(node for text in formulas.split(" | ") if (node := parse(text)) is not None)
        found += [(form, nodes) for form in _split(asked)]
    return tuple(sorted(found, key=lambda each: -len(each[0])))


def named_in(text: str) -> str | None:
    """Return the name of the line item that `text` asks for by the longest form, None when it names none."""
    low = f" {re.sub(r'[^a-z0-9&]+', ' ', text.casefold())} "
    best = max(
        ((len(form), name) for name, item in items().items() for form in item.asked if f" {form} " in low),
        default=None,
    )
    return best[1] if best else None


def parse(text: str) -> Node | None:
    """Return the formula `text` writes, None when it is none: + - * / brackets, numbers, names, averages, changes."""
    tokens = [match["op"] or match["text"].strip() for match in _TOKEN.finditer(text) if match.group().strip()]
    reader = _Reader(tokens)
    node = reader.sum()
    return node if reader.done else None


class _Reader:
    def __init__(self, tokens: Sequence[str]) -> None:
        self._left = list(tokens)

    @property
    def done(self) -> bool:
        return not self._left

    def sum(self) -> Node | None:
        return self._row({"+": "+", "-": "-", "–": "-", "−": "-"}, self.product)

    def product(self) -> Node | None:
        return self._row({"*": "*", "×": "*", "/": "/", "÷": "/"}, self.atom)

    def _row(self, signs: dict[str, str], part: Callable[[], Node | None]) -> Node | None:
        node = part()
        while node is not None and self._left and self._left[0] in signs:
            sign = signs[self._left.pop(0)]
            other = part()
            node = (sign, node, other) if other is not None else None
        return node

    def atom(self) -> Node | None:
        if not self._left:
            return None
        word = self._left.pop(0)
        if word == "(":
            node = self.sum()
            if not self._left or self._left.pop(0) != ")":
                return None
            return node
        if word in ("avg", "chg") and self._left and self._left[0] == "(":
            inner = self.atom()
            return inner._replace(how=word) if isinstance(inner, Term) else None
        try:
            return Decimal(word)
        except ArithmeticError:
            return _term(word)


def _term(text: str) -> Term | None:
    if text in items():
        return Term(text)
    years = [int(year) for year in _YEARS.findall(text)]
    how = (
        "avg"
        if re.match(r"(?:the )?average\b", text, re.IGNORECASE)
        else "chg"
        if re.match(r"(?:the )?change in\b", text, re.IGNORECASE)
        else ""
    )
    bare = _BETWEEN.sub("", re.sub(r"\A(?:the )?(?:average|change in)\s+", "", text, flags=re.IGNORECASE))
    bare = re.sub(r"\bunadjusted\b", " ", _YEARS.sub(" ", bare)).strip()
    if not re.search("[a-z]", bare, re.IGNORECASE):
        return None
    return Term(named_in(bare) or bare, how, max(years) if years else None)


def reckon(
    node: Node, year: int, lines: Sequence[Line], used: list[Used], choice: Choice = NO_CHOICE
) -> Decimal | None:
    """Return what `node` comes to for `year`, None when a line is missing; append the cells to `used`."""
    if isinstance(node, Decimal):
        return node
    if isinstance(node, Term):
        return _of_term(node, node.year or year, lines, used, choice)
    sign, left, right = node
    one, other = reckon(left, year, lines, used, choice), reckon(right, year, lines, used, choice)
    if one is None or other is None:
        return None
    if sign == "/":
        return one / other if other else None
    return one + other if sign == "+" else one - other if sign == "-" else one * other


def _of_term(term: Term, year: int, lines: Sequence[Line], used: list[Used], choice: Choice) -> Decimal | None:
    now = cell(term.name, year, lines, used, choice)
    if not term.how or now is None:
        return now
    before = cell(term.name, year - 1, lines, used, choice)
    if before is None:
        return None
    return (now + before) / 2 if term.how == "avg" else now - before


# Money spent is printed with and without brackets; what may be a loss keeps its sign.
_SIGNED = frozenset({"net income", "operating income", "pretax income", "cfo", "gross profit"})


def cell(name: str, year: int, lines: Sequence[Line], used: list[Used], choice: Choice = NO_CHOICE) -> Decimal | None:
    """Return the value of the line item (or of the row that fits the words `name` best) in `year`, None without one.

    choice: which of the lines that may be the item is taken instead of the best, by the item's name.
    """
    there = [line for line in lines if year in line.values and not (line.rate and name in items())]
    found = candidates(name, there)
    place = choice.get(name, 0)
    if place >= len(found):
        return None
    value = found[place].values[year]
    used.append(Used(found[place].label, year, value))
    return value if name in _SIGNED else abs(value)


def candidates(name: str, lines: Sequence[Line]) -> list[Line]:
    """Return the lines that may be the item `name`, the best first, each label once."""
    if name not in items():
        line = _fitting(name, lines)
        return [line] if line else []
    found: dict[str, Line] = {}
    for form in items()[name].printed:
        for line in lines:
            if line.name == form:
                found.setdefault(line.name, line)
        if len(form) >= _LEAST_PREFIX:
            for line in lines:
                if line.name.startswith(form) and not any(word in line.name for word in _OTHERS):
                    found.setdefault(line.name, line)
    return list(found.values())


def names_of(node: Node) -> frozenset[str]:
    """Return the names of the items a formula holds."""
    if isinstance(node, Term):
        return frozenset({node.name})
    return names_of(node[1]) | names_of(node[2]) if isinstance(node, tuple) else frozenset()


def _fitting(words: str, lines: Sequence[Line]) -> Line | None:
    wanted = content_stems(words)
    fits = [
        (2 * len(wanted & line.stems) / (len(wanted) + len(line.stems) or 1), -place)
        for place, line in enumerate(lines)
    ]
    best = max(fits, default=(0.0, 0))
    return lines[-best[1]] if best[0] >= _CLOSE else None
