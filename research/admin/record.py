"""The record: events, decisions, signatures, sections, documents. Nobody adds, changes or deletes here."""

from __future__ import annotations

import json
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from research.engine.domain.errors import MrdError
from research.engine.domain.mrd import Citation, MrdClaim
from research.models import Claim, Decision, Document, Event, SectionRevision, Signature
from research.services import exports

from .base import TeamScopedAdmin, address, badge, link_to, pretty


@admin.register(Event)
class EventAdmin(TeamScopedAdmin):
    list_display = ["seq", "kind", "who", "at", "run_short", "short_hash"]
    list_filter = ["kind", ("run__team", admin.RelatedOnlyFieldListFilter), "at"]
    list_select_related = ["run"]
    search_fields = ["run__id", "kind", "actor", "hash"]
    ordering = ["-at", "-pk"]
    fields = ["run_link", "seq", "kind", "who", "actor", "at", "data", "payload", "previous_link", "hash", "next_link"]
    readonly_fields = ["run_link", "who", "data", "previous_link", "next_link"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return super().get_queryset(request).select_related("run")

    @admin.display(description="who", ordering="actor")
    def who(self, event: Event) -> str:
        return event.actor if len(event.actor) <= 16 else event.actor[:8]  # noqa: PLR2004 - an id, told apart by its start

    @admin.display(description="hash")
    def short_hash(self, event: Event) -> SafeString:
        return format_html("<code>{}</code>", event.hash[:12])

    @admin.display(description="run")
    def run_link(self, event: Event) -> SafeString:
        return link_to(event.run)

    @admin.display(description="what happened")
    def data(self, event: Event) -> SafeString:
        return pretty(json.loads(event.payload).get("data"))

    @admin.display(description="hash before")
    def previous_link(self, event: Event) -> SafeString:
        return self._neighbour(event.run_id, event.seq - 1, event.previous)

    @admin.display(description="next event")
    def next_link(self, event: Event) -> SafeString:
        return self._neighbour(event.run_id, event.seq + 1, "none yet")

    def _neighbour(self, run_id: UUID, seq: int, otherwise: str) -> SafeString:
        found = Event.objects.filter(run_id=run_id, seq=seq).first()
        if found is None:
            return format_html("<code>{}</code>", otherwise)
        return link_to(found, f"{found.seq} {found.kind}: {found.hash}")


@admin.register(Decision)
class DecisionAdmin(TeamScopedAdmin):
    list_display = ["decided_at", "gate", "verdict_badge", "subject_kind", "person", "door", "run_short", "is_demo"]
    list_filter = ["gate", "verdict", "door", "is_demo", ("run__team", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["run", "person"]
    search_fields = ["run__prompt", "person__username", "comment", "subject_digest"]
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Decision]:
        return super().get_queryset(request).select_related("run", "person")

    @admin.display(description="verdict", ordering="verdict")
    def verdict_badge(self, decision: Decision) -> SafeString:
        return badge(decision.verdict)


@admin.register(Signature)
class SignatureAdmin(TeamScopedAdmin):
    list_display = ["signed_at", "signer_name", "meaning", "document", "run_short"]
    list_filter = [("run__team", admin.RelatedOnlyFieldListFilter), "signed_at"]
    list_select_related = ["run", "document"]
    search_fields = ["run__prompt", "signer_name", "digest"]
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Signature]:
        return super().get_queryset(request).select_related("run", "document", "decision", "signer")


@admin.register(SectionRevision)
class SectionRevisionAdmin(TeamScopedAdmin):
    list_display = ["title", "revision", "status_badge", "regulatory", "approvals", "author", "run_short"]
    list_filter = ["status", "regulatory", "key", ("run__team", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["run", "author"]
    search_fields = ["title", "run__prompt", "digest"]
    ordering = ["-pk"]
    fields = [
        "run", "title", "key", "revision", "status_badge", "regulatory", "author", "comment", "first_approver",
        "second_approver", "digest", "created_at", "sentences",
    ]  # fmt: skip
    readonly_fields = ["status_badge", "sentences"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SectionRevision]:
        rows = super().get_queryset(request)
        return rows.select_related("run", "author", "first_approver", "second_approver")

    @admin.display(description="status", ordering="status")
    def status_badge(self, section: SectionRevision) -> SafeString:
        return badge(section.status)

    @admin.display(description="approvals")
    def approvals(self, section: SectionRevision) -> str:
        given = (section.first_approver_id is not None) + (section.second_approver_id is not None)
        return f"{given} of 2" if section.regulatory else "–"

    @admin.display(description="sentences and the claims they rest on")
    def sentences(self, section: SectionRevision) -> SafeString:
        cited = Claim.objects.filter(run=section.run, current_id__in=section.draft.cited())
        claims = {claim.current_id: claim for claim in cited}
        rows = []
        for sentence in section.body["sentences"]:
            known = ((link_to(claims[n], f"claim {n}"),) for n in sentence["claims"] if n in claims)
            rows.append((sentence["kind"], sentence["text"], format_html_join(" ", "{}", known)))
        return format_html_join("", '<p class="sentence-{}">{} <small>{}</small></p>', rows)


class SiteLinks:
    """Lead a reader from the document's citations and claims to their pages in the admin."""

    def __init__(self, document: Document) -> None:
        rows = Claim.objects.filter(run_id=document.run_id, current__isnull=False).values_list("current_id", "pk")
        self._claims = dict(rows)

    def evidence(self, citation: Citation) -> str | None:
        return address("admin:research_evidence_change", citation.evidence_id) or None

    def claim(self, claim: MrdClaim) -> str | None:
        pk = self._claims.get(claim.revision_id)
        return address("admin:research_claim_change", pk) if pk else None


@admin.register(Document)
class DocumentAdmin(TeamScopedAdmin):
    list_display = ["run_short", "revision", "status_badge", "short_digest", "created_at"]
    list_filter = ["status", ("run__team", admin.RelatedOnlyFieldListFilter), "created_at"]
    list_select_related = ["run"]
    search_fields = ["run__prompt", "digest"]
    ordering = ["-pk"]
    fields = ["run_link", "revision", "status_badge", "reading", "export_links", "signatures", "digest", "created_at"]
    readonly_fields = ["run_link", "status_badge", "reading", "export_links", "signatures"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        return super().get_queryset(request).select_related("run").defer("body")

    @admin.display(description="status", ordering="status")
    def status_badge(self, document: Document) -> SafeString:
        return badge(document.status)

    @admin.display(description="digest")
    def short_digest(self, document: Document) -> SafeString:
        return format_html("<code>{}</code>", document.digest[:12])

    @admin.display(description="run")
    def run_link(self, document: Document) -> SafeString:
        return link_to(document.run)

    @admin.display(description="read")
    def reading(self, document: Document) -> SafeString:
        return format_html('<a href="{}">Read it here</a>', reverse("admin:research_document_read", args=[document.pk]))

    @admin.display(description="export the run's newest")
    def export_links(self, document: Document) -> SafeString:
        rows = (
            (reverse("admin:research_run_export", args=[document.run_id, form]), form) for form in exports.MEDIA_TYPES
        )
        return format_html_join(" · ", '<a href="{}">{}</a>', rows)

    @admin.display(description="signatures")
    def signatures(self, document: Document) -> SafeString:
        rows = ((row.signer_name, row.signed_at.isoformat(), row.meaning) for row in _signatures(document))
        return format_html_join("", "<p>{}, {}: {}</p>", rows) or format_html("{}", "none")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.read_view)
        return [path("<int:pk>/read/", view, name="research_document_read"), *super().get_urls()]

    def read_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the document with links back to its claims and quotes."""
        document = self.get_queryset(request).defer(None).filter(pk=pk).first()
        if document is None or not self.has_view_permission(request):
            raise Http404
        try:
            page = exports.page(document, links=SiteLinks(document))
        except MrdError as error:
            self.message_user(request, error.detail, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:research_document_change", args=[pk]))
        return HttpResponse(page, headers={"Content-Security-Policy": exports.PAGE_POLICY})


def _signatures(document: Document) -> QuerySet[Signature]:
    return Signature.objects.filter(document=document).order_by("pk")
