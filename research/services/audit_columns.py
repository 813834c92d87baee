"""Check the columns that stand beside digested words: plans' tasks, sections, claims' places, sources' publishers.

One query a table. What is compared with: the plan's body, the section's body, the output of a step whose digest its
event tells, and the newest document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from pydantic import ValidationError

from research.adapters import texts
from research.engine.domain.canonical import digest, sha256_hex
from research.engine.domain.claims import ClaimDraft
from research.engine.domain.errors import NotFound
from research.engine.domain.mrd import Mrd
from research.engine.domain.states import StepKind, TaskOutcome
from research.engine.verticals import registry
from research.models import Claim, ClaimRevision, Document, Evidence, Plan, Run, SectionRevision, Step, Task

from . import claims

Told = Sequence[tuple[str, str, dict[str, Any]]]
_PLANNED = ("question", "section", "tools", "critical", "depends_on", "layer", "queries", "subject")
_FOUND = ("outcome", "reason", "searches")
_SOURCED = ("title", "publisher", "domain", "published_date", "reliability")
_PRINTED = (
    ("title", "source_title"), ("publisher", "publisher"), ("domain", "domain"), ("published_date", "published_date"),
)  # fmt: skip


class _Output(NamedTuple):
    """What a step gave, with the task it was for; only of steps whose output is what its event tells."""

    kind: str
    task_id: int | None
    body: dict[str, Any]


def problems_of(run: Run, told: Told) -> Iterator[str]:
    """Yield a sentence for every column that differs from what it stands beside. told: kind, actor, payload."""
    outputs: list[_Output] = []
    yield from _outputs(run, told, outputs)
    yield from _digests(run, told)
    yield from _tasks(run, outputs, _left_out(told))
    document = _newest(run)
    yield from _sections(run, document)
    yield from _claims(run, outputs, document)
    yield from _sources(run, outputs, document)


def _outputs(run: Run, told: Told, outputs: list[_Output]) -> Iterator[str]:
    """Put the outputs that hold into `outputs`, oldest first; yield what is said of the others."""
    digests = {
        (body["data"]["kind"], body["data"]["step"], body["data"]["round"]): body["data"].get("output")
        for kind, _, body in told
        if kind == "step.done" and {"kind", "step", "round"} <= set(body.get("data", {}))
    }
    for step in Step.objects.filter(run=run, state="done").order_by("finished_at", "pk"):
        if step.output is None or digest(step.output) != digests.get((step.kind, step.key, step.generation)):
            yield f"the output of step {step.kind}:{step.key} is not what its event tells"
        else:
            outputs.append(_Output(step.kind, step.task_id, step.output))


def _digests(run: Run, told: Told) -> Iterator[str]:
    """The digest of each plan, section and document is the one its event tells: body and digest changed together."""
    kinds = {"plan.revised": "plan", "section.drafted": "section", "section.revised": "section"}
    kinds["document.composed"] = "document"
    data = [(kinds[kind], body.get("data", {})) for kind, _, body in told if kind in kinds]
    digests = {(what, one.get("section", ""), one.get("revision")): one.get("digest") for what, one in data}
    rows: list[tuple[str, str, Plan | SectionRevision | Document]] = []
    rows += [("plan", "", row) for row in Plan.objects.filter(run=run)]
    rows += [("section", row.key, row) for row in SectionRevision.objects.filter(run=run)]
    rows += [("document", "", row) for row in Document.objects.filter(run=run)]
    for what, key, row in rows:
        if digests.get((what, key, row.revision)) != row.digest:
            yield f"{f'{what} {key}'.strip()} revision {row.revision}: its digest is not the one its event tells"


def _left_out(told: Told) -> dict[tuple[int, str], str]:
    """Return the digests of the reasons of tasks a person finished the run without, by plan revision and key."""
    data = [body.get("data", {}) for kind, _, body in told if kind == "run.finishing"]
    return {(one.get("plan", 0), key): one.get("reason", "") for one in data for key in one.get("tasks_left_out", ())}


def _tasks(run: Run, outputs: Sequence[_Output], left_out: Mapping[tuple[int, str], str]) -> Iterator[str]:
    """Every task is the one of its plan's body, and became what its investigation gave, or was left out by a person."""
    plans = {plan.pk: plan for plan in Plan.objects.filter(run=run)}
    planned = {
        (plan.pk, task.get("key")): (position, task)
        for plan in plans.values()
        for position, task in enumerate(plan.body.get("tasks", ()), start=1)
    }
    became = {one.task_id: one.body for one in outputs if one.kind == StepKind.INVESTIGATE}
    untouched = {"outcome": TaskOutcome.PENDING.value, "reason": "", "searches": []}
    for row in Task.objects.filter(plan__run=run).order_by("plan_id", "position"):
        position, body = planned.pop((row.plan_id, row.key), (0, {}))
        wrong = [name for name in _PLANNED if getattr(row, name) != body.get(name)]
        wrong += [] if row.position == position else ["position"]
        for name in wrong:
            yield f"task {row.key} of plan revision {plans[row.plan_id].revision}: '{name}' is not what its plan says"
        given = became.get(row.pk, untouched)
        reason = left_out.get((plans[row.plan_id].revision, row.key))
        if reason is not None and sha256_hex(row.reason.encode()) == reason:
            given = untouched | {"outcome": TaskOutcome.INSUFFICIENT.value, "reason": row.reason}
        for name in _FOUND:
            if getattr(row, name) != given.get(name):
                yield f"task {row.key}: '{name}' is not what its investigation gave"
    for plan_id, key in planned:
        yield f"task {key} of plan revision {plans[plan_id].revision} is missing"


def _sections(run: Run, document: Mrd | None) -> Iterator[str]:
    """A section's columns say what its body says, and sections stand in the order of the document or the vertical."""
    specs = _specs(run, document)
    standing = []
    for row in SectionRevision.objects.filter(run=run).order_by("position", "pk"):
        named = f"section {row.key} revision {row.revision}"
        for name in ("key", "title", "regulatory"):
            if getattr(row, name) != row.body.get(name, False if name == "regulatory" else None):
                yield f"{named}: column '{name}' is not what its body says"
        if row.key in specs and specs[row.key][1] != row.regulatory:
            yield f"{named}: column 'regulatory' is not what the document or its vertical says"
        if row.status in ("drafted", "approved") and row.key in specs:
            standing.append((row.position, specs[row.key][0], named))
    # Their order, not their numbers: a vertical that gets a section moves the numbers of those behind it.
    for before, after in pairwise(standing):
        if before[0] == after[0] or before[1] > after[1]:
            yield f"{after[2]}: column 'position' does not stand in the order of the document or its vertical"


def _specs(run: Run, document: Mrd | None) -> dict[str, tuple[int, bool]]:
    """Return place and regulatory mark of each section: of the newest document, before there is one of the vertical.

    A vertical may be ordered anew by a later release; a document stays. Nothing for a vertical that is gone.
    """
    if document is not None:
        return {section.key: (place, section.regulatory) for place, section in enumerate(document.sections)}
    try:
        found = registry.get(run.vertical).sections
    except NotFound:
        return {}
    return {section.key: (place, section.regulatory) for place, section in enumerate(found)}


def _claims(run: Run, outputs: Sequence[_Output], document: Mrd | None) -> Iterator[str]:
    """A claim is of the task that named it, and stands in the section where it was proposed, planned and printed."""
    proposed: dict[str, set[str]] = {}
    for one in outputs:
        for item in one.body.get("items", ()) if one.kind == StepKind.EXTRACT else ():
            draft = ClaimDraft.model_construct(**item)
            proposed.setdefault(draft.key(), set()).add(draft.section)
    planned: dict[str, set[str]] = {}
    for plan in Plan.objects.filter(run=run, approved_at__isnull=False):
        for task in plan.body.get("tasks", ()):
            planned.setdefault(task["key"], set()).add(task["section"])
    printed = {claim.key: claim.section for claim in document.claims} if document else {}
    first = {row.claim_id: row for row in ClaimRevision.objects.filter(claim__run=run, revision=1)}
    for row in Claim.objects.filter(run=run).order_by("pk"):
        words = first.get(row.pk)
        if words is not None and _key(row, words) != row.key:
            yield f"claim {row.key} is not named by its task and its first words"
        by_hand = row.task_key == claims.BY_HAND
        places = None if by_hand else proposed.get(row.key) or planned.get(row.task_key, set())
        if places is not None and row.section not in places:
            yield f"claim {row.key}: its section '{row.section}' is not that of its task"
        elif printed.get(row.key, row.section) != row.section:
            yield f"claim {row.key}: its section '{row.section}' is not the one in the document"


def _key(row: Claim, words: ClaimRevision) -> str:
    # Not validated: what a stored claim may hold may have been wider once.
    said: dict[str, Any] = {"task_key": row.task_key, "section": row.section, "kind": words.kind, "text": words.text}
    return ClaimDraft.model_construct(**said).key()


def _newest(run: Run) -> Mrd | None:
    row = Document.objects.filter(run=run).order_by("-revision").first()
    try:
        return Mrd.model_validate_json(row.body) if row is not None else None
    except ValidationError:
        return None  # its digest tells


def _sources(run: Run, outputs: Sequence[_Output], document: Mrd | None) -> Iterator[str]:
    """A source is said to be what it was when it was found, and what the newest document prints of it."""
    found: dict[int, Mapping[str, Any]] = {
        finding["source"]["id"]: finding["source"]
        for one in outputs
        if one.kind == StepKind.INVESTIGATE
        for finding in one.body.get("findings", ())
    }
    printed = {one.evidence_id: one for one in document.citations} if document else {}
    rows = Evidence.objects.filter(run=run).select_related(claims.EVIDENCE_SOURCE).order_by("pk")
    told: set[tuple[int, str]] = set()
    for row in rows.defer("extracted_text__text", "extracted_text__page_starts"):
        now = texts.source_ref(row.extracted_text.snapshot.source)
        then = found.get(now.id, {})
        plain = now.model_dump(mode="json")
        wrong = [(name, "when it was found") for name in _SOURCED if name in then and then[name] != plain[name]]
        citation = printed.get(row.pk)
        if citation is not None:
            wrong += [
                (name, "in the document") for name, there in _PRINTED if getattr(now, name) != getattr(citation, there)
            ]
        for name, where in wrong:
            if (now.id, name) not in told:
                told.add((now.id, name))
                yield f"source {now.id}: its {name} is not what it was {where}"
