"""What a step knew of the run's other findings when it first began. Kept, so that every try of it asks the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef
from django.db.models.query import QuerySet

from research.adapters import bulk, compiled
from research.adapters.compiled import CompiledQuery
from research.engine.ports import Memory
from research.models import Evidence, Step
from research.models.library import SourceKind

# A model is told what is known, not the library over again.
MOST = 40
_WORDS = 240
_SOURCE = "extracted_text__snapshot__source__"


def of_all(steps: Sequence[Step]) -> dict[int, tuple[Memory, ...]]:
    """Return the memory of investigations by step, written down the first time. Call inside a transaction.

    The best quotes of the run's other tasks so far, most relevant first, at most 40. Leads are none: nobody has read
    their pages, and who is told that they are found would not look for them.
    """
    [rows] = compiled.read(_memories(step_ids=[step.pk for step in steps]))
    kept, known = {}, {}
    for pk, memory, is_known in rows:
        kept[pk], known[pk] = memory, is_known
    found = {step.pk: _found(step) if known[step.pk] else [] for step in steps if kept[step.pk] is None}
    bulk.change(Step, [(pk, {"memory": memory}) for pk, memory in found.items()])
    kept |= found
    return {pk: tuple(Memory.model_validate(each) for each in memory or []) for pk, memory in kept.items()}


@CompiledQuery
def _memories(step_ids: Any) -> QuerySet[Any, Any]:
    locked = Step.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=step_ids)
    # Most begin before anything is found.
    rows = locked.annotate(known=Exists(Evidence.objects.filter(run=OuterRef("run")))).order_by("pk")
    return rows.values_list("pk", "memory", "known")


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
