"""The MRD: sentences that cite claims, sections, the document."""

from __future__ import annotations

import datetime as dt
from typing import Self

from pydantic import Field, model_validator

from .canonical import Frozen, added, digest
from .claims import Formula, TypedValue
from .evidence import EvidenceItem
from .items import Role


class AcceptedClaim(Frozen):
    """A claim a section may cite: its id (database key of the revision), words, value and evidence."""

    revision_id: int
    key: str
    section: str
    kind: str
    text: str
    digest: str
    confidence: int | None
    value: TypedValue | None = None
    task_key: str = ""
    subject: str | None = None
    evidence: tuple[EvidenceItem, ...] = ()
    contradicts: tuple[str, ...] = ()  # keys of accepted claims that disagree
    premises: tuple[str, ...] = ()  # keys of accepted claims a computed or inferred one rests on
    role: Role = added("fact")
    attributes: dict[str, str] = added({})
    formula: Formula | None = added(None)


class Sentence(Frozen):
    """One sentence and the claim revisions it rests on. No claims: a fixed line such as "insufficient data"."""

    text: str = Field(min_length=1)
    claims: tuple[int, ...] = ()
    kind: str = "claim"  # claim, heading, gap (says what was looked for and not found)


class Cell(Frozen):
    """A cell of a table: its words, the claim revisions they rest on, how that is known, and as of which day.

    kind: one of `items.CELL_TYPES` or a claim kind, "" for fixed words (a row's name). as_of: None when not known.
    """

    text: str = ""
    claims: tuple[int, ...] = ()
    kind: str = ""
    as_of: dt.date | None = None


class Table(Frozen):
    """A table of a section: heads, and rows of as many cells. The first cell of a row names the row."""

    key: str
    caption: str
    columns: tuple[str, ...] = Field(min_length=1)
    rows: tuple[tuple[Cell, ...], ...] = ()

    @model_validator(mode="after")
    def _rectangular(self) -> Self:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("every row of a table has as many cells as the table has columns")
        return self


class ModelNode(Frozen):
    """A node of a market size's formula graph: a claim with its value, low, base and high, as full amounts.

    claim: its revision id. inputs: revision ids its expression names. expression: None for an input or assumption.
    """

    claim: int
    label: str
    kind: str  # stated, computed, assumption
    node: str  # one of items.NODES
    approach: str  # one of items.APPROACHES
    unit: str  # "USD", "users", "USD per user", "percent"
    low: str  # decimals in plain digits
    base: str
    high: str
    expression: str | None = None
    inputs: tuple[int, ...] = ()


class Swing(Frozen):
    """What a node's base becomes when one input goes 50 % down and 50 % up. Full amounts, decimals in plain digits."""

    node: int
    input: int
    down: str
    up: str


class MarketModel(Frozen):
    """The formula graph of a market size: nodes, inputs first, and the swings of the riskiest inputs.

    reconciliation: what top-down and bottom-up say of the same node, in a sentence; "" when there is but one.
    """

    nodes: tuple[ModelNode, ...]
    swings: tuple[Swing, ...] = ()
    reconciliation: str = ""


class SectionDraft(Frozen):
    """A section as drafted or edited."""

    key: str
    title: str
    regulatory: bool = False
    sentences: tuple[Sentence, ...] = ()
    tables: tuple[Table, ...] = added(())
    model: MarketModel | None = added(None)

    def digest(self) -> str:
        """Return the SHA-256 a regulatory decision is bound to."""
        return digest(self)

    def cited(self) -> tuple[int, ...]:
        """Return the claim revisions the section rests on, each once, in reading order."""
        rows = (cell.claims for table in self.tables for row in table.rows for cell in row)
        nodes = ((node.claim,) for node in self.model.nodes) if self.model else ()
        groups = (*(sentence.claims for sentence in self.sentences), *rows, *nodes)
        return tuple(dict.fromkeys(number for group in groups for number in group))


class Gap(Frozen):
    """A question the sources did not answer, with the searches that found nothing."""

    task_key: str
    question: str
    section: str
    outcome: str
    reason: str
    searches: tuple[str, ...] = ()


class SectionBrief(Frozen):
    """What the drafting role is told: the section, the questions it answers, what was not found."""

    key: str
    title: str
    purpose: str
    regulatory: bool = False
    gaps: tuple[Gap, ...] = ()
