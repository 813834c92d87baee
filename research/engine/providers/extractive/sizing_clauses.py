"""Cut a claim into clauses, each with the place and the year it speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from research.engine.domain.documents import AcceptedClaim
from research.engine.domain.vertical import Vertical
from research.engine.verification.numerals import Figure, figures

from .words import fold, form_pattern, mentions

_CUTS = re.compile(r",\s+(?:and|while|but|whereas)\s+|;\s+")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


class Clause(NamedTuple):
    """A clause of a claim.

    start: its place among the sentence's. places: those it speaks of, () when the sentence names none; titled: those
    its sources' titles name. year: the one it speaks of, "" for several or none.
    """

    text: str
    start: int
    places: frozenset[str]
    titled: frozenset[str]
    year: str

    def may_be_of(self, place: str | None) -> bool:
        """Tell whether it speaks of `place`, or names no place in a source that may speak of it. None: of anywhere."""
        if place is None or self.places == {place}:
            return True
        return not self.places and (not self.titled or place in self.titled)

    def figures(self) -> Sequence[Figure]:
        return figures(self.text)

    def around(self, figure: Figure) -> tuple[str, str]:
        """Return the words before and after one of the clause's figures."""
        start = self.text.index(figure.text, figure.start)
        return self.text[:start], self.text[start + len(figure.text) :]


def clauses(claim: AcceptedClaim, vertical: Vertical) -> Iterator[Clause]:
    """Yield the clauses of a claim, in order; one that names no place or year speaks of those named before it."""
    places, year, start = frozenset[str](), "", 0
    titled = _places(" ".join(item.source.title for item in claim.evidence), vertical)
    for part in _CUTS.split(fold(claim.text)):
        named = _places(part, vertical)
        years = set(_YEAR.findall(part))
        places, year = named or places, years.pop() if len(years) == 1 else "" if years else year
        yield Clause(part, start, places, titled, year)
        start += len(part)


def without_places(text: str, vertical: Vertical) -> str:
    """Return `text` with a space for each name of a place."""
    for forms in vertical.jurisdictions.values():
        for form in forms:
            text = form_pattern(form).sub(" ", text)
    return text


def _places(text: str, vertical: Vertical) -> frozenset[str]:
    return frozenset(name for name, forms in vertical.jurisdictions.items() if mentions(text, forms))
