"""Parse the expression of a formula: names, decimals, + - * / and parentheses. Nothing is ever evaluated as code."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal, NamedTuple

from .errors import InvalidInput

MAX_CHARS = 300  # as `Formula.expression`
MAX_TOKENS = 120
MAX_DEPTH = 20
MAX_NAMES = 12
MAX_DIGITS = 18  # of one number, before and after its point together

_TOKEN = re.compile(r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<name>[a-z][a-z0-9_]{0,47})|(?P<sign>[-+*/()]))")

Sign = Literal["+", "-", "*", "/"]


class Number(NamedTuple):
    """A number written in the expression; it has no unit."""

    value: Decimal


class Name(NamedTuple):
    """A name that stands for a premise's value."""

    name: str


class Pair(NamedTuple):
    """Two parts joined by a sign."""

    sign: Sign
    left: Tree
    right: Tree


class Minus(NamedTuple):
    """The negative of a part."""

    of: Tree


Tree = Number | Name | Pair | Minus


def parse(expression: str) -> Tree:
    """Return the tree of `expression`: * and / bind before + and -, equals from left to right.

    Names are small letters, digits and underscores, a letter first. Raises `InvalidInput` (field `formula`) for
    anything else, for an expression that is too long, too deep or has too many names, and for a missing part.
    """
    if len(expression) > MAX_CHARS:
        raise _wrong(f"The formula has {len(expression)} characters and the limit is {MAX_CHARS}: split it in two.")
    parser = _Parser(_tokens(expression))
    tree = parser.sum(0)
    if parser.here() is not None:
        raise _wrong(f"The formula goes on with '{parser.here()}' where it should end: put a sign between its parts.")
    if len(names(tree)) > MAX_NAMES:
        raise _wrong(f"The formula has more than {MAX_NAMES} names: split it in two.")
    return tree


def names(tree: Tree) -> tuple[str, ...]:
    """Return the names in `tree`, each once, in the order written."""
    found: dict[str, None] = {}
    waiting: list[Tree] = [tree]
    while waiting:
        part = waiting.pop()
        match part:
            case Name():
                found[part.name] = None
            case Pair():
                waiting += [part.right, part.left]
            case Minus():
                waiting.append(part.of)
            case Number():
                pass
    return tuple(found)


class _Parser:
    """Read tokens from left to right by recursive descent."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._place = 0

    def here(self) -> str | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def sum(self, depth: int) -> Tree:
        tree = self._product(depth)
        while sign := self._sign("+", "-"):
            tree = Pair(sign, tree, self._product(depth))
        return tree

    def _product(self, depth: int) -> Tree:
        tree = self._part(depth)
        while sign := self._sign("*", "/"):
            tree = Pair(sign, tree, self._part(depth))
        return tree

    def _sign(self, *wanted: Sign) -> Sign | None:
        """Return the sign that stands here and go past it, or None when it is none of `wanted`."""
        found = next((sign for sign in wanted if sign == self.here()), None)
        self._place += found is not None
        return found

    def _part(self, depth: int) -> Tree:
        if depth >= MAX_DEPTH:
            raise _wrong(f"The formula nests deeper than {MAX_DEPTH} levels: split it in two.")
        word = self.here()
        self._place += 1
        if word is None:
            raise _wrong("The formula ends where a name or a number should stand: finish it.")
        if word == "-":
            return Minus(self._part(depth + 1))
        if word == "(":
            tree = self.sum(depth + 1)
            if self.here() != ")":
                raise _wrong("A parenthesis of the formula is not closed: close it.")
            self._place += 1
            return tree
        if word[0].isdigit():
            return Number(Decimal(word))
        if word[0].isalpha():
            return Name(word)
        raise _wrong(f"The formula has '{word}' where a name or a number should stand: take it out.")


def _tokens(expression: str) -> list[str]:
    found: list[str] = []
    place = 0
    text = expression.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            sign = text[place:].lstrip()[0]
            raise _wrong(
                f"The formula has '{sign}', which it cannot: use names in small letters, numbers, + - * / and ( )."
            )
        number = match["number"]
        if number and len(number.replace(".", "")) > MAX_DIGITS:
            raise _wrong(f"A number of the formula has more than {MAX_DIGITS} digits: shorten it.")
        found.append(match.group().strip())
        place = match.end()
    if len(found) > MAX_TOKENS:
        raise _wrong(f"The formula has more than {MAX_TOKENS} names, numbers and signs: split it in two.")
    return found


def _wrong(detail: str) -> InvalidInput:
    return InvalidInput(detail, field="formula")
