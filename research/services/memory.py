"""What a step knew of the run's other findings when it first began. Kept, so that every try of it asks the same."""

from __future__ import annotations

from typing import Any

from research.engine.ports import Memory
from research.models import Evidence, Step
from research.models.library import SourceKind

# A model is told what is known, not the library over again.
MOST = 40
_WORDS = 240
_SOURCE = "extracted_text__snapshot__source__"


def of(step: Step) -> tuple[Memory, ...]:
    """Return the memory of an investigation, written down the first time. Call inside a transaction.

    The best quotes of the run's other tasks so far, most relevant first, at most 40. Leads are none: nobody has read
    their pages, and who is told that they are found would not look for them.
    """
    row = Step.objects.select_for_update(of=("self",), no_key=True).get(pk=step.pk)
    kept = row.memory
    if kept is None:
        kept = _found(step)
        Step.objects.filter(pk=step.pk).update(memory=kept)
    return tuple(Memory.model_validate(each) for each in kept)


def _found(step: Step) -> list[dict[str, Any]]:
    rows = (
        Evidence.objects.filter(run_id=step.run_id)
        .exclude(task_key=step.key)
        .exclude(extracted_text__snapshot__source__kind=SourceKind.LEAD)
        .order_by("-relevance", "pk")
        .values_list(
            "task_key", "exact", "extracted_text__snapshot__source__title", "extracted_text__snapshot__source__uri"
        )
    )
    return [
        Memory(
            task_key=task,
            words=exact[:_WORDS],
            source=title[:120],
            url=uri if uri.startswith("http") else None,
        ).model_dump(mode="json")
        for task, exact, title, uri in rows[:MOST]
    ]
