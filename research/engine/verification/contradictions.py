"""Claims that give different amounts for the same metric, entity and period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations

from research.engine.domain.claims import ClaimInHand, Contradiction, TypedValue


def find(claims: Sequence[ClaimInHand]) -> tuple[Contradiction, ...]:
    """Return the pairs that disagree, in the order of `claims`, earlier claim first.

    Compared are values with the same metric, entity and period, each of them known, and the same unit and currency:
    where one of these is unknown, two amounts may both be right.
    """
    alike: dict[tuple[str, ...], list[tuple[int, ClaimInHand, TypedValue]]] = defaultdict(list)
    for place, claim in enumerate(claims):
        value = claim.draft.value
        if value is not None and value.metric and value.entity and value.period:
            names = (value.metric, value.entity, value.period, value.unit or "", value.currency or "")
            alike[tuple(" ".join(name.casefold().split()) for name in names)].append((place, claim, value))
    found: list[tuple[int, int, Contradiction]] = []
    for rows in alike.values():
        for (i, first, one), (j, second, other) in combinations(rows, 2):
            if first.key != second.key and differ(one, other):
                reason = f"{_words(one)}: {_amount(one)} against {_amount(other)}"
                found.append((i, j, Contradiction(first=first.key, second=second.key, reason=reason)))
    return tuple(row[2] for row in sorted(found, key=lambda row: row[:2]))


def differ(first: TypedValue, second: TypedValue) -> bool:
    """Tell whether two amounts differ by more than rounding: half a step of the last written place of each.

    "1.3 billion" and "1,314 million" agree; "410 million" and "365 million" do not.
    """
    return abs(first.amount - second.amount) * 2 > _step(first) + _step(second)


def _step(value: TypedValue) -> Decimal:
    exponent = value.number.as_tuple().exponent
    return Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0) * value.scale


def _words(value: TypedValue) -> str:
    return f"{value.metric} of {value.entity}, {value.period}"


def _amount(value: TypedValue) -> str:
    return " ".join(part for part in (value.currency, f"{value.amount.normalize():,f}", value.unit) if part)
