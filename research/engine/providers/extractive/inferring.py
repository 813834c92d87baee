"""Propose the document's inferred and assumed items by the vertical's rules, each from the claims it follows from.

A rule's words are fixed; a figure comes into them from a premise alone (`Rule.capture`). People decide on every item.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from research.engine.domain.claims import ClaimDraft
from research.engine.domain.documents import AcceptedClaim
from research.engine.domain.items import check_attributes
from research.engine.domain.plans import PlanTask
from research.engine.domain.vertical import Rule
from research.engine.ports import RunBrief
from research.engine.verification import independence

from . import subjects
from .words import form_pattern

# All premises of an item must be accepted before it is: a few good ones carry it better than many.
MAX_PREMISES = 3
_PREMISES = ("stated", "computed")
_INDEPENDENT = 2
_WITH_ARTICLE = ("United", "European Union", "Netherlands")
_ORDER = ("must", "should", "could")
# "No licence is required" is no ground for a requirement to hold one.
_DENIED_BEFORE = re.compile(
    r"\b(?:no|without|free of|exempt(?:ed)? from|(?:do|does|did|is|are|need|was|were)(?: not|n[’']t)(?: \w+){0,2}?|"
    r"no longer(?: \w+)?)(?: a| an| any| such| the| separate| special){0,2}\s+$",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    r"^(?:\s+\w+){0,2}\s+(?:is|are|was|were)\s+(?:not|no longer)\s+"
    r"(?:required|needed|demanded|necessary|imposed|charged)\b",
    re.IGNORECASE,
)
# What forbids denies nothing: "may not accept players under 21 years".
_FORBIDS = re.compile(r"\b(?:may|must|shall|can|will) not\b|\bcannot\b", re.IGNORECASE)


class _Item(NamedTuple):
    """What a rule gives: the words that fill its text, and the premises, newest law first, then by relevance."""

    rule: Rule
    filled: dict[str, str]
    premises: tuple[AcceptedClaim, ...]


def propose(brief: RunBrief, task: PlanTask, claims: Sequence[AcceptedClaim]) -> tuple[ClaimDraft, ...]:
    """Return the items that the rules of `task` draw from `claims`, requirements in the order of their priority.

    Only stated and computed claims are premises, each once. The same claims in any order give the same items.
    """
    rules = [rule for rule in brief.vertical.rules if rule.task == task.key]
    grounds = sorted(
        {claim.key: claim for claim in claims if claim.kind in _PREMISES}.values(),
        key=lambda claim: (-_newness(claim), -_relevance(claim), claim.key),
    )
    about = {"products": ", ".join(subjects.of(brief).products) or "the product"}
    law = frozenset(section.key for section in brief.vertical.sections if section.regulatory)
    items = [item for rule in rules for item in _items(rule, grounds, about)]
    required = [(priority_of(item.premises, law=law), item) for item in items if item.rule.role == "requirement"]
    required.sort(key=lambda pair: _ORDER.index(pair[0]))  # stable: within one priority the rules keep their order
    drafts = [
        _draft(task, item, {"id": f"R-{number}", "moscow": priority})
        for number, (priority, item) in enumerate(required, 1)
    ]
    return (*drafts, *(_draft(task, item, {}) for item in items if item.rule.role != "requirement"))


def priority_of(premises: Sequence[AcceptedClaim], *, law: frozenset[str]) -> str:
    """Return must when a premise is law that stands, should when independent sources ask for it, else could.

    law: keys of the regulatory sections.
    """
    if any(premise.section in law and "pending" not in premise.attributes for premise in premises):
        return "must"
    evidence = [item for premise in premises for item in premise.evidence]
    return "should" if independence.count(evidence) >= _INDEPENDENT else "could"


def _items(rule: Rule, grounds: Sequence[AcceptedClaim], about: dict[str, str]) -> Iterator[_Item]:
    if not rule.when:
        if not any(_says(claim.text, rule.unless) for claim in grounds):
            yield _Item(rule, about, ())
        return
    groups: dict[tuple[tuple[str, str], ...], list[AcceptedClaim]] = {}
    for claim in grounds:
        if rule.sections and claim.section not in rule.sections:
            continue
        if not _says(claim.text, rule.when) or (rule.also and not _says(claim.text, rule.also)):
            continue
        for filled in _filled(rule, claim):
            groups.setdefault(tuple(sorted(filled.items())), []).append(claim)
    for words, premises in sorted(groups.items()):
        yield _Item(rule, {**about, **dict(words)}, tuple(premises[:MAX_PREMISES]))


def _filled(rule: Rule, claim: AcceptedClaim) -> Iterator[dict[str, str]]:
    """Yield what fills the rule's text for one premise: once, or once for each subject; nothing when it lacks one."""
    captured: dict[str, str] = {}
    if rule.capture:
        match = re.search(rule.capture, claim.text)
        if match is None:
            return
        captured = {name: value or "" for name, value in match.groupdict().items()}
    if rule.per is None:
        yield captured
        return
    for subject in filter(None, claim.attributes.get(rule.per, "").split(", ")):
        yield {**captured, "subject": f"the {subject}" if subject.startswith(_WITH_ARTICLE) else subject}


def _says(text: str, forms: Sequence[str]) -> bool:
    """Tell whether one of `forms` stands in `text` as whole words and is not denied there."""
    for form in forms:
        for match in form_pattern(form).finditer(text):
            before = text[: match.start()]
            denied = (_DENIED_BEFORE.search(before) and not _FORBIDS.search(before)) or _DENIED_AFTER.search(
                text[match.end() :]
            )
            if not denied:
                return True
    return False


def _draft(task: PlanTask, item: _Item, more: dict[str, str]) -> ClaimDraft:
    rule = item.rule
    given = {name: value.format(**item.filled) for name, value in rule.attributes.items()}
    return ClaimDraft(
        task_key=task.key,
        section=task.section,
        kind=rule.kind,
        text=rule.text.format(**item.filled),
        premise_keys=tuple(premise.key for premise in item.premises),
        role=rule.role,
        attributes=check_attributes(rule.role, given | more),
    )


def _newness(claim: AcceptedClaim) -> int:
    """Return the day of a claim on law, by its newest source, as a number; 0 for what is no law or has no date.

    An older source of law is the one that people will find overtaken, and an item falls with any of its premises.
    """
    if claim.role != "regulation":
        return 0
    days = [item.source.published_date for item in claim.evidence if item.source.published_date]
    return max(days).toordinal() if days else 0


def _relevance(claim: AcceptedClaim) -> int:
    return max((item.relevance for item in claim.evidence), default=0)
