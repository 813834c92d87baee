"""What the checks build their cases from: evidence that is reliable and to the point, so that only the words decide."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from research.engine.domain.claims import ClaimDraft, ClaimInHand, TypedValue
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef

Case = dict[str, Any]
AS_OF = dt.date(2025, 4, 1)  # the day the documents of the cases speak of
Check = Callable[[Case], bool]


def item(
    number: int, text: str, *, publisher: str = "Example Board", title: str = "A document", domain: str = "",
    date: str = "2025-02-01",
) -> EvidenceItem:  # fmt: skip
    """Return evidence from a source of its own that is reliable and to the point: only the words decide."""
    source = SourceRef(
        id=number, kind="upload", title=title, publisher=publisher or None, domain=domain or None,
        published_date=dt.date.fromisoformat(date), reliability=900,
    )  # fmt: skip
    quote = Quote(extracted_text_id=number, page=1, start=0, end=len(text), exact=text)
    return EvidenceItem(id=number, quote=quote, source=source, task_key="t", relevance=900)


def in_hand(
    key: str, text: str, evidence: Sequence[EvidenceItem], value: TypedValue | None = None, *, section: str = "s"
) -> ClaimInHand:
    draft = ClaimDraft(
        task_key="t", section=section, text=text, value=value, evidence_ids=tuple(i.id for i in evidence)
    )
    return ClaimInHand(key=key, draft=draft, question=text, evidence=tuple(evidence))
