"""The library in the admin: sources, their bytes and texts, passages, and what was handed in."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString

from research.adapters import snapshots
from research.engine.domain.errors import MrdError
from research.engine.extraction import result
from research.models import Evidence, ExtractedText, Intake, Passage, Snapshot, Source, User
from research.models.library import IntakeState
from research.services import library

from .library_access import LibraryAdmin, may_add, teams_of
from .library_forms import AddFilesForm
from .library_reading import Place, read

_SHOWN_MESSAGES = 10
_EXCERPT_CHARS = 160


def download_link(snapshot: Snapshot) -> SafeString:
    """Return a link to the snapshot's bytes."""
    name = snapshot.file_name or snapshot.sha256[:12]
    return format_html('<a href="{}">{}</a>', reverse("admin:research_snapshot_download", args=[snapshot.pk]), name)


def read_link(text_id: int, words: str, *, query: str = "") -> SafeString:
    """Return a link to the page where a text is read. `query` begins with `?`, or is empty."""
    return format_html(
        '<a href="{}{}">{}</a>', reverse("admin:research_extractedtext_read", args=[text_id]), query, words
    )


@admin.register(Source)
class SourceAdmin(LibraryAdmin):
    list_display = ["title", "team", "kind", "publisher", "published_date", "trust", "created_at"]
    list_filter = [("team", admin.RelatedOnlyFieldListFilter), "kind", "published_date"]
    list_select_related = ["team"]
    search_fields = ["title", "publisher", "uri"]
    ordering = ["-pk"]
    fields = [
        "title", "team", "kind", "uri", "publisher", "domain", "published_date", "trust", "added_by", "created_at",
        "notes", "texts", "files",
    ]  # fmt: skip
    readonly_fields = ["trust", "notes", "texts", "files"]

    @admin.display(description="reliability", ordering="reliability")
    def trust(self, source: Source) -> str:
        return f"{source.reliability / 1000:.2f}"

    @admin.display(description="archived bytes")
    def files(self, source: Source) -> SafeString:
        rows = [
            (download_link(s), result.type_name(s.media_type), s.size, s.sha256)
            for s in source.snapshots.order_by("-pk")
        ]
        return format_html_join("", "<p>{} · {} · {} bytes · SHA-256 <code>{}</code></p>", rows)

    @admin.display(description="not read")
    def notes(self, source: Source) -> str:
        """Return what of the file could not be read (scanned pages, hidden sheets), "–" when it went in whole."""
        said = Intake.objects.filter(source=source, state=IntakeState.ADDED).order_by("-pk")
        return said.values_list("message", flat=True).first() or "–"

    @admin.display(description="text")
    def texts(self, source: Source) -> SafeString:
        texts = ExtractedText.objects.filter(snapshot__source=source).order_by("-pk").defer("text")
        rows = [(read_link(t.pk, "Read"), len(t.page_starts), t.extractor, t.extractor_version) for t in texts]
        return format_html_join("", "<p>{} · pages: {} · by {} {}</p>", rows)


@admin.register(Snapshot)
class SnapshotAdmin(LibraryAdmin):
    team_path = "source__team"
    list_display = ["short_hash", "source_title", "file_name", "type_name", "size", "captured_at", "download"]
    list_filter = [("source__team", admin.RelatedOnlyFieldListFilter), "media_type"]
    list_select_related = ["source"]
    search_fields = ["sha256", "file_name", "source__title"]
    ordering = ["-pk"]
    readonly_fields = ["download"]

    @admin.display(description="SHA-256", ordering="sha256")
    def short_hash(self, snapshot: Snapshot) -> str:
        return snapshot.sha256[:12]

    @admin.display(description="type", ordering="media_type")
    def type_name(self, snapshot: Snapshot) -> str:
        return result.type_name(snapshot.media_type)

    @admin.display(description="source", ordering="source__title")
    def source_title(self, snapshot: Snapshot) -> str:
        return snapshot.source.title

    @admin.display(description="download")
    def download(self, snapshot: Snapshot) -> SafeString:
        return download_link(snapshot)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.download_view)
        return [path("<int:pk>/download/", view, name="research_snapshot_download"), *super().get_urls()]

    def download_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the bytes as a file to keep, never as a page to open: nobody vouches for them."""
        snapshot = self.get_queryset(request).select_related("source").filter(pk=pk).first()
        if snapshot is None:
            raise Http404
        try:
            data = snapshots.local().read(team_id=snapshot.source.team_id, sha256=snapshot.sha256)
        except MrdError as error:
            self.message_user(request, error.detail, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:research_snapshot_change", args=[pk]))
        response = HttpResponse(data, content_type="application/octet-stream")
        name = snapshot.file_name or snapshot.sha256
        response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
        response["X-Content-Type-Options"] = "nosniff"
        return response


@admin.register(ExtractedText)
class ExtractedTextAdmin(LibraryAdmin):
    team_path = "snapshot__source__team"
    list_display = ["source_title", "extractor", "extractor_version", "page_count", "created_at", "reading"]
    list_filter = [("snapshot__source__team", admin.RelatedOnlyFieldListFilter), "extractor"]
    list_select_related = ["snapshot__source"]
    search_fields = ["snapshot__source__title", "sha256"]
    ordering = ["-pk"]
    fields = [
        "source_title",
        "extractor",
        "extractor_version",
        "sha256",
        "page_count",
        "feed_seq",
        "created_at",
        "reading",
    ]
    readonly_fields = ["source_title", "page_count", "reading"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExtractedText]:
        return super().get_queryset(request).defer("text")  # half a megabyte in a long filing

    @admin.display(description="source", ordering="snapshot__source__title")
    def source_title(self, text: ExtractedText) -> str:
        return text.snapshot.source.title

    @admin.display(description="pages")
    def page_count(self, text: ExtractedText) -> int:
        return len(text.page_starts)

    @admin.display(description="text")
    def reading(self, text: ExtractedText) -> SafeString:
        return read_link(text.pk, "Read")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.read_view)
        return [path("<int:pk>/read/", view, name="research_extractedtext_read"), *super().get_urls()]

    def read_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show pages of a text: `?page=`, or the quote of `?evidence=` or `?start=&end=[&text=]` in its context."""
        text = self.get_queryset(request).select_related("snapshot__source").defer(None).filter(pk=pk).first()
        if text is None:
            raise Http404
        place = _place(request, text)
        reading = read(text=text.text, page_starts=text.page_starts, page=_number(request, "page", 1), place=place)
        context = {
            **self.admin_site.each_context(request),
            "title": text.snapshot.source.title,
            "opts": self.opts,
            "text": text,
            "source": text.snapshot.source,
            "reading": reading,
        }
        return TemplateResponse(request, "admin/research/extractedtext/read.html", context)


@admin.register(Passage)
class PassageAdmin(LibraryAdmin):
    list_display = ["pk", "source_title", "page", "heading", "excerpt", "reading"]
    list_filter = [("team", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["extracted_text__snapshot__source"]
    search_fields = ["text", "heading"]
    ordering = ["-pk"]
    fields = ["source_title", "page", "start", "end", "heading", "text", "reading"]
    readonly_fields = ["source_title", "reading"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Passage]:
        return super().get_queryset(request).select_related(*self.list_select_related).defer("extracted_text__text")

    @admin.display(description="source")
    def source_title(self, passage: Passage) -> str:
        return passage.extracted_text.snapshot.source.title

    @admin.display(description="text")
    def excerpt(self, passage: Passage) -> str:
        return " ".join(passage.text.split())[:_EXCERPT_CHARS]

    @admin.display(description="in context")
    def reading(self, passage: Passage) -> SafeString:
        query = f"?start={passage.start}&end={passage.end}#quote"
        return read_link(passage.extracted_text_id, "Read", query=query)


@admin.register(Intake)
class IntakeAdmin(LibraryAdmin):
    list_display = ["name", "badge", "message", "team", "size", "added_by", "created_at"]
    list_filter = ["state", ("team", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["team", "added_by"]
    search_fields = ["name", "message", "sha256"]
    ordering = ["-pk"]
    fields = ["name", "badge", "message", "team", "sha256", "size", "about", "source", "added_by", "created_at"]
    readonly_fields = ["badge"]
    actions = ["ring_again"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_add(request)

    @admin.display(description="state", ordering="state")
    def badge(self, intake: Intake) -> SafeString:
        return format_html('<span class="lib-badge lib-badge-{}">{}</span>', intake.state, intake.get_state_display())

    @admin.action(description="Announce waiting files to the worker again", permissions=["add"])
    def ring_again(self, request: HttpRequest, chosen: QuerySet[Intake]) -> None:
        count = library.ring_again(intake_ids=chosen.values_list("pk", flat=True))
        self.message_user(request, f"{count} waiting files were announced again.")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Take files. Each gets its own row, so one bad file costs nothing but itself."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        posted = request.method == "POST"
        form = AddFilesForm(
            request.POST if posted else None, request.FILES if posted else None, teams=teams_of(request)
        )
        if posted and form.is_valid():
            self._receive(request, form)
            return HttpResponseRedirect(reverse("admin:research_intake_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": "Add files",
            "opts": self.opts,
            "form": form,
            "form_url": form_url,
            "media": self.media,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/research/intake/add_form.html", context)

    def _receive(self, request: HttpRequest, form: AddFilesForm) -> None:
        data = form.cleaned_data
        received = [
            library.receive_upload(
                team=data["team"], upload=file, about=data["about"], added_by=cast("User", request.user)
            )
            for file in data["documents"]
        ]
        refused = [intake for intake in received if intake.state == IntakeState.REFUSED]
        waiting = sum(intake.state == IntakeState.WAITING for intake in received)
        self.message_user(
            request,
            f"{waiting} waiting to be read, {len(received) - waiting - len(refused)} known already, "
            f"{len(refused)} refused. Reload this page to see what became of them.",
        )
        for intake in refused[:_SHOWN_MESSAGES]:
            self.message_user(request, f"{intake.name}: {intake.message}", messages.WARNING)


def _place(request: HttpRequest, text: ExtractedText) -> Place | None:
    """Return the place the address names, or None. Raises `Http404` for evidence that is not of this text."""
    if request.GET.get("evidence"):
        evidence = Evidence.objects.filter(
            pk=_number(request, "evidence", 0), extracted_text=text, run__team_id=text.snapshot.source.team_id
        ).first()
        if evidence is None:
            raise Http404
        return Place(evidence.start, evidence.end, evidence.exact)
    if "start" in request.GET and "end" in request.GET:
        return Place(_number(request, "start", -1), _number(request, "end", -1), request.GET.get("text"))
    return None


def _number(request: HttpRequest, name: str, default: int) -> int:
    """Return a whole number from the address, or `default` when it is none a database would take."""
    said = request.GET.get(name, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else default  # noqa: PLR2004 - 64 bits
