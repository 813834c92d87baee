"""Role judge: another model's opinion of each claim. It can lower confidence and never lift it (`confidence.of`)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from research.engine.domain.claims import ClaimInHand, Opinion
from research.engine.ports import RunBrief
from research.engine.prompts import loader

from . import structured, wording
from .asking import Asker
from .forms import OpinionsForm

# Claims a call judges: few enough to be weighed one by one, many enough to be cheap.
A_CALL = 20
# Thousandths a verdict is worth.
SCORES = {"supported": 1000, "partly": 500, "unsupported": 100, "contradicted": 0}
_REASON = 300


async def judge(asker: Asker, _brief: RunBrief, claims: Sequence[ClaimInHand]) -> tuple[Opinion, ...]:
    """Return an opinion of each claim the judge said something of; () where no judge is set."""
    if asker.settings.role("judge") is None or not claims:
        return ()
    groups = [claims[start : start + A_CALL] for start in range(0, len(claims), A_CALL)]
    # All of them end before one that must stop the step does: a call given up half way is of unknown outcome.
    given = await asyncio.gather(*(_opinions(asker, group) for group in groups), return_exceptions=True)
    found: list[Opinion] = []
    for result in given:
        if isinstance(result, BaseException):
            raise result
        found += result
    return tuple(found)


async def _opinions(asker: Asker, claims: Sequence[ClaimInHand]) -> list[Opinion]:
    prompt = loader.load("judge")
    told = "\n".join(
        f'<claim number="{number}">{wording.inert(claim.draft.text)}\n'
        f"Question: {wording.inert(claim.question)}\n{wording.quotes(claim.evidence)}</claim>"
        for number, claim in enumerate(claims, 1)
    )
    given = await structured.ask(asker, role="judge", prompt=prompt, ask=prompt.fill(claims=told), form=OpinionsForm)
    opinions: dict[str, Opinion] = {}
    for each in given.value.opinions:
        if 1 <= each.number <= len(claims):
            key = claims[each.number - 1].key
            reason = f"{each.verdict}: {' '.join(each.reason.split())}"[:_REASON]
            opinions.setdefault(key, Opinion(key=key, score=SCORES[each.verdict], reason=reason))
    return list(opinions.values())
