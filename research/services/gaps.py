"""The questions of a run that stay open, as the document tells them: with the searches that found nothing."""

from __future__ import annotations

from django.db.models.query import QuerySet

from research.engine.domain.documents import Gap
from research.engine.domain.states import ClaimStatus, TaskOutcome
from research.models import Claim, Run, Task


def of(run: Run) -> list[Gap]:
    """Return the questions of the approved plan that the sources did not (fully) answer.

    With those that search nothing and got no accepted claim: what they ask does not follow from what was found.
    """
    tasks = Task.objects.filter(plan__run=run, plan__voided_at__isnull=True)
    open_tasks = tasks.filter(outcome__in=[TaskOutcome.INSUFFICIENT, TaskOutcome.ESTIMATED])
    answered = Claim.objects.filter(run=run, status=ClaimStatus.ACCEPTED).values("task_key")
    # A task without searches that is done is one that only concludes.
    idle = tasks.filter(outcome=TaskOutcome.FOUND, searches=[]).exclude(key__in=answered)
    return [
        *_unconcluded(idle),
        *_unanswered(open_tasks),
    ]


def _unconcluded(tasks: QuerySet[Task]) -> list[Gap]:
    return [
        Gap(
            task_key=task.key,
            question=task.question,
            section=task.section,
            outcome=TaskOutcome.INSUFFICIENT,
            reason="No accepted claim gives ground for it.",
        )
        for task in tasks.order_by("position")
    ]


def _unanswered(tasks: QuerySet[Task]) -> list[Gap]:
    return [
        Gap(
            task_key=task.key,
            question=task.question,
            section=task.section,
            outcome=task.outcome,
            reason=task.reason,
            searches=tuple(f"{search['tool']}: {search['query']}" for search in task.searches),
        )
        for task in tasks.order_by("position")
    ]
