"""The sign-off gate: the whole document as it will be signed, its digest, and the signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from research import queries
from research.engine.document import charts, layout, model_table
from research.engine.document import text as words
from research.engine.domain.errors import MrdError, NotFound
from research.engine.domain.mrd import Citation, Mrd, MrdClaim, MrdSection, MrdSentence, MrdTable
from research.models import Document, Evidence
from research.models.record import Signature, SubjectKind
from research.services import exports
from reviews import cards, facts

from . import common

_DONE = {"approve": "The document is signed.", "reject": "The document is sent back to drafting."}
MEANINGS = (
    "I approve this document for release.",
    "I have reviewed this document and take responsibility for its content.",
)


class SentenceView(NamedTuple):
    """One sentence with the citations it leads to, and what a reader must be told of it (as the exports tell it)."""

    text: str
    kind: str
    labels: tuple[str, ...]
    citations: tuple[int, ...]


class SectionView(NamedTuple):
    """One section of the document, where it is edited (0: it no longer stands), and all it says.

    charts: title and SVG of each chart of its market size, of escaped words. tables: its market size, then its own.
    """

    section: MrdSection
    id: int
    sentences: tuple[SentenceView, ...]
    charts: tuple[tuple[str, str], ...]
    tables: tuple[MrdTable, ...]


@sensitive_post_parameters("password")
@common.page
@require_http_methods(["GET", "HEAD", "POST"])
def document(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show the newest document, and take a signature or a rejection."""
    desk = common.open_desk(request, run_id)
    if request.method != "POST":
        return _show(desk)
    try:
        subject_id = common.number(request.POST.get("subject_id", ""))
        wanted = common.requested(desk, SubjectKind.DOCUMENT, subject_id)
        common.settle(desk, wanted)
    except NotFound:
        raise
    except MrdError as error:
        return _show(desk, error=error)
    messages.success(request, f"{_DONE[wanted.verdict]} {common.now_is(desk.run)}")
    return redirect("reviews:queue") if wanted.verdict == "reject" else redirect("reviews:sign_off", run_id=run_id)


def _show(desk: common.Desk, *, error: MrdError | None = None) -> HttpResponse:
    row = Document.objects.filter(run=desk.run).order_by("-revision").first()
    context: dict[str, Any] = {"run": desk.run, "document": row}
    if row is not None:
        mrd = Mrd.model_validate_json(row.body)
        post = desk.request.POST if error else {}
        context |= {
            "mrd": mrd,
            "sections": _sections(desk, mrd),
            "citations": _citations(mrd),
            "claims": _claims(mrd),
            "may": cards.may(who=desk.who, run=desk.run, subject=facts.document_subject(row)),
            "waits": common.gate_of(desk.run) == "sign_off" and row.status == "composed",
            "editable": common.gate_of(desk.run) == "sign_off",
            # Of what was sent back or is void nothing is exported: an export is of the newest that stands.
            "exports": exports.MEDIA_TYPES if row.status in ("composed", "signed") else (),
            "meanings": MEANINGS,
            "meaning": post.get("meaning", ""),
            "comment": post.get("comment", ""),
            "signature": Signature.objects.filter(document=row).select_related("signer").first(),
            "decisions": queries.decisions_on("document", row),
        }
    return common.render(desk.request, "reviews/document.html", context, title="Sign-off", error=error)


def _sections(desk: common.Desk, mrd: Mrd) -> list[SectionView]:
    standing = {row.key: row.pk for row in queries.standing_sections(desk.run)}
    claims = {claim.revision_id: claim for claim in mrd.claims}
    found = []
    for section in mrd.sections:
        model = section.model
        drawn = charts.market_charts(model, key=section.key) if model else ()
        sized = model_table.model_tables(model, claims=claims) if model else ()
        found.append(
            SectionView(
                section,
                standing.get(section.key, 0),
                tuple(_sentence(one, claims) for one in section.sentences),
                tuple((one.title, one.svg) for one in drawn),
                tuple(_said_once(table) for table in (*sized, *section.tables)),
            )
        )
    return found


def _sentence(one: MrdSentence, claims: Mapping[int, MrdClaim]) -> SentenceView:
    labels = words.labels(claims[number] for number in one.claims)
    return SentenceView(one.text, one.kind, labels, one.citations)


def _said_once(table: MrdTable) -> MrdTable:
    return table.model_copy(update={"rows": tuple(tuple(layout.told_once(row)) for row in table.rows)})


def _citations(mrd: Mrd) -> list[tuple[Citation, str]]:
    """Return the citations, each with the page of the library where its quote is marked."""
    wanted = [citation.evidence_id for citation in mrd.citations]
    texts = dict(Evidence.objects.filter(pk__in=wanted).values_list("pk", "extracted_text_id"))
    return [(one, cards.reading_address(texts[one.evidence_id], one.evidence_id)) for one in mrd.citations]


def _claims(mrd: Mrd) -> list[MrdClaim]:
    return sorted(mrd.claims, key=lambda claim: (claim.section, claim.revision_id))
