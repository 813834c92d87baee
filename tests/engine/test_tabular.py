"""A claim that rests on a table gives the figure of its row and column, as head and cell count it, or it fails."""

from __future__ import annotations

import pytest

from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.verification import figures, support, tabular

HEAD = "Consolidated Statements of Operations\n(In thousands)\nYear Ended December 31, 2022 2021"
ROWS = ("Casino revenue $ 5,734,120 $ 3,480,551", "Rooms revenue 2,940,006 1,690,223", "Operating loss (41,207) 12,660")
TRUE = "Oakline Gaming reported Casino revenue of $5,734,120 thousand for the year ended December 31, 2022."


def evidence(*rows: str) -> list[EvidenceItem]:
    source = SourceRef(id=1, kind="upload", title="Annual report", publisher="Oakline Gaming")
    items, at = [], 0
    for number, exact in enumerate((HEAD, *rows), 1):
        quote = Quote(extracted_text_id=1, page=1, start=at, end=at + len(exact), exact=exact)
        items.append(EvidenceItem(id=number, quote=quote, source=source, task_key="t"))
        at += len(exact) + 1
    return items


@pytest.mark.parametrize(
    "claim",
    [
        TRUE,
        TRUE.replace("$5,734,120 thousand", "$5,734,120 (in thousands)"),
        "Casino revenue was $5.7 billion in 2022.",
        "Casino revenue was $3,480,551 thousand in 2021.",
        "The operating loss was minus 41,207 thousand in 2022.",
        "Operating loss was 41,207 thousand in 2022.",
    ],
)
def test_a_figure_of_its_row_and_column_holds(claim: str):
    part = tabular.check(claim, evidence(*ROWS))
    assert part is not None
    assert part.score == 1000, part.reason


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        (TRUE.replace("5,734,120", "5,734,121"), "stands in no cell"),
        (TRUE.replace("2022", "2021"), "is the figure of"),
        (TRUE.replace("Casino", "Rooms"), "is the figure of “Casino revenue”"),
        (TRUE.replace("thousand", "million"), "stands in no cell"),
        (TRUE.replace("$", "€"), "stands in no cell"),
        (TRUE.replace("$5,734,120 thousand", "5,734,120%"), "stands in no cell"),
        ("Rooms revenue was minus 2,940,006 thousand in 2022.", "stands in no cell"),
    ],
)
def test_another_cell_scale_unit_or_sign_fails_with_the_reason(claim: str, reason: str):
    part = figures.check(claim, None, evidence(*ROWS))
    assert part.score == 0
    assert reason in part.reason


def test_a_cell_claim_is_supported_by_head_and_row_and_its_publisher():
    assert support.check(TRUE, evidence(ROWS[0])).score >= 600
    assert figures.check(TRUE, None, evidence(ROWS[0])).score == 1000


def test_another_companys_name_in_a_cell_claim_is_not_supported():
    assert support.check(TRUE.replace("Oakline Gaming", "Birchway Play"), evidence(ROWS[0])).score < 600


def test_prose_is_no_table_and_left_to_the_other_checks():
    prose = EvidenceItem(
        id=1,
        quote=Quote(extracted_text_id=1, page=1, start=0, end=34, exact="Casino revenue was $12 in the year"),
        source=SourceRef(id=1, kind="upload", title="Note"),
        task_key="t",
    )
    assert tabular.check("Casino revenue was $12.", [prose]) is None
    assert tabular.check("Casino revenue grew.", evidence(*ROWS)) is None
