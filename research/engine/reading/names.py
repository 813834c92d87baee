"""Whether a name stands in a text or on a document, also run together ("ACMECORP_2022")."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence

_LONG_NAME = 5  # letters; a shorter name run together is met inside other words
_SHORT = 3


@functools.lru_cache(maxsize=4_000)
def form_pattern(form: str) -> re.Pattern[str]:
    """Return a pattern that finds `form` as a whole word.

    A short form in capitals (NJ, EU, ADR) is matched as written, so "NJ" is not found in "enjoy", nor "US" in "us".
    """
    exact = form.isupper() or "." in form or (len(form) <= _SHORT + 1 and form[:1].isupper())
    flexible = r"\s+".join(re.escape(part) for part in form.split())
    return re.compile(rf"(?<![\w-]){flexible}(?!\w|\.\w)", 0 if exact else re.IGNORECASE)


def mentions(text: str, forms: Iterable[str]) -> bool:
    """Tell whether any of `forms` stands in `text` as a whole word."""
    return any(form_pattern(form).search(text) for form in forms)


def squeezed(text: str) -> str:
    """Return the letters and digits of `text` in lower case, run together; a bar stays."""
    return "".join(char for char in text.casefold() if char.isalnum() or char == "|")


def is_named(said: Sequence[str], names: Sequence[str]) -> bool:
    """Tell whether one of `names` stands in one of the texts `said` (a title, a publisher), also run together."""
    together = "|".join(squeezed(text) for text in said)
    return any(
        mentions(text, (name,)) or (len(squeezed(name)) >= _LONG_NAME and squeezed(name) in together)
        for name in names
        for text in said
    )
