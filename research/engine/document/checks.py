"""What a document must hold to before it leaves: every sentence led back, every numeral traced."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple, cast, get_args

from research.engine.domain.documents import AcceptedClaim, Gap, SectionDraft, Sentence
from research.engine.domain.errors import InvalidInput, StaleDigest
from research.engine.domain.mrd import Mrd, SectionApproval, SentenceKind

from . import finished, market, numerals, traces

MAX_HEADING_CHARS = 120
_EXCERPT_CHARS = 80


class Shelf(NamedTuple):
    """The accepted claims, by revision id and by key."""

    by_id: dict[int, AcceptedClaim]
    by_key: dict[str, AcceptedClaim]

    def with_premises(self, numbers: Iterable[int]) -> tuple[AcceptedClaim, ...]:
        """Return the claims `numbers` (revision ids) in order, each followed by the premises it rests on, once."""
        found: dict[int, AcceptedClaim] = {}
        waiting = [self.by_id[number] for number in numbers][::-1]
        while waiting:
            claim = waiting.pop()
            if claim.revision_id not in found:
                found[claim.revision_id] = claim
                waiting += [self.by_key[key] for key in sorted(claim.premises, reverse=True)]
        return tuple(found.values())

    def contradicting(self, number: int) -> tuple[int, ...]:
        """Return the revision ids of accepted claims that disagree with claim `number`, ascending."""
        # A key that is not here belongs to a claim that people rejected since: it has no place in the document.
        keys = self.by_id[number].contradicts
        back = {claim.revision_id for claim in self.by_id.values() if self.by_id[number].key in claim.contradicts}
        return tuple(sorted(back | {self.by_key[key].revision_id for key in keys if key in self.by_key}))


def shelf_of(claims: Iterable[AcceptedClaim]) -> Shelf:
    """Return the claims by id and key.

    Raises `InvalidInput` when two share either, when a premise is missing, and when one leads to no evidence
    (an assumption alone may: it is labelled so).
    """
    ordered = sorted(claims, key=lambda claim: claim.revision_id)
    shelf = Shelf({claim.revision_id: claim for claim in ordered}, {claim.key: claim for claim in ordered})
    if not len(ordered) == len(shelf.by_id) == len(shelf.by_key):
        raise InvalidInput("Two accepted claims have the same key: keep one revision of each.", field="claims")
    for claim in ordered:
        named = claim.formula.names.values() if claim.formula else ()
        missing = [key for key in (*claim.premises, *named) if key not in shelf.by_key]
        if missing:
            raise InvalidInput(
                f"Claim {claim.revision_id} rests on '{missing[0]}', which is not accepted: decide on that one first.",
                field="claims",
            )
    for claim in ordered:
        grounds = shelf.with_premises((claim.revision_id,))
        if claim.kind != "assumption" and not any(ground.evidence for ground in grounds):
            raise InvalidInput(
                f"Claim {claim.revision_id} leads to no evidence: give it a quote or make it an assumption.",
                field="claims",
            )
    return shelf


def check_sections(sections: Sequence[SectionDraft], *, reserved: str) -> None:
    """Raise `InvalidInput` when two sections share a key or one takes the `reserved` key."""
    keys = [draft.key for draft in sections]
    for key in keys:
        if key == reserved:
            raise InvalidInput(f"The section '{key}' is composed, not drafted: leave it out.", field="sections")
        if keys.count(key) > 1:
            raise InvalidInput(f"Two sections are called '{key}': keep one.", field="sections")


def check_approvals(approvals: Iterable[SectionApproval], sections: Iterable[SectionDraft]) -> None:
    """Raise `StaleDigest` when an approval was not given for a section as it stands now."""
    digests = {draft.key: draft.digest() for draft in sections}
    for approval in approvals:
        if digests.get(approval.section) != approval.digest:
            raise StaleDigest(
                f"Section '{approval.section}' was changed after decision {approval.decision_id}: "
                "have it approved again."
            )


def kind_of(sentence: Sentence) -> SentenceKind:
    """Return the sentence's kind. Raises `InvalidInput` for one that no reader of the document knows."""
    if sentence.kind not in get_args(SentenceKind):
        known = ", ".join(get_args(SentenceKind))
        raise InvalidInput(f"A sentence of kind '{sentence.kind}' is unknown; use one of: {known}.", field="sections")
    return cast("SentenceKind", sentence.kind)


def check_sentences(draft: SectionDraft, *, shelf: Shelf, gaps: Iterable[Gap], prompt: str) -> None:
    """Raise `InvalidInput` for the first sentence of `draft` that cannot be walked back to accepted claims."""
    mine = [gap for gap in gaps if gap.section == draft.key]
    for sentence in draft.sentences:
        kind = kind_of(sentence)
        where = f"Section '{draft.title}', \"{_excerpt(sentence.text)}\""
        if kind == "claim" and not sentence.claims:
            raise InvalidInput(f"{where}: the sentence cites no claim. Cite one or take it out.", field="sections")
        for number in sentence.claims:
            if number not in shelf.by_id:
                raise InvalidInput(
                    f"{where}: cites claim {number}, which is not accepted. Cite an accepted claim or take it out.",
                    field="sections",
                )
        if kind == "heading" and len(sentence.text) > MAX_HEADING_CHARS:
            raise InvalidInput(
                f"{where}: a heading has at most {MAX_HEADING_CHARS} characters. Make it a sentence that cites claims.",
                field="sections",
            )
        _check_numerals(sentence, kind, where=where, allowed=_allowed(sentence, kind, draft, shelf, mine, prompt))


def check_tables(draft: SectionDraft, *, shelf: Shelf) -> None:
    """Raise `InvalidInput` for the first cell of `draft`, or a market size, that its claims do not bear out.

    Every cell cites accepted claims and holds no figure they do not have; the first cell of a row may be a plain name.
    """
    if draft.model is not None:
        market.check(draft.model, shelf.by_id)
    if not draft.tables:
        return
    grounds = grounds_of(shelf.by_id[number] for number in draft.cited() if number in shelf.by_id)
    for table in draft.tables:
        fault = traces.table_fault(table, grounds)
        if fault:
            raise InvalidInput(f"Section '{draft.title}', table '{table.caption}': {fault}", field="sections")


def grounds_of(claims: Iterable[AcceptedClaim]) -> dict[int, traces.Ground]:
    """Return what each claim bears out, by revision id."""
    return {
        claim.revision_id: traces.Ground(numerals.of_claim(claim), claim.attributes.get("id", "")) for claim in claims
    }


def check_attributes(claim: AcceptedClaim, premises: Iterable[AcceptedClaim] = ()) -> None:
    """Raise `InvalidInput` for a figure in the claim's attributes that neither it, its quotes nor its premises have."""
    # The claim may stand among its premises, as `with_premises` gives them; its attributes bear nothing out themselves.
    others = [premise for premise in premises if premise.key != claim.key]
    bare = claim.model_copy(update={"attributes": {}})
    allowed = numerals.of_claim(bare).union(*map(numerals.of_claim, others))
    quotes = (numeral for item in claim.evidence for numeral in numerals.find_numerals(item.quote.exact))
    allowed |= {(numeral.amount, numeral.unit) for numeral in quotes}
    loose = traces.loose_attribute(claim.role, claim.attributes, kind=claim.kind, allowed=allowed)
    if loose:
        raise InvalidInput(
            f"\"{_excerpt(claim.text)}\": the figure '{loose}' in its attributes is in none of its words, quotes and "
            "premises. Take it out, add the claim that has it as a premise, or label the claim an assumption.",
            field="attributes",
        )


def check_document(mrd: Mrd) -> None:
    """Raise `InvalidInput` for the first numeral of a finished document that leads to no claim, formula or assumption.

    Looked at are sentences, section titles, tables, attributes, formulas and market sizes; a computed claim must be
    what its formula gives. Left out by rule: what is recorded rather than claimed (the prompt, the questions and
    searches of gaps, counts, costs, dates), the quotes, and page and section numbers, which rendering writes.
    """
    shelf = shelf_of(finished.claims_of(mrd))
    for claim in shelf.by_id.values():
        check_attributes(claim, shelf.with_premises((claim.revision_id,)))
    wrong = finished.differences(shelf.by_id.values())
    if wrong:
        raise InvalidInput(f"A computed claim is not what its formula gives: {wrong}. Recompute it.", field="claims")
    for section in mrd.sections:
        draft = finished.draft_of(section)
        loose = numerals.untraced(section.title, allowed=())
        if loose:
            raise InvalidInput(
                f"The section title '{section.title}' holds the figure '{loose[0]}', which no claim has: take it out.",
                field="sections",
            )
        check_sentences(draft, shelf=shelf, gaps=mrd.gaps, prompt=mrd.prompt)
        check_tables(draft, shelf=shelf)


def _allowed(
    sentence: Sentence, kind: SentenceKind, draft: SectionDraft, shelf: Shelf, gaps: Sequence[Gap], prompt: str
) -> frozenset[tuple[Decimal, str]]:
    found = frozenset[tuple[Decimal, str]]().union(*(numerals.of_claim(shelf.by_id[n]) for n in sentence.claims))
    words = [draft.title] if kind == "heading" else []
    if kind == "gap":
        # A gap tells what was asked, which searches were made and how many; the question may repeat the prompt.
        words = [prompt, *(word for gap in gaps for word in (gap.question, gap.reason, *gap.searches))]
        counts = {len(gap.searches) for gap in gaps} | {sum(len(gap.searches) for gap in gaps), len(gaps)}
        found |= {(Decimal(count), "") for count in counts}
    return found | {(n.amount, n.unit) for word in words for n in numerals.find_numerals(word)}


def _check_numerals(
    sentence: Sentence, kind: SentenceKind, *, where: str, allowed: frozenset[tuple[Decimal, str]]
) -> None:
    loose = numerals.untraced(sentence.text, allowed=allowed)
    if loose:
        grounds = "the gaps of its section" if kind == "gap" else "the claims it cites"
        raise InvalidInput(
            f"{where}: the figure '{loose[0]}' is not in {grounds}. Use their figure or cite the claim that has it.",
            field="sections",
        )


def _excerpt(text: str) -> str:
    return text if len(text) <= _EXCERPT_CHARS else text[: _EXCERPT_CHARS - 1] + "…"
