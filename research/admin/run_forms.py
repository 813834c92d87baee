"""What people fill in about a run. The services check the words; a form only carries them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet

from research.adapters import engines
from research.engine.verticals import registry
from research.models import Team
from research.models.runs import Priority

_MAX_WHOLE = 1_000_000
_MAX_TOKENS = 10_000_000_000


class NewRunForm(forms.Form):
    prompt = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "cols": 80, "class": "vLargeTextField"}),
        help_text="What market is the document about? Name the product, the places and the competitors you know of.",
    )
    vertical = forms.ChoiceField(
        help_text="Chooses the plan's template, the sections and which of them are regulatory."
    )
    engine = forms.ChoiceField(
        help_text="Who does the research: those whose settings are complete. 'extractive' needs no key and invents "
        "nothing."
    )
    team = forms.ModelChoiceField(queryset=Team.objects.none(), empty_label=None, help_text="Whose library is read.")
    priority = forms.ChoiceField(
        choices=[(Priority.NORMAL.value, "normal"), (Priority.BATCH.value, "batch: it can wait")],
        initial=Priority.NORMAL.value,
        required=False,
        help_text="An engine that can sends a run that can wait in batches: up to a day for each answer, at half the "
        "price.",
    )
    bypass_cache = forms.BooleanField(
        label="Answer afresh",
        required=False,
        help_text="Use nothing again that tools brought for earlier runs. It takes longer and may cost more.",
    )

    def clean_priority(self) -> str:
        return str(self.cleaned_data["priority"] or Priority.NORMAL.value)

    def __init__(self, *args: Any, teams: QuerySet[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["vertical"].choices = [(name, registry.get(name).title) for name in registry.names()]  # type: ignore[attr-defined]
        self.fields["engine"].choices = [(name, name) for name in engines.engine_names()]  # type: ignore[attr-defined]
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    reason = forms.CharField(required=False, max_length=1000, widget=forms.TextInput(attrs={"class": "vTextField"}))


class NothingForm(forms.Form):
    """A question with nothing to fill in."""


class BudgetForm(forms.Form):
    calls = forms.IntegerField(min_value=0, max_value=_MAX_WHOLE)
    searches = forms.IntegerField(min_value=0, max_value=_MAX_WHOLE)
    tokens = forms.IntegerField(
        min_value=0, max_value=_MAX_TOKENS, help_text="Read and written by models; 'extractive' uses none."
    )
    cost_usd = forms.DecimalField(label="Cost in US$", min_value=Decimal(0), max_digits=12, decimal_places=2)
