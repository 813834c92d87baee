"""Claims that disagree: other amounts for one thing or the same words otherwise; which of them is newer."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import combinations

from research.engine.domain.claims import ClaimInHand, Contradiction, TypedValue

from . import independence, wordings
from .words import fold, lower_words, word_set

# From this factor on two amounts for one thing are likelier one amount read in another scale.
WRONG_SCALE = 100
_OWN = word_set("we our us")
_MARKET = re.compile(r"\b(?:market|industry|sector)s?\b", re.IGNORECASE)


def find(claims: Sequence[ClaimInHand]) -> tuple[Contradiction, ...]:
    """Return the pairs that disagree, in the order of `claims`, earlier claim first, each pair once.

    Compared are values with the same metric and period, about the same company or place, at least one of which is
    known, and with the same unit and currency: where one of these is unknown, two amounts may both be right. Where
    amounts lie a factor `WRONG_SCALE` apart, the reason says so. Statements in the same words are compared by
    `wordings.pairs`. Where both have a day, the reason says which is newer, and whether a voice restates its own figure
    or another's is stale.
    """
    alike: dict[tuple[object, ...], list[tuple[int, ClaimInHand, TypedValue]]] = defaultdict(list)
    for place, claim in enumerate(claims):
        value, about = claim.draft.value, _about(claim)
        if value is not None and value.metric and about and value.period:
            said = (value.metric, value.period, value.unit or "", value.currency or "")
            alike[(about, *(_plain(name) for name in said))].append((place, claim, value))
    found: dict[tuple[int, int], Contradiction] = {}
    for rows in alike.values():
        for (i, first, one), (j, second, other) in combinations(rows, 2):
            if first.key != second.key and differ(one, other):
                reason = f"{_words(one)}: {_amount(one)} against {_amount(other)}{_scale(one, other)}"
                found[i, j] = _pair(first, second, reason)
    for i, j, reason in wordings.pairs(claims):
        found.setdefault((i, j), _pair(claims[i], claims[j], reason))
    return tuple(found[pair] for pair in sorted(found))


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


def _pair(first: ClaimInHand, second: ClaimInHand, reason: str) -> Contradiction:
    return Contradiction(first=first.key, second=second.key, reason=f"{reason}{_which(first, second)}")


def _about(claim: ClaimInHand) -> frozenset[str]:
    """Return whom and where the claim's value is about, empty where neither is known.

    Of a place alone its name as an entity and as a place are one. Who publishes a figure about a place is not whom it
    is about, unless the claim speaks of itself ("we") or names its publisher in a sentence that is of no market.
    """
    value = claim.draft.value
    if value is None:
        return frozenset()
    where, who = _plain(value.geography or ""), _plain(value.entity or "")
    publishers = {_plain(item.source.publisher or "") for item in claim.evidence}
    text = fold(claim.draft.text)
    told = re.search(rf"(?<!\w){re.escape(who)}(?!\w)", _plain(text)) and not _MARKET.search(text)
    if where and who in publishers and not told and not set(lower_words(text)) & _OWN:
        who = ""
    return frozenset(filter(None, (where, who)))


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _scale(one: TypedValue, other: TypedValue) -> str:
    low, high = sorted((abs(one.amount), abs(other.amount)))
    return "; perhaps a wrong scale" if low and high >= low * WRONG_SCALE else ""


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
    says = f"gives {_amount(value)}" if value is not None else "says otherwise"
    if value is not None and older.draft.value is not None and not differ(value, older.draft.value):
        says = "says otherwise"
    what = "restated by its own source" if _same_voice(older, newer) else "stale"
    return f"{what}: superseded by a newer source{_on(newer)}, which {says}"


def _on(newer: ClaimInHand) -> str:
    day = _source_day(newer) or _own_day(newer)
    return f" ({day.isoformat()})" if day else ""


def _same_voice(older: ClaimInHand, newer: ClaimInHand) -> bool:
    """Tell whether whoever says the newer said the older, and nobody else did: then a voice corrects itself."""
    before = [independence.voice(item.source) for item in older.evidence]
    after = [independence.voice(item.source) for item in newer.evidence]
    if not before or not after:
        return False
    back = all(any(one & other for other in after) for one in before)
    return back and all(any(one & other for other in before) for one in after)


def _step(value: TypedValue) -> Decimal:
    exponent = value.number.as_tuple().exponent
    return Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0) * value.scale


def _words(value: TypedValue) -> str:
    where = f" in {value.geography}" if value.geography and value.geography != value.entity else ""
    whose = f" of {value.entity}" if value.entity else ""
    return f"{value.metric}{whose}{where}, {value.period}"


def _amount(value: TypedValue) -> str:
    return " ".join(part for part in (value.currency, f"{value.amount.normalize():,f}", value.unit) if part)
