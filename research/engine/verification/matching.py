"""Which words of a claim its passages hold: the same stem, another form of the word, or a word that says the same."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from .words import stem

# Words that stand for each other in reports and news. One direction is as good as the other; extend by lines.
_SAME = """
revenue sales turnover
profit earnings income
buy bought purchase purchased acquire acquired acquisition takeover
begin began start started launch launched commence commenced debut
end ended finish conclude concluded
say said state stated report reported announce announced claim claimed declare declared
employ employee employees staff workers workforce headcount associates
increase increased rise rose grow grew growth gain climb
decrease decreased decline declined fall fell drop dropped reduction reduce reduced
firm company corporation business enterprise
capex expenditures expenditure
debt borrowings notes loans
make made create created produce produced build built establish established found founded
film movie
child children
dead death died die killed
write wrote written author authored
win won victory
lead led head headed director chief
join joined member
near nearby close
big large major significant substantial
live lived resident residents
show showed shown display displayed
use used usage utilize utilized
begin opening opened open
help helped assist aid support
attack attacked assault
win award awarded
ship vessel boat
doctor physician
car vehicle automobile
lawsuit litigation suit sued sue
shareholder shareholders stockholder stockholders
dividend dividends distribution distributions
quarter three-month
""".strip()
_LEAST_PREFIX = 4
_PREFIX_SHARE = 0.62


def _groups() -> dict[str, frozenset[str]]:
    known: dict[str, frozenset[str]] = {}
    for line in _SAME.splitlines():
        group = frozenset(stem(word) for word in line.split())
        for one in group:
            known[one] = known.get(one, frozenset()) | group
    return known


SAME = _groups()


class Vocabulary:
    """The stems of some passages, to look a claim's stems up in."""

    def __init__(self, stems: Iterable[str]) -> None:
        self._stems = frozenset(stems)
        self._heads: dict[str, list[str]] = {}
        for one in self._stems:
            self._heads.setdefault(one[:_LEAST_PREFIX], []).append(one)

    def forms(self, wanted: str) -> frozenset[str]:
        """Return the stems of the passages that stand for `wanted`; empty when it is not said at all."""
        found = {one for one in self._heads.get(wanted[:_LEAST_PREFIX], ()) if related(one, wanted)}
        return frozenset(found | (SAME.get(wanted, frozenset()) & self._stems))


@lru_cache(maxsize=65536)
def related(one: str, other: str) -> bool:
    """Tell whether two stems are forms of one word: equal, or with a long common beginning ("acquir", "acquisit")."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(short) < _LEAST_PREFIX:
        return False
    common = 0
    for a, b in zip(short, long, strict=False):
        if a != b:
            break
        common += 1
    return common >= _LEAST_PREFIX and common >= _PREFIX_SHARE * len(long) and common >= len(short) - 2
