"""What the API takes and gives of decisions."""

from __future__ import annotations

from uuid import UUID

from rest_framework import serializers

from research.api.inputs import StrictInput
from research.engine.domain.items import ROLES
from research.engine.domain.states import RunState, Verdict
from research.models import Decision
from research.models.record import SubjectKind

from .requests import BACK_TO, DecisionRequest


class DecisionInput(StrictInput):
    """One verdict over the digest of what was shown."""

    subject = serializers.ChoiceField(choices=SubjectKind.choices, help_text="What is decided.")
    id = serializers.IntegerField(help_text="Id of the plan revision, claim, section revision or document.")
    digest = serializers.CharField(max_length=64, help_text="Digest of what you were shown; another one is a conflict.")
    verdict = serializers.ChoiceField(choices=[(one.value, one.value) for one in Verdict])
    comment = serializers.CharField(required=False, allow_blank=True, help_text="Why; needed to edit and to reject.")
    payload = serializers.JSONField(
        allow_null=True,
        required=False,
        help_text="What an edit puts in the place: the whole plan; `{text, kind, evidence_ids, value}` of a claim, "
        "and what else `claims_create` takes; "
        "`{sentences: [{text, claims, kind}]}` of a section.",
    )
    back_to = serializers.ChoiceField(
        choices=[(state.value, state.value) for state in BACK_TO],
        required=False,
        help_text="Where a rejected section goes.",
    )
    meaning = serializers.CharField(
        required=False, allow_blank=True, help_text="What the signature means; needed to sign."
    )
    password = serializers.CharField(
        required=False, write_only=True, trim_whitespace=False, help_text="Your password again; needed to sign."
    )

    def request_for(self, run_id: UUID) -> DecisionRequest:
        """Return the validated input as a request on the run."""
        data = self.validated_data
        return DecisionRequest(
            run_id=run_id,
            subject=SubjectKind(data["subject"]),
            subject_id=data["id"],
            digest=data["digest"],
            verdict=Verdict(data["verdict"]),
            comment=data.get("comment", ""),
            edit=data.get("payload"),
            back_to=RunState(data.get("back_to", RunState.DRAFTING)),
            meaning=data.get("meaning", ""),
            password=data.get("password", ""),
        )


class QuoteInput(StrictInput):
    """Words of a document of the team's library, as they stand there."""

    source_id = serializers.IntegerField(min_value=1)
    words = serializers.CharField(max_length=4_000, help_text="White space may differ; all else must stand there.")
    page = serializers.IntegerField(min_value=1, required=False, allow_null=True, help_text="Where there are several.")


class FormulaInput(StrictInput):
    """A formula over claims of the run."""

    expression = serializers.CharField(max_length=300, help_text="Names, numbers, + - * / and parentheses.")
    names = serializers.DictField(
        child=serializers.IntegerField(min_value=1), help_text="Name in the expression to id of a claim."
    )


class ClaimInput(StrictInput):
    """A claim to add, as `ClaimAddition` takes it."""

    section = serializers.CharField(max_length=64)
    text = serializers.CharField(max_length=2_000)
    kind = serializers.ChoiceField(choices=["stated", "computed", "inferred", "assumption"], default="stated")
    role = serializers.ChoiceField(choices=list(ROLES), default="fact", help_text="What it is in the document.")
    attributes = serializers.DictField(
        child=serializers.CharField(allow_blank=True), required=False, help_text="Those of the role."
    )
    value = serializers.DictField(
        allow_null=True, required=False, help_text="A figure: number, scale, unit, currency, period, low, high …"
    )
    evidence_ids = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False, max_length=50)
    quotes = QuoteInput(many=True, required=False)
    premises = serializers.ListField(
        child=serializers.IntegerField(min_value=1), required=False, max_length=50, help_text="Ids of claims."
    )
    formula = FormulaInput(required=False, allow_null=True)
    comment = serializers.CharField(allow_blank=True, required=False, help_text="Why it is added; needed.")


class DecisionOutput(serializers.ModelSerializer[Decision]):
    """A decision as it stands in the record."""

    subject = serializers.CharField(source="subject_kind")
    digest = serializers.CharField(source="subject_digest")
    person = serializers.CharField(source="person.display_name")
    run_state = serializers.CharField(source="run.state", help_text="Where the run is now.")

    class Meta:
        model = Decision
        fields = [
            "id", "gate", "subject", "subject_id", "digest", "slot", "verdict", "person", "comment", "door", "is_demo",
            "decided_at", "run_state",
        ]  # fmt: skip
        read_only_fields = fields
