"""Read a finished document back into the claims and drafts it was composed from, so that it can be checked again."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from research.engine.domain import formula_graph
from research.engine.domain.claims import Formula, TypedValue
from research.engine.domain.documents import AcceptedClaim, Cell, SectionDraft, Sentence, Table
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.domain.mrd import Citation, Mrd, MrdClaim, MrdSection, MrdValue


def claims_of(mrd: Mrd) -> tuple[AcceptedClaim, ...]:
    """Return the document's claims as they were accepted, as far as the document tells.

    A claim's subject is not told; the names the plan was made for stand for it. Raises `KeyError` for a claim that
    names another that is not in the document.
    """
    keys = {claim.revision_id: claim.key for claim in mrd.claims}
    citations = {citation.number: citation for citation in mrd.citations}
    names = " · ".join((*mrd.products, *mrd.jurisdictions, *mrd.competitors))
    return tuple(_claim(claim, keys, citations, names) for claim in mrd.claims)


def draft_of(section: MrdSection) -> SectionDraft:
    """Return a section as it was drafted."""
    return SectionDraft(
        key=section.key,
        title=section.title,
        regulatory=section.regulatory,
        sentences=tuple(Sentence(text=one.text, claims=one.claims, kind=one.kind) for one in section.sentences),
        tables=tuple(
            Table(
                key=table.key,
                caption=table.caption,
                columns=table.columns,
                rows=tuple(
                    tuple(Cell(text=one.text, claims=one.claims, kind=one.kind, as_of=one.as_of) for one in row)
                    for row in table.rows
                ),
            )
            for table in section.tables
        ),
        model=section.model,
    )


def differences(claims: Iterable[AcceptedClaim]) -> str:
    """Return how the first computed claim differs from what its formula gives, or ""."""
    wrong = formula_graph.differences([formula_graph.of_accepted(claim) for claim in claims])
    return next(iter(wrong.values()), "")


def _claim(claim: MrdClaim, keys: dict[int, str], citations: dict[int, Citation], names: str) -> AcceptedClaim:
    formula = claim.formula
    return AcceptedClaim(
        revision_id=claim.revision_id,
        key=claim.key,
        section=claim.section,
        kind=claim.kind,
        text=claim.text,
        digest=claim.digest,
        confidence=claim.confidence,
        value=_value(claim.value),
        subject=names,
        evidence=tuple(_evidence(citations[number]) for number in claim.citations),
        contradicts=tuple(keys[number] for number in claim.contradicts),
        premises=tuple(keys[number] for number in claim.premises),
        role=claim.role,
        attributes=claim.attributes,
        formula=Formula(expression=formula.expression, names={name: keys[n] for name, n in formula.names.items()})
        if formula
        else None,
    )


def _value(value: MrdValue | None) -> TypedValue | None:
    if value is None:
        return None
    ends = {name: None if end is None else Decimal(end) for name, end in (("low", value.low), ("high", value.high))}
    rest = value.model_dump(exclude={"number", "scale", "low", "high"})
    return TypedValue(number=Decimal(value.number), scale=Decimal(value.scale), **ends, **rest)


def _evidence(citation: Citation) -> EvidenceItem:
    # The row ids of text and source are not in the document, and no check of it needs them.
    quote = Quote(extracted_text_id=0, page=citation.page, start=citation.start, end=citation.end, exact=citation.quote)
    source = SourceRef(
        id=0,
        kind="record",
        title=citation.source_title,
        publisher=citation.publisher,
        domain=citation.domain,
        published_date=citation.published_date,
    )
    return EvidenceItem(id=citation.evidence_id, quote=quote, source=source, task_key="")
