"""The form of a claim, edited or added: its words, figure, what it is in the document, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from research.engine.domain.claims import MAX_CLAIM_CHARS
from research.engine.domain.items import ATTRIBUTES, MAX_ATTRIBUTE_CHARS, Role
from research.models import Claim, Source

from .forms import Lines, Listed

_KINDS = [(kind, kind) for kind in ("stated", "computed", "inferred", "assumption")]
_FIGURE = ("currency", "unit", "period", "metric", "entity", "geography", "as_of")
_PREFIX = "attribute_"
QUOTES_ADDED = 3


class ClaimForm(forms.Form):
    """A person's revision of a claim of one role. Evidence is ticked among what its task found."""

    text = forms.CharField(label="Statement", max_length=MAX_CLAIM_CHARS, widget=forms.Textarea(attrs={"rows": 3}))
    kind = forms.ChoiceField(choices=_KINDS)
    evidence = forms.TypedMultipleChoiceField(coerce=int, required=False, widget=forms.CheckboxSelectMultiple)
    number = forms.DecimalField(required=False, help_text="As written; empty: no figure, or the formula gives it.")
    scale = forms.DecimalField(required=False, help_text="1000000 for millions.")
    low = forms.DecimalField(required=False, help_text="Low end of a range, in the same scale.")
    high = forms.DecimalField(required=False, help_text="High end.")
    currency = forms.CharField(required=False, max_length=3, help_text="USD")
    unit = forms.CharField(required=False, max_length=40, help_text="percent, users …")
    period = forms.CharField(required=False, max_length=40, help_text="FY2023, 2023-Q2")
    metric = forms.CharField(required=False, max_length=120)
    entity = forms.CharField(required=False, max_length=120)
    geography = forms.CharField(required=False, max_length=120)
    as_of = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    premises = Listed(required=False, label="Rests on claims", help_text="Their numbers, with commas between.")
    expression = forms.CharField(
        required=False, max_length=300, label="Formula", help_text="For a computed claim: players * spend"
    )
    names = Lines(required=False, label="Names in it", help_text="One a line: players = 123 (a claim's number)")

    def __init__(self, *args: Any, evidence_ids: Sequence[int], role: Role, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role = role
        self.fields["evidence"].choices = [(pk, str(pk)) for pk in evidence_ids]  # type: ignore[attr-defined]
        for attribute in ATTRIBUTES[role]:
            field: forms.Field
            if attribute.choices:
                field = forms.ChoiceField(choices=[("", "–"), *((one, one) for one in attribute.choices)])
            elif attribute.kind == "date":
                field = forms.CharField(widget=forms.TextInput(attrs={"type": "date"}))
            else:
                field = forms.CharField(max_length=MAX_ATTRIBUTE_CHARS)
            field.label, field.required = attribute.label, False
            # What is needed is asked by the same check as everywhere, in the same words.
            field.help_text = "needed" if attribute.required else ""
            self.fields[f"{_PREFIX}{attribute.name}"] = field

    @property
    def role_words(self) -> str:
        """The role as people read it."""
        return self.role.replace("_", " ")

    @property
    def has_figure(self) -> bool:
        """Whether the figure's fields are shown at once: one is filled in or wrong, or the role is a figure's."""
        return self.role == "market_size" or _any_filled(self.figure_fields)

    @property
    def has_grounds(self) -> bool:
        """Whether the fields of what it rests on are shown at once."""
        return self["kind"].value() in ("computed", "inferred") or _any_filled(self.ground_fields)

    @property
    def attribute_fields(self) -> list[forms.BoundField]:
        """The fields of the role's attributes."""
        return [self[name] for name in self.fields if name.startswith(_PREFIX)]

    @property
    def figure_fields(self) -> list[forms.BoundField]:
        """The fields of the figure."""
        return [self[name] for name in ("number", "scale", "low", "high", *_FIGURE)]

    @property
    def ground_fields(self) -> list[forms.BoundField]:
        """The fields of what a computed or inferred claim rests on."""
        return [self[name] for name in ("premises", "expression", "names")]

    def clean_premises(self) -> list[int]:
        return [_number(text) for text in self.cleaned_data["premises"]]

    def clean_names(self) -> dict[str, int]:
        pairs = (line.partition("=") for line in self.cleaned_data["names"])
        return {name.strip(): _number(number.strip()) for name, _, number in pairs}

    def value(self) -> dict[str, Any]:
        """Return the edit as JSON, as the API takes it."""
        data = self.cleaned_data
        names = [name for name in self.fields if name.startswith(_PREFIX)]
        attributes = {name.removeprefix(_PREFIX): data[name] for name in names if data[name]}
        figure = None
        if data["number"] is not None:
            amounts = {name: str(data[name]) for name in ("number", "low", "high") if data[name] is not None}
            typed = {name: str(data[name]) for name in _FIGURE if data[name]}
            figure = {**amounts, **typed, "scale": str(data["scale"] or 1)}
        return {
            "text": data["text"],
            "kind": data["kind"],
            "evidence_ids": data["evidence"],
            "value": figure,
            "role": self.role,
            "attributes": attributes,
            "premises": data["premises"],
            "formula": {"expression": data["expression"], "names": data["names"]} if data["expression"] else None,
        }


def initial_of(claim: Claim, *, ticked: Sequence[int]) -> dict[str, Any]:
    """Return what the form of a claim is filled with: its present revision."""
    revision = claim.current
    if revision is None:
        return {}
    keys = {*revision.premise_keys, *((revision.formula or {}).get("names", {}).values())}
    numbers = dict(Claim.objects.filter(run_id=claim.run_id, key__in=keys).values_list("key", "pk"))
    formula: Mapping[str, Any] = revision.formula or {}
    return {
        **(revision.value or {}),
        "text": revision.text,
        "kind": revision.kind,
        "evidence": list(ticked),
        "premises": [numbers[key] for key in revision.premise_keys if key in numbers],
        "expression": formula.get("expression", ""),
        "names": [f"{name} = {numbers[key]}" for name, key in formula.get("names", {}).items() if key in numbers],
        **{f"{_PREFIX}{name}": value for name, value in revision.attributes.items()},
    }


class QuoteForm(forms.Form):
    """Words of one of the team's documents. A row without words is left out."""

    source_id = forms.ChoiceField(required=False, label="Document")
    words = forms.CharField(
        required=False,
        label="Its words",
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Copied exactly as they stand.",
    )
    page = forms.IntegerField(required=False, min_value=1, help_text="Only if they stand there more than once.")

    def __init__(self, *args: Any, sources: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source_id"].choices = [("", "–"), *sources]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("words") and not data.get("source_id"):
            self.add_error("source_id", "Choose the document these words stand in.")
        return data


QuoteFormSet = forms.formset_factory(QuoteForm, extra=QUOTES_ADDED, max_num=QUOTES_ADDED, absolute_max=20)


def quotes_of(rows: Any) -> list[dict[str, Any]]:
    """Return the quotes given as JSON."""
    data = [form.cleaned_data for form in rows.forms if form.cleaned_data.get("words")]
    return [{"source_id": int(one["source_id"]), "words": one["words"], "page": one["page"]} for one in data]


def sources_of(team_id: int) -> list[tuple[int, str]]:
    """Return id and title of the team's documents, by title."""
    rows = Source.objects.filter(team_id=team_id).order_by("title", "pk")
    return [(pk, f"{title} ({pk})") for pk, title in rows.values_list("pk", "title")]


def _any_filled(fields: Sequence[forms.BoundField]) -> bool:
    return any(field.value() not in (None, "", []) or field.errors for field in fields)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise forms.ValidationError("Name claims by their numbers, such as 123.")
    return int(text)
