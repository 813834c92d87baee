"""Forms of the desk. They split and join; whether an edit makes sense is asked of the same checks as everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from research.engine.domain.plans import LAYERS
from research.engine.domain.plans import Plan as PlanValue

_SENTENCE_KINDS = [(kind, kind) for kind in ("claim", "heading", "gap")]
STATUSES = [("queued", "waiting"), ("accepted", "accepted"), ("rejected", "rejected"), ("all", "all")]
ORDERS = [("section", "by section"), ("doubt", "most doubtful first"), ("sure", "surest first")]
BLANK_TASKS = 2
BLANK_SENTENCES = 2


class _Several(forms.Field):
    """Several texts in one field; its value is a list."""

    between = "\n"

    def to_python(self, value: Any) -> list[str]:
        return [text.strip() for text in str(value or "").split(self.between.strip() or "\n") if text.strip()]

    def prepare_value(self, value: Any) -> Any:
        return self.between.join(str(one) for one in value) if isinstance(value, list | tuple) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return [str(one) for one in initial or ()] != self.to_python(data)


class Lines(_Several):
    """A list of texts, one a line."""

    widget = forms.Textarea(attrs={"rows": 2})


class Listed(_Several):
    """A list of words with commas between."""

    between = ", "


class PlanForm(forms.Form):
    """What the plan is about."""

    products = Lines(required=False, help_text="One a line.")
    jurisdictions = Lines(required=False, help_text="One a line.")
    competitors = Lines(required=False, help_text="One a line.")


class TaskForm(forms.Form):
    """One task of a plan. A row without key and question is left out."""

    key = forms.CharField(required=False, max_length=80, strip=True)
    question = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))
    section = forms.ChoiceField(required=False)
    layer = forms.ChoiceField(choices=[(layer, layer) for layer in LAYERS], initial=LAYERS[0])
    critical = forms.BooleanField(required=False)
    tools = Listed(required=False, help_text="In order of preference, with commas between.")
    depends_on = Listed(required=False, help_text="Keys of tasks that come first, with commas between.")
    subject = forms.CharField(required=False, max_length=120, help_text="The company or place it is about, if one.")
    queries = Lines(required=False, help_text="One a line, the narrowest first; empty: the question itself.")

    def __init__(self, *args: Any, sections: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["section"].choices = sections  # type: ignore[attr-defined]

    def has_changed(self) -> bool:
        # A row that only has the defaults of its choices is a blank one, not a wrong one.
        return bool({"key", "question", "tools", "queries", "subject"} & set(self.changed_data))

    def value(self) -> dict[str, Any]:
        """Return the task as JSON."""
        data = self.cleaned_data
        task = {name: data[name] for name in self.base_fields}
        return {**task, "subject": data["subject"] or None}


TaskFormSet = forms.formset_factory(
    TaskForm, extra=BLANK_TASKS, can_order=True, can_delete=True, max_num=80, absolute_max=100
)


def plan_data(*, old: PlanValue, head: PlanForm, tasks: Any) -> dict[str, Any]:
    """Return the edited plan as JSON: the old one's vertical and prompt, and the rows in their new order."""
    return {
        "vertical": old.vertical,
        "prompt": old.prompt,
        **{name: head.cleaned_data[name] for name in head.base_fields},
        "tasks": [form.value() for form in tasks.ordered_forms if form.cleaned_data.get("key") or form.has_changed()],
    }


class SentenceForm(forms.Form):
    """One sentence of a section. A row without text is left out."""

    text = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))
    kind = forms.ChoiceField(choices=_SENTENCE_KINDS, initial="claim")
    claims = Listed(required=False, help_text="Numbers of the claims it rests on, with commas between.")

    def clean_claims(self) -> list[int]:
        numbers = self.cleaned_data["claims"]
        if not all(number.isascii() and number.isdigit() for number in numbers):
            raise forms.ValidationError("Name claims by their numbers, as they stand in the list below.")
        return [int(number) for number in numbers]

    def value(self) -> dict[str, Any]:
        """Return the sentence as JSON."""
        return {name: self.cleaned_data[name] for name in self.base_fields}


SentenceFormSet = forms.formset_factory(
    SentenceForm, extra=BLANK_SENTENCES, can_order=True, can_delete=True, max_num=500, absolute_max=520
)


def sentence_data(rows: Any) -> list[dict[str, Any]]:
    """Return the edited sentences as JSON, in their new order."""
    return [form.value() for form in rows.ordered_forms if form.cleaned_data.get("text")]


class FilterForm(forms.Form):
    """What of the claims is shown."""

    status = forms.ChoiceField(required=False, choices=STATUSES)
    order = forms.ChoiceField(required=False, choices=ORDERS)
    section = forms.CharField(required=False, max_length=64)
