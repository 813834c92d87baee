"""Claims that disagree are found whoever publishes them, typed or not; what is alike by form stays quiet."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from research.engine.domain.claims import ClaimDraft, ClaimInHand, TypedValue
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.verification import assess, contradictions, wordings

JANUARY, APRIL = dt.date(2025, 1, 10), dt.date(2025, 4, 10)


def claim(
    number: int, text: str, *, publisher: str = "", day: dt.date | None = None, value: TypedValue | None = None,
    exact: str = "", reliability: int = 800, source: int = 0,
) -> ClaimInHand:  # fmt: skip
    ref = SourceRef(
        id=source or number, kind="upload", title=f"Doc {source or number}", reliability=reliability,
        publisher=publisher or f"Publisher {number}", published_date=day,
    )  # fmt: skip
    quote = Quote(extracted_text_id=number, page=1, start=0, end=len(exact or text), exact=exact or text)
    item = EvidenceItem(id=number, quote=quote, source=ref, task_key="t", relevance=900)
    draft = ClaimDraft(task_key="t", section="s", text=text, value=value, evidence_ids=(number,))
    return ClaimInHand(key=f"k{number}", draft=draft, question="What is it?", evidence=(item,))


def found(*texts: str) -> list[str]:
    return [row.reason for row in contradictions.find([claim(n, text) for n, text in enumerate(texts, 1)])]


def market(number: int, amount: str, scale: int, *, entity: str | None = None, **fields) -> ClaimInHand:
    value = TypedValue(
        number=Decimal(amount), scale=Decimal(scale), currency="GBP", metric="revenue", period="FY2024", entity=entity,
        geography="United Kingdom",
    )  # fmt: skip
    name = "billion" if scale == 10**9 else "million"
    text = f"Study {'abcdef'[number]} puts the sum at £{amount} {name}."
    return claim(number, text, value=value, **fields)


@pytest.mark.parametrize("entities", [(None, None, None), ("A", "B", "C"), ("A", None, "United Kingdom")])
def test_three_amounts_for_one_place_contradict_whoever_publishes_them(entities):
    made = [
        market(1, "480", 10**9, entity=entities[0], publisher="A", reliability=300),
        market(2, "480", 10**6, entity=entities[1], publisher="B"),
        market(3, "520", 10**6, entity=entities[2], publisher="C"),
    ]
    rows = contradictions.find(made)
    assert [(row.first, row.second) for row in rows] == [("k1", "k2"), ("k1", "k3"), ("k2", "k3")]
    assert ["perhaps a wrong scale" in row.reason for row in rows] == [True, True, False]
    assert all(row.to_people for row in assess.verify(made).assessments)


def test_a_company_in_a_place_is_not_the_place_nor_another_company():
    made = [
        market(1, "48", 10**6, entity="Oakline"),
        market(2, "480", 10**6),
        market(3, "520", 10**6, entity="Birchway"),
    ]
    assert contradictions.find(made) == ()


def test_what_two_publishers_say_of_themselves_is_theirs_though_the_place_is_one():
    made = [market(1, "48", 10**6, entity="A", publisher="A"), market(2, "52", 10**6, entity="B", publisher="B")]
    own = [
        row.model_copy(update={"draft": row.draft.model_copy(update={"text": text})})
        for row, text in zip(made, ["Our revenue was £48 million.", "We had revenue of £52 million."], strict=True)
    ]
    assert contradictions.find(own) == ()


CAP = "The merchant fee cap in the United Kingdom is {} percent."


def test_the_same_words_with_another_figure_contradict_and_the_newer_is_named():
    made = [claim(1, CAP.format("0.3"), day=JANUARY), claim(2, CAP.format("0.2"), day=APRIL)]
    (row,) = contradictions.find(made)
    assert row.reason == f"{wordings.OTHER_FIGURE}; the first is stale: the other is newer (2025-04-10)"
    old, new = assess.verify(made).assessments
    assert old.confidence == 599
    assert any("superseded by a newer source (2025-04-10), which says otherwise" in why for why in old.to_people)
    assert any(why.startswith("contradicted by") for why in new.to_people)
    assert contradictions.find(made[::-1])[0].reason.endswith("the second is stale: the other is newer (2025-04-10)")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CAP.format("0.3"), CAP.format("0.2").replace("is", "now stands at")),
        (CAP.format("0.3"), "In the United Kingdom, the merchant fee cap is 0.2 percent."),
        (CAP.format("0.3"), f"According to the Regulator, {CAP.format('0.2').replace('The', 'the')}"),
        (
            "Lenders must answer complaints within 8 weeks of receipt.",
            "Lenders must answer complaints within 6 weeks of receipt.",
        ),
    ],
)  # fmt: skip
def test_light_changes_of_wording_hide_no_other_figure(one, other):
    assert found(one, other) == [wordings.OTHER_FIGURE]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The minimum capital is £125,000.", "The minimum capital is not £125,000 but £1."),
        ("Issuers must publish an audit report.", "Issuers must not publish an audit report."),
        ("The licence fee is £5,000 for small firms.", "The licence fee isn't £5,000 for small firms."),
    ],
)
def test_a_statement_and_its_denial_contradict(one, other):
    assert found(one, other) == [wordings.DENIED]
    assert found(other, one) == [wordings.DENIED]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "Adults 18–24 use mobile wallets for 12 percent of weekly payments.",
            "Adults 25–34 use mobile wallets for 12 percent of weekly payments.",
        ),
        (
            "Adults 18–24 use mobile wallets for 12 percent of weekly payments.",
            "Adults 25–34 use mobile wallets for 19 percent of weekly payments.",
        ),
        (
            "Tier 1 licence holders pay a yearly supervision fee of £500.",
            "Tier 2 licence holders pay a yearly supervision fee of £900.",
        ),
        (
            "Article 5 requires payment firms to hold client money apart.",
            "Article 7 requires payment firms to hold client money apart.",
        ),
        (CAP.format("0.3"), CAP.format("0.30")),
        (CAP.format("0.3"), CAP.format("0.2").replace("United Kingdom", "Netherlands")),
        (f"In 2023, {CAP.format('0.3')}", f"In 2024, {CAP.format('0.2')}"),
        (
            "Oakline total operating expenses were $5 million in March 2023.",
            "Oakline total operating expenses were $6 million in June 2023.",
        ),
        (
            "Oakline basic income per share amounted to $5 in 2023.",
            "Oakline diluted income per share amounted to $4 in 2023.",
        ),
        (
            "Oakline charges merchants a monthly terminal fee of £12.",
            "Birchway charges merchants a monthly terminal fee of £15.",
        ),
        (
            "We charge merchants a monthly terminal rental fee of £12.",
            "We charge merchants a monthly terminal rental fee of £15.",
        ),
        (
            "Monthly active card users of the firm increased by 5 percent.",
            "Monthly active card users of the firm increased by 9 percent.",
        ),
        (
            "Stakes above £5 are taxed monthly at a reduced rate of 15 percent.",
            "Stakes above £2 are taxed monthly at a reduced rate of 10 percent.",
        ),
        ("The fee is £5,000.", "The fee is not £6,000."),
    ],
)  # fmt: skip
def test_rows_places_periods_speakers_and_rounding_stay_quiet(one, other):
    assert found(one, other) == []


TABLE = (
    "Card acceptance fees\n(In percent)\nYear Ended December 31, 2022 2021\n"
    "Card acceptance fee for small shops 1.5 1.7\nCard acceptance fee for large shops 0.9 0.8"
)


def test_two_cells_of_one_table_do_not_contradict():
    texts = [f"The card acceptance fee for small shops stands at {number} percent." for number in ("1.5", "1.7")]
    cells = [claim(n, text, exact=TABLE, source=9) for n, text in enumerate(texts, 1)]
    assert contradictions.find(cells) == ()
    assert len(contradictions.find([claim(n, text) for n, text in enumerate(texts, 1)])) == 1
    typed = [TypedValue(number=Decimal(1), unit="percent", period=period) for period in ("FY2023", "FY2024")]
    rows = [claim(n, text, value=value) for n, (text, value) in enumerate(zip(texts, typed, strict=True), 1)]
    assert contradictions.find(rows) == ()


def test_restated_is_said_only_where_nobody_else_spoke():
    old, new = claim(1, CAP.format("0.3"), day=JANUARY), claim(2, CAP.format("0.2"), day=APRIL)
    merged = new.model_copy(update={"evidence": (*new.evidence, *claim(3, "x y", publisher="Publisher 1").evidence)})
    for pair in ((old, merged), (old.model_copy(update={"evidence": (*old.evidence, *new.evidence)}), new)):
        assert "restated" not in contradictions.find(pair)[0].reason
    again = claim(2, CAP.format("0.2"), day=APRIL, publisher="Publisher 1")
    assert "the first is restated" in contradictions.find([old, again])[0].reason
