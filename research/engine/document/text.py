"""Words for the page: what both renderings share. The JSON alone carries text untouched."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from urllib.parse import urlsplit

from research.engine.domain.mrd import Citation, Mrd, MrdCell, MrdClaim, MrdSentence, MrdValue, SignedMrd

DEMO_NOTICE = "Demonstration: made by demo decisions, not by the people of a firm."
DRAFT_NOTICE = "DRAFT: nobody has signed this document."
# Characters that change the order of what a reader sees (bidi controls) are not words of a source.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: str) -> str:
    """Return `text` on one line, with control characters and bidi controls shown as U+FFFD."""
    return "".join("\ufffd" if _hidden(char) else char for char in " ".join(text.split()))


def safe_url(url: str | None) -> str | None:
    """Return `url` when it is a plain http or https address, else None."""
    if not url or any(char.isspace() or _hidden(char) for char in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None


def moment(when: dt.datetime) -> str:
    """Return a moment as people read it, in UTC: "5 November 2026, 14:30 UTC"."""
    return f"{when.day} {when:%B %Y, %H:%M} UTC"


def day(date: dt.date | None) -> str:
    return "undated" if date is None else f"{date.day} {date:%B %Y}"


def percent(confidence: int | None) -> str:
    """Return thousandths as a percentage ("61.5 %"), exactly; None as "not computed"."""
    if confidence is None:
        return "not computed"
    whole, rest = divmod(confidence, 10)
    return f"{whole}.{rest} %" if rest else f"{whole} %"


def money(cost_usd: Decimal | str | None) -> str:
    """Return a cost with two decimals ("US$0.00"), more only where they are not zero; None as "unpriced"."""
    if cost_usd is None:
        return "unpriced"
    exact = Decimal(cost_usd).normalize()
    exponent = exact.as_tuple().exponent
    cents = not isinstance(exponent, int) or exponent >= -2  # noqa: PLR2004 - cents
    return f"US${exact:.2f}" if cents else f"US${exact:f}"


def status(signed: SignedMrd) -> str:
    return "DRAFT" if signed.status == "draft" else "Signed"


def figure(value: MrdValue | None) -> str:
    """Return a claim's typed value in words ("revenue: USD 1,310,000,000, FY2022"), or an empty string."""
    if value is None:
        return ""
    # Trailing zeros go: 1.310000000E9 is written 1,310,000,000.
    amount = f"{(Decimal(value.number) * Decimal(value.scale)).normalize():,f}"
    full = " ".join(word for word in (value.currency, amount, value.unit) if word)
    named = f"{value.metric}: {full}" if value.metric else full
    return ", ".join(word for word in (named, value.period) if word)


def place(citation: Citation) -> str:
    """Return where the quote stands: page and offsets."""
    return f"page {citation.page}, characters {citation.start:,}–{citation.end:,}"


def origin(citation: Citation) -> str:
    """Return who says it and when, and where and when it was found: publisher, date, domain, day of retrieval."""
    retrieved = f"retrieved {day(citation.retrieved_at.date())}" if citation.retrieved_at else None
    parts = (citation.publisher or "publisher not known", day(citation.published_date), citation.domain, retrieved)
    return " · ".join(part for part in parts if part)


def known_by(cell: MrdCell) -> str:
    """Return how a cell is known and as of when ("measured, 24 February 2023"), or ""; "stated" needs no telling."""
    kind = "" if cell.kind == "stated" else cell.kind
    return ", ".join(part for part in (kind, day(cell.as_of) if cell.as_of else "") if part)


def weakest(sentence: MrdSentence, claims: dict[int, MrdClaim]) -> int | None:
    """Return the lowest confidence of the claims a sentence rests on; None when any of them has none."""
    found = [claims[number].confidence for number in sentence.claims]
    known = [confidence for confidence in found if confidence is not None]
    return min(known) if known and len(known) == len(found) else None


def labels(claims: Iterable[MrdClaim]) -> tuple[str, ...]:
    """Return what a reader must be told: computed, inferred, assumption (no quote states it), and disputed."""
    found = list(claims)
    kinds = {claim.kind for claim in found if claim.kind != "stated"}
    return (*sorted(kinds), *(("disputed",) if any(claim.contradicts for claim in found) else ()))


def sources(mrd: Mrd) -> tuple[tuple[Citation, tuple[int, ...]], ...]:
    """Return each archived source once, in order of first citation, with the numbers of its citations."""
    first: dict[tuple[str, str], Citation] = {}
    numbers: dict[tuple[str, str], list[int]] = {}
    for citation in mrd.citations:
        key = (citation.snapshot_sha256, citation.source_title)
        first.setdefault(key, citation)
        numbers.setdefault(key, []).append(citation.number)
    return tuple((citation, tuple(numbers[key])) for key, citation in first.items())


def _hidden(char: str) -> bool:
    return char in _BIDI or unicodedata.category(char) in {"Cc", "Cs"}
