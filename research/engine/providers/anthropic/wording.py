"""How rows of the run are told to a model. What others wrote stands in tags that their words cannot close."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from research.engine.domain.documents import AcceptedClaim
from research.engine.domain.errors import InvalidInput
from research.engine.domain.evidence import EvidenceItem, Hit, SourceRef
from research.engine.domain.items import ATTRIBUTES, ROLES, check_attributes
from research.engine.ports import Listing, RunBrief, ToolReply

from .forms import AttributeForm

# The tags that fetched text stands in here. Written by others, they lose their angle.
_NAMES = "passage|quote|claim|prompt|listing|result|sentence"
_TAGS = re.compile(rf"<(?=[\s/\u200b-\u200f\u2060\ufeff]*(?:{_NAMES})\b)", re.IGNORECASE)
_LONGEST = 4_000


def inert(text: str) -> str:
    """Return text of others so that it cannot end the tag it stands in."""
    return _TAGS.sub("‹", text)


def source_of(source: SourceRef) -> str:
    """Return who says something, in a line."""
    parts = [source.title, source.publisher or source.domain or "unattributed"]
    if source.published_date:
        parts.append(source.published_date.isoformat())
    return inert(" · ".join(" ".join(part.split()) for part in parts))[:300]


def passage(hit: Hit) -> str:
    """Return a passage with the number of its document, by which it can be quoted."""
    words = f"{hit.context}\n{hit.text}" if hit.context else hit.text
    return (
        f'<passage document="{hit.extracted_text_id}" page="{hit.page}" source="{_plain(source_of(hit.source))}">'
        f"\n{inert(words)}\n</passage>"
    )


def reply(given: ToolReply, *, asked: str = "") -> str:
    """Return what a tool found, as its result. asked: the tool that was asked for; another may have answered."""
    parts = [f"Note: '{asked}' is away; '{given.tool}' answered."] if asked and given.tool != asked else []
    parts += [passage(hit) for hit in given.hits]
    parts += [listing(each) for each in given.listings]
    if given.note:
        parts.append(f"Note: {inert(given.note)[:_LONGEST]}")
    return "\n".join(parts) or "Nothing was found."


def listing(each: Listing) -> str:
    date = f' date="{each.published_date.isoformat()}"' if each.published_date else ""
    return f'<listing url="{_plain(inert(each.url))}"{date}>{inert(f"{each.title}: {each.excerpt}")}</listing>'


def quotes(evidence: Iterable[EvidenceItem]) -> str:
    """Return evidence by the numbers of its rows, with what stands around it."""
    return "\n".join(
        f'<quote number="{item.id}" source="{_plain(source_of(item.source))}" '
        f'before="{_plain(inert(item.quote.prefix))}" after="{_plain(inert(item.quote.suffix))}">'
        f"{inert(item.quote.exact)}</quote>"
        for item in evidence
    )


def claims(row: Sequence[AcceptedClaim]) -> str:
    """Return claims numbered from 1, in their order."""
    return "\n".join(
        f'<claim number="{number}" kind="{claim.kind}"{_against(claim, row)}>{inert(claim.text)}</claim>'
        for number, claim in enumerate(row, 1)
    )


def _against(claim: AcceptedClaim, row: Sequence[AcceptedClaim]) -> str:
    numbers = [str(number) for number, other in enumerate(row, 1) if other.key in claim.contradicts]
    return f' disagrees_with="{" ".join(numbers)}"' if numbers else ""


def roles(*, only: Iterable[str] = ROLES) -> str:
    """Return the roles with their attributes: required ones with a star, choices in parentheses."""
    lines = []
    for role in only:
        told = [
            f"{each.name}{'*' if each.required else ''}"
            + (f" ({' | '.join(each.choices)})" if each.choices else " (YYYY-MM-DD)" if each.kind == "date" else "")
            for each in ATTRIBUTES[role]  # type: ignore[index]
        ]
        lines.append(f"- {role}: {', '.join(told) or 'no attributes'}")
    return "\n".join(lines)


def attributes_of(role: str, given: Iterable[AttributeForm]) -> Mapping[str, str] | None:
    """Return what a model says of an item as stored; None when it is not what the role takes."""
    try:
        return check_attributes(role, {each.name: each.value for each in given if each.value})
    except InvalidInput:
        return None


def memory(brief: RunBrief) -> str:
    """Return what other tasks have found, one line each."""
    lines = [
        f'<quote task={each.task_key!r} source="{_plain(inert(each.source))}">{inert(each.words)}</quote>'
        for each in brief.memory
    ]
    return "\n".join(lines) or "(nothing yet)"


def listed(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items) or "(none)"


def _plain(text: str) -> str:
    return " ".join(text.replace('"', "'").split())
