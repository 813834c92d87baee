"""Stage investigate: let the role search, then pin every quote; what is not in its text at its place is refused."""

from __future__ import annotations

from research.engine.domain.errors import QuoteNotFound
from research.engine.domain.evidence import Finding, Investigation
from research.engine.domain.plans import PlanTask
from research.engine.ports import EvidenceStore, ResearchModel, RunBrief, Shelf

FOLLOWS = "Nothing is searched for it: what it proposes follows from the claims of the tasks it depends on."


async def investigate(
    model: ResearchModel, brief: RunBrief, task: PlanTask, shelf: Shelf, store: EvidenceStore
) -> Investigation:
    """Return what `model` found for `task`, holding only quotes that `store` could pin, each once.

    Refused quotes are counted in `reason`; when none is left, the outcome is `insufficient_data`, whatever was claimed.
    A task that searches nothing (`PlanTask.searches_nothing`) is done at once: the role is not asked.
    """
    if task.searches_nothing():
        return Investigation(task_key=task.key, outcome="found", reason=FOLLOWS)
    given = await model.investigate(brief, task, shelf)
    pinned: dict[str, Finding] = {}
    refused = 0
    for finding in given.findings:
        try:
            quote = await store.pin(finding.quote)
        except QuoteNotFound:
            refused += 1
            continue
        pinned.setdefault(quote.key(), finding.model_copy(update={"quote": quote}))
    reason = given.reason
    if refused:
        reason = f"{reason} {refused} of {len(given.findings)} quotes were refused: not in their text at their place."
    findings = tuple(pinned.values())
    outcome = given.outcome if findings else "insufficient_data"
    if not findings and given.outcome != "insufficient_data" and not refused:
        reason = f"{reason} No quote was given for it."
    return given.model_copy(
        update={"task_key": task.key, "outcome": outcome, "reason": reason.strip(), "findings": findings}
    )
