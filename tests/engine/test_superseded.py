"""Of two figures for the same thing the newer wins: the older is stale, held under the mark, and both are shown."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from research.engine.domain.claims import ClaimDraft, ClaimInHand, TypedValue
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.verification import assess, contradictions

OLD, NEW = dt.date(2023, 2, 1), dt.date(2024, 2, 1)


def claim(
    key: str, amount: int, published: dt.date | None, *, publisher: str = "Oakline Gaming", place: str = "",
    as_of: dt.date | None = None,
) -> ClaimInHand:  # fmt: skip
    text = f"Oakline Gaming had revenue of ${amount} million in 2022."
    value = TypedValue(
        number=Decimal(amount), scale=Decimal(10**6), currency="USD", period="FY2022", entity="Oakline Gaming",
        metric="revenue", geography=place or None, as_of=as_of,
    )  # fmt: skip
    number = int(key)
    source = SourceRef(
        id=number, kind="upload", title=f"Report {key}", publisher=publisher, published_date=published, reliability=900
    )
    quote = Quote(extracted_text_id=number, page=1, start=0, end=len(text), exact=text)
    evidence = EvidenceItem(id=number, quote=quote, source=source, task_key="t", relevance=900)
    draft = ClaimDraft(task_key="t", section="s", text=text, value=value, evidence_ids=(number,))
    return ClaimInHand(key=key, draft=draft, question="What revenue did Oakline Gaming have?", evidence=(evidence,))


def test_the_older_figure_is_capped_and_the_newer_keeps_its_confidence():
    done = assess.verify([claim("1", 410, OLD), claim("2", 365, NEW)])
    older, newer = done.assessments
    assert older.confidence == 599
    assert newer.confidence is not None
    assert newer.confidence > 599
    assert any("restated by its own source: superseded by a newer source (2024-02-01)" in r for r in older.to_people)
    assert not any("superseded" in reason for reason in newer.to_people)
    assert done.contradictions[0].reason.endswith("the first is restated: the other is newer (2024-02-01)")


def test_another_publishers_older_figure_is_stale_not_restated():
    rows = [claim("1", 410, OLD, publisher="Trade Post"), claim("2", 365, NEW)]
    (reason,) = contradictions.superseded(rows, contradictions.find(rows)).values()
    assert reason.startswith("stale: superseded")


def test_the_figures_own_day_goes_before_the_day_its_source_was_published():
    rows = [claim("1", 410, NEW, as_of=OLD), claim("2", 365, OLD, as_of=NEW)]
    assert list(contradictions.superseded(rows, contradictions.find(rows))) == ["1"]


def test_without_two_days_nothing_is_superseded_and_the_contradiction_stands():
    rows = [claim("1", 410, None), claim("2", 365, NEW)]
    found = contradictions.find(rows)
    assert len(found) == 1
    assert contradictions.superseded(rows, found) == {}
    same_day = [claim("1", 410, NEW), claim("2", 365, NEW)]
    assert contradictions.superseded(same_day, contradictions.find(same_day)) == {}


def test_figures_of_two_places_do_not_contradict_one_another():
    assert contradictions.find([claim("1", 410, OLD, place="Ontario"), claim("2", 365, NEW, place="New Jersey")]) == ()


def test_of_three_the_newest_supersedes_and_the_middle_one_is_stale_too():
    rows = [claim("1", 410, OLD), claim("2", 365, dt.date(2023, 8, 1)), claim("3", 380, NEW)]
    stale = contradictions.superseded(rows, contradictions.find(rows))
    assert set(stale) == {"1", "2"}
    assert all("USD 380,000,000" in reason for reason in stale.values())
