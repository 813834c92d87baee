"""What a query asks for in the words of finance, and how documents print it: the lookup in `glossary_data`."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import NamedTuple

from . import glossary_data
from .page_types import PageType

_INCOME, _BALANCE, _CASH = PageType.INCOME_STATEMENT, PageType.BALANCE_SHEET, PageType.CASH_FLOW


class Concept(NamedTuple):
    """Something asked for. forms: how it is asked. printed: how documents print it, or what it is computed from.

    pages: the kinds of page that hold it, () where it may stand anywhere.
    """

    forms: tuple[str, ...]
    printed: tuple[str, ...]
    pages: tuple[PageType, ...] = ()


STATEMENT_NAMES: Mapping[PageType, tuple[str, ...]] = {
    _INCOME: (
        "income statement", "statement of income", "statement of operations", "statement of earnings",
        "statements of operations", "statements of income", "income statements", "profit and loss", "p&l",
    ),
    _BALANCE: (
        "balance sheet", "balance sheets", "statement of financial position", "statements of financial position",
        "statement of financial condition",
    ),
    _CASH: ("cash flow statement", "statement of cash flows", "statements of cash flows", "cash flow statements"),
    PageType.EQUITY: ("statement of equity", "statement of stockholders equity", "statement of shareholders equity"),
}  # fmt: skip


def _read(block: str) -> Concept:
    """Return the concept of one block of `glossary_data.CONCEPTS`."""
    parts = dict.fromkeys(("asked", "printed", "on"), "")
    name = ""
    for line in block.strip().split("\n"):
        head, colon, rest = line.partition(": ")
        if colon and head in parts:
            name, line = head, rest  # noqa: PLW2901 - a line that goes on begins with spaces
        parts[name] += f" {line.strip()}"
    asked, printed, on = (tuple(part.strip() for part in parts[key].split(",") if part.strip()) for key in parts)
    return Concept(asked, printed, tuple(PageType(kind) for kind in on))


CONCEPTS = tuple(_read(block) for block in glossary_data.CONCEPTS.strip().split("\n\n"))


class Met(NamedTuple):
    """What a query asks for: the concepts named in it and the statements called by name."""

    concepts: tuple[Concept, ...]
    statements: tuple[PageType, ...]


def met(query: str) -> Met:
    """Return the concepts and statements `query` names, each once; forms are met as whole words in any case."""
    low = _plain(query)
    found: dict[Concept, None] = {}
    for pattern, concept in _patterns():
        if pattern.search(low):
            found[concept] = None
    statements = tuple(
        kind for kind, forms in STATEMENT_NAMES.items() if any(f" {_plain(f).strip()} " in low for f in forms)
    )
    return Met(tuple(found), statements)


def synonyms(query: str, glossary: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the terms that mean in a trade the same as those `query` names, by its glossary (either way), each once.

    A leading "=" of a glossary's term ("exactly so") is no part of its words.
    """
    low = _plain(query)
    found: dict[str, None] = {}
    for term, others in glossary.items():
        forms = [form.removeprefix("=") for form in (term, *others)]
        named = [form for form in forms if _plain(form) in low]
        if named:
            found.update(dict.fromkeys(form for form in forms if form not in named))
    return tuple(found)


def _plain(text: str) -> str:
    """Return the words of `text` in lower case with one space around each, so that whole words can be looked for."""
    return f" {' '.join(re.findall(r'[a-z0-9&]+', text.casefold().replace('’', '').replace(chr(39), '')))} "


@functools.cache
def _patterns() -> tuple[tuple[re.Pattern[str], Concept], ...]:
    return tuple(
        (re.compile("|".join(re.escape(_plain(form)) for form in concept.forms)), concept) for concept in CONCEPTS
    )
