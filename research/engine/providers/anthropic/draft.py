"""Role draft: a section's sentences from accepted claims alone; its tables and market size follow by rule."""

from __future__ import annotations

from collections.abc import Sequence

from research.engine.domain.documents import SectionDraft, Sentence
from research.engine.ports import RefusedSentence, RunBrief, SectionBundle
from research.engine.prompts import loader
from research.engine.providers.extractive import draft as by_rule

from . import structured, wording
from .asking import Asker
from .forms import SentencesForm


async def draft(asker: Asker, _brief: RunBrief, section: SectionBundle) -> SectionDraft:
    """Return the section as rules lay it out, with the model's sentences in the place of theirs.

    Tables, the market size, and what was not found are not the model's to write. A section without claims is not
    asked for at all.
    """
    arranged = by_rule.draft(section=section)
    if not section.claims:
        return arranged
    prompt = loader.load("draft")
    given = await structured.ask(
        asker,
        role="draft",
        prompt=prompt,
        ask=prompt.fill(
            title=section.brief.title, purpose=section.brief.purpose, claims=wording.claims(section.claims)
        ),
        form=SentencesForm,
    )
    written = [sentence for sentence in _sentences(given.value, section) if sentence is not None]
    if not written:
        return arranged
    rest = [sentence for sentence in arranged.sentences if sentence.kind == "gap"]
    return arranged.model_copy(update={"sentences": (*written, *rest)})


async def redraft(
    asker: Asker, _brief: RunBrief, section: SectionBundle, refused: Sequence[RefusedSentence]
) -> tuple[Sentence | None, ...]:
    """Return a better sentence for each refused one, in their order; None for one that is given up."""
    mendable = [each for each in refused if each.sentence.kind == "claim"]
    if not mendable:
        return ()
    prompt = loader.load("redraft")
    told = "\n".join(
        f'<sentence number="{number}">{wording.inert(each.sentence.text)}\n'
        f"Refused: {wording.inert(each.reason)}</sentence>"
        for number, each in enumerate(mendable, 1)
    )
    given = await structured.ask(
        asker,
        role="draft",
        prompt=prompt,
        ask=prompt.fill(
            title=section.brief.title,
            purpose=section.brief.purpose,
            claims=wording.claims(section.claims),
            refused=told,
        ),
        form=SentencesForm,
    )
    better = iter(_sentences(given.value, section))
    return tuple(next(better, None) if each.sentence.kind == "claim" else None for each in refused)


def _sentences(form: SentencesForm, section: SectionBundle) -> list[Sentence | None]:
    """Return the sentences citing claims by their revision ids, None for one without words.

    A number that is no claim's becomes 0, which no claim has: the stage refuses it.
    """
    ids = [claim.revision_id for claim in section.claims]
    found: list[Sentence | None] = []
    for each in form.sentences:
        text = " ".join(each.text.split())
        cited = tuple(dict.fromkeys(ids[number - 1] if 1 <= number <= len(ids) else 0 for number in each.claims))
        found.append(Sentence(text=text, claims=cited) if text else None)
    return found
