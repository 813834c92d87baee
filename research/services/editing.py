"""People's edits run through every check again before anything is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from research.adapters import runtime
from research.engine.document import checks
from research.engine.domain.claims import ClaimDraft, ClaimInHand, TypedValue
from research.engine.domain.documents import SectionDraft, Sentence
from research.engine.domain.errors import InvalidInput, PlanInvalid
from research.engine.domain.plans import Plan as PlanValue
from research.engine.domain.plans import check_plan, parse_plan
from research.engine.domain.states import ClaimStatus
from research.engine.verification import contradictions
from research.engine.verification.assess import assess_one
from research.engine.verticals import registry
from research.models import Claim, Plan, Run, SectionRevision, Task, User
from research.services import claims, composing, recording, voiding

ANOTHER_PERSON = "edited by a person: another person decides"


def checked_plan(*, run: Run, plan: Plan, data: object) -> PlanValue:
    """Return the edited plan in `data` (what JSON gives). Raises `PlanInvalid`, also when nothing changed."""
    new = parse_plan(data)
    old = parse_plan(plan.body)
    if (new.vertical, new.prompt) != (old.vertical, old.prompt):
        raise PlanInvalid("The plan's vertical and prompt cannot be edited: create a new run instead.", field="plan")
    check_plan(new, sections=registry.get(run.vertical).section_keys(), tools=runtime.tool_names())
    if new.digest() == plan.digest:
        raise PlanInvalid("Nothing in the plan was changed.", field="plan")
    return new


def revise_claim(
    *,
    claim: Claim,
    text: str,
    kind: str,
    value: TypedValue | None,
    evidence_ids: Sequence[int],
    author: User,
    comment: str,
    now: dt.datetime,
) -> Claim:
    """Write a person's revision of a claim, assess it as any other, queue it for another person, and seal it.

    Raises `InvalidInput` for text that is empty or too long, evidence of another run, a stated claim without evidence.
    """
    run = claim.run
    wanted = sorted(set(evidence_ids))
    rows = claims.evidence_rows(run=run, pk__in=wanted)
    if len(rows) != len(wanted):
        raise InvalidInput(
            "The claim names evidence that this run does not have; choose from the run's evidence.", field="evidence"
        )
    if kind == "stated" and not rows:
        raise InvalidInput(
            "A stated claim needs evidence: choose at least one quote, or label it an assumption.", field="evidence"
        )
    try:
        draft = ClaimDraft(
            task_key=claim.task_key,
            section=claim.section,
            kind=kind,
            text=" ".join(text.split()),
            value=value,
            evidence_ids=tuple(wanted),
            premise_keys=tuple(claim.current.premise_keys) if claim.current else (),
        )
    except ValueError as error:
        raise InvalidInput(
            "A claim needs 3 to 2,000 characters and one of the kinds stated, computed, inferred, assumption.",
            field="text",
        ) from error
    section = registry.get(run.vertical).section(claim.section)
    question = Task.objects.filter(plan__run=run, key=claim.task_key).order_by("-plan__revision").first()
    hand = ClaimInHand(
        key=claim.key,
        draft=draft,
        question=question.question if question else "",
        evidence=tuple(claims.evidence_item(row) for row in rows),
        competitor=section.competitor,
        regulatory=section.regulatory,
    )
    others = _others(run, claim)
    assessed = assess_one(hand, others)
    claims.add_revision(claim=claim, draft=draft, author=author, comment=comment, now=now)
    reasons = (*assessed.to_people, ANOTHER_PERSON)
    claims.assess(claim=claim, assessed=assessed.model_copy(update={"to_people": reasons}), step=None, now=now)
    pairs = contradictions.find([hand, *others])
    voiding.relink(claim, pairs=[pair for pair in pairs if claim.key in (pair.first, pair.second)], now=now)
    claims.seal(claim)
    recording.append(
        run_id=run.pk,
        kind="claim.revised",
        actor=str(author.actor_id),
        data={
            "claim": claim.key,
            "revision": claim.current.revision if claim.current else 0,
            "shown": claim.shown_digest,
        },
        now=now,
    )
    return claim


def _others(run: Run, claim: Claim) -> list[ClaimInHand]:
    """Return the run's other claims that stand or wait: those the edited one may contradict."""
    standing = [ClaimStatus.ACCEPTED, ClaimStatus.QUEUED]
    rows = claims.in_hand(run, registry.get(run.vertical), {}, statuses=standing)
    return [other for other in rows if other.key != claim.key]


def revise_section(
    *, section: SectionRevision, sentences: Sequence[Sentence], author: User, comment: str, now: dt.datetime
) -> SectionRevision:
    """Write a person's revision of a section. Every sentence must cite accepted claims and hold no other figure.

    Raises `InvalidInput`, also when nothing changed.
    """
    run = section.run
    draft = SectionDraft(
        key=section.key, title=section.title, regulatory=section.regulatory, sentences=tuple(sentences)
    )
    if draft.digest() == section.digest:
        raise InvalidInput("Nothing in the section was changed.", field="sentences")
    if not draft.sentences:
        raise InvalidInput("A section needs at least one sentence.", field="sentences")
    shelf = checks.shelf_of(composing.accepted_claims(run))
    checks.check_sentences(draft, shelf=shelf, gaps=composing.gaps(run), prompt=run.prompt)
    standing = {(sentence["text"], sentence.get("kind", "claim")) for sentence in section.body["sentences"]}
    for sentence in draft.sentences:
        # People write sentences that cite; headings and gaps come from the draft alone, as they are or not at all.
        if not sentence.claims and (sentence.text, sentence.kind) not in standing:
            raise InvalidInput(
                f"“{sentence.text[:80]}” cites no claim: cite the accepted claims it rests on, or leave it out.",
                field="sentences",
            )
    return composing.save_section(run=run, draft=draft, author=author, comment=comment, now=now)
