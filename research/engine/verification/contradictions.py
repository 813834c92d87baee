"""Claims that give different amounts for the same metric, entity, period and place, and which of them is newer."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import combinations

from research.engine.domain.claims import ClaimInHand, Contradiction, TypedValue

from . import independence


def find(claims: Sequence[ClaimInHand]) -> tuple[Contradiction, ...]:
    """Return the pairs that disagree, in the order of `claims`, earlier claim first.

    Compared are values with the same metric, entity, period and geography, the first three of them known, and the same
    unit and currency: where one of these is unknown, two amounts may both be right. Where both have a day, the reason
    says which is newer, and whether a voice restates its own figure or another's is stale.
    """
    alike: dict[tuple[str, ...], list[tuple[int, ClaimInHand, TypedValue]]] = defaultdict(list)
    for place, claim in enumerate(claims):
        value = claim.draft.value
        if value is not None and value.metric and value.entity and value.period:
            names = (value.metric, value.entity, value.period, value.geography or "", value.unit or "")
            said = (*names, value.currency or "")
            alike[tuple(" ".join(name.casefold().split()) for name in said)].append((place, claim, value))
    found: list[tuple[int, int, Contradiction]] = []
    for rows in alike.values():
        for (i, first, one), (j, second, other) in combinations(rows, 2):
            if first.key != second.key and differ(one, other):
                reason = f"{_words(one)}: {_amount(one)} against {_amount(other)}{_which(first, second)}"
                found.append((i, j, Contradiction(first=first.key, second=second.key, reason=reason)))
    return tuple(row[2] for row in sorted(found, key=lambda row: row[:2]))


def superseded(claims: Sequence[ClaimInHand], found: Sequence[Contradiction]) -> Mapping[str, str]:
    """Return by key why a claim is stale: the newest claim that contradicts it is newer than it. `found`: of `find`.

    Keys that are not superseded are not in it. Two of the same day, or one without a day, leave both standing.
    """
    by_key = {claim.key: claim for claim in claims}
    newest: dict[str, ClaimInHand] = {}
    for row in found:
        older = _older(by_key[row.first], by_key[row.second])
        if older is None:
            continue
        newer = by_key[row.second if older.key == row.first else row.first]
        last = newest.get(older.key)
        if last is None or _older(last, newer) is last:
            newest[older.key] = newer
    return {key: _reason(by_key[key], newer) for key, newer in newest.items()}


def differ(first: TypedValue, second: TypedValue) -> bool:
    """Tell whether two amounts differ by more than rounding: half a step of the last written place of each.

    "1.3 billion" and "1,314 million" agree; "410 million" and "365 million" do not.
    """
    return abs(first.amount - second.amount) * 2 > _step(first) + _step(second)


def _older(first: ClaimInHand, second: ClaimInHand) -> ClaimInHand | None:
    """Return the older of two claims: by the figures' days, where these are the same or unknown by their sources'."""
    for days in ((_own_day(first), _own_day(second)), (_source_day(first), _source_day(second))):
        if days[0] is not None and days[1] is not None and days[0] != days[1]:
            return first if days[0] < days[1] else second
    return None


def _own_day(claim: ClaimInHand) -> dt.date | None:
    return claim.draft.value.as_of if claim.draft.value is not None else None


def _source_day(claim: ClaimInHand) -> dt.date | None:
    return max((i.source.published_date for i in claim.evidence if i.source.published_date), default=None)


def _which(first: ClaimInHand, second: ClaimInHand) -> str:
    older = _older(first, second)
    if older is None:
        return ""
    newer = second if older is first else first
    what = "restated" if _same_voice(older, newer) else "stale"
    which = "first" if older is first else "second"
    return f"; the {which} is {what}: the other is newer{_on(newer)}"


def _reason(older: ClaimInHand, newer: ClaimInHand) -> str:
    value = newer.draft.value
    amount = _amount(value) if value is not None else "another figure"
    what = "restated by its own source" if _same_voice(older, newer) else "stale"
    return f"{what}: superseded by a newer source{_on(newer)}, which gives {amount}"


def _on(newer: ClaimInHand) -> str:
    day = _source_day(newer) or _own_day(newer)
    return f" ({day.isoformat()})" if day else ""


def _same_voice(one: ClaimInHand, other: ClaimInHand) -> bool:
    mine = frozenset().union(*(independence.voice(item.source) for item in one.evidence))
    theirs = frozenset().union(*(independence.voice(item.source) for item in other.evidence))
    return bool(mine & theirs)


def _step(value: TypedValue) -> Decimal:
    exponent = value.number.as_tuple().exponent
    return Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0) * value.scale


def _words(value: TypedValue) -> str:
    where = f" in {value.geography}" if value.geography else ""
    return f"{value.metric} of {value.entity}{where}, {value.period}"


def _amount(value: TypedValue) -> str:
    return " ".join(part for part in (value.currency, f"{value.amount.normalize():,f}", value.unit) if part)
