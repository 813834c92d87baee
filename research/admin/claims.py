"""Claims with their evidence in context, and the evidence itself: read-only. Decisions are made at the desk."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from research import queries
from research.engine.domain.items import ATTRIBUTES
from research.models import Claim, ClaimEvidence, ClaimRevision, Evidence

from .base import TeamScopedAdmin, address, badge, link_to, thousandths

_WORDS_SHOWN = 110
_MAX_DIGITS = 18


class Part(NamedTuple):
    """One part of the confidence. score: thousandths, or None where it does not apply."""

    name: str
    score: int | None
    shown: str
    reason: str


class QuoteRow(NamedTuple):
    link: ClaimEvidence
    reading: str
    source: str
    call: str


@admin.register(Claim)
class ClaimAdmin(TeamScopedAdmin):
    list_display = ["words", "status_badge", "confidence", "section_words", "kind", "run_short", "by_rule"]
    list_filter = [
        "status", "section", "current__kind", "decided_by_rule", ("run__team", admin.RelatedOnlyFieldListFilter),
    ]  # fmt: skip
    list_select_related = ["run", "current", "assessment"]
    search_fields = ["key", "current__text", "task_key", "run__prompt"]
    ordering = ["-pk"]

    @admin.display(description="claim", ordering="current__text")
    def words(self, claim: Claim) -> str:
        text = claim.current.text if claim.current else claim.key
        return text if len(text) <= _WORDS_SHOWN else f"{text[:_WORDS_SHOWN]}…"

    @admin.display(description="status", ordering="status")
    def status_badge(self, claim: Claim) -> SafeString:
        return badge(claim.status)

    @admin.display(description="confidence", ordering="assessment__confidence")
    def confidence(self, claim: Claim) -> str:
        return thousandths(claim.assessment.confidence) if claim.assessment else "–"

    @admin.display(description="section", ordering="section")
    def section_words(self, claim: Claim) -> str:
        return claim.section.replace("_", " ")

    @admin.display(description="by rule", ordering="decided_by_rule", boolean=True)
    def by_rule(self, claim: Claim) -> bool:
        return claim.decided_by_rule

    @admin.display(description="kind", ordering="current__kind")
    def kind(self, claim: Claim) -> str:
        return claim.current.kind if claim.current else "–"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the claim: its words, why it is believed, the quotes in their context, what contradicts it."""
        del form_url
        if not self.has_view_permission(request):
            raise PermissionDenied
        is_id = object_id.isascii() and object_id.isdigit() and len(object_id) <= _MAX_DIGITS
        rows = self.get_queryset(request).select_related("run", "current__author", "assessment", "merged_into__current")
        claim = rows.filter(pk=int(object_id)).first() if is_id else None
        if claim is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "title": f"Claim of {claim.section.replace('_', ' ')}",
            **_page(claim),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/research/claim/page.html", context)


def _page(claim: Claim) -> dict[str, Any]:
    links = queries.evidence_of([claim.current_id]).get(claim.current_id or 0, [])
    assessment = claim.assessment
    return {
        "claim": claim,
        "revision": claim.current,
        "assessment": assessment,
        "confidence": thousandths(assessment.confidence) if assessment else "–",
        "confidence_value": assessment.confidence if assessment else None,
        "parts": [_part(part) for part in assessment.parts] if assessment else [],
        "quotes": [_quote(link) for link in links],
        "value": [(name, value) for name, value in (claim.current.value or {}).items() if value is not None]
        if claim.current
        else [],
        "attributes": _attributes(claim.current),
        "contradictions": [
            (link_to(other, other.current.text if other.current else other.key), other.status, reason)
            for other, reason in queries.contradictions_of(claim)
        ],
        "revisions": ClaimRevision.objects.filter(claim=claim).select_related("author").order_by("-revision"),
        "decisions": queries.decisions_on("claim", claim),
        "desk": address("reviews:claim", claim.run_id, claim.pk) if claim.status == "queued" else "",
    }


def _attributes(revision: ClaimRevision | None) -> list[tuple[str, str]]:
    """Return the attributes of a claim's role as label and words; none for a plain fact."""
    if revision is None:
        return []
    known = ATTRIBUTES.get(revision.role, ())  # type: ignore[call-overload]
    return [(one.label, revision.attributes[one.name]) for one in known if revision.attributes.get(one.name)]


def _part(part: dict[str, Any]) -> Part:
    score = part.get("score")
    return Part(str(part.get("name", "")).replace("_", " "), score, thousandths(score), str(part.get("reason", "")))


def _quote(link: ClaimEvidence) -> QuoteRow:
    evidence = link.evidence
    source = evidence.extracted_text.snapshot.source
    reading = address("admin:research_extractedtext_read", evidence.extracted_text_id)
    return QuoteRow(
        link=link,
        reading=f"{reading}?evidence={evidence.pk}#quote" if reading else "",
        source=address("admin:research_source_change", source.pk),
        call=f"{reverse('admin:research_call_changelist')}?q={evidence.call_key}" if evidence.call_key else "",
    )


@admin.register(Evidence)
class EvidenceAdmin(TeamScopedAdmin):
    list_display = ["excerpt", "source_title", "page", "task_key", "relevance_words", "run_short"]
    list_filter = [("run__team", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["run", queries.EVIDENCE_SOURCE]
    search_fields = ["exact", "task_key", "extracted_text__snapshot__source__title"]
    ordering = ["-pk"]
    fields = [
        "run", "task_key", "source_title", "in_its_text", "page", "start", "end", "prefix", "exact", "suffix",
        "relevance_words", "call_key", "key", "created_at",
    ]  # fmt: skip
    readonly_fields = ["source_title", "in_its_text", "relevance_words"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Evidence]:
        rows = super().get_queryset(request).select_related("run", queries.EVIDENCE_SOURCE)
        return rows.defer("extracted_text__text", "extracted_text__page_starts")

    @admin.display(description="quote")
    def excerpt(self, evidence: Evidence) -> str:
        return " ".join(evidence.exact.split())[:_WORDS_SHOWN]

    @admin.display(description="source")
    def source_title(self, evidence: Evidence) -> SafeString:
        source = evidence.extracted_text.snapshot.source
        return link_to(source, source.title)

    @admin.display(description="in its text")
    def in_its_text(self, evidence: Evidence) -> SafeString:
        reading = reverse("admin:research_extractedtext_read", args=[evidence.extracted_text_id])
        return format_html('<a href="{}?evidence={}#quote">read the quote in its page</a>', reading, evidence.pk)

    @admin.display(description="relevance", ordering="relevance")
    def relevance_words(self, evidence: Evidence) -> str:
        return thousandths(evidence.relevance)
