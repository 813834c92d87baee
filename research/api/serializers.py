"""What goes out, as DRF serializers: they render, and they are the schema."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers as s

from research.engine.domain.states import ClaimStatus, Gate, RunState, TaskOutcome
from research.models import Call, Document, Event, Run, SectionRevision
from research.models.runs import Priority


def _choices(enum: Any) -> list[str]:
    return [member.value for member in enum]


class ProblemField(s.Serializer[Any]):
    field = s.CharField()
    detail = s.CharField()


class Problem(s.Serializer[Any]):
    """RFC 9457."""

    type = s.CharField()
    title = s.CharField()
    status = s.IntegerField()
    detail = s.CharField()
    instance = s.CharField()
    code = s.CharField()
    errors = ProblemField(many=True)  # type: ignore[assignment]  # the member RFC 9457 problems carry


class PersonOut(s.Serializer[Any]):
    id = s.UUIDField(source="actor_id")
    name = s.CharField(source="display_name")


class RunOut(s.ModelSerializer[Run]):
    """A run in a list."""

    team = s.SlugRelatedField[Any](slug_field="slug", read_only=True)
    requester = PersonOut()
    state = s.ChoiceField(choices=_choices(RunState))
    priority = s.ChoiceField(choices=Priority.values)

    class Meta:
        model = Run
        fields = [
            "id", "team", "requester", "prompt", "vertical", "engine", "state", "resume_to", "state_reason",
            "state_since", "not_before", "priority", "bypass_cache", "finishing", "is_demo", "created_at",
            "completed_at",
        ]  # fmt: skip


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string", "format": "decimal"}]})
class NumberOut(s.Field[Any, Any, Any, Any]):
    """A whole number, or a decimal as a string: `AmountOut` knows which."""

    def to_representation(self, value: Any) -> Any:
        return value


class AmountOut(s.Serializer[Any]):
    """Calls, searches and tokens are counted in whole numbers; cost is a decimal string."""

    name = s.CharField(help_text="calls, searches, tokens or cost_usd")
    used = NumberOut()
    reserved = NumberOut()
    limit = NumberOut()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown = super().to_representation(instance)
        is_cost = instance.name == "cost_usd"
        for name in ("used", "reserved", "limit"):
            shown[name] = f"{shown[name]:.6f}" if is_cost else int(shown[name])
        return shown


class BudgetOut(s.Serializer[Any]):
    phase = s.CharField()
    amounts = AmountOut(many=True)
    unpriced_calls = s.IntegerField()


class StepCountOut(s.Serializer[Any]):
    kind = s.CharField()
    done = s.IntegerField()
    running = s.IntegerField()
    stuck = s.IntegerField()
    total = s.IntegerField()


class ProgressOut(s.Serializer[Any]):
    stage = s.IntegerField()
    stages = s.IntegerField()
    steps = StepCountOut(many=True)
    tasks = s.DictField(child=s.IntegerField())
    claims = s.DictField(child=s.IntegerField())


class SubjectOut(s.Serializer[Any]):
    """One thing to decide on; a decision must name its digest."""

    kind = s.CharField()
    id = s.IntegerField()
    key = s.CharField()
    revision = s.IntegerField()
    digest = s.CharField()
    approvals = s.IntegerField()
    approvals_needed = s.IntegerField()


class WaitingOut(s.Serializer[Any]):
    gate = s.ChoiceField(choices=_choices(Gate))
    open = s.IntegerField()
    subjects = SubjectOut(many=True)


class PlanRefOut(s.Serializer[Any]):
    id = s.IntegerField()
    revision = s.IntegerField()
    digest = s.CharField()
    approved_at = s.DateTimeField(allow_null=True)


class RunDetailOut(RunOut):
    plan = PlanRefOut(allow_null=True)
    waiting_for = WaitingOut(allow_null=True)
    progress = ProgressOut()
    budgets = BudgetOut(many=True, source="shown_budgets")

    class Meta(RunOut.Meta):
        fields = [*RunOut.Meta.fields, "generation", "correlation_id", "plan", "waiting_for", "progress", "budgets"]


class TaskOut(s.Serializer[Any]):
    key = s.CharField()
    question = s.CharField()
    section = s.CharField()
    tools = s.ListField(child=s.CharField())
    critical = s.BooleanField()
    depends_on = s.ListField(child=s.CharField())
    layer = s.CharField()
    queries = s.ListField(child=s.CharField())
    subject = s.CharField(allow_null=True)
    outcome = s.ChoiceField(choices=_choices(TaskOutcome))
    reason = s.CharField()
    searches = s.ListField(child=s.DictField())


class UsageOut(s.Serializer[Any]):
    """What something is expected to use."""

    calls = s.IntegerField()
    searches = s.IntegerField()
    tokens = s.IntegerField()
    cost_usd = s.DecimalField(max_digits=14, decimal_places=6, allow_null=True, help_text="null: unpriced, not zero.")


class PlanOut(PlanRefOut):
    body = s.DictField(help_text="Exactly what the digest is over.")
    author = PersonOut(allow_null=True)
    comment = s.CharField()
    created_at = s.DateTimeField()
    estimate = s.DictField(
        child=UsageOut(),
        help_text="What each task was expected to use, by its key; under the empty key what belongs to none. "
        "No part of the digest.",
    )
    tasks = TaskOut(many=True)


class SourceOut(s.Serializer[Any]):
    id = s.IntegerField()
    kind = s.CharField()
    uri = s.CharField()
    title = s.CharField()
    publisher = s.CharField()
    domain = s.CharField()
    published_date = s.DateField(allow_null=True)
    reliability = s.IntegerField(help_text="Thousandths.")


class EvidenceOut(s.Serializer[Any]):
    """A quote at its place: code points into the extracted text, end exclusive; pages from 1."""

    id = s.IntegerField()
    key = s.CharField()
    task_key = s.CharField()
    page = s.IntegerField()
    start = s.IntegerField()
    end = s.IntegerField()
    exact = s.CharField()
    prefix = s.CharField()
    suffix = s.CharField()
    relevance = s.IntegerField(help_text="Thousandths.")
    call_key = s.CharField()
    extracted_text_sha256 = s.CharField(source="extracted_text.sha256")
    snapshot_sha256 = s.CharField(source="extracted_text.snapshot.sha256")
    source = SourceOut(source="extracted_text.snapshot.source")  # type: ignore[assignment]  # the word people use


class CitedEvidenceOut(EvidenceOut):
    stance = s.CharField()


class PartOut(s.Serializer[Any]):
    name = s.CharField()
    score = s.IntegerField(allow_null=True, help_text="Thousandths.")
    reason = s.CharField()


class ClaimOut(s.Serializer[Any]):
    """A claim at its present revision."""

    id = s.IntegerField()
    key = s.CharField()
    task_key = s.CharField()
    section = s.CharField()
    status = s.ChoiceField(choices=_choices(ClaimStatus))
    decided_by_rule = s.BooleanField()
    merged_into = s.CharField(allow_null=True)
    revision = s.IntegerField()
    revision_id = s.IntegerField(allow_null=True, help_text="What exports call the claim revision.")
    digest = s.CharField()
    shown_digest = s.CharField(help_text="What a decision on the claim must name.")
    kind = s.CharField()
    text = s.CharField()
    value = s.DictField(allow_null=True)
    role = s.CharField(help_text="What it is in the document.")
    attributes = s.DictField(child=s.CharField())
    premises = s.ListField(child=s.CharField(), help_text="Keys of the claims it rests on.")
    formula = s.DictField(allow_null=True, help_text="Of a computed claim: expression, and names to keys of claims.")
    confidence = s.IntegerField(allow_null=True, help_text="Thousandths; null goes to people.")
    parts = PartOut(many=True)
    to_people = s.ListField(child=s.CharField())
    contradicts = s.ListField(child=s.CharField(), help_text="Keys of the claims that disagree.")
    evidence = CitedEvidenceOut(many=True)


class SectionOut(s.ModelSerializer[SectionRevision]):
    body = s.DictField()
    author = PersonOut(allow_null=True)
    first_approver = PersonOut(allow_null=True)
    second_approver = PersonOut(allow_null=True)

    class Meta:
        model = SectionRevision
        fields = [
            "id", "key", "position", "title", "regulatory", "revision", "digest", "status", "author", "comment",
            "first_approver", "second_approver", "created_at", "body",
        ]  # fmt: skip


class SignatureOut(s.Serializer[Any]):
    name = s.CharField(source="signer_name")
    meaning = s.CharField()
    digest = s.CharField()
    signed_at = s.DateTimeField()


class DocumentOut(s.ModelSerializer[Document]):
    body = s.DictField(help_text="The MRD; the digest is the SHA-256 of its canonical bytes.")
    signatures = SignatureOut(many=True)

    class Meta:
        model = Document
        fields = ["id", "revision", "status", "digest", "created_at", "signatures", "body"]


class EventOut(s.ModelSerializer[Event]):
    class Meta:
        model = Event
        fields = ["seq", "kind", "actor", "at", "payload", "previous", "hash"]


class CallOut(s.ModelSerializer[Call]):
    step = s.SlugRelatedField[Any](slug_field="key", read_only=True)
    state = s.CharField(help_text="intent, done, failed or unknown (in flight at a crash).")
    cost_usd = s.DecimalField(max_digits=14, decimal_places=6, allow_null=True, help_text="null: unpriced, not zero.")
    cached_from = s.CharField(help_text="Key of the earlier call whose answer was used again; empty: it went out.")

    class Meta:
        model = Call
        fields = [
            "id", "step", "phase", "kind", "name", "key", "repeat", "possible_duplicate", "arguments", "state", "error",
            "searches", "tokens", "cost_usd", "cached_from", "correlation_id", "started_at", "finished_at",
        ]  # fmt: skip
