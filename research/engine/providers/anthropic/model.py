"""The Claude engine behind `ports.ResearchModel`: a role a file, one asker for all."""

from __future__ import annotations

from collections.abc import Sequence

from research.engine.domain.claims import ClaimDraft, ClaimInHand, Opinion
from research.engine.domain.documents import AcceptedClaim, SectionDraft, Sentence
from research.engine.domain.evidence import EvidenceItem, Investigation
from research.engine.domain.plans import Plan, PlanTask
from research.engine.ports import EngineContext, RefusedSentence, RunBrief, SectionBundle, Shelf

from . import conclude, draft, extract, investigate, judge, plan
from .asking import Asker
from .settings import AnthropicSettings


class ClaudeModel:
    """Fill every role of research by asking a model. One object for each step in flight."""

    name = "anthropic"

    def __init__(self, context: EngineContext, settings: AnthropicSettings) -> None:
        self._asker = Asker(context, settings)

    async def plan(self, brief: RunBrief) -> Plan:
        return await plan.plan(self._asker, brief)

    async def investigate(self, brief: RunBrief, task: PlanTask, shelf: Shelf) -> Investigation:
        return await investigate.investigate(self._asker, brief, task, shelf)

    async def extract(
        self, brief: RunBrief, task: PlanTask, evidence: Sequence[EvidenceItem]
    ) -> tuple[ClaimDraft, ...]:
        return await extract.extract(self._asker, brief, task, evidence)

    async def synthesise(
        self, brief: RunBrief, task: PlanTask, claims: Sequence[AcceptedClaim]
    ) -> tuple[ClaimDraft, ...]:
        return await conclude.synthesise(self._asker, brief, task, claims)

    async def judge(self, brief: RunBrief, claims: Sequence[ClaimInHand]) -> tuple[Opinion, ...]:
        return await judge.judge(self._asker, brief, claims)

    async def draft(self, brief: RunBrief, section: SectionBundle) -> SectionDraft:
        return await draft.draft(self._asker, brief, section)

    async def redraft(
        self, brief: RunBrief, section: SectionBundle, refused: Sequence[RefusedSentence]
    ) -> tuple[Sentence | None, ...]:
        return await draft.redraft(self._asker, brief, section, refused)
