"""Which measures a task asks for, and what a row of a table measures, of whom and where."""

from __future__ import annotations

import re
from typing import NamedTuple

from research.engine.domain.evidence import SourceRef
from research.engine.domain.plans import PlanTask
from research.engine.domain.vertical import Vertical
from research.engine.reading import tables

from . import cell_words, subjects
from .words import content_stems, form_pattern, mentions

# A label that names the measure is worth more than its group's heading or a caption that does.
BY_LABEL, BY_GROUP, BY_CAPTION, JUST_THAT = 820, 780, 740, 40
_OTHER_FIRM = re.compile(r"\b(?:LLC|L\.L\.C\.|Inc\.?|Ltd\.?|L\.P\.|plc|GmbH)(?!\w)", re.IGNORECASE)
# Words of a search that name no thing of their own.
_GENERIC = frozenset(
    content_stems(
        "million billion thousand increase increased compared prior year growth grow average normal range key net "
        "total current quarter percent percentage values mix new sources report name market large"
    )
)
_WHOLE = frozenset(content_stems("total consolidated net percentage revenue revenues")) | {"adr", "revpar"}
STATEMENT = re.compile(
    r"statements?\b|balance sheets?|cash flows?|summary|operating results|results of operations|\brevenues?\b|"
    r"consolidated",
    re.IGNORECASE,
)
# "Key gaming statistics for our Las Vegas Strip Resorts"
_PART = re.compile(r"\bfor (?:our |the )?((?:[A-Z][\w&.'’-]* ?)+)$")
# "Cost of revenue" is no revenue.
_ANOTHER = re.compile(r"\b(?:costs?|percentage|share|provision) (?:of|for)(?: total)?\s*$", re.IGNORECASE)


class Asked(NamedTuple):
    """A measure that a search asks for, and the stems of what else the search names: one of them must stand by it."""

    metric: str
    beside: frozenset[str] = frozenset()


def asked_of(task: PlanTask, vertical: Vertical) -> tuple[Asked, ...]:
    """Return the measures that the task's searches ask for, in the order of the searches."""
    forms = [form for written in vertical.metrics.values() for form in written]
    of_metrics = {stem for form in forms for stem in content_stems(form)}
    subject = subjects.forms_of(task.subject, vertical) if task.subject else ()
    found = []
    for query in task.queries:
        plain = query.replace("+", "")
        for form in subject:
            plain = form_pattern(form).sub(" ", plain)
        beside = frozenset(content_stems(plain)) - of_metrics - _GENERIC
        found += [Asked(name, beside) for name, written in vertical.metrics.items() if mentions(plain, written)]
    return tuple(dict.fromkeys(found))


def owner_of(source: SourceRef, vertical: Vertical) -> str | None:
    """Return whose figures a document's tables hold: its publisher, or the one company its title names, or None."""
    if source.publisher:
        return source.publisher
    named = subjects.named(source.title.replace("_", " "), vertical.competitors)
    return named[0] if len(named) == 1 else None


def metric_of(row: tables.Row, vertical: Vertical) -> str | None:
    """Return the measure that a row's label names, alone or with its group's heading, or None."""
    return named(row.label, vertical) or (named(f"{row.label} {row.parent}", vertical) if row.parent else None)


def named(text: str, vertical: Vertical) -> str | None:
    """Return the measure with the longest form in `text`."""
    text = text.replace("%", " percentage")
    forms = ((form, name) for name, written in vertical.metrics.items() for form in written)
    found = (
        (len(form), name)
        for form, name in forms
        if (match := form_pattern(form).search(text)) is not None and not _ANOTHER.search(text[: match.start()])
    )
    return max(found, default=(0, None))[1]


def worth(table: tables.Table, row: tables.Row, asked: tuple[Asked, ...], vertical: Vertical) -> int:
    """Return how well a row gives a measure asked for, 0…1000; 0 when it gives none."""
    metric = metric_of(row, vertical)
    wanted = metric or named(table.caption, vertical)
    said = set(content_stems(f"{row.label} {row.parent} {table.caption}"))
    if not any(each.metric == wanted and (not each.beside or each.beside & said) for each in asked):
        return 0
    if metric is None:
        return BY_CAPTION
    own = BY_LABEL if named(row.label, vertical) else BY_GROUP
    return own + (JUST_THAT if typed_metric(row, vertical) == metric else 0)


def typed_metric(row: tables.Row, vertical: Vertical) -> str:
    """Return what a row measures: the vertical's name where the label says just that, else the label as it stands.

    "Same-store net revenues" are no net revenues: two different measures never contradict one another.
    """
    metric = metric_of(row, vertical)
    if metric:
        said = set(content_stems(f"{row.label} {row.parent}".replace("%", " percentage"))) - _WHOLE
        if any(said <= set(content_stems(form)) | _WHOLE for form in vertical.metrics[metric]):
            return metric
    return f"{row.label} ({row.parent})" if row.parent else row.label


def typed_entity(owner: str, table: tables.Table, row: tables.Row, metric: str) -> str:
    """Return whose figure it is: the owner, or the part of it that the group's heading or the caption names."""
    if row.parent and row.parent not in metric and not STATEMENT.search(row.parent):
        return f"{owner}: {row.parent}"
    part = _PART.search(cell_words.titled(table.caption, keep=owner))
    return f"{owner}: {part.group(1)}" if part else owner


def is_about(task: PlanTask, vertical: Vertical, table: tables.Table, row: tables.Row, source: SourceRef) -> bool:
    """Tell whether a row is about the task's subject; always where it has none."""
    if not task.subject:
        return True
    forms = subjects.forms_of(task.subject, vertical)
    if mentions(f"{row.label} {row.parent} {table.caption}", forms):
        return True
    return task.subject not in vertical.jurisdictions and mentions(owner_of(source, vertical) or "", forms)


def is_of_another(caption: str, source: SourceRef) -> bool:
    """Tell whether a caption names a firm that the source's publisher is not (statements of an affiliate)."""
    if not _OTHER_FIRM.search(caption):
        return False
    words = {word.casefold().strip(".,") for word in f"{source.publisher or ''} {source.title}".split()}
    return caption.split(maxsplit=1)[0].casefold().strip(".,") not in words


def place_of(text: str, vertical: Vertical) -> str | None:
    """Return the one place that `text` names; None when it names none or several."""
    named = subjects.named(text, vertical.jurisdictions)
    return named[0] if len(named) == 1 else None
