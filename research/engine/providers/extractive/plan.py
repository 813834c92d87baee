"""Fit a vertical's plan template to a prompt: whom and where it names, and what earlier rejections asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from research.engine.domain.plans import MAX_TASKS, Plan, PlanTask
from research.engine.domain.vertical import TaskTemplate, Vertical
from research.engine.ports import RunBrief

from . import subjects
from .words import fold, form_pattern

_QUERY_CHARS = 200
_QUESTION_CHARS = 600
# The template's words when the prompt names nothing of the kind; in a search they are simply left out.
_NOBODY = {"products": "the product", "jurisdictions": "the target markets", "competitors": "competitors"}


def make_plan(brief: RunBrief) -> Plan:
    """Return the vertical's template fitted to the prompt and to the comments of earlier rejections.

    A comment's clause with "drop", "without", "remove" … takes out the tasks, sections, places and competitors it
    names; a clause without such a word brings in those it names. The same brief always gives the same plan.
    """
    vertical = brief.vertical
    about = subjects.of(brief)
    wanted = list(subjects.clauses(brief.rejections))
    tasks = tuple(task for template in _kept(vertical, wanted) for task in _tasks(template, about._asdict()))
    return Plan(
        vertical=vertical.name,
        prompt=brief.prompt,
        products=about.products,
        jurisdictions=about.jurisdictions,
        competitors=about.competitors,
        tasks=_tied(tasks[:MAX_TASKS], {t.key: t.per for t in vertical.tasks}),
    )


def _kept(vertical: Vertical, wanted: list[tuple[str, bool]]) -> tuple[TaskTemplate, ...]:
    """Return the templates that the comments leave, the later comment winning. Never none: then all stay."""
    kept = {template.key: True for template in vertical.tasks}
    titles = {s.key: (s.key, s.key.replace("_", " "), s.title) for s in vertical.sections}
    for clause, drop in wanted:
        for template in vertical.tasks:
            task_forms = (template.key,) if "-" in template.key else (f"'{template.key}'", f"task {template.key}")
            if any(form_pattern(form).search(clause) for form in (*task_forms, *titles[template.section])):
                kept[template.key] = not drop
    left = tuple(template for template in vertical.tasks if kept[template.key])
    return left or vertical.tasks


def _tasks(template: TaskTemplate, about: dict[str, tuple[str, ...]]) -> Iterator[PlanTask]:
    if template.per is None:
        yield _task(template, about, subject=None)
        return
    for subject in about["jurisdictions" if template.per == "jurisdiction" else "competitors"]:
        yield _task(template, about, subject=subject)


def _task(template: TaskTemplate, about: dict[str, tuple[str, ...]], *, subject: str | None) -> PlanTask:
    in_question = {kind: _listed(names) or _NOBODY[kind] for kind, names in about.items()}
    in_query = {kind: " ".join(names[:2]) for kind, names in about.items()}
    queries = (fold(query.format(subject=subject or "", **in_query))[:_QUERY_CHARS] for query in template.queries)
    return PlanTask(
        key=template.key if subject is None else f"{template.key}-{slug(subject)}"[:80].rstrip("-"),
        question=fold(template.question.format(subject=subject or "", **in_question))[:_QUESTION_CHARS],
        section=template.section,
        tools=template.tools,
        critical=template.critical,
        depends_on=template.depends_on,
        layer=template.layer,
        queries=tuple(dict.fromkeys(query for query in queries if query)),
        subject=subject,
    )


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def slug(name: str) -> str:
    """Return `name` as lower-case ASCII words joined by "-", or "x" when nothing is left."""
    return "-".join(re.findall(r"[a-z0-9]+", name.casefold())) or "x"


def _tied(tasks: tuple[PlanTask, ...], per: dict[str, str | None]) -> tuple[PlanTask, ...]:
    """Return the tasks with `depends_on` naming tasks that are there: one a subject for a template with `per`."""
    unique = tuple({task.key: task for task in tasks}.values())
    keys = [task.key for task in unique]
    return tuple(
        task.model_copy(
            update={
                "depends_on": tuple(
                    key
                    for wanted in task.depends_on
                    for key in keys
                    if key == wanted or (per.get(wanted) is not None and key.startswith(f"{wanted}-"))
                )
            }
        )
        for task in unique
    )
