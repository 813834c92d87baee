"""What a table's cells say becomes claims by one fixed sentence, read back from the quoted row and heads alone."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from research.engine.domain.evidence import EvidenceItem, Finding, Hit, SourceRef
from research.engine.domain.plans import PlanTask
from research.engine.providers.extractive import cell_measures, cell_search, cells, extract
from research.engine.verification import figures, support
from research.engine.verticals import registry
from tests.doubles.engine import brief

GAMBLING = registry.get("gambling")
BRIEF = brief(GAMBLING, "An online casino for Nevada")
PAGE = """LARKSPUR GAMING PLC
CONSOLIDATED STATEMENTS OF OPERATIONS
(In thousands, except per share data)
Year Ended December 31,
2024 2023
Revenues
Casino $ 1,204,500 $ 998,100
Rooms 310,000 290,000
1,514,500 1,288,100
Expenses
Casino 700,250 612,300
Net income (loss) $ (205,400) $ 101,000
The following table shows key gaming statistics for our Harbour Resorts:
Year Ended December 31,
2024 2023
(Dollars in millions)
Slots Handle $ 6,668 $ 5,286
Slots Hold % 9.4% 9.2%
"""


def source(**changes) -> SourceRef:
    given = {
        "id": 7,
        "kind": "upload",
        "title": "Annual report 2024",
        "publisher": "Larkspur Gaming",
        "reliability": 800,
    }
    return SourceRef(**{**given, **changes})


def task(*queries: str, subject: str | None = None) -> PlanTask:
    return PlanTask(
        key="revenue",
        question="How large is casino revenue, and what values do the sources report?",
        section="market_size",
        tools=("library_search",),
        queries=queries or ("+casino revenue million",),
        subject=subject,
    )


def said(page: str = PAGE, about: PlanTask | None = None, **changes) -> list[str]:
    about = about or task()
    asked = cell_measures.asked_of(about, GAMBLING)
    found = cells.statements(page, asked=asked, task=about, source=source(**changes), vertical=GAMBLING)
    return [each.text for each in found]


def test_a_cell_is_claimed_with_owner_row_group_figure_scale_period_and_caption() -> None:
    (text,) = said()
    assert text == (
        "Larkspur Gaming reported Casino (Revenues) of $1,204,500 (in thousands) for the year ended December 31, 2024 "
        "(Consolidated Statements of Operations)."
    )


def test_the_group_decides_what_a_row_measures() -> None:
    # "Casino" under "Expenses" is no casino revenue.
    assert not any("700,250" in text for text in said())


def test_only_measures_that_the_searches_ask_for_are_claimed() -> None:
    assert said(about=task("players +value")) == []
    handle = said(about=task("table games drop win +slots handle"))
    assert [text.split(" for the year")[0] for text in handle] == [
        "Larkspur Gaming reported Slots Handle of $6,668 (in millions)"
    ]
    # A search that names more than the measure wants that too: this handle is of no sportsbook.
    assert said(about=task("sportsbook app +slots handle")) == []


def test_a_negative_is_said_as_minus_and_a_share_as_percent() -> None:
    loss = said(about=task("+net income"))
    assert "of minus $205,400 (in thousands)" in loss[0]
    hold = said(about=task("slots +hold percentage"))
    assert "Slots Hold % of 9.4% for the year ended December 31, 2024 (key gaming statistics for our Harbour" in hold[0]


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (PAGE.replace("(In thousands, except per share data)\n", "").split("The following")[0], "no scale is named"),
        (PAGE.replace("LARKSPUR GAMING PLC\nCONSOLIDATED STATEMENTS OF OPERATIONS", "OAKLINE RESORT HOLDINGS, LLC"),
         "it is another firm's statement"),
        (PAGE.replace("$ 1,204,500", "—"), "a dash says that there is none"),
    ],
)  # fmt: skip
def test_what_is_in_doubt_is_not_claimed(page: str, why: str) -> None:
    assert said(page) == [], why


def test_without_an_owner_nothing_is_claimed_and_a_title_may_name_it() -> None:
    assert said(publisher=None) == []
    assert said(publisher=None, title="DRAFTKINGS_2024_10K")[0].startswith("DraftKings reported Casino")


def test_a_competitor_task_takes_only_that_company_s_tables() -> None:
    assert said(about=task("DraftKings casino +revenue", subject="DraftKings")) == []
    assert said(about=task("Larkspur Gaming casino +revenue", subject="Larkspur Gaming"))


def test_the_typed_value_is_the_cell() -> None:
    asked = cell_measures.asked_of(task(), GAMBLING)
    (found,) = cells.statements(
        PAGE, asked=asked, task=task(), source=source(published_date=dt.date(2025, 2, 1)), vertical=GAMBLING
    )
    value = found.value
    assert (value.number, value.scale, value.currency) == (Decimal(1_204_500), Decimal(1000), "USD")
    assert (value.period, value.entity, value.metric) == ("FY2024", "Larkspur Gaming", "casino revenue")
    assert value.as_of == dt.date(2025, 2, 1)


def test_a_part_s_figure_is_never_taken_for_the_whole_s() -> None:
    about = task("table games drop win +slots handle")
    (found,) = cells.statements(
        PAGE, asked=cell_measures.asked_of(about, GAMBLING), task=about, source=source(), vertical=GAMBLING
    )
    assert found.value.entity == "Larkspur Gaming: Harbour Resorts"


# ── from search to claim ─────────────────────────────────────────────────────────────────────────


def hits(page: str = PAGE) -> tuple[Hit, ...]:
    """Return the page in two passages, as the library keeps it."""
    cut = page.index("Expenses\n")
    return tuple(
        Hit(
            passage_id=n, extracted_text_id=3, source=source(), page=2, start=100 + start, end=100 + end,
            text=page[start:end].rstrip(), score=1.0,
        )
        for n, (start, end) in enumerate(((0, cut), (cut, len(page))), 1)
    )  # fmt: skip


def found_in(page: str = PAGE, about: PlanTask | None = None) -> tuple[Finding, ...]:
    search = cell_search.of(about or task(), GAMBLING)
    assert search is not None
    for hit in hits(page):
        search.note(hit)
    asked = search.pages()
    assert asked is not None
    assert asked["pages"] == ((3, 2),)
    search.read(hits(page), "call-1")
    return search.findings()


def pinned(findings: tuple[Finding, ...]) -> list[EvidenceItem]:
    return [
        EvidenceItem(id=n, quote=each.quote, source=each.source, task_key="revenue", relevance=each.relevance)
        for n, each in enumerate(findings, 1)
    ]


def test_the_quotes_are_the_row_its_group_and_its_heads_at_their_places() -> None:
    findings = found_in()
    assert [each.quote.exact.splitlines()[-1] for each in findings] == [
        "2024 2023", "Revenues", "Casino $ 1,204,500 $ 998,100",
    ]  # fmt: skip
    for each in findings:
        start = each.quote.start - 100
        assert PAGE[start : start + len(each.quote.exact)] == each.quote.exact


def test_the_claim_is_read_again_from_the_quotes_and_stands_before_the_checks() -> None:
    evidence = pinned(found_in())
    (claim,) = extract.extract(brief=BRIEF, task=task(), evidence=evidence)
    assert claim.text == said()[0]
    assert claim.evidence_ids == (1, 2, 3)
    assert figures.trace(claim.text, [item.quote.exact for item in evidence]).score == 1000
    assert support.check(claim.text, evidence).score >= 600


def test_a_row_whose_heads_are_not_quoted_gives_no_claim() -> None:
    evidence = pinned(found_in())[1:]
    assert extract.extract(brief=BRIEF, task=task(), evidence=evidence) == ()


def test_a_row_under_no_group_is_not_quoted_beside_a_group_that_would_swallow_it() -> None:
    page = PAGE.replace("Net income (loss) $ (205,400) $ 101,000", "Total casino revenue $ 2,000,000 $ 1,900,000")
    claims = extract.extract(brief=BRIEF, task=task(), evidence=pinned(found_in(page)))
    assert [claim.text.split(" of ")[0] for claim in claims] == ["Larkspur Gaming reported Total casino revenue"]


def test_the_same_figure_in_two_tables_is_one_claim() -> None:
    twice = (
        PAGE + "Summary of results\n(In thousands)\nYear Ended December 31,\n2024 2023\n"
        "Casino revenue $ 1,204,500 $ 998,100\n"
    )
    claims = extract.extract(brief=BRIEF, task=task(), evidence=pinned(found_in(twice)))
    assert [claim.value.amount for claim in claims if claim.value] == [1_204_500_000]
