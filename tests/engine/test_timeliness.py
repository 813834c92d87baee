"""Law is used no longer than it is in effect, a newer figure is pointed to, and a primary source is demanded."""

import datetime as dt
from decimal import Decimal

from research.engine.domain.claims import ClaimDraft, ClaimInHand, TypedValue
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.verification import assess, duplicates, timeliness

TODAY = dt.date(2026, 3, 1)
PRIMARY = {"primary": "yes"}


def law(number, text, *, rate=None, published=None, regulatory=True, kind="stated", role="regulation", **said):
    quote = Quote(extracted_text_id=number, page=1, start=0, end=len(text), exact=text)
    source = SourceRef(
        id=number, kind="upload", title="A source", publisher=f"Board {number}", published_date=published
    )
    value = TypedValue(number=Decimal(rate), unit="percent", metric="gaming tax") if rate else None
    draft = ClaimDraft(
        task_key="t", section="regulation", kind=kind, text=text, value=value, evidence_ids=(number,), role=role,
        attributes={"jurisdiction": "Ontario", "topic": "tax"} | said if role == "regulation" else {},
    )  # fmt: skip
    item = EvidenceItem(id=number, quote=quote, source=source, task_key="t")
    return ClaimInHand(
        key=f"k{number}", draft=draft, question="What is the tax?", evidence=(item,), regulatory=regulatory
    )


def test_a_claim_past_its_last_day_is_stale_and_one_on_its_last_day_is_not():
    over = law(1, "The tax is 15%.", effective_to="2026-02-28", **PRIMARY)
    last = law(2, "The tax was 15%.", effective_to="2026-03-01", **PRIMARY)
    found = timeliness.reasons([over, last], as_of=TODAY)
    assert list(found) == ["k1"]
    assert found["k1"][0].startswith("stale: in effect until 2026-02-28")
    assert not timeliness.reasons([over], as_of=None)


def test_a_newer_source_with_another_rate_makes_the_older_one_stale_and_not_itself():
    old = law(1, "The tax is 15%.", rate="15", published=dt.date(2023, 1, 1), **PRIMARY)
    new = law(2, "The tax is 20%.", rate="20", published=dt.date(2025, 1, 1), **PRIMARY)
    found = timeliness.reasons([new, old], as_of=TODAY)
    assert list(found) == ["k1"]
    assert "20%" in found["k1"][0]


def test_the_same_rate_another_place_and_a_mere_bill_supersede_nothing():
    old = law(1, "The tax is 15%.", rate="15", published=dt.date(2023, 1, 1), **PRIMARY)
    newer = {"published": dt.date(2025, 1, 1), **PRIMARY}
    same = law(2, "The tax is 15% now.", rate="15.0", **newer)
    elsewhere = law(3, "The tax is 20% there.", rate="20", jurisdiction="Quebec", **newer)
    bill = law(4, "A bill sets the tax at 30%.", rate="30", pending="not yet law: “bill”", **newer)
    assert not timeliness.reasons([old, same, elsewhere, bill], as_of=TODAY)


def test_law_without_a_primary_source_goes_to_people_saying_so():
    for said in ({"primary": "no"}, {}):
        (assessment,) = assess.verify([law(1, "The tax is 15%.", **said)], as_of=TODAY).assessments
        assert timeliness.NOT_PRIMARY in assessment.to_people
    (assessment,) = assess.verify([law(1, "The tax is 15%.", **PRIMARY)], as_of=TODAY).assessments
    assert assessment.to_people
    assert timeliness.NOT_PRIMARY not in assessment.to_people
    assert not timeliness.reasons([law(1, "A fee is due.", regulatory=False, role="fact")], as_of=TODAY)
    assert timeliness.reasons([law(1, "A fee is due.", role="fact")], as_of=TODAY)["k1"] == (timeliness.NO_PLACE,)


def test_what_is_inferred_is_never_merged_has_no_confidence_and_goes_to_people():
    words = "Open play for money in Ontario only when the licence its law demands is granted."
    one, other = (law(n, words, kind="inferred", role="fact", regulatory=False) for n in (1, 2))
    assert not duplicates.find([one, other])
    assert duplicates.find([law(1, words, role="fact"), law(2, words, role="fact")]) == {"k2": "k1"}
    bare = one.model_copy(update={"evidence": (), "draft": one.draft.model_copy(update={"evidence_ids": ()})})
    (assessment,) = assess.verify([bare]).assessments
    assert assessment.confidence is None
    assert "inferred" in assessment.to_people
