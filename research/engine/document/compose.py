"""Put accepted claims and drafted sections together into the MRD."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from research.engine.domain.documents import AcceptedClaim, Gap, SectionDraft, Table
from research.engine.domain.mrd import (
    Approval,
    Contradiction,
    EvidencePlace,
    Mrd,
    MrdCell,
    MrdClaim,
    MrdFacts,
    MrdFormula,
    MrdIdentity,
    MrdSection,
    MrdSentence,
    MrdTable,
    MrdValue,
)

from . import checks, finished, summary
from .citations import Numbering
from .summary import SUMMARY_KEY, SUMMARY_SECTIONS, SUMMARY_TITLE

__all__ = ["SUMMARY_KEY", "SUMMARY_SECTIONS", "SUMMARY_TITLE", "compose"]


class _Cited(NamedTuple):
    """A section with its citations numbered, and the contradictions shown in it."""

    section: MrdSection
    contradictions: tuple[Contradiction, ...]


def compose(
    *,
    facts: MrdFacts,
    sections: Sequence[SectionDraft],
    claims: Sequence[AcceptedClaim],
    places: Mapping[int, EvidencePlace],
    gaps: Sequence[Gap],
) -> Mrd:
    """Return the MRD: an executive summary, then `sections` in their order, citations numbered by first use.

    claims: the accepted claims, in any order; those that nothing cites stay out, save the premises of a cited
    one and the other side of a contradiction, which must not be hidden. places: by evidence id. gaps: in any order.
    Raises `InvalidInput` for a sentence of kind "claim" without claims, a sentence or a cell that cites an unknown
    claim, a sentence, cell or attribute with a numeral its claims do not hold, a market size that is not what its
    claims give, a claim that leads to no evidence, and evidence without a place; `StaleDigest` for an approval that was
    given for another draft.
    """
    shelf = checks.shelf_of(claims)
    checks.check_sections(sections, reserved=SUMMARY_KEY)
    checks.check_approvals(facts.approvals, sections)
    for draft in sections:
        checks.check_sentences(draft, shelf=shelf, gaps=gaps, prompt=facts.prompt)
        checks.check_tables(draft, shelf=shelf)
    numbering = Numbering(places)
    drafts = (*summary.summary_of(sections, shelf.by_id), *sections)
    cited = list(_cite(drafts, facts=facts, shelf=shelf, numbering=numbering))
    used = list(dict.fromkeys(_used(cited, shelf)))
    for number in used:
        checks.check_attributes(shelf.by_id[number], shelf.with_premises((number,)))
    return Mrd(
        **{name: getattr(facts, name) for name in MrdIdentity.model_fields},
        sections=tuple(part.section for part in cited),
        claims=tuple(_claim(shelf.by_id[number], shelf, facts, numbering, frozenset(used)) for number in used),
        contradictions=tuple(pair for part in cited for pair in part.contradictions),
        citations=numbering.citations(),
        gaps=_in_order(gaps, sections),
    )


def _cite(
    drafts: Iterable[SectionDraft], *, facts: MrdFacts, shelf: checks.Shelf, numbering: Numbering
) -> Iterable[_Cited]:
    shown: set[frozenset[int]] = set()
    for draft in drafts:
        sentences = tuple(
            MrdSentence(
                text=sentence.text,
                kind=checks.kind_of(sentence),
                claims=tuple(dict.fromkeys(sentence.claims)),
                citations=numbering.cite(shelf.with_premises(sentence.claims)),
            )
            for sentence in draft.sentences
        )
        tables = tuple(_table(table, shelf, numbering) for table in draft.tables)
        # The claims of a market size are numbered with their section, though nodes carry no citations of their own.
        numbering.cite(shelf.with_premises(draft.cited()))
        pairs = () if draft.key == SUMMARY_KEY else _contradictions(draft, shelf, shown)
        for pair in pairs:
            numbering.cite(shelf.with_premises((pair.first, pair.second)))
        section = MrdSection(
            key=draft.key,
            title=draft.title,
            regulatory=draft.regulatory,
            digest=draft.digest(),
            approved_by=_approved_by(draft, facts),
            sentences=sentences,
            tables=tables,
            model=draft.model,
        )
        yield _Cited(section, pairs)


def _table(table: Table, shelf: checks.Shelf, numbering: Numbering) -> MrdTable:
    rows = tuple(
        tuple(MrdCell(**cell.model_dump(), citations=numbering.cite(shelf.with_premises(cell.claims))) for cell in row)
        for row in table.rows
    )
    return MrdTable(key=table.key, caption=table.caption, columns=table.columns, rows=rows)


def _contradictions(draft: SectionDraft, shelf: checks.Shelf, shown: set[frozenset[int]]) -> tuple[Contradiction, ...]:
    found = []
    for number in draft.cited():
        for other in shelf.contradicting(number):
            pair = frozenset((number, other))
            if pair not in shown:
                shown.add(pair)
                found.append(Contradiction(section=draft.key, first=number, second=other))
    return tuple(found)


def _used(cited: Iterable[_Cited], shelf: checks.Shelf) -> Iterable[int]:
    for part in cited:
        yield from (claim.revision_id for claim in shelf.with_premises(finished.draft_of(part.section).cited()))
        for pair in part.contradictions:
            yield from (claim.revision_id for claim in shelf.with_premises((pair.first, pair.second)))


def _claim(
    claim: AcceptedClaim, shelf: checks.Shelf, facts: MrdFacts, numbering: Numbering, used: frozenset[int]
) -> MrdClaim:
    decisions = facts.claim_decisions.get(claim.revision_id, ())
    return MrdClaim(
        revision_id=claim.revision_id,
        key=claim.key,
        section=claim.section,
        kind=claim.kind,
        text=claim.text,
        value=_value(claim),
        confidence=claim.confidence,
        digest=claim.digest,
        decided="by person" if decisions else "by rule",
        decision_ids=tuple(sorted(decisions)),
        contradicts=tuple(other for other in shelf.contradicting(claim.revision_id) if other in used),
        premises=tuple(sorted(shelf.by_key[key].revision_id for key in claim.premises)),
        evidence=tuple(sorted(item.id for item in claim.evidence)),
        citations=tuple(sorted(numbering.cite((claim,)))),
        role=claim.role,
        attributes=claim.attributes,
        formula=_formula(claim, shelf),
    )


def _formula(claim: AcceptedClaim, shelf: checks.Shelf) -> MrdFormula | None:
    if claim.formula is None:
        return None
    names = {name: shelf.by_key[key].revision_id for name, key in claim.formula.names.items()}
    return MrdFormula(expression=claim.formula.expression, names=names)


def _value(claim: AcceptedClaim) -> MrdValue | None:
    if claim.value is None:
        return None
    # Plain digits: 1E+6 and 1000000 are one number and must have one digest.
    numbers = {name: getattr(claim.value, name) for name in ("number", "scale", "low", "high")}
    rest = claim.value.model_dump(exclude=set(numbers))
    return MrdValue(**{name: f"{number:f}" for name, number in numbers.items() if number is not None}, **rest)


def _approved_by(draft: SectionDraft, facts: MrdFacts) -> tuple[Approval, ...]:
    mine = (
        Approval(decision_id=approval.decision_id, actor=approval.actor, role=approval.role)
        for approval in facts.approvals
        if approval.section == draft.key
    )
    return tuple(sorted(mine, key=lambda approval: (approval.decision_id, approval.actor)))


def _in_order(gaps: Iterable[Gap], sections: Sequence[SectionDraft]) -> tuple[Gap, ...]:
    order = {draft.key: place for place, draft in enumerate(sections)}
    return tuple(sorted(gaps, key=lambda gap: (order.get(gap.section, len(order)), gap.section, gap.task_key)))
