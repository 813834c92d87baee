"""Role extract: claims from pinned quotes; every quote a claim names is found again here, or the claim goes."""

from __future__ import annotations

from collections.abc import Sequence

from research.engine.domain.claims import MAX_CLAIM_CHARS, ClaimDraft
from research.engine.domain.evidence import EvidenceItem
from research.engine.domain.items import Role
from research.engine.domain.plans import PlanTask
from research.engine.ports import RunBrief
from research.engine.prompts import loader
from research.engine.providers.extractive.attributes import described
from research.engine.providers.extractive.values import typed_value

from . import structured, wording
from .asking import Asker
from .forms import MAX_CLAIMS, ClaimForm, ClaimsForm
from .quoting import holds

_SHORTEST = 3
# Roles a source's own words may have. Requirements, what is left out and assumptions are concluded, and a market size
# is computed: stated with such a role, a claim would stand in tables and sums it has no place in.
STATED: tuple[Role, ...] = ("fact", "persona", "voice", "competitor", "regulation", "risk")


async def extract(
    asker: Asker, brief: RunBrief, task: PlanTask, evidence: Sequence[EvidenceItem]
) -> tuple[ClaimDraft, ...]:
    """Return claims, each with the quotes that were found to hold the words it names; none without one.

    The typed value is read from the claim's words by rule, not taken from the model.
    """
    prompt = loader.load("extract")
    given = await structured.ask(
        asker,
        role="extract",
        prompt=prompt,
        ask=prompt.fill(
            prompt=wording.inert(brief.prompt),
            section=brief.vertical.section(task.section).title,
            question=task.question,
            roles=wording.roles(only=STATED),
            quotes=wording.quotes(evidence),
            most=str(MAX_CLAIMS),
        ),
        form=ClaimsForm,
    )
    by_id = {item.id: item for item in evidence}
    drafts = (_draft(brief, task, form, by_id) for form in given.value.claims[:MAX_CLAIMS])
    found = [draft for draft in drafts if draft is not None]
    dropped = len(given.value.claims) - len(found)
    if dropped:
        asker.context.observer.note("extract.dropped", task=task.key, claims=dropped)
    return tuple(found)


def _draft(brief: RunBrief, task: PlanTask, form: ClaimForm, by_id: dict[int, EvidenceItem]) -> ClaimDraft | None:
    text = " ".join(form.text.split())
    named = [
        by_id[each.number] for each in form.quotes if each.number in by_id and holds(by_id[each.number], each.words)
    ]
    items = list({item.id: item for item in named}.values())
    if not items or not _SHORTEST <= len(text) <= MAX_CLAIM_CHARS:
        return None
    best = items[0]
    value = typed_value(
        text,
        vertical=brief.vertical,
        publisher=best.source.publisher,
        context=best.quote.prefix,
        published=best.source.published_date,
    )
    attributes = wording.attributes_of(form.role, form.attributes) if form.role in STATED else None
    if attributes is None:
        # What the model says of the item does not fit its role: the rules for stated claims say what it is.
        role, by_rule = described(task=task, vertical=brief.vertical, text=text, value=value, evidence=items)
    else:
        role, by_rule = form.role, dict(attributes)
    return ClaimDraft(
        task_key=task.key,
        section=task.section,
        text=text,
        value=value,
        evidence_ids=tuple(item.id for item in items),
        role=role,
        attributes=dict(by_rule),
    )
