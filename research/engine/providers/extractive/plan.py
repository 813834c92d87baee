"""Fit a vertical's plan template to a prompt: whom and where it names, and what earlier rejections asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from research.engine.domain.plans import MAX_TASKS, Plan, PlanTask
from research.engine.domain.vertical import TaskTemplate, Vertical
from research.engine.ports import RunBrief

from .words import fold, form_pattern

_MAX_COMPETITORS = 8
_MAX_JURISDICTIONS = 10
_QUERY_CHARS = 200
_QUESTION_CHARS = 600

_NAME = r"[A-Z0-9][\w&'’.-]*[\w](?:\s+(?:[A-Z][\w&'’.-]*[\w]|&))*"
_INTRODUCES = re.compile(
    r"\b(?:[Aa]gainst|[Vv]ersus|[Vv]s\.?|[Cc]ompetitors?(?:\s+(?:such as|like|including|are|is|:))?|"
    r"[Cc]ompet(?:e|es|ing) with|[Rr]ivals?(?:\s+(?:such as|like|including))?|[Aa]lternatives? to|"
    r"[Cc]ompared (?:to|with)|[Ll]ike|[Ss]uch as)\s*:?\s+"
    rf"({_NAME}(?:\s*(?:,\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+){_NAME})*)"
)
_SEPARATOR = re.compile(r"\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+")
_DROP = re.compile(
    r"\b(?:drop|remove|omit|delete|skip|without|exclude|leave out|not (?:in scope|needed)|out of scope)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.;\n!?]+|,?\s+\b(?:but|and then)\b\s+")
# The template's words when the prompt names nothing of the kind; in a search they are simply left out.
_NOBODY = {"products": "the product", "jurisdictions": "the target markets", "competitors": "competitors"}


def named(text: str, lexicon: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the canonical names of `lexicon` that `text` mentions, in order of first mention.

    Whole words only; a longer form hides a shorter one inside it ("West Virginia" is not "Virginia").
    """
    forms = [(form, name) for name, written in lexicon.items() for form in {name, *written}]
    taken: list[tuple[int, int, str]] = []
    for form, name in sorted(forms, key=lambda pair: (-len(pair[0]), pair[0])):
        for match in form_pattern(form).finditer(text):
            if all(match.end() <= start or match.start() >= end for start, end, _ in taken):
                taken.append((match.start(), match.end(), name))
    return tuple(dict.fromkeys(name for _, _, name in sorted(taken)))


def unknown_competitors(text: str, vertical: Vertical) -> tuple[str, ...]:
    """Return capitalised names after "against", "like", "competitors such as" … that no lexicon knows."""
    found: list[str] = []
    for match in _INTRODUCES.finditer(text):
        for name in _SEPARATOR.split(match.group(1)):
            bare = name.strip(" .'’")
            known = any(
                named(bare, lexicon) for lexicon in (vertical.competitors, vertical.jurisdictions, vertical.products)
            )
            if bare and not known and not bare.isdigit() and bare not in _COMMON_OPENERS:
                found.append(bare)
    return tuple(dict.fromkeys(found))


_COMMON_OPENERS = frozenset({"The", "A", "An", "Our", "We", "It", "This", "These", "Other", "All", "Existing"})


def make_plan(brief: RunBrief) -> Plan:
    """Return the vertical's template fitted to the prompt and to the comments of earlier rejections.

    A comment's clause with "drop", "without", "remove" … takes out the tasks, sections, places and competitors it
    names; a clause without such a word brings in those it names. The same brief always gives the same plan.
    """
    vertical = brief.vertical
    wanted = list(_clauses(brief.rejections))
    products = _subjects(brief.prompt, wanted, vertical.products)
    jurisdictions = _subjects(brief.prompt, wanted, vertical.jurisdictions)[:_MAX_JURISDICTIONS]
    known = _subjects(brief.prompt, wanted, vertical.competitors)
    adding = "\n".join((brief.prompt, *(clause for clause, drop in wanted if not drop)))
    dropped_text = "\n".join(clause for clause, drop in wanted if drop)
    unknown = tuple(n for n in unknown_competitors(adding, vertical) if not form_pattern(n).search(dropped_text))
    competitors = (*known, *unknown)[:_MAX_COMPETITORS]
    named_in_prompt = {"products": products, "jurisdictions": jurisdictions, "competitors": competitors}
    tasks = tuple(task for template in _kept(vertical, wanted) for task in _tasks(template, named_in_prompt))
    return Plan(
        vertical=vertical.name,
        prompt=brief.prompt,
        products=products,
        jurisdictions=jurisdictions,
        competitors=competitors,
        tasks=_tied(tasks[:MAX_TASKS], {t.key: t.per for t in vertical.tasks}),
    )


def _clauses(comments: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Yield each clause of the comments, oldest first, and whether it takes something out."""
    for comment in comments:
        for clause in _CLAUSE.split(comment):
            if clause.strip():
                yield clause, bool(_DROP.search(clause))


def _subjects(prompt: str, wanted: list[tuple[str, bool]], lexicon: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    chosen = dict.fromkeys(named(prompt, lexicon))
    for clause, drop in wanted:
        for name in named(clause, lexicon):
            if drop:
                chosen.pop(name, None)
            else:
                chosen[name] = None
    return tuple(chosen)


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


def _tasks(template: TaskTemplate, subjects: dict[str, tuple[str, ...]]) -> Iterator[PlanTask]:
    if template.per is None:
        yield _task(template, subjects, subject=None)
        return
    for subject in subjects["jurisdictions" if template.per == "jurisdiction" else "competitors"]:
        yield _task(template, subjects, subject=subject)


def _task(template: TaskTemplate, subjects: dict[str, tuple[str, ...]], *, subject: str | None) -> PlanTask:
    in_question = {kind: _listed(names) or _NOBODY[kind] for kind, names in subjects.items()}
    in_query = {kind: " ".join(names[:2]) for kind, names in subjects.items()}
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
