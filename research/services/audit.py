"""Check a run's record without trusting anybody: chains, digests, quotes, archived bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from research.adapters import snapshots
from research.engine.domain.canonical import canonical_bytes, sha256_hex
from research.engine.domain.errors import MrdError
from research.engine.verification.quotes import pin
from research.models import Decision, Document, Event, Evidence, Plan, Run, SectionRevision, Signature, Trail

from . import audit_columns, audit_standing, claims, recording


def problems_of(run: Run) -> Iterator[str]:
    """Yield a sentence for everything in the run's record that does not hold; nothing where all holds."""
    yield from _chain(run)
    yield from _decisions(run)
    yield from _digests(run)
    yield from _evidence(run)
    told = [(event.kind, event.actor, _told(event)) for event in Event.objects.filter(run=run).order_by("seq")]
    yield from audit_standing.problems_of(run, told)
    yield from audit_columns.problems_of(run, told)


def _chain(run: Run) -> Iterator[str]:
    previous, count = recording.genesis(run.pk), 0
    for count, event in enumerate(Event.objects.filter(run=run).order_by("seq").iterator(), start=1):
        if event.seq != count:
            yield f"event {count} is missing: the next one there is {event.seq}"
            return
        if event.previous != previous:
            yield f"event {event.seq} is not chained to the one before it"
        if recording.link(event.previous, event.payload) != event.hash:
            yield f"the payload of event {event.seq} is not what was hashed"
        body = _told(event)
        columns = {
            "run": str(run.pk),
            "seq": event.seq,
            "kind": event.kind,
            "actor": event.actor,
            "at": event.at.isoformat(),
        }
        for name, value in columns.items():
            if body.get(name) != value:
                yield f"event {event.seq}: column '{name}' is not what its payload says"
        previous = event.hash
    trail = Trail.objects.filter(run=run).first()
    if trail is None or (trail.length, trail.head) != (count, previous):
        yield "the trail's head is not its last event: events were cut off or added outside"


def _told(event: Event) -> dict[str, Any]:
    """Return what an event's payload says; nothing where it is no JSON object any more, which its hash tells of."""
    try:
        body = json.loads(event.payload)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _decisions(run: Run) -> Iterator[str]:
    """Every decision and signature has its event, every such event its row, and they say the same."""
    told = {}
    for event in Event.objects.filter(run=run, kind__in=["decision.made", "signature.made"]):
        data = _told(event).get("data", {})
        told[(event.kind, data.get("decision"))] = (event.actor, data)
    for row in Decision.objects.filter(run=run).select_related("person"):
        actor, data = told.pop(("decision.made", row.pk), ("", {}))
        says = (actor, *(data.get(name) for name in ("digest", "verdict", "subject", "slot", "gate", "record")))
        if says != (
            str(row.person.actor_id),
            row.subject_digest,
            row.verdict,
            f"{row.subject_kind}:{row.subject_id}",
            row.slot,
            row.gate,
            recording.decision_record(row),
        ):
            yield f"decision {row.pk} is not what its event in the trail says"
    for signature in Signature.objects.filter(run=run).select_related("signer", "document"):
        actor, data = told.pop(("signature.made", signature.decision_id), ("", {}))
        says = (str(signature.signer.actor_id), signature.digest, recording.signature_record(signature))
        if (actor, data.get("digest"), data.get("record")) != says:
            yield f"signature {signature.pk} is not what its event in the trail says"
        if signature.digest != signature.document.digest:
            yield f"signature {signature.pk} is over another document"
    for kind, number in told:
        yield f"the trail tells of a {kind.split('.')[0]} {number} that is not there"


def _digests(run: Run) -> Iterator[str]:
    for plan in Plan.objects.filter(run=run):
        if sha256_hex(canonical_bytes(plan.body)) != plan.digest:
            yield f"plan revision {plan.revision} is not what its digest says"
    for section in SectionRevision.objects.filter(run=run):
        if sha256_hex(canonical_bytes(section.body)) != section.digest:
            yield f"section {section.key} revision {section.revision} is not what its digest says"
    for document in Document.objects.filter(run=run):
        if sha256_hex(document.body.encode("utf-8")) != document.digest:
            yield f"document revision {document.revision} is not what its digest says"
    for claim in run.claims.exclude(shown_digest="").select_related("current", "assessment"):
        if sha256_hex(canonical_bytes(claims.shown(claim))) != claim.shown_digest:
            yield f"claim {claim.key} is not what reviewers were shown"


def _evidence(run: Run) -> Iterator[str]:
    """Every quote stands at its offsets in its text, the text is what was hashed, the archived bytes too."""
    seen_texts: set[int] = set()
    rows = Evidence.objects.filter(run=run).select_related(claims.EVIDENCE_SOURCE).order_by("extracted_text_id")
    for row in rows.iterator(chunk_size=50):
        text = row.extracted_text
        try:
            placed = pin(text.text, text.page_starts, claims.evidence_item(row).quote)
            if (row.prefix or row.suffix) and (placed.prefix, placed.suffix) != (row.prefix, row.suffix):
                yield f"evidence {row.pk}: the words around its quote are not those of the text"
        except MrdError as error:
            yield f"evidence {row.pk}: {error.detail}"
        if text.pk in seen_texts:
            continue
        seen_texts.add(text.pk)
        if sha256_hex(text.text.encode("utf-8")) != text.sha256:
            yield f"extracted text {text.pk} is not what its digest says"
        try:
            snapshots.local().read(team_id=run.team_id, sha256=text.snapshot.sha256)
        except (MrdError, OSError) as error:
            yield f"snapshot {text.snapshot.sha256[:12]}: {error}"
