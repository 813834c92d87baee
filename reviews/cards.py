"""Claims as reviewers see them: each with its confidence, its evidence in context, and what speaks against it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Q
from django.urls import reverse

from research import queries
from research.engine.domain.claims import TypedValue, passes
from research.engine.domain.states import ClaimStatus, Verdict
from research.engine.verticals import registry
from research.models import Claim, ClaimEvidence, Contradiction, Run, Task

from . import facts, items, policy

_SCALES = {3: "thousand", 6: "million", 9: "billion", 12: "trillion"}


class QuoteView(NamedTuple):
    """A quote in its context, who says it, and the page of the library where it is marked."""

    id: int
    prefix: str
    exact: str
    suffix: str
    source: str
    publisher: str
    published: Any
    page: int
    url: str


class PartView(NamedTuple):
    """One part of confidence. width: 0…100, for a bar; tone: pass or low, by the part's own score."""

    name: str
    score: str
    width: float
    tone: str
    reason: str


class AgainstView(NamedTuple):
    """A claim that disagrees."""

    id: int
    text: str
    figure: str
    confidence: str
    status: str
    reason: str
    quotes: tuple[QuoteView, ...]


class May(NamedTuple):
    """What a person may do with a subject; why_not: what keeps them from approving it, or ""."""

    approve: bool
    edit: bool
    reject: bool
    why_not: str


class Card(NamedTuple):
    """All a reviewer is shown of a claim. tone: pass, low or none, for its colour."""

    id: int
    digest: str
    text: str
    kind: str
    figure: str
    confidence: str
    width: float
    tone: str
    parts: tuple[PartView, ...]
    reasons: tuple[str, ...]
    quotes: tuple[QuoteView, ...]
    against: tuple[AgainstView, ...]
    section: str
    question: str
    revision: int
    edited_by: str
    edit_comment: str
    status: str
    waits: bool
    may: May
    role: str
    attributes: tuple[tuple[str, str], ...]
    premises: tuple[items.PremiseView, ...]
    formula: str
    revision_id: int  # what exports call "claim revision"

    @property
    def pick(self) -> str:
        """Return what a tick carries: the claim and the digest it was shown with."""
        return f"{self.id}:{self.digest}"


def may(*, who: facts.Standing, run: Run, subject: facts.Subject) -> May:
    """Return what the policy lets this person do with the subject, before any form is filled in."""
    found = {
        verdict: policy.objection(
            facts.facts_for(who=who, run=run, subject=subject, verdict=verdict, door="desk"), leave_out=policy.ASKED
        )
        for verdict in Verdict
    }
    refused = found[Verdict.APPROVE]
    return May(
        approve=refused is None,
        edit=found[Verdict.EDIT] is None,
        reject=found[Verdict.REJECT] is None,
        why_not=refused.detail if refused else "",
    )


def cards(*, run: Run, claims: Sequence[Any], who: facts.Standing) -> list[Card]:
    """Return the cards of claims that come from `facts.with_last_editor` with current, author and assessment."""
    pairs = _pairs(claims)
    others = {other.pk: other for rows in pairs.values() for other, _ in rows}
    revisions = {claim.current_id for claim in (*claims, *others.values())}
    links = queries.evidence_of(revisions)
    questions = dict(Task.objects.filter(plan__run=run).order_by("plan__revision").values_list("key", "question"))
    vertical = registry.get(run.vertical)
    regulatory = facts.regulatory_keys(run)
    premises = items.premises_of(run, claims)
    return [
        _card(
            claim,
            section=vertical.section(claim.section).title,
            question=questions.get(claim.task_key, ""),
            cited=quotes(links.get(claim.current_id, [])),
            against=tuple(_against(other, reason, links) for other, reason in pairs[claim.pk]),
            premises=premises[claim.pk],
            may_do=may(who=who, run=run, subject=facts.claim_subject(claim, regulatory=regulatory)),
        )
        for claim in claims
    ]


def _pairs(claims: Sequence[Claim]) -> dict[int, list[tuple[Claim, str]]]:
    """Return for each claim those that contradict it, merged and superseded ones left out."""
    ids = {claim.pk for claim in claims}
    rows = Contradiction.objects.filter(Q(first__in=ids) | Q(second__in=ids)).order_by("pk")
    found: dict[int, list[tuple[Claim, str]]] = defaultdict(list)
    gone = (ClaimStatus.MERGED, ClaimStatus.SUPERSEDED)
    for row in rows.select_related("first__current", "first__assessment", "second__current", "second__assessment"):
        for mine, other in ((row.first, row.second), (row.second, row.first)):
            if mine.pk in ids and other.status not in gone:
                found[mine.pk].append((other, row.reason))
    return found


def _card(
    claim: Any,
    *,
    section: str,
    question: str,
    cited: tuple[QuoteView, ...],
    against: tuple[AgainstView, ...],
    premises: tuple[items.PremiseView, ...],
    may_do: May,
) -> Card:
    revision, assessment = claim.current, claim.assessment
    confidence = assessment.confidence if assessment else None
    return Card(
        id=claim.pk,
        digest=claim.shown_digest,
        text=revision.text,
        kind=revision.kind,
        figure=figure(revision.value),
        confidence=score(confidence),
        width=(confidence or 0) / 10,
        tone="none" if confidence is None else "pass" if passes(confidence) else "low",
        parts=tuple(_part(part) for part in (assessment.parts if assessment else [])),
        reasons=tuple(assessment.to_people if assessment else ()),
        quotes=cited,
        against=against,
        section=section,
        question=question,
        revision=revision.revision,
        edited_by=revision.author.display_name if revision.author else "",
        edit_comment=revision.comment if revision.author else "",
        status="accepted by rule" if claim.decided_by_rule else claim.status,
        waits=claim.status == ClaimStatus.QUEUED,
        may=may_do,
        role=items.role_of(revision),
        attributes=items.attributes_of(revision),
        premises=premises,
        formula=(revision.formula or {}).get("expression", ""),
        revision_id=revision.pk,
    )


def _against(other: Claim, reason: str, links: dict[int, list[ClaimEvidence]]) -> AgainstView:
    revision = other.current
    confidence = other.assessment.confidence if other.assessment else None
    return AgainstView(
        id=other.pk,
        text=revision.text if revision else "",
        figure=figure(revision.value if revision else None),
        confidence=score(confidence),
        status=other.status,
        reason=reason,
        quotes=quotes(links.get(other.current_id or 0, [])),
    )


def quotes(links: Iterable[ClaimEvidence]) -> tuple[QuoteView, ...]:
    """Return the quotes of evidence links that come from `queries.evidence_of`."""
    return tuple(quote(link.evidence) for link in links)


def quote(row: Any) -> QuoteView:
    """Return an evidence row with its source as a quote in context."""
    source = row.extracted_text.snapshot.source
    return QuoteView(
        id=row.pk,
        prefix=row.prefix,
        exact=row.exact,
        suffix=row.suffix,
        source=source.title,
        publisher=source.publisher,
        published=source.published_date,
        page=row.page,
        url=reading_address(row.extracted_text_id, row.pk),
    )


def reading_address(text_id: int, evidence_id: int) -> str:
    """Return the address of the library's page where the evidence is marked in its text."""
    return f"{reverse('admin:research_extractedtext_read', args=[text_id])}?evidence={evidence_id}#quote"


def score(thousandths: int | None) -> str:
    """Return a confidence in words: three places, so that 0.599 is not read as the passing 0.60."""
    return "not known" if thousandths is None else f"{thousandths / 1000:.3f}"


def _part(part: dict[str, Any]) -> PartView:
    return PartView(
        name=part["name"].replace("_", " "),
        score=f"{part['score'] / 1000:.2f}",
        width=part["score"] / 10,
        tone="pass" if passes(part["score"]) else "low",
        reason=part["reason"],
    )


def figure(value: dict[str, Any] | None) -> str:
    """Return a stored typed value as a line of words, or "" where there is none."""
    if not value:
        return ""
    typed = TypedValue.model_validate(value)
    scale = _scale(typed.scale)
    amount = " ".join(word for word in (typed.currency, f"{typed.number:f}", scale, typed.unit) if word)
    return " · ".join(word for word in (typed.metric, typed.entity, typed.period, amount) if word)


def _scale(scale: Decimal) -> str:
    if scale == 1:
        return ""
    return next((word for power, word in _SCALES.items() if scale == Decimal(10) ** power), f"× {scale:f}")
