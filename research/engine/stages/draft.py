"""Stage draft: let the role write a section, and keep the sentences that rest on accepted claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from research.engine.document import checks, market, numerals, traces
from research.engine.domain.documents import AcceptedClaim, Gap, MarketModel, SectionDraft, Sentence, Table
from research.engine.domain.errors import InvalidInput
from research.engine.ports import Observer, ResearchModel, RunBrief, SectionBundle


async def draft(
    model: ResearchModel, brief: RunBrief, bundle: SectionBundle, *, observer: Observer | None = None
) -> SectionDraft:
    """Return the section `model` drafts from `bundle`, under the bundle's own key, title and regulatory mark.

    Dropped, each with a note `draft.dropped` to `observer`: a sentence that cites a claim it was not given, one of
    kind "claim" that cites none, and one with a numeral that neither its claims nor (for a gap) the gaps hold; a row
    of a table with such a cell; a table with a figure in its heads or no row left; a market size that is not what its
    claims give.
    """
    proposed = await model.draft(brief, bundle)
    claims = {claim.revision_id: claim for claim in bundle.claims}
    kept: list[Sentence] = []
    for sentence in proposed.sentences:
        why = _refusal(sentence, claims, bundle.brief.gaps)
        if why is None:
            kept.append(sentence)
        elif observer is not None:
            observer.note("draft.dropped", section=bundle.brief.key, reason=why, sentence=sentence.text)
    dropped = _Dropped(bundle.brief.key, observer)
    grounds = checks.grounds_of(bundle.claims)
    tables = [_kept(table, grounds, dropped) for table in proposed.tables]
    return proposed.model_copy(
        update={
            "key": bundle.brief.key,
            "title": bundle.brief.title,
            "regulatory": bundle.brief.regulatory,
            "sentences": tuple(kept),
            "tables": tuple(table for table in tables if table is not None),
            "model": _model(proposed.model, claims, dropped),
        }
    )


class _Dropped:
    """Notes what is left out of a section's tables and market size."""

    def __init__(self, section: str, observer: Observer | None) -> None:
        self._section, self._observer = section, observer

    def note(self, what: str, reason: str) -> None:
        if self._observer is not None:
            self._observer.note("draft.dropped", section=self._section, reason=reason, sentence=what)


def _kept(table: Table, grounds: Mapping[int, traces.Ground], dropped: _Dropped) -> Table | None:
    """Return the table with the rows that its claims bear out, None when none is left."""
    fault = traces.heads_fault(table)
    if fault:
        dropped.note(table.caption, fault)
        return None
    rows = []
    for number, row in enumerate(table.rows):
        fault = traces.row_fault(table, number, grounds)
        if fault:
            dropped.note(f"{table.caption}: {row[0].text}", fault)
        else:
            rows.append(row)
    return table.model_copy(update={"rows": tuple(rows)}) if rows else None


def _model(model: MarketModel | None, claims: dict[int, AcceptedClaim], dropped: _Dropped) -> MarketModel | None:
    """Return the market size when it is what its claims give, else None."""
    if model is None:
        return None
    try:
        market.check(model, claims)
    except InvalidInput as error:
        dropped.note("the market size", error.detail)
        return None
    return model


def _refusal(sentence: Sentence, claims: dict[int, AcceptedClaim], gaps: Iterable[Gap]) -> str | None:
    """Return why `sentence` may not stand, or None when it may."""
    unknown = [each for each in sentence.claims if each not in claims]
    if unknown:
        return f"cites claims that were not given: {', '.join(map(str, unknown))}"
    if sentence.kind == "claim" and not sentence.claims:
        return "cites no claim"
    allowed = {figure for each in sentence.claims for figure in numerals.of_claim(claims[each])}
    if sentence.kind == "gap":
        searched = " ".join(words for gap in gaps for words in (gap.question, gap.reason, *gap.searches))
        allowed |= {(numeral.amount, numeral.unit) for numeral in numerals.find_numerals(searched)}
    untraced = numerals.untraced(sentence.text, allowed=allowed)
    return f"holds figures no cited claim has: {', '.join(untraced)}" if untraced else None
