"""People's edits of plans and sections run through every check again before anything is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from research.adapters import engines
from research.engine.document import checks
from research.engine.domain.documents import Sentence
from research.engine.domain.errors import InvalidInput, PlanInvalid
from research.engine.domain.plans import Plan as PlanValue
from research.engine.domain.plans import check_plan, parse_plan
from research.engine.verticals import registry
from research.models import Plan, Run, SectionRevision, User
from research.services import composing, gaps


def checked_plan(*, run: Run, plan: Plan, data: object) -> PlanValue:
    """Return the edited plan in `data` (what JSON gives). Raises `PlanInvalid`, also when nothing changed."""
    new = parse_plan(data)
    old = parse_plan(plan.body)
    if (new.vertical, new.prompt) != (old.vertical, old.prompt):
        raise PlanInvalid("The plan's vertical and prompt cannot be edited: create a new run instead.", field="plan")
    check_plan(new, sections=registry.get(run.vertical).section_keys(), tools=engines.tool_names(run.engine))
    if new.digest() == plan.digest:
        raise PlanInvalid("Nothing in the plan was changed.", field="plan")
    return new


def revise_section(
    *, section: SectionRevision, sentences: Sequence[Sentence], author: User, comment: str, now: dt.datetime
) -> SectionRevision:
    """Write a person's revision of a section. Every sentence must cite accepted claims and hold no other figure.

    Its tables and market size stay as they were drafted, and are checked again. Raises `InvalidInput`, also when
    nothing changed.
    """
    run = section.run
    draft = section.draft.model_copy(update={"sentences": tuple(sentences)})
    if draft.digest() == section.digest:
        raise InvalidInput("Nothing in the section was changed.", field="sentences")
    if not draft.sentences:
        raise InvalidInput("A section needs at least one sentence.", field="sentences")
    shelf = checks.shelf_of(composing.accepted_claims(run))
    checks.check_sentences(draft, shelf=shelf, gaps=gaps.of(run), prompt=run.prompt)
    checks.check_tables(draft, shelf=shelf)
    standing = {(sentence["text"], sentence.get("kind", "claim")) for sentence in section.body["sentences"]}
    for sentence in draft.sentences:
        # People write sentences that cite; headings and gaps come from the draft alone, as they are or not at all.
        if not sentence.claims and (sentence.text, sentence.kind) not in standing:
            raise InvalidInput(
                f"“{sentence.text[:80]}” cites no claim: cite the accepted claims it rests on, or leave it out.",
                field="sentences",
            )
    return composing.save_section(run=run, draft=draft, author=author, comment=comment, now=now)
