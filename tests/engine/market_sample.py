"""A small invented market: sentences of sources, the claims they give, and the market size proposed from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from research.engine.domain.claims import ClaimDraft, ClaimInHand, TypedValue
from research.engine.domain.documents import AcceptedClaim
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.domain.plans import PlanTask
from research.engine.ports import RunBrief
from research.engine.providers.extractive import sizing
from research.engine.providers.extractive.values import typed_value
from research.engine.verticals import registry

QUESTION = "How large are the whole, the reachable and the obtainable market, top-down and bottom-up?"
PROMPT = "A real-money chess and card game app for New Jersey"
MARKET = "In 2024, New Jersey gross gaming revenue from chess contests was $200 million."
COUNT = "About 500,000 adults in New Jersey entered a chess contest during 2024."
SPEND = "The average player in New Jersey spent $380 on fees in 2024."
SEGMENT = "Card games account for 30 percent of spending in New Jersey."
NEWCOMER = "Of the five apps that opened in New Jersey, the median reached 4 percent of players after a while."


def claim(
    number: int, text: str, *, title: str = "A study", reliability: int = 700, vertical: str = "gambling"
) -> AcceptedClaim:
    source = SourceRef(
        id=number,
        kind="upload",
        title=title,
        publisher="Bay Study",
        reliability=reliability,
        published_date=dt.date(2025, 1, 2),
    )
    quote = Quote(extracted_text_id=number, page=1, start=0, end=len(text), exact=text)
    item = EvidenceItem(id=number * 10, quote=quote, source=source, task_key="market")
    return AcceptedClaim(
        revision_id=number,
        key=f"key-{number}",
        section="market_size",
        kind="stated",
        text=text,
        digest="d",
        confidence=700,
        value=typed_value(text, vertical=registry.get(vertical), publisher="Bay Study"),
        evidence=(item,),
    )


def propose(
    *texts: str, prompt: str = PROMPT, key: str = "sizing", vertical: str = "gambling"
) -> tuple[ClaimDraft, ...]:
    claims = [claim(number, text, vertical=vertical) for number, text in enumerate(texts, 1)]
    return of(claims, prompt=prompt, key=key, vertical=vertical)


def of(
    claims: list[AcceptedClaim], *, prompt: str = PROMPT, key: str = "sizing", vertical: str = "gambling"
) -> tuple[ClaimDraft, ...]:
    brief = RunBrief(run_id="r", prompt=prompt, vertical=registry.get(vertical))
    task = PlanTask(key=key, question=QUESTION, section="market_size", tools=("library_search",), layer="synthesis")
    return sizing.propose(brief=brief, task=task, claims=claims)


def size(drafts: tuple[ClaimDraft, ...], node: str, approach: str) -> TypedValue:
    (found,) = [d for d in drafts if d.attributes["node"] == node and d.attributes["approach"] == approach]
    assert found.value is not None
    return found.value


def evidence(claims: Sequence[AcceptedClaim]) -> dict[int, EvidenceItem]:
    return {item.id: item for each in claims for item in each.evidence}


def in_hand(drafts: Sequence[ClaimDraft], found: dict[int, EvidenceItem]) -> list[ClaimInHand]:
    """Return proposed claims as verification gets them."""
    return [
        ClaimInHand(
            key=draft.key(),
            draft=draft,
            question=QUESTION,
            evidence=tuple(found[number] for number in draft.evidence_ids),
        )
        for draft in drafts
    ]


def accepted(drafts: Sequence[ClaimDraft], found: dict[int, EvidenceItem]) -> list[AcceptedClaim]:
    """Return proposed claims as if all of them were accepted; revision ids from 101."""
    return [
        AcceptedClaim(
            revision_id=number,
            key=draft.key(),
            section=draft.section,
            kind=draft.kind,
            text=draft.text,
            digest=draft.key() * 2,
            confidence=700,
            value=draft.value,
            task_key=draft.task_key,
            evidence=tuple(found[each] for each in draft.evidence_ids),
            premises=draft.premise_keys,
            role=draft.role,
            attributes=draft.attributes,
            formula=draft.formula,
        )
        for number, draft in enumerate(drafts, 101)
    ]
