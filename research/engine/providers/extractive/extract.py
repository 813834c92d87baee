"""Propose claims from pinned evidence: the words themselves, white space folded, and the value they hold."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from research.engine.domain.claims import MAX_CLAIM_CHARS, ClaimDraft
from research.engine.domain.evidence import EvidenceItem
from research.engine.domain.plans import PlanTask
from research.engine.ports import RunBrief
from research.engine.verification import relevance

from . import cell_measures, cells, subjects
from .attributes import described
from .sentences import goes_on_from
from .values import typed_value
from .words import fold, same_statement

# What people must read for one task. More evidence than this stays evidence.
MAX_CLAIMS = 5
MAX_CELLS = 3
_SIZE = "market_size"
_RIVALS = re.compile(
    r"\b(?:compet\w+|rivals?|operators|vendors|suppliers|providers|incumbents?|market leaders?|market share|"
    r"alternatives?|substitutes?|entrants?)\b",
    re.IGNORECASE,
)


def extract(*, brief: RunBrief, task: PlanTask, evidence: Sequence[EvidenceItem]) -> tuple[ClaimDraft, ...]:
    """Return at most 8 claims, the most relevant first; evidence that says the same supports the same claim.

    At most 5 repeat a sentence and at most 3 put a table's cell in words (`cells`). Evidence that its prefix shows to
    be the end of a longer sentence (a page's first line) gives no claim.
    """
    told, of_tables = cells.read_back(evidence, task=task, vertical=brief.vertical)
    groups: list[list[EvidenceItem]] = []
    whole = (each for each in evidence if each.id not in of_tables and not goes_on_from(each.quote.prefix))
    for item in sorted(whole, key=lambda each: (-each.relevance, each.id)):
        words = fold(item.quote.exact)
        same = next((g for g in groups if same_statement(fold(g[0].quote.exact), words)), None)
        if same is not None:
            same.append(item)
        elif len(words) <= MAX_CLAIM_CHARS and _answers(words, task, item):
            groups.append([item])
    drafts = [(group[0].relevance, _claim(brief, task, group)) for group in groups]
    fitting = (each for each in drafts if _measures_what_is_asked(brief, task, each[1]) and _of_rivals(brief, each[1]))
    drafts = list(itertools.islice(fitting, MAX_CLAIMS))
    drafts += [(said.relevance, _of_cell(brief, task, said, items)) for said, items in _merged(told)[:MAX_CELLS]]
    return tuple(draft for _, draft in sorted(drafts, key=lambda each: -each[0]))


def _answers(words: str, task: PlanTask, item: EvidenceItem) -> bool:
    """Tell whether the words are a sentence that answers the question by the check that verification makes.

    A heading quoted for its table, whose row gave no claim, is no sentence.
    """
    return (
        words.rstrip("”\"’')").endswith((".", "!", "?"))
        and relevance.check(words, task.question, [item]).score >= relevance.FLOOR
    )


def _measures_what_is_asked(brief: RunBrief, task: PlanTask, draft: ClaimDraft) -> bool:
    """Tell whether a claim of market size gives a measure that the task asks for; always where it names no other.

    "The margin fell as casino revenue did" is no size of casino revenue.
    """
    metric = draft.value.metric if draft.value else None
    if task.section != _SIZE or metric is None:
        return True
    asked = {each.metric for each in cell_measures.asked_of(task, brief.vertical)}
    return not asked or metric.removesuffix(" increase").removesuffix(" decrease") in asked


def _of_rivals(brief: RunBrief, draft: ClaimDraft) -> bool:
    """Tell whether a claim of a section on competitors is about one, or about competing; always elsewhere."""
    if not brief.vertical.section(draft.section).competitor:
        return True
    return draft.role == "competitor" or bool(_RIVALS.search(draft.text))


def _merged(
    told: Sequence[tuple[cells.Statement, tuple[EvidenceItem, ...]]],
) -> list[tuple[cells.Statement, tuple[EvidenceItem, ...]]]:
    """Return each figure once, with the evidence of all tables that give it."""
    found: list[tuple[cells.Statement, tuple[EvidenceItem, ...]]] = []
    for said, items in told:
        at = next((n for n, (other, _) in enumerate(found) if cells.same_cell(said, other)), None)
        if at is None:
            found.append((said, items))
        else:
            found[at] = (found[at][0], (*found[at][1], *items))
    return found


def _of_cell(brief: RunBrief, task: PlanTask, said: cells.Statement, items: tuple[EvidenceItem, ...]) -> ClaimDraft:
    role, attributes = described(
        task=task,
        vertical=brief.vertical,
        text=said.text,
        value=said.value,
        evidence=list(items),
        companies=subjects.of(brief).competitors,
    )
    return ClaimDraft(
        task_key=task.key,
        section=task.section,
        text=said.text,
        value=said.value,
        evidence_ids=tuple(dict.fromkeys(item.id for item in items)),
        role=role,
        attributes=attributes,
    )


def _claim(brief: RunBrief, task: PlanTask, group: list[EvidenceItem]) -> ClaimDraft:
    best = group[0]
    text = fold(best.quote.exact)
    value = typed_value(
        text,
        vertical=brief.vertical,
        publisher=best.source.publisher,
        context=best.quote.prefix,
        published=best.source.published_date,
    )
    role, attributes = described(
        task=task,
        vertical=brief.vertical,
        text=text,
        value=value,
        evidence=group,
        companies=subjects.of(brief).competitors,
    )
    return ClaimDraft(
        task_key=task.key,
        section=task.section,
        text=text,
        value=value,
        evidence_ids=tuple(item.id for item in group),
        role=role,
        attributes=attributes,
    )
