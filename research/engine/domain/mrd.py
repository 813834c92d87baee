"""The MRD as a document: what is digested, what is signed, what leaves in an export."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from .canonical import Frozen, added, digest
from .documents import Cell, Gap, MarketModel
from .errors import InvalidInput, StaleDigest
from .items import Role

# 1: sentences alone; 2: tables, market sizes and the roles of claims too. Documents of 1 stay readable as they are.
SCHEMA_VERSION: Literal["1", "2"] = "2"
SHA256 = r"^[0-9a-f]{64}$"

SentenceKind = Literal["claim", "heading", "gap"]
Decided = Literal["by rule", "by person"]


def _utc(value: dt.datetime) -> dt.datetime:
    # The same moment named in another zone must not give another digest.
    return value.astimezone(dt.UTC)


UtcDatetime = Annotated[AwareDatetime, AfterValidator(_utc)]


class EvidencePlace(Frozen):
    """Where a piece of evidence can be looked up again.

    snapshot_sha256: of the archived bytes. extracted_text_sha256: of the text its offsets are true for.
    url: where the bytes came from, or None for an upload. call_key: the ledger row of the call that found it.
    retrieved_at: when what the web or a service gave was archived, UTC; None for an upload.
    """

    snapshot_sha256: str = Field(pattern=SHA256)
    extracted_text_sha256: str = Field(pattern=SHA256)
    url: str | None = None
    call_key: str = ""
    retrieved_at: UtcDatetime | None = added(None)


class Approval(Frozen):
    """One decision that approved a section. `actor` is opaque: a person's name stands in signatures alone."""

    decision_id: str
    actor: str
    role: str


class SectionApproval(Approval):
    """An approval with the section and the digest of exactly what the person was shown."""

    section: str
    digest: str = Field(pattern=SHA256)


class SearchesSummary(Frozen):
    """How many searches were made, how many of them found nothing, how many failed."""

    made: int = Field(default=0, ge=0)
    without_hits: int = Field(default=0, ge=0)
    failed: int = Field(default=0, ge=0)


class CostsSummary(Frozen):
    """What the run used. `cost_usd` is a decimal in plain digits ("1.25"); None means unpriced, which is not zero."""

    calls: int = Field(default=0, ge=0)
    searches: int = Field(default=0, ge=0)
    cost_usd: str | None = Field(default=None, pattern=r"^\d+(\.\d+)?$")


class MrdIdentity(Frozen):
    """What the document is about and what made it.

    plan_digest: of the plan a reviewer approved. as_of: when the research ended, UTC; beside it the document holds no
    times but those its sources were retrieved at.
    revision: counts from 1. is_demo: its decisions were made by demo people.
    """

    run_id: str
    title: str = Field(min_length=1)
    prompt: str
    vertical: str
    engine: str
    jurisdictions: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    competitors: tuple[str, ...] = ()
    plan_digest: str
    as_of: UtcDatetime
    is_demo: bool = False
    revision: int = Field(default=1, ge=1)
    searches: SearchesSummary = SearchesSummary()
    costs: CostsSummary = CostsSummary()


class MrdFacts(MrdIdentity):
    """What `compose` is told beside drafts, claims and places.

    approvals: of sections, with the digest each was given for.
    claim_decisions: decision ids by claim revision id; a claim that is not in it passed by rule.
    """

    approvals: tuple[SectionApproval, ...] = ()
    claim_decisions: dict[int, tuple[str, ...]] = {}


class MrdSentence(Frozen):
    """One sentence, the claim revisions it rests on, and the numbers of the citations those lead to."""

    text: str
    kind: SentenceKind
    claims: tuple[int, ...] = ()
    citations: tuple[int, ...] = ()


class MrdCell(Cell):
    """A table's cell with the numbers of the citations its claims lead to."""

    citations: tuple[int, ...] = ()


class MrdTable(Frozen):
    """A table of a section, as drafted, with citations."""

    key: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[MrdCell, ...], ...] = ()


class MrdSection(Frozen):
    """One section. `digest` is that of the draft: what its regulatory approvals are bound to."""

    key: str
    title: str
    regulatory: bool
    digest: str
    approved_by: tuple[Approval, ...] = ()
    sentences: tuple[MrdSentence, ...] = ()
    tables: tuple[MrdTable, ...] = added(())
    model: MarketModel | None = added(None)


class MrdValue(Frozen):
    """A claim's figure. number, scale: decimals in plain digits; number times scale is the full amount."""

    number: str
    scale: str = "1"
    unit: str | None = None
    currency: str | None = None
    period: str | None = None
    entity: str | None = None
    metric: str | None = None
    geography: str | None = added(None)
    as_of: dt.date | None = added(None)
    low: str | None = added(None)
    high: str | None = added(None)


class MrdFormula(Frozen):
    """A computed claim's formula: `names` lead to the revision ids of its premises."""

    expression: str
    names: dict[str, int]


class MrdClaim(Frozen):
    """A claim the document rests on.

    confidence: thousandths, or None when it could not be computed (a person decided).
    contradicts, premises: revision ids of claims in this document. evidence: evidence ids.
    citations: the numbers that evidence has in this document.
    """

    revision_id: int
    key: str
    section: str
    kind: str
    text: str
    value: MrdValue | None = None
    confidence: int | None = Field(default=None, ge=0, le=1000)
    digest: str
    decided: Decided
    decision_ids: tuple[str, ...] = ()
    contradicts: tuple[int, ...] = ()
    premises: tuple[int, ...] = ()
    evidence: tuple[int, ...] = ()
    citations: tuple[int, ...] = ()
    role: Role = added("fact")
    attributes: dict[str, str] = added({})
    formula: MrdFormula | None = added(None)


class Contradiction(Frozen):
    """Two claims of the document that disagree, and the section where they are shown side by side."""

    section: str
    first: int
    second: int


class Citation(Frozen):
    """A quote at its place. Offsets are code points into the extracted text, end exclusive; pages count from 1.

    also_evidence_ids: other evidence that pins the very same words at the same place.
    retrieved_at: when the archived bytes came from the web or a service, UTC; None for an upload.
    """

    number: int = Field(ge=1)
    evidence_id: int
    also_evidence_ids: tuple[int, ...] = ()
    source_title: str
    publisher: str | None = None
    published_date: dt.date | None = None
    domain: str | None = None
    url: str | None = None
    snapshot_sha256: str
    extracted_text_sha256: str
    page: int = Field(ge=1)
    start: int = Field(ge=0)
    end: int = Field(gt=0)
    quote: str
    prefix: str = ""
    suffix: str = ""
    call_key: str = ""
    retrieved_at: UtcDatetime | None = added(None)


class Mrd(MrdIdentity):
    """A Market Requirements Document: everything a signature is given for, and nothing else."""

    schema_version: Literal["1", "2"] = SCHEMA_VERSION
    sections: tuple[MrdSection, ...]
    claims: tuple[MrdClaim, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    citations: tuple[Citation, ...] = ()
    gaps: tuple[Gap, ...] = ()

    def digest(self) -> str:
        """Return the SHA-256 (64 hex digits) of the canonical JSON of the document: what a signature is bound to."""
        return digest(self)


class SignatureBlock(Frozen):
    """A person's signature: who, in which role, what it means, when (UTC), over which document digest."""

    name: str = Field(min_length=1)
    role: str
    meaning: str = Field(min_length=1)
    signed_at: UtcDatetime
    digest: str = Field(pattern=SHA256)


class SignedMrd(Frozen):
    """What an export carries: the document, its digest, and the signatures over it (none: a draft)."""

    status: Literal["draft", "signed"]
    mrd: Mrd
    digest: str = Field(pattern=SHA256)
    signatures: tuple[SignatureBlock, ...] = ()

    @classmethod
    def of(cls, *, mrd: Mrd, signatures: Sequence[SignatureBlock] = ()) -> Self:
        """Return `mrd` with its digest and `signatures`, oldest first.

        Raises `StaleDigest` when a signature was given for another digest.
        """
        ordered = tuple(sorted(signatures, key=lambda block: (block.signed_at, block.name, block.role)))
        return cls(status="signed" if ordered else "draft", mrd=mrd, digest=mrd.digest(), signatures=ordered)

    @model_validator(mode="after")
    def _bound(self) -> Self:
        if self.digest != self.mrd.digest():
            raise StaleDigest("The digest is not that of the document: export it again from the run.")
        for block in self.signatures:
            if block.digest != self.digest:
                raise StaleDigest(
                    f"The signature of {block.name} was given for another revision of the document: sign this one."
                )
        if (self.status == "signed") != bool(self.signatures):
            raise InvalidInput("A document is signed when it has a signature, and a draft when it has none.")
        return self
