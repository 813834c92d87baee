"""What rests on other claims is no surer than they are, and waits for people as long as one of them does."""

from __future__ import annotations

from collections.abc import Mapping

from research.engine.domain.claims import Assessment, ClaimInHand

from . import computed
from .words import excerpt

_HELD = ("computed", "inferred")
ASSUMED = "rests on an assumption"
# How the reasons begin by which a claim is contested, not merely weak.
_CONTESTED = ("contradicted", "stale", "restated", "older:")


def hold(
    claim: ClaimInHand, own: Assessment, among: Mapping[str, ClaimInHand], assessed: Mapping[str, Assessment]
) -> Assessment:
    """Return `own` held by what `claim` rests on, directly or through others.

    assessed: the assessments of those claims by themselves; a merged one counts as the claim it merged into, and a key
    that is not in it says nothing. The confidence becomes the least of all (None when one has None); what waits for
    people, is contradicted or stale, and what is assumed is told. Since all the ground is asked, whatever its depth,
    the order in which claims are held is no matter. Claims that are neither computed nor inferred come back unchanged.
    """
    if claim.draft.kind not in _HELD:
        return own
    ground = {}
    for each in computed.grounds(claim, among):
        row = assessed.get(each.key)
        target = row.merged_into if row is not None and row.merged_into else each.key
        if target in assessed and target != claim.key:
            ground[target] = assessed[target]
    if not ground:
        return own
    if own.merged_into:
        return own.model_copy(update={"confidence": _least(own, ground)})
    why = [*own.to_people]
    waiting = [key for key, row in ground.items() if row.to_people]
    if waiting:
        more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
        why.append(f"rests on a claim that waits for people (“{excerpt(among[waiting[0]].draft.text)}”){more}")
    for key in waiting:
        contested = [reason for reason in ground[key].to_people if reason.startswith(_CONTESTED)]
        if contested:
            why.append(f"rests on “{excerpt(among[key].draft.text, limit=60)}”, {'; '.join(contested)}")
    if any(among[key].draft.kind == "assumption" for key in ground):
        why.append(ASSUMED)
    return own.model_copy(update={"confidence": _least(own, ground), "to_people": tuple(dict.fromkeys(why))})


def _least(own: Assessment, ground: Mapping[str, Assessment]) -> int | None:
    known = [row.confidence for row in (own, *ground.values()) if row.confidence is not None]
    return min(known) if len(known) == len(ground) + 1 else None
