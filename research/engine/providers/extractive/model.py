"""The extractive engine behind `ports.ResearchModel`: no model, no key, nothing invented."""

from __future__ import annotations

from collections.abc import Sequence

from research.engine.domain.claims import ClaimDraft, ClaimInHand, Opinion
from research.engine.domain.documents import AcceptedClaim, SectionDraft, Sentence
from research.engine.domain.evidence import EvidenceItem, Investigation
from research.engine.domain.plans import Plan, PlanTask
from research.engine.ports import RefusedSentence, RunBrief, SectionBundle, Shelf

from . import draft, extract, find, inferring, plan, sizing


class ExtractiveModel:
    """Fill every role of research with rules over real text. Stateless; one object serves all runs."""

    name = "extractive"

    async def plan(self, brief: RunBrief) -> Plan:
        return plan.make_plan(brief)

    async def investigate(self, brief: RunBrief, task: PlanTask, shelf: Shelf) -> Investigation:
        return await find.investigate(brief=brief, task=task, shelf=shelf)

    async def extract(
        self, brief: RunBrief, task: PlanTask, evidence: Sequence[EvidenceItem]
    ) -> tuple[ClaimDraft, ...]:
        return extract.extract(brief=brief, task=task, evidence=evidence)

    async def synthesise(
        self, brief: RunBrief, task: PlanTask, claims: Sequence[AcceptedClaim]
    ) -> tuple[ClaimDraft, ...]:
        """Return what the vertical's rules propose from premises: a market size, items. Never more than they say."""
        return (
            *sizing.propose(brief=brief, task=task, claims=claims),
            *inferring.propose(brief=brief, task=task, claims=claims),
        )

    async def judge(self, _brief: RunBrief, _claims: Sequence[ClaimInHand]) -> tuple[Opinion, ...]:
        """Return nothing: rules alone weigh what rules have found."""
        return ()

    async def draft(self, _brief: RunBrief, section: SectionBundle) -> SectionDraft:
        return draft.draft(section=section)

    async def redraft(
        self, _brief: RunBrief, _section: SectionBundle, _refused: Sequence[RefusedSentence]
    ) -> tuple[Sentence | None, ...]:
        """Return nothing: what it writes are the words of claims, and they do not get better by a second try."""
        return ()
