"""The sign-off: sign or reject the document as shown."""

from __future__ import annotations

from research.engine.domain.states import Gate, RunEvent, RunState, Verdict
from research.models import Decision, Document, Run, SectionRevision, Signature
from research.models.record import SubjectKind
from research.services import recording

from . import record
from .record import By


def sign(*, run: Run, document: Document, digest: str, meaning: str, by: By) -> Signature:
    """Sign the document as shown: the run is completed. The caller has checked the password again.

    Raises `StaleState`, `StaleDigest`.
    """
    record.expect(run, RunState.SIGN_OFF)
    record.expect_digest(document.digest if document.status == "composed" else "", digest)
    decision = record.decide(run, Gate.SIGN_OFF, SubjectKind.DOCUMENT, document.pk, digest, Verdict.APPROVE, by)
    signature = Signature.objects.create(
        run=run,
        document=document,
        decision=decision,
        signer=by.person,
        signer_name=by.person.display_name,
        meaning=meaning,
        digest=digest,
        signed_at=by.now,
    )
    Document.objects.filter(pk=document.pk).update(status="signed")
    recording.append(
        run_id=run.pk,
        kind="signature.made",
        actor=by.actor,
        data={
            "signature": signature.pk,
            "decision": decision.pk,
            "document": document.revision,
            "digest": digest,
            "record": recording.signature_record(signature),
        },
        now=by.now,
    )
    record.fire(run, RunEvent.SIGNED, by, {"digest": digest})
    return signature


def reject_document(*, run: Run, document: Document, digest: str, by: By) -> Decision:
    """Send the whole document back to drafting. Raises `StaleState`, `StaleDigest`."""
    record.expect(run, RunState.SIGN_OFF)
    record.expect_digest(document.digest if document.status == "composed" else "", digest)
    decision = record.decide(run, Gate.SIGN_OFF, SubjectKind.DOCUMENT, document.pk, digest, Verdict.REJECT, by)
    Document.objects.filter(pk=document.pk).update(status="rejected")
    SectionRevision.objects.filter(run=run, status__in=["drafted", "approved"]).update(status="rejected")
    record.fire(run, RunEvent.DOCUMENT_REJECTED, by)
    return decision
