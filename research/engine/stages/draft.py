"""Stage draft: let the role write a section, and keep the sentences that rest on accepted claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from research.engine.document import checks, market, numerals, tables, traces
from research.engine.domain.documents import AcceptedClaim, Gap, MarketModel, SectionDraft, Sentence, Table
from research.engine.domain.errors import InvalidInput
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.ports import Observer, RefusedSentence, ResearchModel, RunBrief, SectionBundle
from research.engine.verification import confidence, support


async def draft(
    model: ResearchModel, brief: RunBrief, bundle: SectionBundle, *, observer: Observer | None = None
) -> SectionDraft:
    """Return the section `model` drafts from `bundle`, under the bundle's own key, title and regulatory mark.

    Sent back to the role once (`redraft`), and dropped with a note `draft.dropped` to `observer` when it comes back no
    better: a sentence that cites a claim it was not given, one of kind "claim" that cites none, one with a numeral
    that neither its claims nor (for a gap) the gaps hold, and one that does not follow from its claims. Dropped at
    once: a row of a table with such a cell; a table with a figure in its heads or no row left; a market size that is
    not what its claims give.
    """
    proposed = await model.draft(brief, bundle)
    dropped = _Dropped(bundle.brief.key, observer)
    kept = await _sentences(model, brief, bundle, proposed.sentences, dropped)
    grounds = checks.grounds_of(bundle.claims)
    shown = [_kept(table, grounds, dropped) for table in proposed.tables]
    return proposed.model_copy(
        update={
            "key": bundle.brief.key,
            "title": bundle.brief.title,
            "regulatory": bundle.brief.regulatory,
            "sentences": tuple(kept),
            "tables": tuple(table for table in shown if table is not None),
            "model": _model(proposed.model, {claim.revision_id: claim for claim in bundle.claims}, dropped),
        }
    )


async def _sentences(
    model: ResearchModel, brief: RunBrief, bundle: SectionBundle, proposed: Sequence[Sentence], dropped: _Dropped
) -> list[Sentence]:
    """Return the sentences that may stand, in their order, those written again in the place of the refused."""
    claims = {claim.revision_id: claim for claim in bundle.claims}
    gaps = bundle.brief.gaps
    refused = {
        place: RefusedSentence(sentence=sentence, reason=why)
        for place, sentence in enumerate(proposed)
        if (why := _refusal(sentence, claims, gaps)) is not None
    }
    again: dict[int, Sentence | None] = {}
    if refused:
        better = await model.redraft(brief, bundle, tuple(refused.values()))
        again = dict(zip(refused, better, strict=False))
    kept = []
    for place, sentence in enumerate(proposed):
        if place not in refused:
            kept.append(sentence)
            continue
        second = again.get(place)
        if second is None:
            dropped.note(sentence.text, refused[place].reason)
        elif (why := _refusal(second, claims, gaps)) is not None:
            dropped.note(second.text, f"{why} (written again)")
        else:
            kept.append(second)
    return kept


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
    if untraced:
        return f"holds figures no cited claim has: {', '.join(untraced)}"
    return _unsupported(sentence, [claims[each] for each in sentence.claims]) if sentence.kind == "claim" else None


def _unsupported(sentence: Sentence, cited: Sequence[AcceptedClaim]) -> str | None:
    """Return why a sentence does not follow from its claims, by the check that claims pass with their quotes."""
    if any(sentence.text in (claim.text, tables.said(claim)) for claim in cited):
        return None
    words = [_as_quote(claim) for claim in cited]
    part = support.check(sentence.text, words)
    return None if part.score >= confidence.SUPPORTED else f"does not follow from the claims it cites: {part.reason}"


def _as_quote(claim: AcceptedClaim) -> EvidenceItem:
    """Return the claim's words as what a sentence is held to, as a quote is for a claim."""
    quote = Quote(extracted_text_id=0, page=1, start=0, end=len(claim.text), exact=claim.text)
    source = SourceRef(id=0, kind="record", title="accepted claim")
    return EvidenceItem(id=claim.revision_id, quote=quote, source=source, task_key=claim.task_key)
