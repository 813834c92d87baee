"""Claims: one checkable statement each, with its typed value, its evidence and its confidence."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from .canonical import Frozen, added, digest
from .errors import InvalidInput
from .evidence import EvidenceItem
from .items import Role

ClaimKind = Literal["stated", "computed", "inferred", "assumption"]

# DESIGN §2: confidence under 0.6 goes to people; exactly 0.6 passes. In thousandths.
PASSING_CONFIDENCE = 600
MAX_CLAIM_CHARS = 2_000


class TypedValue(Frozen):
    """A claim's figure.

    number: as written, times `scale` (1, 1000, 1000000 …) gives the full amount. unit: percent, users … or None.
    currency: ISO 4217 code or None. period: as in "FY2022", "2023-Q2", "2022-12-31" or None.
    entity, metric, geography: None when not known. as_of: the day the figure was known or said, None when not known.
    low, high: the ends of a range around `number`, in the same scale and unit; None for a figure without a range.
    """

    number: Decimal
    scale: Decimal = Decimal(1)
    unit: str | None = None
    currency: str | None = None
    period: str | None = None
    entity: str | None = None
    metric: str | None = None
    geography: str | None = added(None)
    as_of: dt.date | None = added(None)
    low: Decimal | None = added(None)
    high: Decimal | None = added(None)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for end in (self.low, self.high):
            if end is not None and not end.is_finite():
                raise ValueError("a range needs two finite numbers")
        if (self.low is not None and self.low > self.number) or (self.high is not None and self.high < self.number):
            raise ValueError("the number lies outside its own range")
        return self

    @property
    def amount(self) -> Decimal:
        return self.number * self.scale


class Formula(Frozen):
    """How a computed claim follows from its premises: `expression` over names, each the key of a premise claim.

    expression: names, whole numbers and decimals, + - * / and parentheses ("players * spend_per_player").
    names: name in the expression → claim key.
    """

    expression: str = Field(min_length=1, max_length=300)
    names: dict[str, str]


class ClaimDraft(Frozen):
    """A claim as proposed, before anything is verified. `evidence_ids` are those that support it.

    role: what it is in the document (see `domain.items`), its `attributes` those of that role.
    formula: for a computed claim alone.
    """

    task_key: str
    section: str
    kind: ClaimKind = "stated"
    text: str = Field(min_length=3, max_length=MAX_CLAIM_CHARS)
    value: TypedValue | None = None
    evidence_ids: tuple[int, ...] = ()
    premise_keys: tuple[str, ...] = ()  # claim keys a computed or inferred claim rests on
    role: Role = added("fact")
    attributes: dict[str, str] = added({})
    formula: Formula | None = added(None)

    def key(self) -> str:
        """Return a stable key: the same statement from the same task is the same claim."""
        return digest([self.task_key, self.kind, " ".join(self.text.split()).casefold()])[:32]


# How a claim begins that says a critical question stays open: a person accepts that it does, or sends the run back.
OPEN_QUESTION = "No source that was searched answers this critical question: "
UNASKED_QUESTION = "This critical question was not researched: "


def open_question(*, task_key: str, section: str, question: str, searched: bool) -> ClaimDraft:
    """Return the claim that lets a person decide on a critical question without an answer."""
    words = OPEN_QUESTION if searched else UNASKED_QUESTION
    return ClaimDraft(task_key=task_key, section=section, kind="assumption", text=f"{words}{question}")


class ClaimInHand(Frozen):
    """A claim with all that verification needs. Lists are in the order they were found.

    competitor: whether the claim's section is about competitors (two independent sources demanded).
    regulatory: whether the claim's section is regulatory (always to people). estimated: whether its task is critical
    and was answered by an estimate only (always to people).
    """

    key: str
    draft: ClaimDraft
    question: str
    evidence: tuple[EvidenceItem, ...] = ()
    competitor: bool = False
    regulatory: bool = False
    estimated: bool = added(False)


class Part(Frozen):
    """One part of confidence: its score in thousandths and the reason in words."""

    name: str
    score: int = Field(ge=0, le=1000)
    reason: str


class Opinion(Frozen):
    """What a judge says of a claim by its key: a score in thousandths, 1000 for borne out by its quotes, and why."""

    key: str
    score: int = Field(ge=0, le=1000)
    reason: str = Field(max_length=400)


class Contradiction(Frozen):
    """Two claims that disagree on the same metric, entity and period."""

    first: str
    second: str
    reason: str


class Assessment(Frozen):
    """What verification says of one claim.

    confidence: thousandths, or None when it could not be computed (goes to people).
    merged_into: key of the claim that says the same, or None.
    to_people: why a person must decide; empty means it passes by rule.
    """

    key: str
    confidence: int | None
    parts: tuple[Part, ...] = ()
    merged_into: str | None = None
    to_people: tuple[str, ...] = ()


class Verification(Frozen):
    """What verification says of all claims of a run."""

    assessments: tuple[Assessment, ...]
    contradictions: tuple[Contradiction, ...] = ()


def confidence_in_thousandths(value: float | Decimal | None) -> int | None:
    """Return `value` (0…1) in thousandths; None and NaN give None, which goes to people.

    Raises `InvalidInput` outside 0…1.
    """
    if value is None or math.isnan(value):
        return None
    if not 0 <= value <= 1:
        raise InvalidInput(f"Confidence {value} is outside 0…1.", field="confidence")
    # Down, not to nearest: 0.5999 must not pass as 0.600.
    return int(Decimal(str(value)) * 1000)


def passes(confidence: int | None) -> bool:
    """Tell whether a confidence in thousandths passes without a person (≥ 600). None never does."""
    return confidence is not None and confidence >= PASSING_CONFIDENCE
