"""The MRD: sentences that cite claims, sections, the document."""

from __future__ import annotations

from pydantic import Field

from .canonical import Frozen, digest
from .claims import TypedValue
from .evidence import EvidenceItem


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


class Sentence(Frozen):
    """One sentence and the claim revisions it rests on. No claims: a fixed line such as "insufficient data"."""

    text: str = Field(min_length=1)
    claims: tuple[int, ...] = ()
    kind: str = "claim"  # claim, heading, gap (says what was looked for and not found)


class SectionDraft(Frozen):
    """A section as drafted or edited."""

    key: str
    title: str
    regulatory: bool = False
    sentences: tuple[Sentence, ...] = ()

    def digest(self) -> str:
        """Return the SHA-256 a regulatory decision is bound to."""
        return digest(self)


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
