"""Roles synthesise and require: what follows from claims, each conclusion with the claims it rests on; to people."""

from __future__ import annotations

from collections.abc import Sequence

from research.engine.domain.claims import MAX_CLAIM_CHARS, ClaimDraft
from research.engine.domain.documents import AcceptedClaim
from research.engine.domain.plans import PlanTask
from research.engine.ports import RunBrief
from research.engine.prompts import loader
from research.engine.providers.extractive import sizing

from . import structured, wording
from .asking import Asker
from .forms import MAX_ITEMS, AttributeForm, ItemForm, ItemsForm
from .settings import Role

# Roles a conclusion may have. A market size is computed by a formula and never concluded.
_CONCLUDED = {
    "synthesis": ("fact", "persona", "voice", "competitor", "risk", "assumption"),
    "requirements": ("requirement", "out_of_scope", "risk", "assumption"),
}
_PREMISES = 12
_SHORTEST = 3


async def synthesise(
    asker: Asker, brief: RunBrief, task: PlanTask, claims: Sequence[AcceptedClaim]
) -> tuple[ClaimDraft, ...]:
    """Return the market size that formulas give and what the model concludes, which is always `inferred`."""
    sized = sizing.propose(brief=brief, task=task, claims=claims)
    if sized or not claims:
        return sized
    return await _concluded(asker, brief, task, claims)


async def _concluded(
    asker: Asker, brief: RunBrief, task: PlanTask, claims: Sequence[AcceptedClaim]
) -> tuple[ClaimDraft, ...]:
    name: Role = "require" if task.layer == "requirements" else "synthesise"
    prompt = loader.load(name)
    only = _CONCLUDED.get(task.layer, _CONCLUDED["synthesis"])
    given = await structured.ask(
        asker,
        role=name,
        prompt=prompt,
        ask=prompt.fill(
            prompt=wording.inert(brief.prompt),
            section=brief.vertical.section(task.section).title,
            question=task.question,
            roles=wording.roles(only=only),
            claims=wording.claims(claims),
            most=str(MAX_ITEMS),
        ),
        form=ItemsForm,
    )
    drafts = [_draft(task, form, claims, only, number) for number, form in enumerate(given.value.items[:MAX_ITEMS], 1)]
    return tuple(draft for draft in drafts if draft is not None)


def _draft(
    task: PlanTask, form: ItemForm, claims: Sequence[AcceptedClaim], only: Sequence[str], number: int
) -> ClaimDraft | None:
    text = " ".join(form.text.split())
    premises = [claims[each - 1] for each in dict.fromkeys(form.premises) if 1 <= each <= len(claims)][:_PREMISES]
    if not premises or not _SHORTEST <= len(text) <= MAX_CLAIM_CHARS:
        return None
    told = [each for each in form.attributes if each.name != "id"]
    if form.role == "requirement":
        # Numbers of requirements follow their order; a model's own could be anybody's.
        told.append(AttributeForm(name="id", value=f"R-{number}"))
    attributes = wording.attributes_of(form.role, told) if form.role in only else None
    evidence = dict.fromkeys(item.id for claim in premises for item in claim.evidence)
    return ClaimDraft(
        task_key=task.key,
        section=task.section,
        kind="inferred",
        text=text,
        evidence_ids=tuple(evidence),
        premise_keys=tuple(claim.key for claim in premises),
        role=form.role if attributes is not None else "fact",
        attributes=dict(attributes or {}),
    )
