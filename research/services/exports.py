"""Exports: the newest document of a run as a file, checked against its digest first."""

from __future__ import annotations

import datetime as dt
import threading
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from research.engine.document import press
from research.engine.document.checks import check_document
from research.engine.document.html import LinkBuilder, to_html
from research.engine.document.json_export import to_json
from research.engine.document.markdown import to_markdown
from research.engine.domain.canonical import sha256_hex
from research.engine.domain.errors import Conflict, InvalidInput
from research.engine.domain.mrd import Mrd, SignatureBlock, SignedMrd
from research.engine.domain.states import GATE_STATE, RunState
from research.models import Document, Run
from research.models.documents import DocumentStatus

from . import recording

MEDIA_TYPES = {
    "json": "application/json",
    "md": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
# Text may be shown in a terminal; the others are files.
TEXT_FORMATS = ("json", "md", "html")
# A page made from fetched words runs nothing, fetches nothing and is framed by nobody, whatever it says of itself.
PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ROLE = "approver"
# Setting the pages of a large document takes a processor for some seconds: each process of the site sets two at a
# time, so that exports never take all its threads.
_PRESSES = threading.BoundedSemaphore(2)
_PRESS_WAIT_S = 10.0


class Export(NamedTuple):
    """A document as a file."""

    content: bytes
    media_type: str
    file_name: str


def export(*, run: Run, format: str, actor: str, now: dt.datetime) -> Export:  # noqa: A002 - the word people use
    """Return the run's newest document (signed, else composed: marked DRAFT) in `format`, and record that it left.

    format: one of MEDIA_TYPES. Raises `InvalidInput` (field format; also when a library of this system is missing),
    `Conflict` when there is no document yet, the stored one is not what its digest says, or its pages could not be set
    in time; nothing is recorded then.
    """
    media_type = MEDIA_TYPES.get(format)
    if media_type is None:
        known = ", ".join(MEDIA_TYPES)
        raise InvalidInput(f"There is no export format '{format[:40]}'; choose one of: {known}.", field="format")
    document = newest(run)
    signed = signed_mrd(document)
    _check_figures(signed)
    content = _render(signed, format)
    with transaction.atomic():
        recording.append(
            run_id=run.pk,
            kind="export.made",
            actor=actor,
            data={
                "format": format,
                "digest": signed.digest,
                "revision": document.revision,
                "status": signed.status,
                "sha256": sha256_hex(content),
            },
            now=now,
        )
    draft = "" if signed.status == "signed" else "-draft"
    return Export(content, media_type, f"mrd-{str(run.pk)[:8]}-r{document.revision}{draft}.{format}")


def _check_figures(signed: SignedMrd) -> None:
    """Raise `Conflict` when the document holds a numeral without a claim, formula or assumption behind it."""
    try:
        check_document(signed.mrd)
    except InvalidInput as error:
        raise Conflict(
            f"The document is not given out, since not every figure in it leads to a claim. {error.detail}"
        ) from error


def newest(run: Run) -> Document:
    """Return the signed document, else the composed one. Raises `Conflict` with what the run waits for."""
    statuses = (DocumentStatus.SIGNED, DocumentStatus.COMPOSED)
    found = {row.status: row for row in Document.objects.filter(run=run, status__in=statuses).order_by("revision")}
    for status in statuses:
        if status in found:
            return found[status]
    raise Conflict(_none_yet(run))


def signed_mrd(document: Document) -> SignedMrd:
    """Return a stored document with its signatures. Raises `Conflict` when its bytes are not those of its digest."""
    if sha256_hex(document.body.encode("utf-8")) != document.digest:
        raise Conflict(
            f"The stored document (revision {document.revision}) is not what its digest says: somebody changed it. "
            "It is not given out; tell an administrator to run 'manage.py verify_audit'."
        )
    blocks = [
        SignatureBlock(
            name=row.signer_name, role=_ROLE, meaning=row.meaning, signed_at=row.signed_at, digest=row.digest
        )
        for row in document.run.signatures.filter(document=document).order_by("pk")
    ]
    return SignedMrd.of(mrd=Mrd.model_validate_json(document.body), signatures=blocks)


def page(document: Document, *, links: LinkBuilder) -> str:
    """Return a stored document as a page to read in the site. Nothing leaves, so nothing is recorded."""
    return to_html(signed_mrd(document), links=links)


def _render(signed: SignedMrd, form: str) -> bytes:
    if form == "json":
        return to_json(signed)
    if form in press.FORMS:
        return _pressed(signed, form)
    return (to_markdown(signed) if form == "md" else to_html(signed)).encode("utf-8")


def _pressed(signed: SignedMrd, form: press.Form) -> bytes:
    if not _PRESSES.acquire(timeout=_PRESS_WAIT_S):
        raise Conflict(f"Other documents are being set just now: ask for the {form} again in a minute.")
    try:
        return press.pressed(signed, form=form, cache=settings.FONT_CACHE_DIR)
    finally:
        _PRESSES.release()


def _none_yet(run: Run) -> str:
    state = RunState(run.state)
    for gate, waiting in GATE_STATE.items():
        if state is waiting:
            name = gate.value.replace("_", "-")
            return f"There is no document to export yet: the run waits for people at the {name} gate."
    if state is RunState.CANCELLED:
        return "There is no document to export: the run was cancelled before one was composed."
    words = state.value.replace("_", " ")
    return f"There is no document to export yet: the run is {words}; it comes after the regulatory gate."
