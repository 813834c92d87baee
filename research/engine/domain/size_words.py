"""The fixed sentences figures are told in, and how a sentence is told again when its figure was recomputed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from . import formulas
from .claims import ClaimDraft, TypedValue

_SCALES = ((Decimal(10) ** 12, " trillion"), (Decimal(10) ** 9, " billion"), (Decimal(10) ** 6, " million"))
_DIGITS = 3
_WITH_ARTICLE = ("United ", "European ", "Netherlands", "Philippines")


def size(*, node: str, approach: str, value: TypedValue) -> str:
    """Return the sentence of a computed size: "SAM, top-down, in Ontario in FY2024: CAD 143 million, from … to …."."""
    place = within(value.geography)
    period = f" in {value.period}" if value.period else ""
    spread = ""
    if value.low is not None and value.high is not None and value.low != value.high:
        spread = f", from {amount(value.low, value)} to {amount(value.high, value)}"
    told = f"{node}, {approach},{place}{period}".removesuffix(",")
    return f"{told}: {amount(value.number, value)}{spread}."


def within(place: str | None) -> str:
    """Return " in Ontario", " in the United States", or "" for None."""
    if place is None:
        return ""
    return f" in the {place}" if place.startswith(_WITH_ARTICLE) else f" in {place}"


def amount(number: Decimal, value: TypedValue) -> str:
    """Return one end of `value` in words with three significant digits, "about" before it where it was rounded."""
    full = number * value.scale
    scale, name = next(((scale, name) for scale, name in _SCALES if abs(full) >= scale), (Decimal(1), ""))
    exact = full / scale
    shown = round(exact, max(0, _DIGITS - 1 - exact.adjusted())) if exact else exact
    hedge = "" if shown == exact else "about "
    money = f"{value.currency} " if value.currency else ""
    unit = f" {value.unit}" if value.unit else ""
    return f"{hedge}{money}{shown.normalize():,f}{name}{unit}"


def retold(draft: ClaimDraft, value: TypedValue) -> ClaimDraft:
    """Return a computed claim with its new value, in words that tell it.

    A size in the words of `size` is told anew. In any other sentence the old figure, low and high are replaced, all at
    once, where they stand as `amount` or `formulas.said` writes them; what stands otherwise stays, and verification
    says that it is not traced.
    """
    place = {name: draft.attributes.get(name, "") for name in ("node", "approach")}
    if draft.value is not None and draft.text == size(**place, value=draft.value):
        text = size(**place, value=value)
    else:
        swaps = dict(_swaps(draft.value, value))
        longest_first = sorted(swaps, key=len, reverse=True)
        pattern = "|".join(rf"(?<![\w.,]){re.escape(old)}(?!\w|[.,]\d)" for old in longest_first)
        text = re.sub(pattern, lambda match: swaps[match.group()], draft.text) if swaps else draft.text
    return draft.model_copy(update={"text": text, "value": value})


def _swaps(old: TypedValue | None, new: TypedValue) -> Iterator[tuple[str, str]]:
    if old is None:
        return
    for name in ("high", "low", "number"):
        before, after = getattr(old, name), getattr(new, name)
        if before is None or after is None:
            continue
        yield amount(before, old), amount(after, new)
        bare = {"low": None, "high": None}
        one, other = (v.model_copy(update={**bare, "number": n}) for v, n in ((old, before), (new, after)))
        yield formulas.said(one), formulas.said(other)
