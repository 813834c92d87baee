"""What rests on a claim: found, recomputed and put before people again when the claim changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from research.engine.domain import formula_graph, formulas, size_words
from research.engine.domain.claims import Formula, TypedValue
from research.engine.domain.errors import Conflict, InvalidInput
from research.engine.domain.states import ClaimStatus
from research.models import Claim, Run

from . import claims, voiding

_STANDING = (ClaimStatus.ACCEPTED, ClaimStatus.QUEUED)


def reopen(*, claim: Claim, why: str, now: dt.datetime) -> list[Claim]:
    """Put everything that rests on `claim`, however far, before people again, and nothing else; return it in order.

    A computed claim gets a revision with the value its formula gives now. why: what happened ("was edited").
    """
    reopened = []
    for row in resting_on(claim):
        reason = f"rests on claim {claim.pk}, which {why}"
        recomputed = _recompute(row, now=now)
        voiding.requeue(row, reason=f"{reason}; {recomputed}" if recomputed else reason, now=now)
        claims.seal(row)
        reopened.append(row)
    return reopened


def resting_on(claim: Claim) -> list[Claim]:
    """Return the standing claims that rest on `claim`, directly or through others, each after what it rests on."""
    rows = {row.key: row for row in _standing_claims(claim.run_id)}
    nodes = [_node(row) for row in rows.values()]
    touched = formula_graph.dependents(nodes, [claim.key]) - {claim.key}
    return [rows[key] for key in formula_graph.order(nodes) if key in touched]


def _node(claim: Claim) -> formula_graph.Node:
    revision = claim.current
    if revision is None:
        return formula_graph.node(claim.key, None, None, ())
    value = TypedValue.model_validate(revision.value) if revision.value else None
    formula = Formula.model_validate(revision.formula) if revision.formula else None
    return formula_graph.node(claim.key, value, formula, revision.premise_keys)


def values_of(run: Run, formula: Formula) -> dict[str, TypedValue]:
    """Return the value behind each name of the formula. Raises `InvalidInput` for a premise without a figure."""
    rows = {row.key: row for row in _standing_claims(run.pk) if row.key in set(formula.names.values())}
    values = {}
    for name, key in formula.names.items():
        row = rows.get(key)
        if row is None or row.current is None or not row.current.value:
            raise InvalidInput(
                f"'{name}' of the formula leads to a claim without a figure, or one that does not stand: "
                "choose a claim with a figure.",
                field="formula",
            )
        values[name] = TypedValue.model_validate(row.current.value)
    return values


def check_premises(claim: Claim) -> None:
    """Raise `Conflict` when something the claim rests on is not accepted: that is decided first."""
    keys = set(claim.current.premise_keys) if claim.current else set()
    there = {row.key: row for row in Claim.objects.filter(run=claim.run_id, key__in=keys)}
    for key in sorted(keys):
        row = there.get(key)
        if row is None or row.status != ClaimStatus.ACCEPTED:
            which = f"claim {row.pk}, which is {row.get_status_display()}" if row else "a claim that is gone"
            raise Conflict(
                f"This claim rests on {which}: it can be accepted once that one is. Decide on that one first, or "
                "reject or edit this one."
            )


def _recompute(claim: Claim, *, now: dt.datetime) -> str:
    """Write the revision a computed claim needs now, and return what to tell of it, or ""."""
    revision = claim.current
    if revision is None or not revision.formula or not revision.value:
        return ""
    formula = Formula.model_validate(revision.formula)
    before = TypedValue.model_validate(revision.value)
    try:
        value = formulas.evaluate(formula, values_of(claim.run, formula))
    except InvalidInput as error:
        return f"it cannot be computed any more ({error.detail.rstrip('.')})"
    kept = {name: getattr(before, name) for name in ("metric", "entity", "geography")}
    value = value.model_copy(update={name: given for name, given in kept.items() if given})
    if not formulas.difference(before, value):
        return ""
    items = claims.supports_of([revision.pk]).get(revision.pk, [])
    old = claims.draft_of(claim, revision, [item.id for item in items])
    draft = size_words.retold(old, value)
    claims.add_revision(claim=claim, draft=draft, author=None, comment="recomputed", now=now)
    return f"recomputed: {formulas.said(before)} is now {formulas.said(value)}"


def _standing_claims(run_id: UUID) -> Iterable[Claim]:
    return (
        Claim.objects.filter(run_id=run_id, status__in=_STANDING, current__isnull=False)
        .select_related("current", "assessment", "run")
        .order_by("pk")
    )
