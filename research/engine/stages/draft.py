"""Stage draft: let the role write a section, and keep the sentences that rest on accepted claims."""

from __future__ import annotations

from collections.abc import Iterable

from research.engine.document import numerals
from research.engine.domain.documents import AcceptedClaim, Gap, SectionDraft, Sentence
from research.engine.ports import Observer, ResearchModel, RunBrief, SectionBundle


async def draft(
    model: ResearchModel, brief: RunBrief, bundle: SectionBundle, *, observer: Observer | None = None
) -> SectionDraft:
    """Return the section `model` drafts from `bundle`, under the bundle's own key, title and regulatory mark.

    Dropped, each with a note `draft.dropped` to `observer`: a sentence that cites a claim it was not given, one of
    kind "claim" that cites none, and one with a numeral that neither its claims nor (for a gap) the gaps hold.
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
    return proposed.model_copy(
        update={
            "key": bundle.brief.key,
            "title": bundle.brief.title,
            "regulatory": bundle.brief.regulatory,
            "sentences": tuple(kept),
        }
    )


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
