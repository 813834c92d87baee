"""Make a section's tables from its accepted claims: one row or cell a claim, each cell citing the claim it is from."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from research.engine.domain.documents import AcceptedClaim, Cell, Table
from research.engine.domain.items import MOSCOW, Role

# The order in which a reader asks: what is it, how large, how good, what for how much, where.
_ASPECTS = ("offer", "price", "market share", "size", "rating", "footprint", "channels", "position")
_COUNTED = ("market share", "size", "rating")
_LEVELS = ("high", "medium", "low", "")
_FIRST_PERSON = re.compile(r"\b(?:we|our|us|ours)\b", re.IGNORECASE)
_SCALES = {Decimal(10) ** 3: "thousand", Decimal(10) ** 6: "million", Decimal(10) ** 9: "billion"}


class Column(NamedTuple):
    """A column: its head, and the words a claim has in it. kept: whether it stays when it is empty in every row."""

    head: str
    words: Callable[[AcceptedClaim], str]
    kept: bool = False


class Sheet(NamedTuple):
    """How the claims of one role become a table: a row each. order: what the rows are sorted by."""

    key: str
    role: Role
    caption: str
    columns: tuple[Column, ...]
    order: Callable[[AcceptedClaim], tuple[object, ...]]


def tables_of(claims: Iterable[AcceptedClaim]) -> tuple[Table, ...]:
    """Return the tables that accepted claims of one section make, by their roles; claims of role fact make none.

    The same claims in any order give the same tables.
    """
    found = sorted(claims, key=lambda claim: claim.revision_id)
    sheets = (_sheet(sheet, [claim for claim in found if _fills(sheet, claim)]) for sheet in SHEETS)
    matrix = _matrix([claim for claim in found if claim.role == "competitor"])
    # What the model shows of an assumption is its figure; how bad it is when wrong, and who tests it how, stand here.
    assumed = _sheet(_ASSUMED, [claim for claim in found if claim.role == "market_size" and claim.kind == "assumption"])
    return tuple(table for table in (matrix, *sheets, assumed) if table is not None)


def shown_in(tables: Iterable[Table]) -> frozenset[int]:
    """Return the revision ids of the claims that the tables show."""
    return frozenset(number for table in tables for row in table.rows for cell in row for number in cell.claims)


def figure_of(claim: AcceptedClaim) -> str:
    """Return a claim's typed value as a cell says it ("market share: 31 percent, FY2025"), or "" without a metric."""
    value = claim.value
    if value is None or not value.metric:
        return ""
    scale = "" if value.scale == 1 else _SCALES.get(value.scale)
    number = f"{value.number:,f} {scale}".strip() if scale is not None else f"{value.amount.normalize():,f}"
    said = " ".join(word for word in (value.currency, number, value.unit) if word)
    return ", ".join(word for word in (f"{value.metric}: {said}", value.period) if word)


def said(claim: AcceptedClaim) -> str:
    """Return the claim's words; first-person words of a known publisher say whose they are."""
    publisher = claim.evidence[0].source.publisher if claim.evidence else None
    if not publisher or any(char.isdigit() for char in publisher) or not _FIRST_PERSON.search(claim.text):
        return claim.text
    return f"{publisher} states: “{claim.text}”"


def _matrix(claims: Sequence[AcceptedClaim]) -> Table | None:
    """Return competitors by aspects. Of several claims for one cell the surest stands, of equals the newest.

    A claim about two companies ("A and B") stands in the row of each.
    """
    if not claims:
        return None
    cells: dict[tuple[str, str], list[AcceptedClaim]] = {}
    for claim in claims:
        for name in claim.attributes["competitor"].split(" and "):
            cells.setdefault((name, claim.attributes["aspect"]), []).append(claim)
    there = {aspect for _, aspect in cells}
    aspects = [*(aspect for aspect in _ASPECTS if aspect in there), *sorted(there - set(_ASPECTS))]
    rows = []
    for name in dict.fromkeys(competitor for competitor, _ in cells):
        mine = [_best(cells[name, aspect]) if (name, aspect) in cells else None for aspect in aspects]
        cited = tuple(dict.fromkeys(claim.revision_id for claim in mine if claim))
        rows.append((Cell(text=name, claims=cited), *(_typed(claim) if claim else Cell() for claim in mine)))
    heads = ("Competitor", *(aspect.capitalize() for aspect in aspects))
    caption = "Competitors, each cell by how it is known and as of when"
    return Table(key="competitors", caption=caption, columns=heads, rows=tuple(rows))


def _best(claims: Sequence[AcceptedClaim]) -> AcceptedClaim:
    return max(
        claims, key=lambda claim: (claim.confidence or -1, claim.attributes.get("as_of", ""), -claim.revision_id)
    )


def _typed(claim: AcceptedClaim) -> Cell:
    day, name = claim.attributes.get("as_of"), claim.attributes["competitor"].casefold()
    whose = ((claim.value.entity if claim.value else None) or "").casefold()
    # A figure alone is enough where it is known to be the competitor's own and what the column asks for.
    own = bool(whose) and (whose in name or name in whose)
    short = own and claim.attributes["aspect"] in _COUNTED
    return Cell(
        text=(figure_of(claim) if short else "") or said(claim),
        claims=(claim.revision_id,),
        # What no source states is never shown as known otherwise.
        kind=claim.kind if claim.kind in ("assumption", "inferred") else claim.attributes["cell_type"],
        as_of=dt.date.fromisoformat(day) if day else None,
    )


def _sheet(sheet: Sheet, claims: Sequence[AcceptedClaim]) -> Table | None:
    if not claims:
        return None
    ordered = sorted(claims, key=lambda claim: (*sheet.order(claim), claim.revision_id))
    columns = [column for column in sheet.columns if column.kept or any(column.words(claim) for claim in ordered)]
    rows = tuple(tuple(_cell(column.words(claim), claim) for column in columns) for claim in ordered)
    heads = tuple(column.head for column in columns)
    return Table(key=sheet.key, caption=sheet.caption, columns=heads, rows=rows)


def _fills(sheet: Sheet, claim: AcceptedClaim) -> bool:
    """Tell whether a claim has a row: a stated risk of which nothing is known but its words is left to prose."""
    if claim.role != "risk" or claim.kind != "stated":
        return claim.role == sheet.role
    return claim.role == sheet.role and any(column.words(claim) for column in sheet.columns[1:])


def _cell(words: str, claim: AcceptedClaim) -> Cell:
    if not words:
        return Cell()
    return Cell(text=words, claims=(claim.revision_id,), kind="" if claim.kind == "stated" else claim.kind)


def _of(name: str) -> Callable[[AcceptedClaim], str]:
    return lambda claim: claim.attributes.get(name, "")


def _instrument(claim: AcceptedClaim) -> str:
    return ", ".join(word for word in (claim.attributes.get("instrument"), claim.attributes.get("clause")) if word)


def _effective(claim: AcceptedClaim) -> str:
    since, until = claim.attributes.get("effective_from"), claim.attributes.get("effective_to")
    return " ".join(word for word in (f"from {since}" if since else "", f"to {until}" if until else "") if word)


def _primary(claim: AcceptedClaim) -> str:
    return claim.attributes.get("primary", "") or "not known"


def _by_level(*names: str) -> Callable[[AcceptedClaim], tuple[object, ...]]:
    return lambda claim: tuple(_LEVELS.index(claim.attributes.get(name, "")) for name in names)


def by_priority(claim: AcceptedClaim) -> tuple[object, ...]:
    """Return what requirements are sorted by: priority, then the number of their id."""
    number = claim.attributes["id"].rpartition("-")[2]
    # R-2 before R-10; an id a person writes without a number comes last.
    return (MOSCOW.index(claim.attributes["moscow"]), int(number) if number.isdecimal() else 10**9)


def _by(*names: str) -> Callable[[AcceptedClaim], tuple[object, ...]]:
    return lambda claim: tuple(claim.attributes.get(name, "") for name in names)


SHEETS = (
    Sheet(
        "regulation", "regulation", "What law demands, place by place",
        (
            Column("Jurisdiction", _of("jurisdiction")), Column("Topic", _of("topic")), Column("What it says", said),
            Column("Regulator", _of("regulator")), Column("Instrument and clause", _instrument),
            Column("In effect", _effective), Column("Pending change", _of("pending")),
            Column("Primary source", _primary),
        ),
        _by("jurisdiction", "topic"),
    ),
    Sheet(
        "personas", "persona", "Personas",
        (Column("Persona", _of("persona")), Column("Segment", _of("segment")), Column("What is known", said)),
        _by("persona"),
    ),
    Sheet(
        "voices", "voice", "What customers say",
        (Column("Who", _of("speaker")), Column("Outcome", _of("outcome")), Column("What is said", said)),
        _by("outcome", "speaker"),
    ),
    Sheet(
        "requirements", "requirement", "Requirements, in the order of their priority",
        (
            Column("Id", _of("id")), Column("Priority", _of("moscow")), Column("Requirement", said),
            Column("Persona", _of("persona")), Column("Problem", _of("problem")), Column("Scenario", _of("scenario")),
            Column("Segment", _of("segment")), Column("Acceptance signal", _of("acceptance")),
        ),
        by_priority,
    ),
    Sheet(
        "out_of_scope", "out_of_scope", "Out of scope", (Column("Left out", said), Column("Reason", _of("reason"))),
        _by(),
    ),
    Sheet(
        "assumptions", "assumption", "Assumptions",
        (
            Column("Assumption", said), Column("Impact if wrong", _of("impact")),
            Column("How to test it", _of("test")), Column("Owner", _of("owner")),
        ),
        _by_level("impact"),
    ),
    Sheet(
        "risks", "risk", "Risks",
        (
            Column("Risk", said), Column("Likelihood", _of("likelihood")), Column("Impact", _of("impact")),
            Column("Mitigation", _of("mitigation")),
        ),
        _by_level("impact", "likelihood"),
    ),
)  # fmt: skip
_ASSUMED = next(sheet for sheet in SHEETS if sheet.role == "assumption")._replace(
    key="market-assumptions", role="market_size", caption="What the market size assumes"
)
