"""Choose the figure a market size is anchored in, where sources give several for one market."""

from __future__ import annotations

from collections.abc import Sequence

from research.engine.domain.claims import TypedValue

from .sizing_read import Found, newest, reliability

# Thousandths of reliability: a study against an unsigned post, by the scale of `SourceRef.reliability`.
FAR_BELOW = 200
# Amounts of one market that differ so much are no spread of estimates: one of them has another scale or scope.
TENFOLD = 10
# A market does not grow tenfold in so few years.
NEAR_YEARS = 2


def chosen(anchors: Sequence[Found]) -> tuple[Found, tuple[Found, ...]]:
    """Return the anchor to take of `anchors` (best first, not empty), its range set, and those that say the same.

    Never one whose source is far less reliable than another's for the same metric, place and period. Where amounts lie
    tenfold apart, the more reliable, then the newer, then the one that more of them are near. Figures of the same
    period less than tenfold off make the range; those that give the same amount, its evidence, are returned beside it.
    """
    first = anchors[0]
    pool = [each for each in anchors if _market(each.value) == _market(first.value)]
    rivals = [each for each in pool if each.value.period == first.value.period or _clashes(each.value, first.value)]
    if any(_clashes(one.value, other.value) for one in rivals for other in rivals):

        def rank(found: Found) -> tuple[int, int, int]:
            near = sum(not _is_tenfold(found.value, other.value) for other in pool)
            return -reliability(found.claim), -newest(found.value.period), -near

        best = min(rivals, key=rank)
    else:
        least = max(reliability(each.claim) for each in rivals) - FAR_BELOW
        best = next(each for each in rivals if reliability(each.claim) >= least)
    alike = [each for each in pool if each.value.period == best.value.period]
    same = tuple(each for each in alike if each.value.amount == best.value.amount)
    ends = [each.value.amount for each in alike if not _is_tenfold(each.value, best.value)]
    value = best.value
    if min(ends) != max(ends):
        value = value.model_copy(update={"low": min(ends) / value.scale, "high": max(ends) / value.scale})
    return best._replace(value=value), same


def _market(value: TypedValue) -> tuple[str | None, ...]:
    return (value.metric or "").casefold(), value.geography, value.currency


def _clashes(one: TypedValue, other: TypedValue) -> bool:
    """Tell whether two amounts of one market, of the same years or near ones, lie tenfold apart."""
    years = newest(one.period), newest(other.period)
    near = one.period == other.period or (all(years) and abs(years[0] - years[1]) <= NEAR_YEARS)
    return near and _is_tenfold(one, other)


def _is_tenfold(one: TypedValue, other: TypedValue) -> bool:
    low, high = sorted((one.amount, other.amount))
    return high >= low * TENFOLD
