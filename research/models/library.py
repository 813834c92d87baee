"""The library: sources, their bytes, the text got from them, and the passages search returns."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .people import Team


class SourceKind(models.TextChoices):
    UPLOAD = "upload"
    WEB_PAGE = "web_page", "web page"
    RECORD = "record"
    LEAD = "lead", "unverified lead"


class Source(models.Model):
    """Where something was said. `uri` is unique in a team: `sha256:…` for an upload, the URL for a page.

    reliability: thousandths, 0…1000. publisher "" means unattributed. domain: registrable domain or "".
    """

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="sources")
    kind = models.CharField(max_length=12, choices=SourceKind.choices)
    uri = models.CharField(max_length=2000)
    title = models.CharField(max_length=500)
    publisher = models.CharField(max_length=200, blank=True, default="")
    domain = models.CharField(max_length=253, blank=True, default="")
    published_date = models.DateField(null=True, blank=True)
    reliability = models.PositiveSmallIntegerField(default=600)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "uri"], name="source_once_a_team"),
            models.CheckConstraint(condition=Q(reliability__lte=1000), name="source_reliability_in_thousandths"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.uri[:24]})"


class Snapshot(models.Model):
    """The bytes of a source at a moment, kept under their SHA-256. `size` in bytes."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="snapshots")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=120)
    file_name = models.CharField(max_length=255, blank=True, default="")
    # The ledger key of the call that fetched it; "" for an upload.
    call_key = models.CharField(max_length=64, blank=True, default="")
    captured_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "sha256"], name="snapshot_once_a_source")]

    def __str__(self) -> str:
        return f"{self.sha256[:12]} of source {self.source_id}"


class ExtractedText(models.Model):
    """The text one extractor at one version got from a snapshot; offsets (code points) are true for it alone.

    page_starts: list of offsets, one a page. feed_seq: place in the order of commits that the search index follows.
    """

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="texts")
    extractor = models.CharField(max_length=60)
    extractor_version = models.CharField(max_length=60)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    page_starts = models.JSONField()
    feed_seq = models.PositiveBigIntegerField(null=True, blank=True, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "extractor", "extractor_version"], name="text_once_an_extractor_version"
            )
        ]

    def __str__(self) -> str:
        return f"text {self.sha256[:12]} of snapshot {self.snapshot_id}"


class Passage(models.Model):
    """A stretch of extracted text that search can return: `text` equals extracted_text.text[start:end].

    page_type: what kind of page it stands on. context: lines above the table it goes on with. Both "" when not known,
    as in passages made before they were kept.
    """

    team = models.ForeignKey(Team, on_delete=models.PROTECT)
    extracted_text = models.ForeignKey(ExtractedText, on_delete=models.CASCADE, related_name="passages")
    page = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    heading = models.CharField(max_length=300, blank=True, default="")
    page_type = models.CharField(max_length=20, blank=True, default="")
    context = models.TextField(blank=True, default="")
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["extracted_text", "start"], name="passage_once_a_place"),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="passage_not_empty"),
        ]

    def __str__(self) -> str:
        return f"passage {self.pk} p. {self.page}"


class LibraryFeed(models.Model):
    """One row (id 1): the last feed_seq given out. Updating it holds its lock to the commit: order is commit order."""

    last_seq = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last_seq)


class IntakeState(models.TextChoices):
    WAITING = "waiting"
    ADDED = "added"
    KNOWN = "known"  # the team had these bytes already
    REFUSED = "refused"  # `message` says in one sentence why


class Intake(models.Model):
    """One file somebody tried to add to the library, and what became of it. sha256 "" when it was not read."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="intakes")
    name = models.CharField(max_length=500)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    size = models.PositiveBigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=IntakeState.choices, default=IntakeState.WAITING)
    message = models.TextField(blank=True, default="")
    # What the adder said of the file: publisher, published_date, reliability, title.
    about = models.JSONField(default=dict)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "name", "sha256"], name="intake_once")]
        verbose_name = "library file"

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"
