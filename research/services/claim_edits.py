"""Claims by people: revised or added by hand, through the same checks as the engine's, for another person to decide."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field

from research.adapters import runtime
from research.engine.document import checks
from research.engine.domain import formulas
from research.engine.domain.canonical import Frozen, Line
from research.engine.domain.claims import MAX_CLAIM_CHARS, ClaimDraft, ClaimInHand, ClaimKind, Formula, TypedValue
from research.engine.domain.documents import AcceptedClaim
from research.engine.domain.errors import InvalidInput
from research.engine.domain.items import Role, check_attributes
from research.engine.domain.states import ClaimStatus
from research.engine.verification import contradictions
from research.engine.verification.assess import assess_one
from research.engine.verticals import registry
from research.models import Claim, ClaimRevision, Evidence, Run, Task, User

from . import claims, composing, dependents, item_checks, pinning, recording, voiding

ANOTHER_PERSON = "edited by a person: another person decides"
MAX_EVIDENCE = 50
_STANDING = (ClaimStatus.ACCEPTED, ClaimStatus.QUEUED)

# A form's text field may break lines; a claim is one.
Words = Annotated[Line, BeforeValidator(lambda given: " ".join(given.split()) if isinstance(given, str) else given)]
# What a database key can be; a larger number is nobody's.
RowId = Annotated[int, Field(ge=1, le=2**63 - 1)]


class QuoteGiven(Frozen):
    """Words of a document of the team's library, as a person copied them. page: None to look in the whole text."""

    source_id: RowId
    words: str = Field(min_length=1, max_length=4_000)
    page: int | None = Field(default=None, ge=1, le=1_000_000)


class FormulaGiven(Frozen):
    """A formula as people write it: each name leads to the id of a claim of the run."""

    expression: str = Field(min_length=1, max_length=300)
    names: dict[str, RowId] = Field(max_length=20)


class ClaimEdit(Frozen):
    """A person's revision of a claim. What is left out, or None, stays as it is.

    value: None where it is given takes the figure away; a formula gives its own. quotes: new evidence beside
    `evidence_ids`. premises: claim ids.
    """

    text: Words | None = Field(default=None, min_length=3, max_length=MAX_CLAIM_CHARS)
    kind: ClaimKind | None = None
    evidence_ids: tuple[RowId, ...] | None = Field(default=None, max_length=MAX_EVIDENCE)
    value: TypedValue | None = None
    quotes: tuple[QuoteGiven, ...] = Field(default=(), max_length=MAX_EVIDENCE)
    role: Role | None = None
    attributes: dict[str, str] | None = Field(default=None, max_length=20)
    premises: tuple[RowId, ...] | None = Field(default=None, max_length=MAX_EVIDENCE)
    formula: FormulaGiven | None = None


class ClaimAddition(ClaimEdit):
    """A claim added by hand: a revision of nothing, for a section of the run's vertical."""

    section: str = Field(max_length=64)
    text: Words = Field(min_length=3, max_length=MAX_CLAIM_CHARS)
    kind: ClaimKind = "stated"


class _Made(NamedTuple):
    draft: ClaimDraft
    evidence: list[Evidence]


def revise(*, claim: Claim, edit: ClaimEdit, author: User, comment: str, now: dt.datetime) -> Claim:
    """Write a person's revision of a claim, assess it as any other, queue it for another person, and seal it.

    What rests on the claim is recomputed and goes to people again. Raises `InvalidInput`: evidence or premises of
    another run, a stated claim without evidence, an inferred one without premises, a formula that does not compute.
    """
    whole = _completed(edit, claim.current) if claim.current else edit
    made = _draft(claim.run, whole, section=claim.section, task_key=claim.task_key, before=claim.current, now=now)
    below = {claim.key, *(row.key for row in dependents.resting_on(claim))}
    if below & set(made.draft.premise_keys):
        raise InvalidInput("A claim cannot rest on itself, nor on what rests on it: choose others.", field="premises")
    _write(claim, made, author=author, comment=comment, now=now)
    dependents.reopen(claim=claim, why="was edited", now=now)
    _record(claim, kind="claim.revised", author=author, now=now)
    return claim


def add(*, run: Run, addition: ClaimAddition, author: User, comment: str, now: dt.datetime) -> Claim:
    """Write a claim that a person adds, assess it as any other, queue it for another person, and seal it.

    Raises what `revise` raises, and `InvalidInput` for a section the vertical does not have and a claim that stands.
    """
    keys = registry.get(run.vertical).section_keys()
    if addition.section not in keys:
        raise InvalidInput(
            f"There is no section '{addition.section}'; choose one of: {', '.join(keys)}.", field="section"
        )
    made = _draft(run, addition, section=addition.section, task_key=claims.BY_HAND, before=None, now=now)
    key = made.draft.key()
    if Claim.objects.filter(run=run, key=key).exists():
        raise InvalidInput("The run has this very claim already, added by hand: edit that one.", field="text")
    claim = Claim.objects.create(run=run, key=key, task_key=claims.BY_HAND, section=addition.section, created_at=now)
    _write(claim, made, author=author, comment=comment, now=now)
    _record(claim, kind="claim.added", author=author, now=now)
    return claim


def _completed(edit: ClaimEdit, before: ClaimRevision) -> ClaimEdit:
    """Return the edit with what it leaves out as the present revision has it."""
    kept: dict[str, Any] = {}
    if edit.text is None:
        kept["text"] = before.text
    if edit.kind is None:
        kept["kind"] = before.kind
    if edit.evidence_ids is None:
        kept["evidence_ids"] = tuple(before.evidence_links.values_list("evidence_id", flat=True))
    # A formula gives its own figure; the one it gave before may be another now.
    if "value" not in edit.model_fields_set and before.value and not before.formula:
        kept["value"] = TypedValue.model_validate(before.value)
    return edit.model_copy(update=kept)


def _write(claim: Claim, made: _Made, *, author: User, comment: str, now: dt.datetime) -> None:
    hand = _in_hand(claim, made)
    others = _others(claim)
    assessed = assess_one(hand, others, as_of=now.date(), register=runtime.company_register())
    claims.add_revision(claim=claim, draft=made.draft, author=author, comment=comment, now=now)
    reasons = (*assessed.to_people, ANOTHER_PERSON)
    claims.assess(claim=claim, assessed=assessed.model_copy(update={"to_people": reasons}), step=None, now=now)
    pairs = contradictions.find([hand, *others])
    voiding.relink(claim, pairs=[pair for pair in pairs if claim.key in (pair.first, pair.second)], now=now)
    claims.seal(claim)


def _record(claim: Claim, *, kind: str, author: User, now: dt.datetime) -> None:
    revision = claim.current.revision if claim.current else 0
    recording.append(
        run_id=claim.run_id,
        kind=kind,
        actor=str(author.actor_id),
        data={"claim": claim.key, "section": claim.section, "revision": revision, "shown": claim.shown_digest},
        now=now,
    )


def _draft(
    run: Run, edit: ClaimEdit, *, section: str, task_key: str, before: ClaimRevision | None, now: dt.datetime
) -> _Made:
    rows = _evidence(run, edit, task_key=task_key, now=now)
    role = edit.role or (before.role if before else "fact")
    # An attribute of the role it had is none of the role it has now.
    kept = before.attributes if before and before.role == role else {}
    given = edit.attributes if edit.attributes is not None else kept
    formula, value = _formula(run, edit, before)
    premises = _premises(run, edit, before, formula)
    kind = edit.kind or "stated"
    _check_kind(kind, evidence=bool(rows), premises=bool(premises), formula=formula is not None)
    draft = ClaimDraft(
        task_key=task_key,
        section=section,
        kind=kind,
        text=edit.text or "",
        value=value,
        evidence_ids=tuple(row.pk for row in rows),
        premise_keys=premises,
        role=role,
        attributes=check_attributes(role, given),
        formula=formula,
    )
    return _Made(draft.model_copy(update={"attributes": _held(run, draft, rows)}), rows)


def _held(run: Run, draft: ClaimDraft, rows: Sequence[Evidence]) -> dict[str, str]:
    """Return the attributes as they may be stored: every figure and name in them stands in what the claim rests on."""
    said = {name: getattr(draft, name) for name in ("section", "kind", "text", "value", "role", "attributes")}
    items = tuple(claims.evidence_item(row) for row in rows)
    claim = AcceptedClaim(revision_id=0, key=draft.key(), digest="", confidence=None, evidence=items, **said)
    premises = composing.claims_of_keys(run, draft.premise_keys)
    checks.check_attributes(claim, premises)
    return item_checks.held(claim, premises)


def _evidence(run: Run, edit: ClaimEdit, *, task_key: str, now: dt.datetime) -> list[Evidence]:
    wanted = set(edit.evidence_ids or ())
    if Evidence.objects.filter(run=run, pk__in=wanted).count() != len(wanted):
        raise InvalidInput(
            "The claim names evidence that this run does not have; choose from the run's evidence.", field="evidence"
        )
    for quote in edit.quotes:
        row = pinning.pin(
            run=run, task_key=task_key, source_id=quote.source_id, words=quote.words, page=quote.page, now=now
        )
        wanted.add(row.pk)
    return claims.evidence_rows(run=run, pk__in=sorted(wanted))


def _check_kind(kind: str, *, evidence: bool, premises: bool, formula: bool) -> None:
    if kind == "stated" and not evidence:
        raise InvalidInput(
            "A stated claim needs evidence: choose at least one quote, or label it an assumption.", field="evidence"
        )
    if kind == "computed" and not formula:
        raise InvalidInput("A computed claim needs its formula: give the expression and its names.", field="formula")
    if kind != "computed" and formula:
        raise InvalidInput("Only a computed claim has a formula: make it computed, or leave it out.", field="formula")
    if kind == "inferred" and not premises:
        raise InvalidInput(
            "An inferred claim needs the claims it rests on: name at least one, or label it an assumption.",
            field="premises",
        )


def _formula(run: Run, edit: ClaimEdit, before: ClaimRevision | None) -> tuple[Formula | None, TypedValue | None]:
    """Return the formula over claim keys and the value it gives; without one, the value that was given."""
    if edit.formula is not None:
        ids = edit.formula.names
        keys = {row.pk: row.key for row in _standing(run, list(ids.values()))}
        formula = Formula(expression=edit.formula.expression, names={name: keys[pk] for name, pk in ids.items()})
    elif edit.kind == "computed" and before is not None and before.formula:
        formula = Formula.model_validate(before.formula)
    else:
        return None, edit.value
    computed = formulas.evaluate(formula, dependents.values_of(run, formula))
    if edit.value is not None and edit.value.amount != computed.amount:
        raise InvalidInput(
            f"The formula gives {computed.amount.normalize():,f}, not {edit.value.amount.normalize():,f}: "
            "leave the figure out, and it is computed.",
            field="value",
        )
    named = edit.value or (TypedValue.model_validate(before.value) if before and before.value else None)
    kept = {name: getattr(named, name) for name in ("metric", "entity", "geography")} if named else {}
    return formula, computed.model_copy(update={name: value for name, value in kept.items() if value})


def _premises(run: Run, edit: ClaimEdit, before: ClaimRevision | None, formula: Formula | None) -> tuple[str, ...]:
    if edit.premises is not None:
        keys = [row.key for row in _standing(run, list(edit.premises))]
    else:
        keys = list(before.premise_keys) if before else []
    # What a computed claim rests on is what its formula names.
    return tuple(sorted(set(formula.names.values()))) if formula else tuple(sorted(set(keys)))


def _standing(run: Run, ids: Sequence[int]) -> list[Claim]:
    """Return the run's claims with these ids that stand or wait. Raises `InvalidInput` when one is not there."""
    found = {row.pk: row for row in Claim.objects.filter(run=run, pk__in=set(ids), status__in=_STANDING)}
    missing = next((pk for pk in ids if pk not in found), None)
    if missing is not None:
        raise InvalidInput(
            f"Claim {missing} is not one that stands in this run: choose claims that are accepted or waiting.",
            field="premises",
        )
    return list(found.values())


def _in_hand(claim: Claim, made: _Made) -> ClaimInHand:
    section = registry.get(claim.run.vertical).section(claim.section)
    task = Task.objects.filter(plan__run=claim.run_id, key=claim.task_key).order_by("-plan__revision").first()
    return ClaimInHand(
        key=claim.key,
        draft=made.draft,
        # A claim that no task asked for answers what its section is for.
        question=task.question if task else section.purpose,
        evidence=tuple(claims.evidence_item(row) for row in made.evidence),
        competitor=section.competitor,
        regulatory=section.regulatory,
    )


def _others(claim: Claim) -> list[ClaimInHand]:
    """Return the run's other claims that stand or wait: those the claim may contradict or rest on."""
    rows = claims.in_hand(claim.run, registry.get(claim.run.vertical), {}, statuses=_STANDING)
    return [other for other in rows if other.key != claim.key]
