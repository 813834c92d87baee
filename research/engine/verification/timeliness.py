"""Whether a claim on law still holds on the day it is used, and whether a primary source says it.

No rule here settles a claim: claims of regulatory sections always go to people, and these reasons say what to look at.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence

from research.engine.domain.claims import ClaimInHand

from . import contradictions
from .words import excerpt

NOT_PRIMARY = "no primary source: a claim on law needs the regulator's, the government's or the legislature's own words"
NO_PLACE = "it does not say whose law it is: it has no row in the table of regulation"


def reasons(claims: Sequence[ClaimInHand], *, as_of: dt.date | None) -> Mapping[str, tuple[str, ...]]:
    """Return by claim key why people must look at a claim on law; keys with nothing to look at are not in it.

    as_of: the day the document speaks of; None leaves out what depends on it.
    Stale is a claim whose last day lies before `as_of`; superseded one whose figure a newer source gives otherwise for
    the same place, topic, metric and unit. A claim in a regulatory section that no primary source states, or that does
    not say whose law it is, is told so.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for claim in claims:
        last = claim.draft.attributes.get("effective_to")
        if claim.draft.role == "regulation" and last and as_of and dt.date.fromisoformat(last) < as_of:
            found[claim.key].append(f"stale: in effect until {last}, before {as_of.isoformat()}")
        if claim.regulatory and claim.draft.kind == "stated":
            if claim.draft.role != "regulation":
                found[claim.key].append(NO_PLACE)
            elif claim.draft.attributes.get("primary") != "yes":
                found[claim.key].append(NOT_PRIMARY)
    for older, newer in _superseded(claims):
        found[older.key].append(f"stale: a newer source gives another figure: “{excerpt(newer.draft.text)}”")
    return {key: tuple(why) for key, why in found.items()}


def _superseded(claims: Sequence[ClaimInHand]) -> list[tuple[ClaimInHand, ClaimInHand]]:
    """Return (older, newest) for each claim on law whose figure a newer source gives otherwise."""
    alike: dict[tuple[str, ...], list[tuple[dt.date, ClaimInHand]]] = defaultdict(list)
    for claim in claims:
        value, said = claim.draft.value, claim.draft.attributes
        day = _day(claim)
        if claim.draft.role != "regulation" or value is None or not value.metric or day is None or "pending" in said:
            continue
        names = (said["jurisdiction"], said["topic"], value.metric, value.unit or "", value.currency or "")
        alike[tuple(name.casefold() for name in names)].append((day, claim))
    pairs = []
    for rows in alike.values():
        last, newest = max(rows, key=lambda row: (row[0], row[1].key))
        for day, claim in rows:
            one, other = claim.draft.value, newest.draft.value
            if day < last and one is not None and other is not None and contradictions.differ(one, other):
                pairs.append((claim, newest))
    return pairs


def _day(claim: ClaimInHand) -> dt.date | None:
    """Return from which day the claim speaks: in effect from, the figure's own day, or its newest source's."""
    since = claim.draft.attributes.get("effective_from")
    if since:
        return dt.date.fromisoformat(since)
    if claim.draft.value is not None and claim.draft.value.as_of is not None:
        return claim.draft.value.as_of
    return max((i.source.published_date for i in claim.evidence if i.source.published_date), default=None)
