"""The form that takes files for the library."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import QuerySet

from research.engine.domain.errors import InvalidInput
from research.engine.extraction import sniff
from research.models import Team
from research.services import library


class _Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files. An empty one passes here: the parser says of each file by itself what is wrong with it."""

    widget = _Files

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_empty_file=True, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        given = data if isinstance(data, (list, tuple)) else [data]
        return [super(FilesField, self).clean(one, initial) for one in given or [None]]


class AddFilesForm(forms.Form):
    team = forms.ModelChoiceField(queryset=Team.objects.none(), empty_label=None)
    documents = FilesField(help_text=f"{sniff.SUPPORTED_NAMES}; several at once if you like.")
    title = forms.CharField(required=False, help_text="For one file. Left out: what the file calls itself.")
    publisher = forms.CharField(required=False, help_text="Who says it. Left out: the sources are unattributed.")
    published_date = forms.CharField(required=False, help_text="YYYY-MM-DD, if known.")
    reliability = forms.CharField(required=False, help_text="How far to trust it, from 0 to 1 (0.6 if left out).")

    def __init__(self, *args: Any, teams: QuerySet[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = cast("forms.ModelChoiceField[Team]", self.fields["team"])
        choice.queryset = teams

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        names = ("title", "publisher", "published_date", "reliability")
        try:
            data["about"] = library.about(**{name: data.get(name) for name in names})
        except InvalidInput as error:
            self.add_error(error.field, error.detail)
            return data
        if data["about"].title and len(data.get("documents") or []) > 1:
            self.add_error("title", "A title names one file: leave it out, or add the files one by one.")
        return data
